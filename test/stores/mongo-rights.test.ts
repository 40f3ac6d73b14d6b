import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { crawl, mongo, type Pipeline, Spider, Stats } from '../../src/index.ts'
import { startMongoProxy } from '../support/mongo-proxy.ts'
import { type MongoServer, noOwnMongo, startMongo } from '../support/mongo-server.ts'
import { pipelineContext } from '../support/pipeline-context.ts'

class Nothing extends Spider {
  override *start() {
    yield { page: 1 }
  }
  override parse() {}
}

describe.skipIf(noOwnMongo)('mongo on a server that wants a password', () => {
  let server: MongoServer
  const password = 'p@ss:w/ord'
  beforeAll(async () => {
    server = await startMongo({ user: 'me', password })
  })
  afterAll(() => server?.stop())

  const crawlInto = (url: string) =>
    crawl(Nothing, { config: { logLevel: 'silent', pipelines: [mongo({ url, database: 'rights' })] } })

  it('stores with it', async () => {
    expect(await crawlInto(server.url)).toMatchObject({ reason: 'finished', stats: { 'mongo/stored_count': 1 } })
    const client = await new MongoClient(server.url).connect()
    expect(await client.db('rights').collection('nothing').countDocuments()).toBe(1)
    await client.close()
  })

  it.each([
    ['a wrong one', () => `mongodb://me:${encodeURIComponent('Wr0ng!')}@127.0.0.1:${server.port}/`],
    ['an unknown user', () => `mongodb://you:${encodeURIComponent(password)}@127.0.0.1:${server.port}/`],
  ])('does not begin with %s, and shows none', async (_, url) => {
    const error = await crawlInto(url()).catch((thrown: Error) => thrown)
    expect(error).toMatchObject({ code: 'ERR_STORE_DENIED', message: expect.stringContaining('user, password or authSource') })
    expect(String(error)).not.toMatch(/p@ss|p%40|Wr0ng/)
  })

  it('fails for good where a right is missing: nothing is tried again', async () => {
    // a server that lets everybody in and has rights checked at each write
    const pipeline = mongo({ url: `mongodb://127.0.0.1:${server.port}/rights` }) as Pipeline
    const opened = await Promise.resolve(pipeline.open?.(pipelineContext())).catch((thrown: Error) => thrown)
    if (opened instanceof Error) expect(opened).toMatchObject({ code: 'ERR_STORE_DENIED' })
    else {
      await pipeline.process({ a: 1 }, { key: 'k', request: undefined, response: undefined })
      await expect(Promise.resolve(pipeline.flush?.())).rejects.toMatchObject({ code: 'ERR_STORE_DENIED' })
    }
    await pipeline.close?.()
  })
})

describe.skipIf(noOwnMongo)('mongo with a user who may write and not read', () => {
  let server: MongoServer
  let client: MongoClient
  beforeAll(async () => {
    server = await startMongo()
    client = await new MongoClient(server.url).connect()
  })
  afterAll(async () => {
    await client?.close()
    await server?.stop()
  })

  it('stores what is new, and what has changed', async () => {
    const unauthorized = { ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'not authorized on rights to execute command find' }
    const proxy = await startMongoProxy(server.port, (name) => (name === 'find' ? unauthorized : undefined))
    const stats = new Stats()
    const pipeline = mongo({ url: `mongodb://127.0.0.1:${proxy.port}/rights`, collection: 'items', key: 'id' }) as Pipeline
    await pipeline.open?.(pipelineContext({ stats }))
    const store = async (items: readonly { id: number; n: number }[]): Promise<void> => {
      for (const item of items) await pipeline.process(item, { key: 'k', request: undefined, response: undefined })
      await pipeline.flush?.()
    }
    const found = () =>
      client
        .db('rights')
        .collection('items')
        .find({}, { projection: { _id: 0 } })
        .sort({ id: 1 })
        .toArray()
    try {
      await store([{ id: 1, n: 1 }])
      expect(proxy.commands).not.toContain('find')
      await store([
        { id: 1, n: 2 },
        { id: 2, n: 2 },
        { id: 3, n: 2 },
      ])
      expect(proxy.commands).toContain('find')
      expect(await found()).toEqual([
        { id: 1, n: 2 },
        { id: 2, n: 2 },
        { id: 3, n: 2 },
      ])
      const asked = proxy.commands.filter((name) => name === 'find').length
      await store([
        { id: 1, n: 3 },
        { id: 2, n: 3 },
      ])
      // what was refused once is not asked for again
      expect(proxy.commands.filter((name) => name === 'find')).toHaveLength(asked)
      expect(await found()).toEqual([
        { id: 1, n: 3 },
        { id: 2, n: 3 },
        { id: 3, n: 2 },
      ])
      expect(stats.flat()).toEqual({ 'mongo/stored_count': 6 })
    } finally {
      await pipeline.close?.()
      await proxy.close()
    }
  })
})
