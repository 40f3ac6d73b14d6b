import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type RedisServer, startRedis, until } from '../../../../test/support/redis-server.ts'
import { sendBytes } from '../../../../test/support/scrapy-redis.ts'
import type { Request } from '../../../http/request.ts'
import type { Logger } from '../../../log/contract.ts'
import { fingerprint } from '../../../url/fingerprint.ts'
import { redisFrontier } from '../redis-frontier.ts'

interface Vector {
  readonly id: string
  readonly kind: string
  readonly mode: 'list' | 'set' | 'zset'
  readonly pushSide?: 'left' | 'right'
  readonly push: readonly string[]
  readonly scores?: readonly number[]
  readonly expected: { readonly key: string; readonly batches: readonly (readonly string[])[] }
}

const file = new URL('../../../../test/vectors/scrapy_redis.json', import.meta.url)
const vectors = (JSON.parse(readFileSync(file, 'utf8')) as { cases: Vector[] }).cases.filter(({ kind }) => kind === 'fetch')
const ignore = (): void => undefined
const log: Logger = { debugEnabled: false, debug: ignore, info: ignore, warn: ignore, error: ignore }
let redis: RedisServer

beforeAll(async () => {
  redis = await startRedis()
})
beforeEach(() => redis.cli('FLUSHALL'))
afterAll(() => redis.stop())

/** The seeds that a crawl takes, in the order in which it crawls them. */
async function taken(mode: Vector['mode'], count: number): Promise<Request[]> {
  const backend = redisFrontier({
    url: redis.url,
    name: 'vec',
    order: 'fifo',
    slot: { concurrency: 1, delay: 0, randomizeDelay: false },
    slots: {},
    maxDeliveries: 5,
    sessionTtl: 30_000,
    slotOf: () => 'one',
    fingerprint: (request) => fingerprint(request),
    persist: false,
    flushOnStart: false,
    keepAlive: false,
    maxIdle: 0,
    dedupe: 'compact',
    keys: { startUrls: '%(name)s:start_urls', items: '%(spider)s:items', dupefilter: '%(spider)s:dupefilter' },
    startUrlsType: mode,
    log,
  })
  const session = await backend.connect()
  await session.seeded()
  const requests: Request[] = []
  await until('all seeds are taken', async () => {
    const { leases } = await session.lease(1)
    requests.push(...leases.map(({ request }) => request))
    await session.commit(leases.map((lease) => ({ lease, outcome: { type: 'done' } })))
    return requests.length >= count
  })
  await session.close()
  await backend.close()
  return requests
}

describe('start_urls', () => {
  it.each(vectors)('$id $mode $push is taken as scrapy-redis takes it', async ({ mode, pushSide, push, scores, expected }) => {
    for (const [i, message] of push.entries()) {
      if (mode === 'zset') await redis.cli('ZADD', expected.key, scores![i]!, message)
      else if (mode === 'set') await redis.cli('SADD', expected.key, message)
      else await redis.cli(pushSide === 'left' ? 'LPUSH' : 'RPUSH', expected.key, message)
    }
    // what is bad is kept aside; there, what stood behind it was lost
    const good = push.filter((message) => message.startsWith('http'))
    const urls = (await taken(mode, good.length)).map(({ url }) => url)
    const recorded = expected.batches.flat()
    if (mode === 'set') expect(urls.toSorted()).toEqual(good.toSorted())
    else {
      expect(urls.slice(0, recorded.length)).toEqual(recorded)
      expect(urls.toSorted()).toEqual(good.toSorted())
    }
    expect(await redis.cli('EXISTS', expected.key)).toBe(0)
    const dead = (await redis.cli('LRANGE', '{vec}:start_urls:dead', 0, -1)) as string[]
    expect(dead.map((entry) => (JSON.parse(entry) as { message: string }).message)).toEqual(
      push.filter((message) => !message.startsWith('http')),
    )
  })

  it('keeps what is not UTF-8 as it was, and takes all else as it is', async () => {
    const bad = Buffer.from([...Buffer.from('http://e.com/'), 0xff, 0x25, 0x00, 0xc3])
    const good = ['http://e.com/é%41%c3', '{"url": "http://e.com/", "q": "漢%"}']
    await sendBytes(
      redis.url,
      [good[0]!, bad, good[1]!].map((message) => ['RPUSH', 'vec:start_urls', message]),
    )
    expect((await taken('list', 2)).map(({ url }) => url)).toEqual(['http://e.com/%C3%A9%41%c3', 'http://e.com/?q=%E6%BC%A2%25'])
    const [dead = ''] = (await redis.cli('LRANGE', '{vec}:start_urls:dead', 0, -1)) as string[]
    const { message, base64, error } = JSON.parse(dead) as { message: string; base64: boolean; error: string }
    expect(Buffer.from(message, 'base64')).toEqual(bad)
    expect(base64).toBe(true)
    expect(error).toContain('not UTF-8')
  })
})
