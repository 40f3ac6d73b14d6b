import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Request } from '../../src/http/request.ts'
import { Spider } from '../../src/index.ts'
import { redisBench } from '../support/redis-backend.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { run } from '../support/run.ts'

interface Case {
  readonly id: string
  readonly kind: string
  readonly items?: readonly object[]
  readonly spiderName?: string
  readonly itemsKey?: string
  readonly requests?: readonly (readonly [url: string, method: string])[]
  readonly expected: {
    readonly key: string
    readonly values: readonly string[]
    readonly seen: readonly boolean[]
    readonly members: readonly string[]
    readonly enqueued: readonly boolean[]
  }
}

const { cases } = JSON.parse(readFileSync(new URL('../vectors/scrapy_redis.json', import.meta.url), 'utf8')) as { cases: Case[] }
const of = (kind: string): [string, Case][] => cases.filter((each) => each.kind === kind).map((each) => [each.id, each])

describe('what scrapy-redis writes: items', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis?.stop())
  beforeEach(() => redis.cli('FLUSHALL'))

  it.each(of('pipeline'))('%s', async (_, { items = [], spiderName = 'vec', itemsKey, expected }) => {
    class Giving extends Spider {
      static override spiderName = spiderName
      override *start() {
        yield* items
      }
    }
    const config = { redis: redis.url, redisItems: true, ...(itemsKey === undefined ? {} : { itemsKey }) }
    expect(await run(Giving, config)).toMatchObject({ reason: 'finished' })
    expect(await redis.cli('LRANGE', expected.key, 0, -1)).toEqual(expected.values)
  })
})

describe('what scrapy-redis writes: the dupe filter', () => {
  const bench = redisBench()

  it.each(of('dupefilter'))('%s', async (_, { requests = [], expected }) => {
    const session = await bench.backend({ dedupe: 'scrapy-redis' }).connect()
    const { duplicates } = await session.enqueue(
      requests.map(([url, method]) => new Request(url, { method: method.toUpperCase() })),
    )
    expect(requests.map((_, i) => duplicates.includes(i))).toEqual(expected.seen)
    expect(await bench.server.cli('SMEMBERS', `${bench.name}:dupefilter`)).toEqual(expected.members)
    expect(await bench.server.cli('SCARD', `${bench.name}:dupefilter`)).toBe(expected.members.length)
  })

  it.each(of('keys'))('%s: it stays with persist, and goes without', async (_, { expected }) => {
    for (const persist of [true, false]) {
      const session = await bench.backend({ dedupe: 'scrapy-redis', persist }).connect()
      const url = 'http://e.com/'
      const requests = [new Request(url), new Request(url), new Request(url, { dontFilter: true })]
      const { duplicates } = await session.enqueue(requests)
      expect(requests.map((_, i) => !duplicates.includes(i))).toEqual(expected.enqueued)
      const key = `${bench.name}:dupefilter`
      expect(await bench.server.cli('TYPE', key)).toBe('set')
      await session.seeded()
      const { leases } = await session.lease(5)
      await session.commit(leases.map((lease) => ({ lease, outcome: { type: 'done' } })))
      expect(await session.finish()).toBe(true)
      await session.close()
      expect(await bench.server.cli('EXISTS', key)).toBe(persist ? 1 : 0)
    }
  })
})
