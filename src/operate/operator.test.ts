import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type RedisBench, redisBench } from '../../test/support/redis-backend.ts'
import { inconsistencies } from '../../test/support/redis-consistency.ts'
import type { Frontier, FrontierOptions, Lease } from '../frontier/contract.ts'
import type { RedisFrontierOptions } from '../frontier/redis/redis-options.ts'
import { Request, type RequestInit } from '../http/request.ts'
import { systemClock } from '../util/clock.ts'
import type { Operator } from './contract.ts'
import { openOperator } from './open-operator.ts'

const bench: RedisBench = redisBench()
const silent = { debugEnabled: false, debug() {}, info() {}, warn() {}, error() {} }
const frontiers: Frontier[] = []
let operator: Operator
let name = ''

const get = (path: string, init?: RequestInit): Request => new Request(`http://a.example/${path}`, init)
const urls = (leases: readonly Lease[]): string[] => leases.map(({ request }) => request.url)
const code = (wanted: string) => expect.objectContaining({ code: wanted })

/** A worker of a crawl by the server's own clock. */
async function join(options: Partial<RedisFrontierOptions & FrontierOptions> = {}, pid = 7): Promise<Frontier> {
  const backend = bench.backend({
    clock: systemClock,
    serverTime: Date.now,
    ...(name === '' ? {} : { name }),
    ...options,
  })
  name = bench.name
  const frontier = await backend.connect({ host: 'web-1', pid, version: '0.1.0' })
  frontiers.push(frontier)
  return frontier
}

const operate = (options: object = {}): Promise<Operator> =>
  openOperator({ redis: bench.server.url, log: silent, spider: name, ...options })

const fail = (leases: readonly Lease[], reason = 'failed') =>
  leases.map((lease) => ({ lease, outcome: { type: 'dead' as const, reason, error: `no ${lease.request.url}` } }))

beforeEach(() => {
  name = ''
})
afterEach(async () => {
  expect(await inconsistencies(bench.server.cli, name)).toEqual([])
  await operator?.close()
  for (const frontier of frontiers.splice(0)) await frontier.close().catch(() => undefined)
  await bench.server.cli('FLUSHALL')
})

