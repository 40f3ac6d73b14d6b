import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type RedisServer, startRedis } from '../../test/support/redis-server.ts'
import { pickled, recordedCommands, recordedQueues, sendBytes } from '../../test/support/scrapy-redis.ts'
import { redisFrontier } from '../frontier/redis/redis-frontier.ts'
import type { RedisFrontierOptions } from '../frontier/redis/redis-options.ts'
import { Request } from '../http/request.ts'
import type { Logger } from '../log/contract.ts'
import type { RedisLink } from '../redis/link.ts'
import { openLink } from '../redis/open-link.ts'
import { fingerprint, fingerprintHex } from '../url/fingerprint.ts'
import { hostOf } from '../url/host.ts'
import type { ImportReport, ImportTarget, QueueOrder } from './contract.ts'
import { openTarget } from './open-target.ts'
import { importScrapyRedis, type ScrapyRedisImport } from './scrapy-redis.ts'

const errors: string[] = []
const ignore = (): void => undefined
const log: Logger = {
  debugEnabled: false,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: (message) => void errors.push(message),
}
let redis: RedisServer
let link: RedisLink

beforeAll(async () => {
  redis = await startRedis()
  link = await openLink({ url: redis.url, log })
})
beforeEach(() => redis.cli('FLUSHALL'))
afterEach(() => expect(errors.splice(0)).toEqual([]))
afterAll(async () => {
  await link.close()
  await redis.stop()
})

const options = (more: Partial<RedisFrontierOptions> = {}): RedisFrontierOptions => ({
  url: redis.url,
  name: 'shop',
  order: 'lifo',
  slot: { concurrency: 1, delay: 0, randomizeDelay: false },
  slots: {},
  maxDeliveries: 5,
  sessionTtl: 30_000,
  slotOf: (request) => hostOf(request.url),
  fingerprint: (request) => fingerprint(request),
  persist: false,
  flushOnStart: false,
  keepAlive: false,
  maxIdle: 0,
  dedupe: 'compact',
  keys: { startUrls: '%(name)s:start_urls', items: '%(spider)s:items', dupefilter: '%(spider)s:seen' },
  startUrlsType: 'list',
  log,
  ...more,
})

interface Import extends Partial<Omit<ScrapyRedisImport, 'openTarget'>> {
  readonly frontier?: Partial<RedisFrontierOptions>
  readonly dryRun?: true
  /** Stands between the import and the crawl. */
  readonly between?: (target: ImportTarget) => ImportTarget
}

async function run({ frontier = {}, dryRun, between = (target) => target, ...more }: Import = {}): Promise<ImportReport> {
  let close: (() => Promise<void>) | undefined
  try {
    return await importScrapyRedis({
      source: link,
      requestsKey: 'shop:requests',
      dupefilterKey: 'shop:dupefilter',
      crawlOrder: frontier.order ?? 'lifo',
      openTarget:
        dryRun === true
          ? undefined
          : async () => {
              const target = await openTarget(options(frontier), link)
              close = target.close
              return between(target)
            },
      ...more,
    })
  } finally {
    await close?.()
  }
}

/** Takes all that is queued, one after the other, as a crawl does. */
async function crawled(more: Partial<RedisFrontierOptions> = {}): Promise<Request[]> {
  const backend = redisFrontier(options({ ...more, link }))
  const session = await backend.connect()
  const requests: Request[] = []
  await session.seeded()
  for (;;) {
    const { leases, state } = await session.lease(1)
    if (state === 'empty') break
    requests.push(...leases.map(({ request }) => request))
    await session.commit(leases.map((lease) => ({ lease, outcome: { type: 'done' } })))
  }
  await session.close()
  return requests
}

const urls = (requests: readonly { readonly url: string }[]): string[] => requests.map(({ url }) => url)

/** URLs by slot: across slots a crawl has an order of its own. `slow` is one that a request names. */
function bySlot(requests: readonly { readonly url: string }[]): string[][] {
  const slot = (url: string): string => (url.endsWith('/options') ? 'slow' : hostOf(url))
  return ['shop.example', 'other.example', 'slow'].map((name) => urls(requests).filter((url) => slot(url) === name))
}

/** All that is in Redis, but what is the crawl's own. */
async function sourceDump(): Promise<unknown[]> {
  const keys = ((await redis.cli('KEYS', '*')) as string[]).filter((key) => !key.startsWith('{')).sort()
  return Promise.all(keys.map(async (key) => [key, await redis.cli('DEBUG', 'DIGEST-VALUE', key)]))
}

