import { type Db, MongoClient, ObjectId } from 'mongodb'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Item, type ItemInfo, type MongoOptions, mongo, type Pipeline, Stats } from '../../src/index.ts'
import { mongoForTests, noMongo } from '../support/mongo-server.ts'
import { pipelineContext } from '../support/pipeline-context.ts'

describe.skipIf(noMongo)('mongo', () => {
  let server: Awaited<ReturnType<typeof mongoForTests>>
  let client: MongoClient
  let db: Db
  let count = 0

  beforeAll(async () => {
    server = await mongoForTests()
    client = await new MongoClient(server.url).connect()
  })
  afterAll(async () => {
    await client?.close()
    await server?.stop()
  })
  beforeEach(() => {
    db = client.db(`skein_test_${process.pid}_${++count}`)
    return async () => void (await db.dropDatabase())
  })

  const info = (key: string): ItemInfo => ({ key, request: undefined, response: undefined })
  const all = (name: string): Promise<unknown[]> => db.collection(name).find().sort({ _id: 1 }).toArray()
  const without = async (name: string): Promise<unknown[]> =>
    (await db.collection(name).find().toArray()).map(({ _id, ...fields }) => fields)

  /** Stores items, each with a key of its own, in one crawl. */
  async function store(options: Partial<MongoOptions<never>>, items: readonly Item[], keys = items.map((_, i) => `key-${i}`)) {
    const stats = new Stats()
    const pipeline = mongo({ url: server.url, database: db.databaseName, collection: 'items', ...options }) as Pipeline
    await pipeline.open?.(pipelineContext({ stats }))
    try {
      for (const [i, item] of items.entries()) expect(await pipeline.process(item, info(keys[i]!))).toBe(item)
      await pipeline.flush?.()
    } finally {
      await pipeline.close?.()
    }
    return stats.flat()
  }

  it('keeps items under their own keys, once, whatever is done twice', async () => {
    const stats = await store({}, [{ title: 'Emma' }, { title: 'Ulysses' }])
    await store({}, [{ title: 'Emma' }, { title: 'Ulysses, again' }])
    expect(await all('items')).toEqual([
      { _id: 'key-0', title: 'Emma' },
      { _id: 'key-1', title: 'Ulysses, again' },
    ])
    expect(stats).toEqual({ 'mongo/stored_count': 2 })
  })

  it('keeps items by a field, which gets a unique index', async () => {
    await store({ key: 'id' }, [
      { id: 1, name: 'a' },
      { id: 2, name: 'b' },
    ])
    await store({ key: 'id' }, [
      { id: 2, name: 'B' },
      { id: 3, name: 'c' },
    ])
    expect(await without('items')).toEqual([
      { id: 1, name: 'a' },
      { id: 2, name: 'B' },
      { id: 3, name: 'c' },
    ])
    expect(await db.collection('items').indexes()).toContainEqual(expect.objectContaining({ key: { id: 1 }, unique: true }))
  })

  it('keeps items by several fields, by one of an object, by a function, and by their _id', async () => {
    await store({ key: ['shop', 'sku'], collection: 'several' }, [
      { shop: 'a', sku: 1 },
      { shop: 'a', sku: 2 },
      { shop: 'a', sku: 1, n: 1 },
    ])
    expect(await without('several')).toEqual([
      { shop: 'a', sku: 1, n: 1 },
      { shop: 'a', sku: 2 },
    ])
    await store({ key: 'author.id', collection: 'inner' }, [{ author: { id: 1 } }, { author: { id: 1 }, n: 2 }])
    expect(await without('inner')).toEqual([{ author: { id: 1 }, n: 2 }])
    await store({ key: (item: { url: string }) => `u:${item.url}`, collection: 'fn' }, [
      { url: 'a' },
      { url: 'b' },
      { url: 'a', n: 3 },
    ])
    expect(await all('fn')).toEqual([
      { _id: 'u:a', url: 'a', n: 3 },
      { _id: 'u:b', url: 'b' },
    ])
    const id = new ObjectId()
    await store({ key: '_id', collection: 'id' }, [
      { _id: id, n: 1 },
      { _id: id, n: 2 },
    ])
    expect(await all('id')).toEqual([{ _id: id, n: 2 }])
  })

  it('sets the fields of what is there, or replaces it', async () => {
    await store({ key: 'id' }, [{ id: 1, name: 'a', city: 'Bath' }])
    await store({ key: 'id' }, [{ id: 1, name: 'b' }])
    expect(await without('items')).toEqual([{ id: 1, name: 'b', city: 'Bath' }])
    await store({ key: 'id', update: 'replace' }, [{ id: 1, name: 'c' }])
    expect(await without('items')).toEqual([{ id: 1, name: 'c' }])
  })

  it.each([
    ['set', { id: 1, a: 3, b: 2, c: 4 }],
    ['replace', { id: 1, a: 3, c: 4 }],
  ] as const)('with %s, the last of several items of one key in a batch is what stays', async (update, expected) => {
    await store({ key: 'id', update }, [{ id: 1, a: 1 }, { id: 2 }, { id: 1, b: 2 }, { id: 1, a: 3, c: 4 }])
    expect(await without('items')).toEqual(expect.arrayContaining([expected, { id: 2 }]))
    expect(await db.collection('items').countDocuments()).toBe(2)
  })

  it('keeps numbers, dates, bigints, bytes and nulls what they are', async () => {
    const item = {
      n: 1.5,
      d: new Date(12345),
      big: 2n ** 40n,
      bytes: new Uint8Array([1, 2]),
      none: null,
      not: undefined,
      deep: { list: [1, 'a'] },
    }
    await store({}, [item])
    const [found] = (await db
      .collection('items')
      .find({}, { promoteLongs: false, promoteBuffers: true })
      .toArray()) as unknown as [Record<string, unknown>]
    expect(found).toMatchObject({ n: 1.5, d: new Date(12345), none: null, deep: { list: [1, 'a'] } })
    expect(Object.keys(found)).not.toContain('not')
    expect(String(found['big'])).toBe(String(2n ** 40n))
    expect((found['big'] as { _bsontype: string })._bsontype).toBe('Long')
    expect(found['bytes']).toEqual(Buffer.from([1, 2]))
  })

  it('puts items in the collection of their type, or in the one that a function names, and makes the index in each', async () => {
    class Answer {
      id = 7
    }
    await store({ key: 'id', collection: { user: '%(spider)s_users', Answer: 'answers' } }, [
      { type: 'user', id: 1 },
      new Answer(),
    ])
    expect(await without('test_users')).toEqual([{ type: 'user', id: 1 }])
    expect(await without('answers')).toEqual([{ id: 7 }])
    await store({ key: 'id', collection: (item: { type: string }) => `by_${item.type}` }, [
      { type: 'a', id: 1 },
      { type: 'b', id: 1 },
      { type: 'a', id: 1 },
    ])
    expect(await without('by_a')).toHaveLength(1)
    expect(await db.collection('by_b').indexes()).toContainEqual(expect.objectContaining({ key: { id: 1 }, unique: true }))
  })

  it.each<[string, Partial<MongoOptions<never>>, Item, string]>([
    ['without its key', { key: 'id' }, { name: 'x' }, 'its key "id" is missing'],
    ['with null for its key', { key: 'id' }, { id: null }, 'its key "id" is missing'],
    ['with one of two keys', { key: ['a', 'b'] }, { a: 1 }, 'its key "b" is missing'],
    ['with a list for its key', { key: 'id' }, { id: [1] }, 'its key "id" is a list'],
    ['with an operator for its key', { key: 'id' }, { id: { a: 1 } }, 'its key "id" is a object'],
    ['with an _id besides its own key', {}, { _id: 1 }, 'say that it is the key'],
    [
      'of a type without a collection',
      { collection: { user: 'users' } },
      { type: 'shop' },
      'has no name for items of the type "shop"',
    ],
    ['with a field that MongoDB refuses', {}, { $where: 1 }, 'begins with "$"'],
    ['over 16 MB', {}, { text: 'x'.repeat(17_000_000) }, 'it has 17,000,016 bytes, and a document may have 16,777,216'],
  ])('refuses an item %s by name, and stores the others', async (_, options, item, message) => {
    const pipeline = mongo({ url: server.url, database: db.databaseName, collection: 'items', ...options }) as Pipeline
    await pipeline.open?.(pipelineContext())
    const good = { id: 1, a: 1, b: 2, type: 'user' }
    await pipeline.process(good, info('1'))
    expect(() => pipeline.process(item, info('2'))).toThrow(message)
    await pipeline.process({ ...good, id: 2, a: 2 }, info('3'))
    await pipeline.flush?.()
    await pipeline.close?.()
    expect(await db.collection(options.collection === undefined ? 'items' : 'users').countDocuments()).toBe(2)
  })

  it('refuses an item whose collection cannot be one, and stores the others', async () => {
    const pipeline = mongo({
      url: server.url,
      database: db.databaseName,
      collection: (item: { to: string }) => item.to,
    }) as Pipeline
    await pipeline.open?.(pipelineContext())
    await pipeline.process({ to: 'items' }, info('1'))
    expect(() => pipeline.process({ to: 'a$b' }, info('2'))).toThrow('`collection` gave a name for the item that has "$" in it')
    await pipeline.flush?.()
    await pipeline.close?.()
    expect(await db.collection('items').countDocuments()).toBe(1)
  })

  it('stores what is as large as a document may be', async () => {
    await store({}, [{ text: 'x'.repeat(16 * 1024 * 1024 - 100) }])
    expect(await db.collection('items').countDocuments()).toBe(1)
  })

  it('does not begin where documents share a key: the message names the index, the key and what to do', async () => {
    await db.collection<{ id: number; n: number }>('items').insertMany([
      { id: 1, n: 1 },
      { id: 7, n: 2 },
      { id: 7, n: 3 },
    ])
    await expect(store({ key: 'id' }, [])).rejects.toMatchObject({
      code: 'ERR_STORE_CONFLICT',
      message: expect.stringMatching(
        /the unique index "id_1" cannot be made on "items": 2 documents have id = 7\. Remove the documents that are there twice/,
      ),
    })
  })

  it('does not begin where there is an index on the key that is not unique', async () => {
    await db.collection('items').createIndex({ id: 1 }, { name: 'mine' })
    await expect(store({ key: 'id' }, [])).rejects.toThrow('the index "mine" of "items" on "id" is not unique. Drop it')
  })

  it('uses a unique index that is there', async () => {
    await db.collection('items').createIndex({ b: -1, a: 1 }, { name: 'mine', unique: true })
    await store({ key: ['a', 'b'] }, [{ a: 1, b: 1 }])
    expect(await db.collection('items').indexes()).toHaveLength(2)
  })

  it('says which unique index besides its own is in the way', async () => {
    await db.collection('items').createIndex({ mail: 1 }, { unique: true })
    await expect(
      store({ key: 'id' }, [
        { id: 1, mail: 'a' },
        { id: 2, mail: 'a' },
      ]),
    ).rejects.toMatchObject({
      code: 'ERR_STORE_REFUSED',
      message: expect.stringMatching(
        /refused an item of start\(\) \(2,\) in "items": E11000.*; a unique index other than that of the key is in the way$/,
      ),
    })
  })

  it('lets many workers store the same keys at once', async () => {
    const items = Array.from({ length: 40 }, (_, id) => ({ id, worker: 0 }))
    const workers = Array.from({ length: 6 }, (_, worker) => items.map((item) => ({ ...item, worker })))
    await Promise.all(workers.map((mine) => store({ key: 'id', batchSize: 7 }, mine)))
    const found = (await without('items')) as { id: number; worker: number }[]
    expect(found.map(({ id }) => id).sort((a, b) => a - b)).toEqual(items.map(({ id }) => id))
  })

  it('goes on with upserts where most is there already, and with inserts where it is not', async () => {
    const old = Array.from({ length: 20 }, (_, id) => ({ id }))
    await store({ key: 'id' }, old)
    const later = Array.from({ length: 60 }, (_, id) => ({ id, n: 1 }))
    await store({ key: 'id', batchSize: 10 }, later)
    expect(((await without('items')) as { n: number }[]).filter(({ n }) => n === 1)).toHaveLength(60)
  })

  it('holds only two batches, and lets process wait', async () => {
    const pipeline = mongo({ url: server.url, database: db.databaseName, collection: 'items', batchSize: 5 }) as Pipeline
    await pipeline.open?.(pipelineContext())
    const results = Array.from({ length: 25 }, (_, i) => pipeline.process({ i }, info(`k${i}`)))
    expect(results.filter((one) => one instanceof Promise).length).toBe(15)
    await Promise.all(results)
    await pipeline.flush?.()
    await pipeline.close?.()
    expect(await db.collection('items').countDocuments()).toBe(25)
  })

  it.each([
    ['no URL', { url: '' }, 'ERR_STORE_URL'],
    ['another scheme', { url: 'postgres://a/b' }, 'ERR_STORE_URL'],
    ['an unknown option', { url: 'mongodb://a', kye: 'x' }, 'ERR_PIPELINE_OPTION'],
    ['an unknown way to update', { url: 'mongodb://a', update: 'merge' }, 'ERR_PIPELINE_OPTION'],
    ['a key of no fields, by which all items would be one', { url: 'mongodb://a', key: [] }, 'ERR_PIPELINE_OPTION'],
    ['a field without a name', { url: 'mongodb://a', key: '' }, 'ERR_PIPELINE_OPTION'],
    ['a field twice', { url: 'mongodb://a', key: ['id', 'id'] }, 'ERR_PIPELINE_OPTION'],
    ['a key that is a number', { url: 'mongodb://a', key: 5 }, 'ERR_PIPELINE_OPTION'],
    ['a collection that is a number', { url: 'mongodb://a', collection: 5 }, 'ERR_PIPELINE_OPTION'],
    ['a collection without a name', { url: 'mongodb://a', collection: '' }, 'ERR_PIPELINE_OPTION'],
    ['no collection at all', { url: 'mongodb://a', collection: {} }, 'ERR_PIPELINE_OPTION'],
    ['a name by type that is none', { url: 'mongodb://a', collection: { user: 5 } }, 'ERR_PIPELINE_OPTION'],
    ["options of the driver's that are a text", { url: 'mongodb://a', driverOptions: 'tls' }, 'ERR_PIPELINE_OPTION'],
  ])('refuses %s when it is made', (_, options, code) => {
    expect(() => mongo(options as MongoOptions)).toThrow(expect.objectContaining({ code }))
  })

  it.each([
    ['an option of the URL that is none', 'mongodb://me:secret@127.0.0.1/?nope=1', 'option nope is not supported'],
    ['a password that is not encoded', 'mongodb://me:se/cret@127.0.0.1/', 'wrong'],
    ['a certificate that is not there', 'mongodb://me:secret@127.0.0.1/?tls=true&tlsCAFile=/nowhere.pem', '/nowhere.pem'],
  ])('refuses %s before the crawl, without the password', async (_, url, message) => {
    const error = await Promise.resolve(mongo({ url }).open?.(pipelineContext())).catch((thrown: Error) => thrown)
    expect(error).toMatchObject({ code: 'ERR_STORE_URL', message: expect.stringContaining(message) })
    expect(String((error as Error).message)).not.toContain('cret')
  })

  it.each<[string, Partial<MongoOptions>, string]>([
    ['a dot', { database: 'a.b' }, 'the name of the database has "." in it. Choose another one with `database`'],
    ['a space', { database: 'a b' }, 'has " " in it'],
    ['64 bytes', { database: 'x'.repeat(64) }, 'has not 1 to 63 bytes'],
    ['a $', { collection: 'a$b' }, 'the name of the collection has "$" in it'],
    ['a dot in front', { collection: { user: '.users' } }, 'begins with a dot'],
    ['the name of what the server keeps for itself', { collection: 'system.users' }, 'or with "system."'],
  ])('refuses a name with %s before the crawl', async (_, options, message) => {
    const opened = Promise.resolve(mongo({ url: server.url, ...options }).open?.(pipelineContext()))
    await expect(opened).rejects.toMatchObject({ code: 'ERR_PIPELINE_OPTION', message: expect.stringContaining(message) })
  })

  it.each([
    ['speaks no TLS', '?tls=true&serverSelectionTimeoutMS=300', 'does it speak TLS if, and only if, the URL says so?'],
    ['is of no replica set', '?replicaSet=rs0&serverSelectionTimeoutMS=300', 'is the primary of the replica set "rs0"'],
  ])('says before the crawl that a server %s, where it should be', async (_, query, message) => {
    const opened = Promise.resolve(mongo({ url: `${server.url}${query}` }).open?.(pipelineContext()))
    await expect(opened).rejects.toMatchObject({ code: 'ERR_STORE_AWAY', message: expect.stringContaining(message) })
  })
})
