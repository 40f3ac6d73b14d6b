import { describe, expect, it } from 'vitest'
import { redisBench } from '../../../test/support/redis-backend.ts'
import { inconsistencies } from '../../../test/support/redis-consistency.ts'
import { Request } from '../../http/request.ts'
import type { Frontier, Lease } from '../contract.ts'

const bench = redisBench()
const get = (path: string, init = {}): Request => new Request(`http://a.example/${path}`, init)
const done = (lease: Lease, requests: readonly Request[] = [], items: readonly string[] = []) => ({
  lease,
  outcome: { type: 'done' } as const,
  requests,
  items,
})
const cli = (...args: (string | number)[]) => bench.server.cli(...args)

/** Seeds a crawl and works it off. */
async function crawlThrough(frontier: Frontier, ...paths: string[]): Promise<string[]> {
  const visited: string[] = []
  if (await frontier.claimSeeding()) {
    await frontier.enqueue(paths.map((path) => get(path)))
    await frontier.seeded()
  }
  for (;;) {
    const { leases } = await frontier.lease(10)
    if (leases.length === 0) return visited
    visited.push(...leases.map(({ request }) => request.url.slice('http://a.example/'.length)))
    await frontier.commit(leases.map((lease) => done(lease)))
  }
}

describe('the life of a crawl in Redis', () => {
  it('begins anew after it has finished, and leaves nothing of what was seen', async () => {
    const first = await bench.backend().connect()
    expect(await crawlThrough(first, '1', '2')).toHaveLength(2)
    expect(await first.finish()).toBe(true)
    await first.close()
    const { name } = bench
    expect(await cli('EXISTS', `{${name}}:dupefilter`, `{${name}}:dupefilter:0`, `{${name}}:requests`)).toBe(0)
    const second = await bench.backend({ name }).connect()
    expect(await second.counts()).toEqual({ queued: 0, delayed: 0, leased: 0, done: 0, dead: 0, seen: 0 })
    expect(await crawlThrough(second, '1', '2')).toHaveLength(2)
  })

  it('with persist keeps what was seen, also when the next run asks for it', async () => {
    const first = await bench.backend({ persist: true }).connect()
    await crawlThrough(first, '1', '2')
    expect(await first.finish()).toBe(true)
    await first.close()
    const second = await bench.backend({ name: bench.name, persist: true }).connect()
    expect(await crawlThrough(second, '1', '2', '3')).toEqual(['3'])
    expect(await second.counts()).toMatchObject({ done: 3, seen: 3 })
  })

  it('goes on where it was when it was interrupted', async () => {
    const first = await bench.backend().connect()
    await first.claimSeeding()
    await first.enqueue([get('1'), get('2'), get('3')])
    await first.seeded()
    const { leases } = await first.lease(1)
    await first.commit([done(leases[0]!)])
    await first.lease(1)
    await first.close()
    const second = await bench.backend({ name: bench.name }).connect()
    expect(await second.claimSeeding()).toBe(false)
    expect(await crawlThrough(second)).toHaveLength(2)
    expect(await second.finish()).toBe(true)
    expect(bench.log.at(-1)).toContain('interrupted and goes on')
  })

  it('flushOnStart throws away what is there, but not what others work on', async () => {
    const first = await bench.backend().connect()
    await first.enqueue([get('1'), get('2', { priority: 5 }), new Request('http://b.example/')])
    const { name } = bench
    const flushing = bench.backend({ name, flushOnStart: true })
    await expect(flushing.connect()).rejects.toMatchObject({ code: 'ERR_CRAWL_IN_USE' })
    await first.close()
    const second = await flushing.connect()
    expect(await second.counts()).toEqual({ queued: 0, delayed: 0, leased: 0, done: 0, dead: 0, seen: 0 })
    expect(await second.enqueue([get('1')])).toMatchObject({ added: 1 })
    // the session after a lost one must not throw away what this one did
    const third = await flushing.connect()
    expect(await third.counts()).toMatchObject({ queued: 1 })
    expect(await inconsistencies(cli, name)).toEqual([])
  })

  it('that several start at once is one crawl, with one seeder', async () => {
    const first = await bench.backend({ persist: false }).connect()
    await crawlThrough(first, '1')
    await first.finish()
    await first.close()
    const { name } = bench
    const sessions = await Promise.all(Array.from({ length: 8 }, () => bench.backend({ name }).connect()))
    const claims = await Promise.all(sessions.map((session) => session.claimSeeding()))
    expect(claims.filter(Boolean)).toHaveLength(1)
  })

  it('waits for seeds when it is kept alive, until nobody had anything to do for long enough', async () => {
    const backend = bench.backend({ keepAlive: true, maxIdle: 60_000 })
    const [first, second] = [await backend.connect(), await backend.connect()]
    await crawlThrough(first, '1')
    expect(await first.lease(5)).toMatchObject({ state: 'active', nextAt: bench.clock.now() + 500 })
    expect(await first.finish()).toBe(false)
    bench.clock.advance(20_000)
    await Promise.all([first.beat(), second.beat()])
    // a seed that another session got counts as something to do for all
    await cli('RPUSH', `${bench.name}:start_urls`, 'http://a.example/late')
    const arrived = new Promise<void>((resolve) => second.onWake(resolve))
    await second.lease(5)
    await arrived
    await second.commit((await second.lease(5)).leases.map((lease) => done(lease)))
    bench.clock.advance(20_000)
    await Promise.all([first.beat(), second.beat()])
    bench.clock.advance(20_000)
    await Promise.all([first.beat(), second.beat()])
    bench.clock.advance(19_999)
    expect(await first.lease(5)).toMatchObject({ state: 'active' })
    bench.clock.advance(1)
    expect(await first.lease(5)).toMatchObject({ state: 'empty' })
    expect(await first.finish()).toBe(true)
    expect((await second.lease(1)).state).toBe('finished')
  })

  it('that was emptied under its workers ends loudly', async () => {
    const session = await bench.backend().connect()
    await session.enqueue([get('1')])
    const keys = (await cli('KEYS', `{${bench.name}}:*`)) as string[]
    await cli('DEL', ...keys)
    for (const step of [() => session.lease(1), () => session.enqueue([get('2')]), () => session.counts(), () => session.beat()])
      await expect(step()).rejects.toMatchObject({ code: 'ERR_CRAWL_GONE' })
    await expect(session.close()).rejects.toMatchObject({ code: 'ERR_CRAWL_GONE' })
    expect(await cli('KEYS', `{${bench.name}}:*`)).toEqual([])
  })

  it('knows that other workers died, and says so', async () => {
    const backend = bench.backend()
    const [first, second] = [await backend.connect(), await backend.connect()]
    await first.enqueue([get('1')])
    await first.lease(1)
    bench.clock.advance(30_000)
    expect((await second.lease(1)).leases).toHaveLength(1)
    expect(bench.log.at(-1)).toContain('A worker gave no sign of life; 1 request goes to others')
  })
})