/** Pickles at `shop:requests`, pushed as scrapy-redis does. */
async function push(
  kind: QueueOrder,
  requests: readonly { url: string; priority?: number; dont_filter?: boolean }[],
): Promise<void> {
  await sendBytes(
    redis.url,
    requests.map((request) => {
      const member = pickled({ priority: 0, dont_filter: false, ...request })
      return kind === 'priority'
        ? ['ZADD', 'shop:requests', String(-(request.priority ?? 0)), member]
        : ['LPUSH', 'shop:requests', member]
    }),
  )
}

const many = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ url: `http://shop.example/${i}`, dont_filter: i % 3 === 0 }))

describe('a queue that scrapy-redis left', () => {
  it.each(
    (['priority', 'fifo', 'lifo'] as const).flatMap((kind) => (['lifo', 'fifo'] as const).map((order) => [kind, order] as const)),
  )('%s goes on in its order in a crawl that is %s', async (kind, order) => {
    await sendBytes(redis.url, recordedCommands(kind))
    const before = await sourceDump()
    const { pops } = recordedQueues.queues[kind]
    const report = await run({ frontier: { order }, ...(kind === 'priority' ? {} : { order: kind }) })
    expect(report).toMatchObject({
      order: kind,
      requests: { read: pops.length, added: pops.length, present: 0, unreadable: 0 },
      fingerprints: { read: 41, unreadable: 0 },
      problems: [],
      changed: false,
      deleted: [],
    })
    expect(report.fingerprints.added + report.fingerprints.present).toBe(41)
    expect(await sourceDump()).toEqual(before)

    const requests = await crawled({ order })
    expect(bySlot(requests)).toEqual(bySlot(pops))
    expect(requests).toHaveLength(pops.length)
    // lists did not look at priorities: they must not reorder now
    if (kind !== 'priority') expect(new Set(requests.map(({ priority }) => priority))).toEqual(new Set([0]))
    else expect(requests.map(({ priority }) => priority).sort()).toEqual(pops.map(({ priority }) => priority).sort())
  })

  it('is not fetched again, nor what it had fetched', async () => {
    await sendBytes(redis.url, recordedCommands('priority'))
    await run()
    const session = await redisFrontier(options({ link })).connect()
    const done = Array.from({ length: 20 }, (_, n) => new Request(`http://shop.example/done/${n}`))
    const queued = recordedQueues.queues.priority.pops
      .filter(({ dontFilter }) => !dontFilter)
      .map(({ url, method, body }) => new Request(url, { method, body: Buffer.from(body, 'base64') }))
    expect(await session.enqueue([...done, ...queued, new Request('http://shop.example/new')])).toMatchObject({ added: 1 })
    expect((await session.counts()).seen).toBe(42)
    await session.close()
  })
})

describe('the recorded queues of scrapy-redis', () => {
  interface Vector {
    readonly id: string
    readonly kind: string
    readonly queue: QueueOrder
    readonly push?: readonly (readonly [string, number])[]
    readonly expected: { readonly pops: readonly (readonly [string, number] | null)[] }
  }
  const file = new URL('../../test/vectors/scrapy_redis.json', import.meta.url)
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Vector[] }

  it.each(cases.filter(({ kind, push: pushed }) => kind === 'queue' && pushed !== undefined))(
    '$id $queue $push',
    async (vector) => {
      const label = (name: string) => `http://shop.example/${name}`
      await push(
        vector.queue,
        vector.push!.map(([name, priority]) => ({ url: label(name), priority, dont_filter: true })),
      )
      await run({ order: vector.queue })
      const requests = await crawled()
      const wanted = vector.expected.pops.filter((pop) => pop !== null)
      expect(urls(requests)).toEqual(wanted.map(([name]) => label(name)))
      if (vector.queue === 'priority')
        expect(requests.map(({ priority }) => priority)).toEqual(wanted.map(([, priority]) => priority))
    },
  )
})

