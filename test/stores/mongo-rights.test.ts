import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { crawl, mongo, type Pipeline, Spider } from '../../src/index.ts'
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