describe('what is refused, with nothing touched', () => {
  const refusals: [string, string, (name: string) => (string | number)[], object][] = [
    ['another type at a key of its own', 'ERR_REDIS_WRONG_TYPE', (name) => ['SET', `{${name}}:workers`, 'x'], {}],
    ['another type at the crawl itself', 'ERR_REDIS_WRONG_TYPE', (name) => ['RPUSH', `{${name}}:crawl`, 'x'], {}],
    ['another type at the items', 'ERR_REDIS_WRONG_TYPE', (name) => ['SADD', `${name}:items`, 'x'], {}],
    ['seeds of another type', 'ERR_REDIS_WRONG_TYPE', (name) => ['SADD', `${name}:start_urls`, 'x'], {}],
    ['a crawl of another version', 'ERR_CRAWL_FORMAT', (name) => ['HSET', `{${name}}:crawl`, 'format', '99', 'epoch', 'x'], {}],
    [
      'another kind of seen set',
      'ERR_CRAWL_DEDUPE',
      (name) => ['HSET', `{${name}}:crawl`, 'format', '1', 'epoch', 'x', 'state', 'running', 'dedupe', 'bloom'],
      {},
    ],
  ]
  it.each(refusals)('%s', async (_, code, prepare, options) => {
    const backend = bench.backend(options)
    await cli(...prepare(bench.name))
    const before = await cli('KEYS', `*${bench.name}*`)
    await expect(backend.connect()).rejects.toMatchObject({ code })
    expect(await cli('KEYS', `*${bench.name}*`)).toEqual(before)
  })

  it.each(['', 'a\nb', '{a}', 'a{b'])('the name %j', (name) => {
    expect(() => bench.backend({ name })).toThrow(expect.objectContaining({ code: 'ERR_REDIS_KEY' }))
  })
})