describe('status', () => {
  test('shows workers, totals, stats and the oldest leases of a crawl that runs', async () => {
    const frontier = await join()
    await frontier.claimSeeding()
    await frontier.enqueue([
      get('1'),
      get('2'),
      get('3'),
      new Request('http://b.example/1'),
      get('later', { notBefore: Date.now() + 60_000 }),
    ])
    await frontier.seeded()
    const first = (await frontier.lease(1)).leases
    const more = (await frontier.lease(2)).leases
    await frontier.commit([{ lease: more[0]!, outcome: { type: 'done' } }, ...fail(more.slice(1))], {
      add: { response_received_count: 2, 'downloader/x': 0.5 },
      max: {},
    })
    await bench.server.cli('RPUSH', `${name}:start_urls`, 'http://a.example/seed')
    await bench.server.cli('RPUSH', `${name}:items`, '{}', '{}')
    operator = await operate()

    const status = await operator.status()
    expect(status).toMatchObject({
      crawl: name,
      state: 'running',
      control: '',
      seeded: true,
      totals: { queued: 1, delayed: 1, leased: 1, done: 1, dead: 1, held: 0, seen: 5, items: 2 },
      stats: { response_received_count: 2, 'downloader/x': 0.5 },
      workers: [{ host: 'web-1', pid: 7, version: '0.1.0', alive: true, leased: 1 }],
      leases: [{ url: first[0]!.request.url, method: 'GET', slot: first[0]!.slot, worker: 'web-1:7', deliveries: 1 }],
      seeds: { key: `${name}:start_urls`, type: 'list', waiting: 1, dead: 0 },
    })
    expect(status.redis.version).toMatch(/^\d/)
    expect(status.redis.usedMemory).toBeGreaterThan(100_000)
    expect(Math.abs(status.now - Date.now())).toBeLessThan(60_000)
    expect(status.workers[0]!.lag).toBeLessThan(30_000)
    expect(await operator.status(0)).toMatchObject({ leases: [], workers: [{ leased: 1 }] })
  })

  test('shows the oldest leases of all workers first, and no more than asked for', async () => {
    await join()
    const keys: string[] = []
    for (const [session, ages] of Object.entries({ one: [50, 10, 90], two: [70, 30, 20, 80] })) {
      await bench.server.cli('ZADD', `{${name}}:workers`, Date.now() + 60_000, session)
      keys.push(`{${name}}:leases:${session}`)
      for (const age of ages)
        await bench.server.cli(
          'HSET',
          keys.at(-1)!,
          1000 + age,
          `${Date.now() - age * 1000}\t2\t0\ta.example\t{"url":"http://a.example/${age}"}`,
        )
    }
    operator = await operate()
    for (const limit of [1, 3, 7, 20]) {
      const { leases } = await operator.status(limit)
      expect(leases.map(({ token }) => token - 1000)).toEqual([90, 80, 70, 50, 30, 20, 10].slice(0, limit))
      expect(leases[0]).toMatchObject({ worker: 'one', deliveries: 2, url: 'http://a.example/90' })
    }
    // they were never counted
    await bench.server.cli('DEL', ...keys)
  })

  test('names the crawls there are when there is none of that name, and finds the only one', async () => {
    await join({ name: 'books' })
    const missing = await operate({ spider: 'boks' })
    await expect(missing.status()).rejects.toThrow('There is no crawl "boks" on this Redis. There are: books.')
    await expect(missing.control('pause')).rejects.toEqual(code('ERR_CRAWL_UNKNOWN'))
    await expect(missing.hosts()).rejects.toEqual(code('ERR_CRAWL_UNKNOWN'))
    await expect(missing.purge()).rejects.toEqual(code('ERR_CRAWL_UNKNOWN'))
    await expect(missing.retryDead({})).rejects.toEqual(code('ERR_CRAWL_UNKNOWN'))
    await missing.close()

    operator = await openOperator({ redis: bench.server.url, log: silent })
    expect(operator.crawl).toBe('books')
    name = 'books.b'
    await join({ name: 'books.b' })
    await expect(openOperator({ redis: bench.server.url, log: silent })).rejects.toThrow('There are: books, books.b.')
    for (const options of [{ job: 'b' }, { spider: 'books', job: 'b' }, { spider: 'books.b', job: 'b' }, { spider: 'books.b' }]) {
      const other = await openOperator({ redis: bench.server.url, log: silent, ...options })
      expect(other.crawl).toBe('books.b')
      await other.close()
    }
  })
})

describe('control', () => {
  test('pause holds all workers, resume lets them go on, stop is not undone by a pause', async () => {
    const frontier = await join()
    await frontier.enqueue([get('1'), get('2')])
    operator = await operate()
    let woken = 0
    frontier.onWake(() => woken++)

    expect(await operator.control('pause', 'the site asked')).toMatchObject({
      before: '',
      now: 'pause',
      reason: 'the site asked',
      workers: 1,
    })
    expect((await frontier.lease(1)).leases).toEqual([])
    expect(await operator.control('pause')).toMatchObject({ before: 'pause', now: 'pause', reason: 'the site asked' })
    expect(await operator.control('resume')).toMatchObject({ before: 'pause', now: '', reason: '' })
    expect((await frontier.lease(1)).leases).toHaveLength(1)
    expect(await operator.control('stop')).toMatchObject({ before: '', now: 'stop', reason: 'stopped' })
    expect(await frontier.lease(1)).toMatchObject({ leases: [], state: 'stopped', reason: 'stopped' })
    await expect(operator.control('pause')).rejects.toThrow('is being stopped (stopped)')
    expect(await operator.control('resume')).toMatchObject({ before: 'stop', now: '' })
    expect((await frontier.lease(1)).leases).toHaveLength(1)
    await expect.poll(() => woken, { timeout: 10_000 }).toBeGreaterThanOrEqual(3)
  })

  test('drain ends a crawl that waits for seeds', async () => {
    const frontier = await join({ keepAlive: true })
    await frontier.claimSeeding()
    await frontier.seeded()
    expect((await frontier.lease(1)).state).toBe('active')
    operator = await operate()
    await operator.control('drain')
    expect(await frontier.lease(1)).toMatchObject({ state: 'empty', draining: true })
    expect(await frontier.finish()).toBe(true)
    await expect(operator.control('pause')).rejects.toEqual(code('ERR_CRAWL_FINISHED'))
  })
})

