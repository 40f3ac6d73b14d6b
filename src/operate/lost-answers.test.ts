import { type AddressInfo, createServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { redisBench } from '../../test/support/redis-backend.ts'
import { inconsistencies } from '../../test/support/redis-consistency.ts'
import { startRedis } from '../../test/support/redis-server.ts'
import { crawlKeys } from '../frontier/redis/redis-keys.ts'
import { Request } from '../http/request.ts'
import type { RedisLink } from '../redis/link.ts'
import { systemClock } from '../util/clock.ts'
import { control } from './control.ts'
import { CrawlHandle } from './crawl-handle.ts'
import { dropDead, retryDead } from './dead-letters.ts'
import { dropDeadSeeds, retryDeadSeeds } from './dead-seeds.ts'
import { purgeHost, setHost } from './hosts.ts'
import { openOperator } from './open-operator.ts'
import { purge } from './purge.ts'
import { pushSeeds } from './push-seeds.ts'

const bench = redisBench()
const silent = { debugEnabled: false, debug() {}, info() {}, warn() {}, error() {} }
const keys = { startUrls: '%(name)s:start_urls', items: '%(spider)s:items', dupefilter: '%(spider)s:dupefilter' }

describe('every call sent twice, as after an answer that got lost', () => {
  afterEach(() => bench.server.cli('FLUSHALL'))

  test('is carried out once, and answered as the first', async () => {
    const frontier = await bench.backend({ clock: systemClock, serverTime: Date.now, name: 'twice' }).connect()
    await frontier.claimSeeding()
    await frontier.enqueue([1, 2, 3].map((n) => new Request(`http://a.example/${n}`)))
    await frontier.seeded()
    const { leases } = await frontier.lease(2)
    await frontier.commit(leases.map((lease) => ({ lease, outcome: { type: 'dead', reason: 'failed', error: 'why' } as const })))
    await bench.server.cli('RPUSH', '{twice}:start_urls:dead', 'x', 'x', 'y')

    const { link } = bench
    const deaf: RedisLink = {
      command: link.command.bind(link),
      subscribe: link.subscribe.bind(link),
      onServerChanged: link.onServerChanged.bind(link),
      close: link.close.bind(link),
      async run(...call) {
        await link.run(...call)
        return link.run(...call)
      },
    }
    const handle = new CrawlHandle('twice', crawlKeys({ url: bench.server.url, name: 'twice', keys }), deaf)

    expect(await control(handle, 'pause')).toMatchObject({ before: '', now: 'pause' })
    expect(await control(handle, 'resume')).toMatchObject({ before: 'pause', now: '' })
    expect(await pushSeeds(handle, 'list', [{ message: 'a' }, { message: 'b' }])).toMatchObject({ pushed: 2, waiting: 2 })
    expect(await pushSeeds(handle, 'list', [{ message: 'a' }])).toMatchObject({ pushed: 1, waiting: 3 })
    expect(await retryDead(handle, { ids: [leases[0]!.token] })).toMatchObject({ retried: 1 })
    expect(await dropDead(handle, {})).toBe(1)
    await setHost(handle, 'a.example', { delay: 5 })
    expect(await frontier.counts()).toMatchObject({ queued: 2, dead: 0 })
    expect(await inconsistencies(bench.server.cli, 'twice')).toEqual([])
    expect(await purgeHost(handle, 'a.example')).toBe(2)
    expect(await inconsistencies(bench.server.cli, 'twice')).toEqual([])
    // two that are the same are two
    expect(await retryDeadSeeds(handle, 'list')).toBe(3)
    expect(await bench.server.cli('LRANGE', 'twice:start_urls', 0, -1)).toEqual(['a', 'b', 'a', 'x', 'x', 'y'])
    expect(await dropDeadSeeds(handle, 'list')).toBe(0)
    await frontier.close()
    await purge(handle)
    expect(await bench.server.cli('KEYS', '{twice}:crawl')).toEqual([])
  })
})

describe('a Redis that does not answer', () => {
  test('is given up while connecting, and while a verb waits', async () => {
    const server = createServer((socket) => void socket.on('error', () => undefined).resume())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`
    await expect(openOperator({ redis: url, log: silent, deadline: 400 })).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_REDIS_(TIMEOUT|CONNECT)$/),
    })
    await new Promise((resolve) => server.close(resolve))

    const redis = await startRedis()
    try {
      const operator = await openOperator({ redis: redis.url, spider: 'a', log: silent, deadline: 4_000 })
      await operator.push([{ message: 'http://a.example/' }])
      await redis.kill('SIGSTOP')
      await expect(operator.push([{ message: 'http://b.example/' }])).rejects.toMatchObject({ code: 'ERR_REDIS_TIMEOUT' })
      await operator.close()
    } finally {
      await redis.kill('SIGKILL')
      await redis.stop()
    }
  })
})