describe('what stands in Redis', () => {
  it('is readable: the queue by slot, the requests as JSON', async () => {
    const session = await bench.backend().connect()
    await session.enqueue([get('1'), get('2', { priority: 3 }), new Request('http://b.example/')])
    const p = `{${bench.name}}:`
    expect(await cli('ZREVRANGE', `${p}requests`, 0, -1, 'WITHSCORES')).toEqual(['a.example', '2', 'b.example', '1'])
    expect(await cli('LRANGE', `${p}requests:0:a.example`, 0, -1)).toEqual(['{"url":"http://a.example/1"}'])
    expect(await cli('HGET', `${p}crawl`, 'queued')).toBe('3')
  })

  it('counts the queue again when somebody took a list away by hand', async () => {
    const session = await bench.backend().connect()
    await session.enqueue([get('1'), get('2'), get('3', { priority: -1 })])
    await cli('DEL', `{${bench.name}}:requests:0:a.example`)
    expect((await session.lease(5)).leases.map(({ request }) => request.url)).toEqual(['http://a.example/3'])
    expect(await session.counts()).toMatchObject({ queued: 0, leased: 1 })
    expect(await inconsistencies(cli, bench.name)).toEqual([])
  })

  it('makes a dead letter of what is no request, and goes on', async () => {
    const session = await bench.backend().connect()
    await session.enqueue([get('1')])
    await cli('RPUSH', `{${bench.name}}:requests:0:a.example`, '{"no":1}')
    await cli('HINCRBY', `{${bench.name}}:slot:a.example`, 'q', 1)
    await cli('HINCRBY', `{${bench.name}}:crawl`, 'queued', 1)
    expect((await session.lease(5)).leases.map(({ request }) => request.url)).toEqual(['http://a.example/1'])
    expect(await session.counts()).toMatchObject({ queued: 0, leased: 1, dead: 1 })
    expect(await cli('HVALS', `{${bench.name}}:dead`)).toEqual([expect.stringContaining('{"no":1}')])
  })

  it('takes slots of any name', async () => {
    const names = ['a\tb', 'a\nb', '%', 'ä ö', 'x:0', '0:x', '{y}']
    const session = await bench.backend({ order: 'fifo' }).connect()
    await session.enqueue(names.map((slot, i) => get(String(i), { slot, priority: -i })))
    const { leases } = await session.lease(20)
    expect(leases.map(({ slot }) => slot).sort()).toEqual([...names].sort())
    expect((await session.inspect.slots()).map(({ name }) => name).sort()).toEqual([...names].sort())
    await session.commit(leases.map((lease) => done(lease)))
    expect(await inconsistencies(cli, bench.name)).toEqual([])
  })

  it('keeps the items of a page in the step that commits it, and none of a stale one', async () => {
    const backend = bench.backend()
    const [first, second] = [await backend.connect(), await backend.connect()]
    await first.enqueue([get('1')], ['{"from":"start"}'])
    const [lost] = (await first.lease(1)).leases
    bench.clock.advance(30_000)
    const [found] = (await second.lease(1)).leases
    const [late] = await first.commit([done(lost!, [], ['{"n":1}'])])
    const [timely] = await second.commit([done(found!, [], ['{"n":2}', '{"n":3}'])])
    expect([late!.status, timely!.status]).toEqual(['stale', 'ok'])
    expect(await cli('LRANGE', `${bench.name}:items`, 0, -1)).toEqual(['{"from":"start"}', '{"n":2}', '{"n":3}'])
  })

  it('takes a page with very many requests and items in one step', async () => {
    const session = await bench.backend().connect()
    await session.enqueue([get('1')])
    const [lease] = (await session.lease(1)).leases
    const requests = Array.from({ length: 20_000 }, (_, i) => get(`many/${i % 15_000}`))
    const items = Array.from({ length: 9_000 }, (_, i) => `{"i":${i}}`)
    const [committed] = await session.commit([done(lease!, requests, items)])
    expect(committed!.duplicates).toHaveLength(5_000)
    expect(await cli('LLEN', `${bench.name}:items`)).toBe(9_000)
    expect(await session.counts()).toMatchObject({ queued: 15_000, seen: 15_001 })
    const { leases } = await session.lease(5_000)
    expect(leases).toHaveLength(1_000)
    await session.release(leases)
    expect(await inconsistencies(cli, bench.name)).toEqual([])
  })
})