describe('hosts', () => {
  test('lists them by what they have queued, in flight, or by how long they wait', async () => {
    const frontier = await join({ slots: { 'c.example': { budget: 5, delay: 3_600_000 } } })
    const requests = ['a', 'b', 'b', 'c', 'c', 'c'].map((host, i) => new Request(`http://${host}.example/${i}`))
    await frontier.enqueue(requests)
    operator = await operate()
    expect(await operator.hosts()).toMatchObject({
      total: 3,
      hosts: [
        { name: 'c.example', queued: 3, budget: 5, admitted: 3, delay: 3_600_000, concurrency: 1000, changed: true },
        { name: 'b.example', queued: 2, budget: 0, delay: 0, changed: false, blockedUntil: 0 },
        { name: 'a.example', queued: 1 },
      ],
    })
    expect((await operator.hosts({ limit: 1, offset: 1 })).hosts.map((host) => host.name)).toEqual(['b.example'])
    expect((await operator.hosts({ sort: 'leased' })).total).toBe(0)
    await frontier.lease(3)
    const leased = await operator.hosts({ sort: 'leased', limit: 2 })
    expect(leased.total).toBe(3)
    expect(leased.hosts.map((host) => host.leased)).toEqual([1, 1])
    expect((await operator.hosts({ sort: 'wait' })).hosts.map((host) => host.name)).toEqual(['c.example'])
  })

  test('set takes effect at once, and a block can be lifted', async () => {
    const frontier = await join()
    await frontier.enqueue(['1', '2', '3', '4', '5'].map((path) => get(path)))
    operator = await operate()
    await operator.setHost('a.example', { concurrency: 1 })
    expect((await frontier.lease(5)).leases).toHaveLength(1)
    await operator.setHost('a.example', { concurrency: 9, block: 3_600_000 })
    expect((await frontier.lease(5)).leases).toEqual([])
    expect((await operator.hosts()).hosts[0]).toMatchObject({ concurrency: 9, changed: true, queued: 4 })
    expect((await operator.hosts()).hosts[0]!.blockedUntil).toBeGreaterThan(Date.now() + 3_000_000)
    await operator.setHost('a.example', { block: 0 })
    expect((await frontier.lease(2)).leases).toHaveLength(2)
    // a pace from now on
    await operator.setHost('a.example', { delay: 3_600_000 })
    expect((await frontier.lease(5)).leases).toHaveLength(1)
    expect((await frontier.lease(5)).leases).toHaveLength(0)
    await operator.setHost('a.example', { delay: 0 })
    expect((await frontier.lease(5)).leases).toHaveLength(1)
    // of a host that nobody has met, with a name that needs care
    await operator.setHost('odd\tname', { budget: 3 })
    await frontier.enqueue([get('odd', { slot: 'odd\tname' })])
    expect((await operator.hosts()).hosts.find((host) => host.name === 'odd\tname')).toMatchObject({ budget: 3, admitted: 1 })
  })

  test('purge drops the queue of one host, and what is in flight goes on', async () => {
    const frontier = await join()
    await frontier.claimSeeding()
    await frontier.enqueue([get('1'), get('2', { priority: 5 }), get('3', { priority: -5 }), new Request('http://b.example/')])
    await frontier.seeded()
    operator = await operate()
    const leases = (await frontier.lease(1)).leases
    expect(await operator.purgeHost('a.example')).toBe(2)
    expect(await operator.purgeHost('a.example')).toBe(0)
    expect(await operator.purgeHost('nobody.example')).toBe(0)
    expect(await frontier.counts()).toMatchObject({ queued: 1, leased: 1 })
    await frontier.release(leases)
    expect(urls((await frontier.lease(5)).leases).sort()).toEqual(['http://a.example/2', 'http://b.example/'])
  })
})