describe('an import that is begun again', () => {
  it('adds nothing when all is there', async () => {
    await sendBytes(redis.url, recordedCommands('lifo'))
    await run({ order: 'lifo' })
    expect(await run({ order: 'lifo' })).toMatchObject({
      requests: { read: 29, added: 0, present: 29 },
      fingerprints: { read: 41, added: 0, present: 41 },
    })
    expect(await crawled()).toHaveLength(29)
  })

  it.each(['lifo', 'fifo'] as const)('after each page has the same requests in the same order (%s)', async (order) => {
    const requests = many(900)
    await push('fifo', requests)
    let imports = 0
    let report: ImportReport
    do {
      imports++
      const stop = new AbortController()
      let added = 0
      report = await run({
        order: 'fifo',
        frontier: { order },
        signal: stop.signal,
        between: (target) => ({
          ...target,
          async enqueue(some) {
            const result = await target.enqueue(some)
            // ends as soon as it has brought anything new
            if ((added += result.added) > 0) stop.abort()
            return result
          },
        }),
      })
      expect(report.interrupted).toBe(true)
      expect(report.changed).toBe(false)
    } while (report.requests.added > 0 && imports < 20 && report.requests.read < 900)
    expect(imports).toBe(5)
    expect(await run({ order: 'fifo', frontier: { order } })).toMatchObject({
      requests: { added: 0, present: 900 },
      interrupted: false,
    })
    expect(urls(await crawled({ order }))).toEqual(urls(requests))
  })

  it('after it was killed between two answers brings the last page of those with dont_filter twice, and nothing else', async () => {
    await push('lifo', many(500))
    const killed = run({
      order: 'lifo',
      between: (target) => {
        let calls = 0
        return { ...target, bring: async (ids) => (++calls === 2 ? Promise.reject(new Error('killed')) : target.bring(ids)) }
      },
    })
    await expect(killed).rejects.toThrow('killed')
    await run({ order: 'lifo' })
    const requests = await crawled()
    const times = new Map<string, number>()
    for (const { url } of requests) times.set(url, (times.get(url) ?? 0) + 1)
    expect(times.size).toBe(500)
    const twice = requests.filter(({ url }) => times.get(url) === 2)
    expect(twice.every(({ dontFilter }) => dontFilter)).toBe(true)
    expect(twice.length / 2).toBeLessThanOrEqual(Math.ceil(200 / 3))
    expect(requests).toHaveLength(500 + twice.length / 2)
  })

  it('into a run of the crawl that begins anew brings all of it', async () => {
    await push('lifo', many(30))
    await run({ order: 'lifo' })
    const first = redisFrontier(options({ link }))
    const session = await first.connect()
    await session.seeded()
    for (let n = 0; n < 30; n++) {
      const { leases } = await session.lease(1)
      await session.commit(leases.map((lease) => ({ lease, outcome: { type: 'done' } })))
    }
    expect(await session.finish()).toBe(true)
    await session.close()
    expect(await run({ order: 'lifo' })).toMatchObject({ requests: { added: 30, present: 0 } })
    expect(await crawled()).toHaveLength(30)
  })
})

describe('what cannot be read', () => {
  it('is told with its place, and left; the rest is brought', async () => {
    const bad = Object.values(recordedQueues.bad)
    await push('fifo', many(3))
    await sendBytes(redis.url, [
      ...bad.map((member) => ['LPUSH', 'shop:requests', Buffer.from(member, 'base64')]),
      ['SADD', 'shop:dupefilter', 'x'.repeat(40), 'ab', 'A'.repeat(40)],
    ])
    await push('fifo', [{ url: 'http://me:secret@shop.example/last' }, { url: 'me:secret@shop.example' }])
    const before = await sourceDump()
    const report = await run({ order: 'fifo', deleteSource: true })
    expect(report).toMatchObject({
      requests: { read: 5 + bad.length, added: 4, unreadable: bad.length + 1 },
      fingerprints: { read: 3, added: 1, unreadable: 2 },
      deleted: [],
    })
    expect(report.problems).toHaveLength(bad.length + 3)
    for (const { place } of report.problems.filter(({ place: at }) => at.startsWith('shop:requests'))) {
      const index = Number(/^shop:requests, index (-\d+)$/.exec(place)?.[1])
      // LINDEX finds it there
      expect(index === -(4 + bad.length + 1) || (index <= -4 && index >= -3 - bad.length)).toBe(true)
    }
    expect(await sourceDump()).toEqual(before)
    expect(urls(await crawled())).toEqual(
      [0, 1, 2, 'last'].map((n) => (n === 'last' ? 'http://me:secret@shop.example/last' : `http://shop.example/${n}`)),
    )
  })

  it('is counted when it is more than anybody reads', async () => {
    await sendBytes(
      redis.url,
      Array.from({ length: 300 }, (_, i) => ['ZADD', 'shop:requests', String(i), `junk ${i}`]),
    )
    const { requests, problems } = await run()
    expect(requests).toMatchObject({ read: 300, added: 0, unreadable: 300 })
    expect(problems).toHaveLength(20)
    expect(problems.map(({ place }) => place)).toContain('shop:requests, rank 299')
  })
})

