import { type Db, MongoClient, ObjectId } from 'mongodb'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Item, type MongoOptions, mongo, type Pipeline } from '../../src/index.ts'
import { type MongoProxy, startMongoProxy } from '../support/mongo-proxy.ts'
import { type MongoServer, noOwnMongo, startMongo } from '../support/mongo-server.ts'
import { pipelineContext } from '../support/pipeline-context.ts'

describe.skipIf(noOwnMongo)('what mongo asks of its server for a batch', () => {
  let server: MongoServer
  let proxy: MongoProxy
  let client: MongoClient
  let db: Db
  let count = 0

  beforeAll(async () => {
    server = await startMongo()
    proxy = await startMongoProxy(server.port)
    client = await new MongoClient(server.url).connect()
  })
  afterAll(async () => {
    await client?.close()
    await proxy?.close()
    await server?.stop()
  })
  beforeEach(() => {
    db = client.db(`commands_${++count}`)
  })

  const without = async (): Promise<unknown[]> =>
    (await db.collection('items').find().sort({ id: 1 }).toArray()).map(({ _id, ...fields }) => fields)

  /** Stores each list of items as one batch; gives the commands that each took. */
  async function batches(options: Partial<MongoOptions<never>>, ...lists: readonly (readonly Item[])[]): Promise<string[][]> {
    const url = `mongodb://127.0.0.1:${proxy.port}/`
    const pipeline = mongo({ url, database: db.databaseName, collection: 'items', ...options } as MongoOptions) as Pipeline
    await pipeline.open?.(pipelineContext())
    const asked: string[][] = []
    try {
      for (const items of lists) {
        proxy.commands.length = 0
        for (const [i, item] of items.entries()) {
          await pipeline.process(item, { key: `k${i}`, request: undefined, response: undefined })
        }
        await pipeline.flush?.()
        asked.push([...proxy.commands])
      }
    } finally {
      await pipeline.close?.()
    }
    return asked
  }
  const numbered = (from: number, to: number, n = 0): { id: number; n: number }[] =>
    Array.from({ length: to - from }, (_, i) => ({ id: from + i, n }))

  it('inserts what is new, and looks for nothing', async () => {
    expect(await batches({ key: 'id' }, numbered(0, 20), numbered(20, 40))).toEqual([['insert'], ['insert']])
  })

  it.each<[string, Partial<MongoOptions<never>>, (n: number) => Item]>([
    ['under its own key', {}, (n) => ({ n, deep: { list: [n, 'a'] } })],
    ['by a number', { key: 'id' }, (n) => ({ id: n })],
    ['by a field of an object', { key: 'author.id' }, (n) => ({ author: { id: `a${n}` } })],
    ['by a date', { key: 'at' }, (n) => ({ at: new Date(n), n })],
    ['by a bigint', { key: 'big' }, (n) => ({ big: 2n ** 53n + BigInt(n) })],
    ['by an ObjectId', { key: '_id' }, (n) => ({ _id: new ObjectId(String(n).padStart(24, '0')), n })],
    ['by what a function gives', { key: (item: { n: number }) => item.n }, (n) => ({ n, text: 'a' })],
    ['with dates, bigints, bytes and nulls', {}, (n) => ({ n, d: new Date(7), b: 7n, u: new Uint8Array([1, 2]), none: null })],
    ['that replaces', { key: 'id', update: 'replace' }, (n) => ({ id: n })],
  ])('writes nothing again that is there as it is: %s', async (_, options, make) => {
    const items = Array.from({ length: 4 }, (_, n) => make(n))
    const [, again, third] = await batches(options, items, items, items)
    // a first time since an insert says that it is there; from then on it is looked for first
    expect([again, third]).toEqual([['insert', 'find'], ['find']])
    expect(await batches(options, items)).toMatchObject([expect.not.arrayContaining(['update'])])
    expect(await db.collection('items').countDocuments()).toBe(4)
  })

  it('writes what has changed in one bulk, and leaves the rest alone', async () => {
    const changed = [...numbered(0, 3, 1), ...numbered(3, 10)]
    expect(await batches({ key: 'id' }, numbered(0, 10), changed)).toEqual([['insert'], ['insert', 'find', 'update']])
    expect(await without()).toEqual(changed)
  })

  it('replaces what has a field more, which set leaves alone', async () => {
    await db.collection<{ id: number; n: number; more?: number }>('items').insertOne({ id: 0, n: 0, more: 1 })
    expect(await batches({ key: 'id' }, numbered(0, 1))).toEqual([['insert', 'find']])
    expect(await without()).toEqual([{ id: 0, n: 0, more: 1 }])
    expect(await batches({ key: 'id', update: 'replace' }, numbered(0, 1))).toEqual([['insert', 'find', 'update']])
    expect(await without()).toEqual([{ id: 0, n: 0 }])
  })

  it('inserts what is new among what is there: an update would look for it again', async () => {
    const asked = await batches({ key: 'id' }, numbered(0, 10), numbered(0, 10), [...numbered(0, 6, 1), ...numbered(10, 14)])
    expect(asked[2]).toEqual(['find', 'insert', 'update'])
    expect(await without()).toEqual([...numbered(0, 6, 1), ...numbered(6, 14)])
  })

  it('looks for nothing any more once most is new again', async () => {
    const asked = await batches({ key: 'id' }, numbered(0, 4), numbered(0, 4), numbered(4, 8), numbered(8, 12))
    expect(asked.slice(2)).toEqual([['find', 'insert'], ['insert']])
  })
})