describe('dead letters', () => {
  async function bury(): Promise<Frontier> {
    const frontier = await join({ persist: true })
    await frontier.claimSeeding()
    const requests = [
      get('1'),
      get('2', { priority: 3, meta: { retryTimes: 1 } }),
      new Request('http://b.example/x', { slot: 'own' }),
    ]
    await frontier.enqueue(requests)
    await frontier.seeded()
    const { leases } = await frontier.lease(9)
    await frontier.commit(leases.map((lease) => fail([lease], lease.slot === 'own' ? 'http-error' : 'failed')[0]!))
    operator = await operate()
    return frontier
  }

  test('are listed by reason and part of their URL', async () => {
    await bury()
    const all = await operator.deadLetters()
    expect(all).toMatchObject({ total: 3, reasons: { failed: 2, 'http-error': 1 } })
    expect(all.letters.map((letter) => letter.url).sort()).toEqual([
      'http://a.example/1',
      'http://a.example/2',
      'http://b.example/x',
    ])
    expect(all.letters[0]).toMatchObject({ method: 'GET', deliveries: 1, error: `no ${all.letters[0]!.url}` })
    expect(await operator.deadLetters({ limit: 1, reason: 'failed' })).toMatchObject({
      total: 2,
      letters: [{ reason: 'failed' }],
    })
    expect(await operator.deadLetters({ url: 'example/x' })).toMatchObject({ total: 1, letters: [{ reason: 'http-error' }] })
    // of a pattern nothing is special
    expect(await operator.deadLetters({ url: '.*' })).toMatchObject({ total: 0 })
    expect(await operator.deadLetters({ url: 'retryTimes' })).toMatchObject({ total: 0 })
  })

  test('that are retried are as new, and a crawl that had finished goes on', async () => {
    const frontier = await bury()
    expect(await frontier.finish()).toBe(true)
    expect(await operator.retryDead({ url: 'a.example' })).toEqual({ retried: 2, unreadable: [], forgotten: false })
    expect(await operator.status()).toMatchObject({ state: 'running', totals: { queued: 2, dead: 1, seen: 3 } })
    await frontier.close()
    const next = await join({ persist: true })
    expect(await next.claimSeeding()).toBe(false)
    const { leases } = await next.lease(9)
    expect(leases.map(({ request, deliveries, slot }) => [request.url, deliveries, slot])).toEqual([
      ['http://a.example/2', 1, 'a.example'],
      ['http://a.example/1', 1, 'a.example'],
    ])
    expect(leases[0]!.request.meta).toEqual({ retryTimes: 1 })
    // what it had seen is still known
    expect(await next.commit([{ lease: leases[0]!, outcome: { type: 'done' }, requests: [get('1'), get('new')] }])).toMatchObject(
      [{ duplicates: [0] }],
    )
  })

  test('of a crawl that forgot what it had seen: it is said', async () => {
    const frontier = await join()
    await frontier.claimSeeding()
    await frontier.enqueue([get('1')])
    await frontier.seeded()
    await frontier.commit(fail((await frontier.lease(1)).leases))
    expect(await frontier.finish()).toBe(true)
    operator = await operate()
    expect(await operator.retryDead({})).toEqual({ retried: 1, unreadable: [], forgotten: true })
    await frontier.close()
    const next = await join()
    expect(await next.counts()).toMatchObject({ queued: 1, seen: 0 })
    const { leases } = await next.lease(1)
    expect(await next.commit([{ lease: leases[0]!, outcome: { type: 'done' }, requests: [get('1'), get('2')] }])).toMatchObject([
      { duplicates: [] },
    ])
    expect(await next.counts()).toMatchObject({ queued: 2, seen: 2, done: 1 })
  })

  test('what was counted as a retry of the page does not count against a new try', async () => {
    await join()
    const json = JSON.stringify({ url: 'http://a.example/r', notBefore: 5, state: { depth: 2, retryTimes: 2 } })
    await bench.server.cli('HSET', `{${name}}:dead`, '900', `1700000000000\t3\tfailed\twhy\ta.example\t${json}`)
    await bench.server.cli('HSET', `{${name}}:dead`, '901', '1700000000000\t3\tfailed\twhy\ta.example\tnonsense')
    operator = await operate()
    expect(await operator.retryDead({})).toEqual({ retried: 1, unreadable: [901], forgotten: false })
    expect(await bench.server.cli('LRANGE', `{${name}}:requests:0:a.example`, 0, -1)).toEqual([
      JSON.stringify({ url: 'http://a.example/r', state: { depth: 2 } }),
    ])
    expect(await operator.dropDead({ ids: [901, 77] })).toBe(1)
    expect(await operator.deadLetters()).toMatchObject({ total: 0, letters: [] })
  })

  test('many of them, in batches', async () => {
    const frontier = await join()
    const args: string[] = []
    for (let i = 0; i < 2500; i++) args.push(String(i + 1), `${i}\t1\tfailed\twhy\ta.example\t{"url":"http://a.example/${i}"}`)
    await bench.server.cli('HSET', `{${name}}:dead`, ...args)
    operator = await operate()
    expect((await operator.deadLetters({ limit: 2 })).letters.map((letter) => letter.id)).toEqual([2500, 2499])
    expect(await operator.dropDead({ url: 'example/1' })).toBe(1111)
    expect(await operator.retryDead({})).toMatchObject({ retried: 1389 })
    expect(await frontier.counts()).toMatchObject({ queued: 1389, dead: 0 })
  })
})

