import { afterEach, describe, expect, it } from 'vitest'
import { type Logger, type Pipeline, type RedisItemsOptions, redisItems, Stats } from '../../src/index.ts'
import { LIST_COMMANDS } from '../../src/pipeline/redis-items/list-writer.ts'
import { pipelineContext } from '../support/pipeline-context.ts'
import { elsewhere, localhost } from '../support/redis-certificates.ts'
import { startCluster, startReplica, startSentinel } from '../support/redis-groups.ts'
import { type RedisOptions, type RedisServer, startRedis, until } from '../support/redis-server.ts'
import { startProxy, type TcpProxy } from '../support/tcp-proxy.ts'

const ends: (() => unknown)[] = []
const said: string[] = []
const say = (level: string) => (message: string) => void said.push(`${level} ${message}`)
const log: Logger = { debugEnabled: false, debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
  said.length = 0
})

async function server(options?: RedisOptions): Promise<RedisServer> {
  const redis = await startRedis(options)
  ends.push(() => redis.stop())
  return redis
}

async function opened(options: RedisItemsOptions, stats: Stats = new Stats()): Promise<Pipeline> {
  const pipeline = redisItems(options)
  await pipeline.open?.(pipelineContext({ log, stats }))
  ends.push(() => Promise.resolve(pipeline.close?.()).catch(() => {}))
  return pipeline
}

/** What opening fails with; no password is in it. */
async function refusal(options: RedisItemsOptions): Promise<{ code: string; message: string }> {
  const error = await opened(options).catch((thrown: Error) => thrown)
  expect(error).toBeInstanceOf(Error)
  const { code, message } = error as Error & { code: string }
  expect(message).not.toMatch(/secret|wr0ng/)
  return { code, message }
}

let next = 0
/** Passes items on their way; flushed when they are in the list. */
function put(pipeline: Pipeline, count: number): Promise<unknown> {
  for (const end = next + count; next < end; next++)
    void pipeline.process({ n: next }, { key: `key-${next}`, request: undefined, response: undefined })
  return Promise.resolve(pipeline.flush?.())
}
afterEach(() => {
  next = 0
})

const stored = async (redis: Pick<RedisServer, 'cli'>, key = 'test:items'): Promise<number[]> =>
  ((await redis.cli('LRANGE', key, 0, -1)) as string[]).map((text) => (JSON.parse(text) as { n: number }).n)
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)
const isAway = (text: RegExp | string = 'Waiting for it'): Promise<void> =>
  until('the store to be away', () => said.some((line) => line.startsWith('warn') && line.search(text) >= 0), 20_000)