describe('the source', () => {
  it('is deleted when that was asked for, and all of it was brought', async () => {
    await sendBytes(redis.url, recordedCommands('priority'))
    expect(await run({ deleteSource: true })).toMatchObject({ deleted: ['shop:requests', 'shop:dupefilter'] })
    expect(await sourceDump()).toEqual([])
    expect(await crawled()).toHaveLength(27)
  })

  it('that changes meanwhile belongs to a crawl that runs: that is told, and nothing is deleted', async () => {
    await push('lifo', many(10))
    const report = await run({
      order: 'lifo',
      deleteSource: true,
      between: (target) => ({
        ...target,
        async enqueue(some) {
          await redis.cli('LPOP', 'shop:requests')
          return target.enqueue(some)
        },
      }),
    })
    expect(report).toMatchObject({ changed: true, deleted: [] })
    expect(await redis.cli('LLEN', 'shop:requests')).toBe(9)
  })

  it('is read, and nothing else, by a dry run', async () => {
    await sendBytes(redis.url, recordedCommands('priority'))
    const keys = ((await redis.cli('KEYS', '*')) as string[]).sort()
    expect(await run({ dryRun: true, deleteSource: true })).toMatchObject({
      requests: { read: 27, added: 0 },
      fingerprints: { read: 41, added: 0 },
      deleted: [],
    })
    expect(((await redis.cli('KEYS', '*')) as string[]).sort()).toEqual(keys)
  })

  it('may have one of its two keys alone', async () => {
    await redis.cli('SADD', 'shop:dupefilter', fingerprintHex({ method: 'GET', url: 'http://shop.example/0' }))
    expect(await run()).toMatchObject({ order: undefined, requests: { read: 0 }, fingerprints: { added: 1 } })
    await redis.cli('DEL', 'shop:dupefilter')
    await push('priority', many(3))
    // the first is known by now, but passes the filter
    expect(await run()).toMatchObject({ requests: { added: 3 }, fingerprints: { read: 0 } })
  })

  it.each([
    ['nothing', [], {}, 'ERR_IMPORT_SOURCE', 'nothing to import'],
    ['no queue', ['SET', 'shop:requests', 'x'], {}, 'ERR_IMPORT_SOURCE', 'holds a string'],
    ['a Bloom filter', ['SETBIT', 'shop:dupefilter', '9', '1'], {}, 'ERR_IMPORT_SOURCE', 'Bloom filter'],
    ['a list that nobody says how to read', ['LPUSH', 'shop:requests', 'x'], {}, 'ERR_IMPORT_ORDER', '--order fifo'],
    ['a list that is no zset', ['LPUSH', 'shop:requests', 'x'], { order: 'priority' }, 'ERR_IMPORT_ORDER', 'got priority'],
    ['a zset that is no list', ['ZADD', 'shop:requests', '0', 'x'], { order: 'fifo' }, 'ERR_IMPORT_ORDER', 'PriorityQueue'],
  ] as const)('that is %s is refused, and no crawl is made', async (_, command, more, code, words) => {
    if (command.length > 0) await redis.cli(...command)
    const refused = run(more)
    await expect(refused).rejects.toMatchObject({ code })
    await expect(refused).rejects.toThrow(words)
    expect((await redis.cli('KEYS', '{*')) as string[]).toEqual([])
  })
})

it('brings fingerprints into the other kinds of seen sets too', async () => {
  for (const dedupe of ['bloom', 'scrapy-redis'] as const) {
    await redis.cli('FLUSHALL')
    await sendBytes(redis.url, recordedCommands('priority'))
    expect(await run({ frontier: { dedupe } })).toMatchObject({
      requests: { added: 27 },
      fingerprints: { read: 41, unreadable: 0 },
    })
    const session = await redisFrontier(options({ dedupe, link })).connect()
    expect(await session.inspect.seen(new Request('http://shop.example/done/7'))).toBe(true)
    expect(await session.inspect.seen(new Request('http://shop.example/never'))).toBe(false)
    await session.close()
  }
  expect(((await redis.cli('SMEMBERS', 'shop:seen')) as string[]).sort()).toEqual(recordedQueues.dupefilter)
})