describe('control', () => {
  const order = (what: string) => cli('HSET', `{${bench.name}}:crawl`, 'control', what)

  it('pause: nothing is leased until it goes on', async () => {
    const session = await bench.backend().connect()
    await session.enqueue([get('1')])
    await order('pause')
    expect(await session.lease(5)).toMatchObject({ leases: [], state: 'active' })
    await order('')
    expect((await session.lease(5)).leases).toHaveLength(1)
  })

  it('pause outlives the workers, and who comes then says why nothing happens; a stop does not', async () => {
    const first = await bench.backend().connect()
    await first.enqueue([get('1')])
    await order('pause')
    await first.close()
    bench.log.length = 0
    const second = await bench.backend({ name: bench.name }).connect()
    expect((await second.lease(5)).leases).toEqual([])
    expect(bench.log).toContain(`warn The crawl ${bench.name} is paused: nothing is fetched until \`skein resume ${bench.name}\``)
    await order('stop')
    await second.close()
    const third = await bench.backend({ name: bench.name }).connect()
    expect((await third.lease(5)).leases).toHaveLength(1)
  })

  it('drain: the queue is worked off, seeds are left, and a crawl that is kept alive ends too', async () => {
    const session = await bench.backend({ keepAlive: true }).connect()
    await session.enqueue([get('1')])
    await session.seeded()
    await cli('RPUSH', `${bench.name}:start_urls`, 'http://a.example/seed')
    await order('drain')
    const leased = await session.lease(5)
    expect(leased).toMatchObject({ draining: true })
    await session.commit(leased.leases.map((lease) => done(lease)))
    expect(await session.lease(5)).toMatchObject({ state: 'empty' })
    expect(await session.finish()).toBe(true)
    expect(await cli('LLEN', `${bench.name}:start_urls`)).toBe(1)
  })

  it('a pace that a later worker brings holds for all', async () => {
    const first = await bench.backend().connect()
    await first.enqueue([get('1'), get('2'), get('3')])
    const slow = { concurrency: 1, delay: 0, randomizeDelay: false }
    await bench.backend({ name: bench.name, slot: slow }).connect()
    expect((await first.lease(5)).leases).toHaveLength(1)
  })
})

describe('the clock of the server', () => {
  it('is set back an hour: nothing waits longer than it would have, and no session lives longer', async () => {
    let time = 1_700_000_000_000
    const slot = { concurrency: 1, delay: 1000, randomizeDelay: false }
    const backend = bench.backend({ serverTime: () => time, slot })
    const [first, second] = [await backend.connect(), await backend.connect()]
    await first.enqueue([get('1'), get('2'), get('3', { slot: 'other', notBefore: bench.clock.now() + 5000 })])
    const { leases } = await first.lease(1)
    time -= 3_600_000
    await first.commit([done(leases[0]!)])
    expect((await first.lease(5)).leases).toEqual([])
    time += 1000
    expect((await first.lease(5)).leases).toHaveLength(1)
    time += 29_000
    expect((await second.lease(5)).leases.map(({ request }) => request.url)).toEqual(['http://a.example/3'])
    time += 1000
    await second.beat()
    expect(await first.beat()).toEqual({ alive: false })
  })
})

describe('a server that is another one than before', () => {
  it('costs every session its leases, which go to others at once', async () => {
    let changed = (): void => undefined
    const { link } = bench
    const watched = {
      run: link.run.bind(link),
      command: link.command.bind(link),
      subscribe: link.subscribe.bind(link),
      close: link.close.bind(link),
      onServerChanged: (listener: () => void) => {
        changed = listener
      },
    }
    const backend = bench.backend({ link: watched })
    const session = await backend.connect()
    await session.enqueue([get('1'), get('2')])
    const { leases } = await session.lease(1)
    changed()
    expect(await session.beat()).toEqual({ alive: false })
    await expect(session.lease(1)).rejects.toMatchObject({ code: 'ERR_SESSION_LOST' })
    expect(await session.commit([done(leases[0]!)])).toEqual([{ status: 'stale', duplicates: [] }])
    await session.close()
    const next = await backend.connect()
    expect((await next.lease(5)).leases.map(({ deliveries }) => deliveries)).toEqual([1, 1])
  })
})

describe('a lease that overtakes the commit before it', () => {
  /** A link on which the scripts of commits arrive after the lease that was sent behind them, as where Redis did not know them yet. */
  async function session(late: boolean): Promise<{ frontier: Frontier; woken: () => number }> {
    const { link } = bench
    let leased = (): void => undefined
    const backend = bench.backend({
      link: {
        command: link.command.bind(link),
        subscribe: link.subscribe.bind(link),
        close: link.close.bind(link),
        onServerChanged: link.onServerChanged.bind(link),
        async run(script, keys, args) {
          if (late && script.name.startsWith('commit')) {
            await new Promise<void>((resolve) => {
              leased = resolve
            })
          }
          const reply = await link.run(script, keys, args)
          if (script.name === 'lease') leased()
          return reply
        },
      },
    })
    const frontier = await backend.connect()
    let count = 0
    frontier.onWake(() => count++)
    return { frontier, woken: () => count }
  }

  for (const late of [true, false]) {
    it(late ? 'is asked for again' : 'is not asked for again where it did not', async () => {
      const { frontier, woken } = await session(late)
      await frontier.enqueue([get('1')])
      const { leases } = await frontier.lease(5)
      const [committed, { leases: next }] = await Promise.all([
        frontier.commit([done(leases[0]!, [get('2')])]),
        frontier.lease(5),
      ])
      expect(committed).toEqual([{ status: 'ok', duplicates: [] }])
      expect(next).toHaveLength(late ? 0 : 1)
      expect(woken()).toBe(late ? 1 : 0)
    })
  }
})