describe('redisItems does not begin', () => {
  it('where nothing listens', async () => {
    const redis = await server()
    await redis.kill()
    expect(await refusal({ url: `redis://:secret@127.0.0.1:${redis.port}` })).toEqual({
      code: 'ERR_STORE_AWAY',
      message: `Redis at 127.0.0.1:${redis.port} is away: nothing listens at 127.0.0.1:${redis.port} (ECONNREFUSED): is Redis running there?. The crawl does not begin without it`,
    })
  })

  it('with a wrong password, or without one', async () => {
    const redis = await server({ password: 'secret' })
    const at = `127.0.0.1:${redis.port}`
    expect(await refusal({ url: `redis://:wr0ng@${at}` })).toMatchObject({
      code: 'ERR_STORE_DENIED',
      message: expect.stringContaining('did not accept the user and password of the URL'),
    })
    expect(await refusal({ url: `redis://${at}` })).toMatchObject({
      code: 'ERR_STORE_DENIED',
      message: expect.stringContaining('wants a password, and the URL has none'),
    })
  })

  it('without a right, which it names; with those that it needs and no others it does', async () => {
    const redis = await server()
    const url = `redis://me:secret@127.0.0.1:${redis.port}`
    const user = (...rules: string[]): Promise<unknown> =>
      redis.cli('ACL', 'SETUSER', 'me', 'reset', 'on', '>secret', '-@all', '+info', ...rules)
    const calls = LIST_COMMANDS.map((name) => `+${name}`)
    await user('~test:items*', ...calls)
    await put(await opened({ url }), 3)
    expect(await stored(redis)).toEqual(upTo(3))
    await user('~*', ...calls, '-rpush', '-pexpire')
    expect(await refusal({ url })).toMatchObject({
      code: 'ERR_STORE_DENIED',
      message: expect.stringMatching(/may not call pexpire, rpush\. Allow it: ACL SETUSER <user> \+pexpire \+rpush/),
    })
    for (const pattern of ['~other', '~test:items', '%R~test:items*']) {
      await user(pattern, ...calls)
      expect(await refusal({ url })).toMatchObject({
        code: 'ERR_STORE_DENIED',
        message: expect.stringMatching(/lacks a right.*It needs the keys ~test:items and ~test:items:pushed:\*$/),
      })
    }
  })

  it('on a replica', async () => {
    const replica = await startReplica(await server())
    ends.push(() => replica.stop())
    expect(await refusal({ url: replica.url })).toMatchObject({
      code: 'ERR_STORE_REFUSED',
      message: expect.stringContaining('is a replica, which takes no writes: use the URL of its master'),
    })
  })

  it('where the key holds something else, and leaves that alone', async () => {
    const redis = await server()
    await redis.cli('SADD', 'test:items', 'a')
    expect(await refusal({ url: redis.url })).toEqual({
      code: 'ERR_STORE_CONFLICT',
      message: `Redis at 127.0.0.1:${redis.port}: the key test:items holds a set, where a list is expected. Something else uses this name: choose another one with \`key\`, or another database`,
    })
    expect(await redis.cli('KEYS', '*')).toEqual(['test:items'])
  })

  it('where keys may be thrown away, unless that is taken as it is', async () => {
    const redis = await server({ args: ['--maxmemory-policy', 'allkeys-lru'] })
    expect(await refusal({ url: redis.url })).toMatchObject({
      code: 'ERR_STORE_REFUSED',
      message: expect.stringMatching(/maxmemory-policy other than noeviction.*`allowEviction: true`$/),
    })
    await put(await opened({ url: redis.url, allowEviction: true }), 1)
    expect(await stored(redis)).toEqual([0])
  })

  it('where Redis is full', async () => {
    const redis = await server()
    await redis.cli('CONFIG', 'SET', 'maxmemory', '1')
    expect(await refusal({ url: redis.url })).toMatchObject({
      code: 'ERR_STORE_AWAY',
      message: expect.stringMatching(/cannot take items: Redis is full: OOM .*The crawl does not begin without it$/),
    })
  })

  it('with a certificate that nobody vouches for; with its authority it does', async () => {
    const redis = await server({ tls: localhost })
    expect(await refusal({ url: redis.url })).toMatchObject({ message: expect.stringContaining('no TLS connection') })
    expect(await refusal({ url: redis.url, ca: elsewhere.cert })).toMatchObject({ code: 'ERR_STORE_REFUSED' })
    expect(await refusal({ url: redis.url, ca: '/nowhere.pem' })).toMatchObject({ code: 'ERR_REDIS_TLS' })
    await put(await opened({ url: redis.url, ca: localhost.ca }), 2)
    expect(await stored(redis)).toEqual(upTo(2))
  })

  it('with a database that there is not', async () => {
    const redis = await server()
    expect(await refusal({ url: `${redis.url}/4711` })).toMatchObject({ code: 'ERR_REDIS_URL' })
  })
})