describe('seeds', () => {
  const seedsKey = (): string => `${name}:start_urls`

  test('are pushed in order to a list, to a set and to a sorted set, and a worker that waits is woken', async () => {
    const frontier = await join({ keepAlive: true })
    let wake = (): void => undefined
    const woken = new Promise<void>((resolve) => {
      wake = resolve
    })
    frontier.onWake(() => wake())
    await frontier.lease(1)
    operator = await operate()
    const seeds = Array.from({ length: 1201 }, (_, i) => ({ message: `http://a.example/${i}` }))
    const progress: number[] = []
    expect(await operator.push(seeds, (pushed) => progress.push(pushed))).toEqual({
      key: seedsKey(),
      type: 'list',
      pushed: 1201,
      present: 0,
      waiting: 1201,
      workers: 1,
    })
    expect(progress).toEqual([500, 1000, 1201])
    expect(await bench.server.cli('LRANGE', seedsKey(), 1199, 1200)).toEqual(['http://a.example/1199', 'http://a.example/1200'])
    await woken

    await bench.server.cli('DEL', seedsKey())
    await bench.server.cli('SADD', seedsKey(), 'http://a.example/1')
    expect(await operator.push(seeds.slice(0, 3))).toMatchObject({ type: 'set', pushed: 2, present: 1, waiting: 3 })
    await bench.server.cli('DEL', seedsKey())
    await bench.server.cli('ZADD', seedsKey(), '1', 'x')
    expect(await operator.push([{ message: 'http://a.example/p', priority: 7 }])).toMatchObject({
      type: 'zset',
      pushed: 1,
      waiting: 2,
    })
    expect(await bench.server.cli('ZSCORE', seedsKey(), 'http://a.example/p')).toBe('7')
    await bench.server.cli('DEL', seedsKey())
    await bench.server.cli('SET', seedsKey(), 'x')
    await expect(operator.push([{ message: 'http://a.example/' }])).rejects.toThrow(`At ${seedsKey()} in Redis is a string`)
    await bench.server.cli('DEL', seedsKey())
  })

  test('need no crawl', async () => {
    name = 'not-there-yet'
    operator = await operate({ startUrlsType: 'zset' })
    expect(await operator.push([{ message: 'http://a.example/' }])).toMatchObject({ type: 'zset', pushed: 1, workers: 0 })
    await expect(operator.status()).rejects.toEqual(code('ERR_CRAWL_UNKNOWN'))
  })

  test('that were bad are listed, moved back or dropped', async () => {
    await join()
    const key = `{${name}}:start_urls:dead`
    const entry = (message: string, more = {}): string => JSON.stringify({ at: 5, error: 'why', message, ...more })
    await bench.server.cli('RPUSH', key, entry('nonsense'), entry('/w==', { base64: true }), entry('é "more"'), 'by hand')
    operator = await operate()
    expect(await operator.deadSeeds(2)).toEqual({
      total: 4,
      seeds: [
        { at: 5, error: 'why', message: 'nonsense', base64: false },
        { at: 5, error: 'why', message: '/w==', base64: true },
      ],
    })
    expect(await operator.retryDeadSeeds()).toBe(3)
    expect(await bench.server.cli('LRANGE', seedsKey(), 0, -1)).toEqual(['nonsense', 'é "more"', 'by hand'])
    expect(await operator.deadSeeds()).toMatchObject({ total: 1, seeds: [{ message: '/w==' }] })
    expect(await operator.dropDeadSeeds()).toBe(1)
    expect(await operator.deadSeeds()).toEqual({ total: 0, seeds: [] })
  })
})