describe('redisItems, in the middle of a crawl,', () => {
  it('waits while Redis is full, says so, and loses nothing', async () => {
    const redis = await server()
    const stats = new Stats()
    const pipeline = await opened({ url: redis.url }, stats)
    await put(pipeline, 3)
    await redis.cli('CONFIG', 'SET', 'maxmemory', '1')
    const flushed = put(pipeline, 4)
    await isAway(/cannot take items: Redis is full: OOM/)
    expect(await stored(redis)).toEqual(upTo(3))
    await redis.cli('CONFIG', 'SET', 'maxmemory', '0')
    await flushed
    expect(await stored(redis)).toEqual(upTo(7))
    expect(said.filter((line) => line.startsWith('warn'))).toHaveLength(1)
    expect(said.at(-1)).toMatch(/^info Redis at .* is back after .* s; what waited is stored now$/)
    expect(stats.flat()).toMatchObject({ 'redisItems/stored_count': 7, 'redisItems/away_count': 1 })
  })

  it('waits for a server that is stopped, and appends once what it had been sent', async () => {
    const redis = await server()
    const pipeline = await opened({ url: redis.url, timeout: 1 })
    await put(pipeline, 3)
    await redis.kill('SIGSTOP')
    const flushed = put(pipeline, 5)
    await isAway()
    await redis.kill('SIGCONT')
    await flushed
    expect(await stored(redis)).toEqual(upTo(8))
  })

  describe('on a bad line', () => {
    let redis: RedisServer
    let proxy: TcpProxy
    const start = async (): Promise<Pipeline> => {
      redis = await server()
      proxy = await startProxy(redis.port)
      ends.push(() => proxy.close())
      return opened({ url: `redis://127.0.0.1:${proxy.port}`, batchSize: 4 })
    }

    it('appends once when the answer is lost, time and again', async () => {
      const pipeline = await start()
      for (let round = 0; round < 6; round++) {
        const lost = proxy.swallowReply()
        await Promise.all([put(pipeline, 3), lost])
      }
      expect(await stored(redis)).toEqual(upTo(18))
    })

    it('has no more on its way than one batch, however often it is tried', async () => {
      const pipeline = await start()
      await put(pipeline, 1)
      proxy.refuse()
      proxy.cut()
      const flushed = put(pipeline, 4)
      await isAway()
      proxy.accept()
      await flushed
      const calls = /^cmdstat_evalsha:calls=(\d+)/m.exec(String(await redis.cli('INFO', 'commandstats')))?.[1]
      // to look at the start, the first item, and the batch by the link and by the writer after it
      expect(Number(calls)).toBeLessThanOrEqual(5)
      expect(await stored(redis)).toEqual(upTo(5))
    })
  })

  it('ends when something else takes the key, and remembers nothing that is not there', async () => {
    const redis = await server()
    const pipeline = await opened({ url: redis.url })
    await put(pipeline, 1)
    await redis.cli('SET', 'test:items', 'mine')
    await expect(put(pipeline, 3)).rejects.toMatchObject({
      code: 'ERR_STORE_CONFLICT',
      message: expect.stringContaining('the key test:items holds a string'),
    })
    await redis.cli('DEL', 'test:items')
    next = 0
    await put(await opened({ url: redis.url }), 4)
    expect(await stored(redis)).toEqual([1, 2, 3])
  })

  it('ends when a right is taken away, and remembers nothing that is not there', async () => {
    const redis = await server()
    await redis.cli('ACL', 'SETUSER', 'me', 'on', '>secret', '~*', '+@all')
    const url = `redis://me:secret@127.0.0.1:${redis.port}`
    const pipeline = await opened({ url })
    await put(pipeline, 1)
    await redis.cli('ACL', 'SETUSER', 'me', '-rpush')
    const error = await put(pipeline, 3).catch((thrown: Error) => thrown)
    expect(error).toMatchObject({ code: 'ERR_STORE_DENIED', message: expect.stringContaining('lacks a right') })
    expect(String(error)).not.toContain('secret')
    await redis.cli('ACL', 'SETUSER', 'me', '+rpush')
    next = 0
    await put(await opened({ url }), 4)
    expect(await stored(redis)).toEqual(upTo(4))
  })

  it('goes on with the new master that Sentinels name', async () => {
    const group = await startSentinel()
    ends.push(() => group.stop())
    const pipeline = await opened({ url: group.url })
    await put(pipeline, 3)
    await until('the replica to have them', async () => (await stored(group.replica)).length === 3)
    await group.master.kill()
    const flushed = put(pipeline, 3)
    await isAway()
    await flushed
    expect(await stored(group.replica)).toEqual(upTo(6))
  }, 60_000)
})

describe('redisItems on a Cluster', () => {
  it('keeps what it remembers on the node of the list, with and without a part in braces', async () => {
    const cluster = await startCluster(3)
    ends.push(() => cluster.stop())
    const at = async (key: string): Promise<number[]> => stored(await cluster.ownerOf(key), key)
    for (const [key, list] of [
      [undefined, '{test}:items'],
      ['%(spider)s:{mine}', 'test:{mine}'],
      ['plain', 'plain'],
    ] as const) {
      next = 0
      const options = { url: cluster.url, ...(key === undefined ? {} : { key }) }
      await put(await opened(options), 5)
      next = 0
      await put(await opened(options), 6)
      expect(await at(list)).toEqual(upTo(6))
    }
    for (const key of ['a}b', 'empty{}'])
      expect(await refusal({ url: cluster.url, key })).toMatchObject({ code: 'ERR_REDIS_KEY' })
    expect(await refusal({ url: cluster.nodes[0]!.url })).toMatchObject({
      code: 'ERR_STORE_REFUSED',
      message: expect.stringContaining('use redis+cluster://'),
    })
  }, 60_000)
})