describe('purge', () => {
  test('is refused while a worker lives; then nothing is left but items and seeds', async () => {
    const frontier = await join()
    await frontier.enqueue(Array.from({ length: 1500 }, (_, i) => new Request(`http://h${i % 700}.example/${i}`)))
    await frontier.commit(fail((await frontier.lease(1)).leases))
    await bench.server.cli('RPUSH', `${name}:items`, '{}')
    await bench.server.cli('RPUSH', `${name}:start_urls`, 'x', 'y')
    await bench.server.cli('RPUSH', `{${name}}:start_urls:dead`, 'x')
    operator = await operate()
    await expect(operator.purge()).rejects.toThrow('1 worker takes part')
    expect(await frontier.counts()).toMatchObject({ queued: 1499 })
    await frontier.close()

    expect(await operator.purge()).toEqual({ queued: 1499, seen: 1500, dead: 1, items: 0, seeds: 0 })
    expect(((await bench.server.cli('KEYS', '*')) as string[]).sort()).toEqual([`${name}:items`, `${name}:start_urls`])
    await expect(operator.purge({ items: true })).rejects.toEqual(code('ERR_CRAWL_UNKNOWN'))
  })

  test('by force: workers end, and what they held of seeds is not lost with it', async () => {
    const frontier = await join()
    await frontier.enqueue([get('1'), get('2')])
    await frontier.lease(1)
    await bench.server.cli('RPUSH', `${name}:start_urls`, 'x')
    operator = await operate()
    expect(await operator.purge({ force: true, items: true, seeds: true })).toMatchObject({ queued: 1, seeds: 1 })
    expect(await bench.server.cli('KEYS', '*')).toEqual([])
    await expect(frontier.lease(1)).rejects.toEqual(code('ERR_CRAWL_GONE'))
    // and it can begin anew
    const next = await join()
    expect(await next.enqueue([get('1')])).toMatchObject({ added: 1 })
  })
})
