import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { User } from '../../examples/zhihu/items.ts'
import { type Item, type ItemInfo, type Pipeline, type PostgresOptions, postgres, Stats } from '../../src/index.ts'
import { zhihuSite } from '../../src/testing/index.ts'
import { pipelineContext } from '../support/pipeline-context.ts'
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts'

/** Fields of a user that are whole numbers. */
const NUMBERS = new Set(Object.keys(User.shape).filter((name) => name.endsWith('_count') || name === 'gender'))

describe('postgres', () => {
  let server: PostgresServer
  let client: pg.Client
  let url: string
  let count = 0

  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server?.stop())
  beforeEach(async () => {
    const database = `db_${++count}`
    const admin = new pg.Client(server.url)
    await admin.connect()
    await admin.query(`CREATE DATABASE ${database}`)
    await admin.end()
    url = server.url.replace(/postgres$/, database)
    client = new pg.Client(url)
    await client.connect()
    return () => client.end()
  })

  const info = (key: string): ItemInfo => ({ key, request: undefined, response: undefined })
  const rows = async (text: string): Promise<Record<string, unknown>[]> => (await client.query(text)).rows
  const all = (table = 'items'): Promise<Record<string, unknown>[]> => rows(`SELECT * FROM ${table} ORDER BY 1`)
  const made = (options: Partial<PostgresOptions<never>>): Pipeline =>
    postgres({ url, table: 'items', ...options } as PostgresOptions) as Pipeline

  /** Stores items, each with a key of its own, in one crawl. */
  async function store(options: Partial<PostgresOptions<never>>, items: readonly Item[], keys = items.map((_, i) => `key-${i}`)) {
    const stats = new Stats()
    const pipeline = made(options)
    await pipeline.open?.(pipelineContext({ stats }))
    try {
      for (const [i, item] of items.entries()) expect(await pipeline.process(item, info(keys[i]!))).toBe(item)
      await pipeline.flush?.()
    } finally {
      await pipeline.close?.()
    }
    return stats.flat()
  }

  describe('with the schema of its items', () => {
    it('makes a table of its fields, and keeps items of real life in it', async () => {
      await using site = await zhihuSite({ users: 50 })
      const users = site.reachable().map((token) => User.parse(site.expectedUser(token)))
      await store({ columns: User, key: 'url_token' }, users)
      const types = await rows(`SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'items'`)
      expect(Object.fromEntries(types.map((row) => [row['column_name'], row['data_type']]))).toMatchObject({
        url_token: 'text',
        follower_count: 'bigint',
        badge: 'jsonb',
        educations: 'jsonb',
      })
      const stored = await rows('SELECT * FROM items')
      const whole = stored.map((row) => {
        // the driver gives a bigint as its digits
        const fields = Object.entries(row).filter(([, value]) => value !== null)
        return User.parse(Object.fromEntries(fields.map(([name, value]) => [name, NUMBERS.has(name) ? Number(value) : value])))
      })
      const byToken = (a: User, b: User): number => (a.url_token < b.url_token ? -1 : 1)
      expect(whole.sort(byToken)).toEqual(users.sort(byToken))
    })
  })

  describe('without columns', () => {
    it('keeps whole items under their own keys, once, whatever is done twice', async () => {
      const stats = await store({}, [{ title: 'Emma' }, { title: 'Ulysses' }])
      await store({}, [{ title: 'Emma' }, { title: 'Ulysses, again' }])
      expect(await all()).toEqual([
        { key: 'key-0', data: { title: 'Emma' }, stored_at: expect.any(Date) },
        { key: 'key-1', data: { title: 'Ulysses, again' }, stored_at: expect.any(Date) },
      ])
      expect(stats).toEqual({ 'postgres/stored_count': 2 })
    })

    it('keeps items by a field, by several fields, and by what a function says', async () => {
      await store({ key: 'id' }, [{ id: 1, n: 1 }, { id: 2 }, { id: 1, n: 3 }])
      expect((await all()).map(({ key, data }) => [key, data])).toEqual([
        ['1', { id: 1, n: 3 }],
        ['2', { id: 2 }],
      ])
      await store({ key: ['shop', 'sku'], table: 'several' }, [
        { shop: 'a', sku: 1 },
        { shop: 'a', sku: 2 },
        { shop: 'a', sku: 1, n: 1 },
      ])
      expect((await all('several')).map(({ key }) => key)).toEqual(['["a","1"]', '["a","2"]'])
      await store({ key: (item: { u: string }) => `u:${item.u}`, table: 'fn' }, [{ u: 'a' }, { u: 'a', n: 2 }])
      expect((await all('fn')).map(({ key, data }) => [key, data])).toEqual([['u:a', { u: 'a', n: 2 }]])
    })

    it('sets the fields of what is there, or replaces it, in a batch as over batches', async () => {
      const data = async () => (await all()).map((row) => row['data'])
      await store({ key: 'id' }, [
        { id: 1, a: 1, c: null },
        { id: 1, b: 2 },
      ])
      await store({ key: 'id' }, [{ id: 1, a: null, d: { e: 1 } }])
      expect(await data()).toEqual([{ id: 1, a: null, b: 2, c: null, d: { e: 1 } }])
      await store({ key: 'id', update: 'replace' }, [
        { id: 1, x: 1 },
        { id: 1, y: 1 },
      ])
      expect(await data()).toEqual([{ id: 1, y: 1 }])
    })

    it('keeps what JSON can hold, and what it has no word for as a text', async () => {
      const item = {
        n: -1.5e-7,
        t: true,
        none: null,
        not: undefined,
        date: new Date(12345),
        big: 2n ** 80n,
        bytes: new Uint8Array([1, 255]),
        deep: { list: [1, undefined, ['a', {}]], url: new URL('http://a/') },
        text: '"\\\n\u2028€😀',
        half: 'a\ud83d',
      }
      await store({}, [item, JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}')])
      expect((await all())[0]!['data']).toEqual({
        n: -1.5e-7,
        t: true,
        none: null,
        date: '1970-01-01T00:00:12.345Z',
        big: '1208925819614629174706176',
        bytes: '\\x01ff',
        deep: { list: [1, null, ['a', {}]], url: 'http://a/' },
        text: '"\\\n\u2028€😀',
        half: 'a\ufffd',
      })
      expect(await rows(`SELECT data::text AS text FROM items WHERE key = 'key-1'`)).toEqual([
        { text: '{"__proto__": {"a": 1}, "constructor": 2}' },
      ])
    })

    it('takes an item as it is when it is processed, whatever happens to it afterwards', async () => {
      const pipeline = made({})
      await pipeline.open?.(pipelineContext())
      const item = { list: [1] }
      await pipeline.process(item, info('a'))
      item.list.push(2)
      await pipeline.flush?.()
      await pipeline.close?.()
      expect((await all())[0]!['data']).toEqual({ list: [1] })
    })
  })

  describe('with columns', () => {
    const columns = { id: 'integer', name: 'text', city: 'text' }

    it('makes the table, and keeps items under their own keys', async () => {
      await store({ columns: { title: 'text', n: 'integer' } }, [{ title: 'Emma', n: 1, more: true }, { title: 'Ulysses' }])
      expect(await all()).toEqual([
        { item_key: 'key-0', title: 'Emma', n: 1 },
        { item_key: 'key-1', title: 'Ulysses', n: null },
      ])
    })

    it('sets the columns of what is there and leaves those alone that an item lacks; null is not lacking', async () => {
      await store({ key: 'id', columns }, [
        { id: 1, name: 'a', city: 'Bath' },
        { id: 2, name: 'b', city: 'York' },
      ])
      await store({ key: 'id', columns }, [{ id: 1, name: 'A' }, { id: 2, city: null }, { id: 3 }])
      expect(await all()).toEqual([
        { id: 1, name: 'A', city: 'Bath' },
        { id: 2, name: 'b', city: null },
        { id: 3, name: null, city: null },
      ])
      await store({ key: 'id', columns, update: 'replace' }, [{ id: 1, name: 'z' }])
      expect((await all())[0]).toEqual({ id: 1, name: 'z', city: null })
    })

    it.each([
      ['set', { id: 1, name: 'c', city: 'Bath' }],
      ['replace', { id: 1, name: 'c', city: null }],
    ] as const)('with %s, the last of several items of one key in a batch is what stays', async (update, expected) => {
      await store({ key: 'id', columns, update }, [
        { id: 1, name: 'a' },
        { id: 2 },
        { id: 1, city: 'Bath' },
        { id: 1, name: 'b' },
        { id: 1, name: 'c' },
      ])
      expect(await all()).toEqual([expected, { id: 2, name: null, city: null }])
    })

    it('keeps the last of keys that are one for the column alone', async () => {
      await store({ key: 'id', columns }, [
        { id: 7, name: 'a' },
        { id: '7', name: 'b' },
        { id: ' 07', name: 'c' },
        { id: 8, name: 'd' },
      ])
      expect((await all()).map(({ id, name }) => [id, name])).toEqual([
        [7, 'c'],
        [8, 'd'],
      ])
    })

    it('keeps values in columns of every kind', async () => {
      await client.query(`CREATE TYPE mood AS ENUM ('good', 'bad')`)
      const item = {
        big: 2n ** 62n,
        num: '12.50',
        dbl: Number.NaN,
        yes: true,
        at: new Date(12345),
        day: new Date('2024-02-29T23:00:00Z'),
        doc: { a: [1, 'x'] },
        arr: [1, 'x', null],
        text: { a: 1 },
        list: [1, 2],
        words: ['a,b', '"', null],
        bytes: new Uint8Array([0, 255]),
        uid: 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11',
        mood: 'bad',
        short: 'abc',
        none: null,
      }
      await store(
        {
          columns: {
            big: 'bigint',
            num: 'numeric(10, 2)',
            dbl: 'double precision',
            yes: 'boolean',
            at: 'timestamp with time zone',
            day: 'date',
            doc: 'jsonb',
            arr: 'JSONB',
            text: 'text',
            list: 'integer[]',
            words: 'text[]',
            bytes: 'bytea',
            uid: 'uuid',
            mood: 'mood',
            short: 'character varying(3)',
            none: 'jsonb',
          },
        },
        [item],
      )
      expect((await rows('SELECT *, day::text AS day FROM items'))[0]).toEqual({
        item_key: 'key-0',
        big: String(2n ** 62n),
        num: '12.50',
        dbl: Number.NaN,
        yes: true,
        at: new Date(12345),
        day: '2024-02-29',
        doc: { a: [1, 'x'] },
        arr: [1, 'x', null],
        text: '{"a": 1}',
        list: [1, 2],
        words: ['a,b', '"', null],
        bytes: Buffer.from([0, 255]),
        uid: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
        mood: 'bad',
        short: 'abc',
        none: null,
      })
    })

    it('stores more at once than a statement may have parameters', async () => {
      const items = Array.from({ length: 70_000 }, (_, id) => ({ id, name: `n${id}` }))
      await store({ key: 'id', columns, batchSize: 70_000 }, items)
      expect(await rows('SELECT count(*)::int AS n, count(DISTINCT name)::int AS names FROM items')).toEqual([
        { n: 70_000, names: 70_000 },
      ])
    })

    it('uses a table that is there, with its defaults and its own columns', async () => {
      await client.query(
        `CREATE TABLE items (n serial, name varchar(9) DEFAULT 'nobody' NOT NULL, b int, a int, note text, UNIQUE (b, a))`,
      )
      const options = { key: ['a', 'b'], columns: { a: 'integer', b: 'integer', name: 'text' } }
      await store(options, [{ a: 1, b: 1 }])
      await client.query(`UPDATE items SET note = 'mine'`)
      await store(options, [{ a: 1, b: 1, name: 'x' }])
      expect(await all()).toEqual([{ n: 1, name: 'x', b: 1, a: 1, note: 'mine' }])
      expect(await rows(`SELECT 1 FROM pg_indexes WHERE tablename = 'items'`)).toHaveLength(1)
    })

    it('makes the unique index where there is none that it can use', async () => {
      await client.query(
        'CREATE TABLE items (id int, name text, city text); CREATE INDEX ON items (id); CREATE UNIQUE INDEX ON items (id) WHERE id > 5; CREATE UNIQUE INDEX ON items (id, name)',
      )
      await store({ key: 'id', columns }, [{ id: 1 }, { id: 1, name: 'a' }])
      expect(await all()).toEqual([{ id: 1, name: 'a', city: null }])
    })
  })

  describe('tables', () => {
    it('puts items in the table of their type, or in the one that a function names, in a schema too', async () => {
      await client.query('CREATE SCHEMA shop')
      await store({ key: 'id', table: { user: '%(spider)s_users', Object: 'shop.others' } }, [{ type: 'user', id: 1 }, { id: 7 }])
      expect(await all('test_users')).toHaveLength(1)
      expect(await all('shop.others')).toHaveLength(1)
      await store({ key: 'id', table: (item: { type: string }) => `shop.by_${item.type}` }, [
        { type: 'a', id: 1 },
        { type: 'b', id: 1 },
        { type: 'a', id: 1 },
      ])
      expect(await all('shop.by_a')).toHaveLength(1)
      expect(await all('shop.by_b')).toHaveLength(1)
    })

    it('is called after the spider, whatever that is called', async () => {
      const pipeline = postgres({ url }) as Pipeline
      await pipeline.open?.(pipelineContext({ spiderName: 'a.b"; DROP TABLE x; --' }))
      await pipeline.process({ a: 1 }, info('1'))
      await pipeline.flush?.()
      await pipeline.close?.()
      expect(await all('"a.b""; DROP TABLE x; --"')).toHaveLength(1)
    })

    it('takes names for names, whatever is in them', async () => {
      await client.query('CREATE TABLE victim (a int)')
      const evil = [
        `x"; DROP TABLE victim; --`,
        `'; DROP TABLE victim; --`,
        '$1',
        '%(spider)s',
        'select',
        'Ünï',
        '\\',
        'a b',
        '__proto__',
      ]
      for (const name of evil) {
        const item = Object.fromEntries([...evil.map((field) => [field, 1] as const)])
        const columns = Object.fromEntries(evil.map((field) => [field, 'integer'] as const))
        await store({ table: () => `t ${name}`, key: name, columns }, [item, item])
        await store({ table: `s ${name}`, key: [name, 'id'], columns: { ...columns, id: 'text' } }, [{ ...item, id: `'"\\;--` }])
        await store({ table: `d ${name}`, key: name }, [item])
        const quoted = (table: string) => `"${table.replace('%(spider)s', 'test').replaceAll('"', '""')}"`
        for (const table of [`s ${name}`, `d ${name}`]) expect(await all(quoted(table))).toHaveLength(1)
        expect(await all(`"t ${name.replaceAll('"', '""')}"`)).toHaveLength(1)
      }
      expect(await all('victim')).toEqual([])
    })

    it('lets many workers make the same table and store the same keys at once', async () => {
      const items = Array.from({ length: 40 }, (_, id) => ({ id, worker: 0 }))
      const columns = { id: 'integer', worker: 'integer' }
      const workers = Array.from({ length: 6 }, (_, worker) =>
        items.map((item) => ({ ...item, worker })).sort(() => (worker % 2 === 0 ? 1 : -1)),
      )
      const stats = await Promise.all(workers.map((mine) => store({ key: 'id', columns, batchSize: 40 }, mine)))
      // none of them waited for another in a circle
      expect(stats).toEqual(workers.map(() => ({ 'postgres/stored_count': 40 })))
      expect((await all()).map(({ id }) => id)).toEqual(items.map(({ id }) => id))
    })
  })

  it.each<[string, Partial<PostgresOptions<never>>, Item, string]>([
    ['without its key', { key: 'id' }, { name: 'x' }, 'its key "id" is missing'],
    ['with null for its key', { key: 'id' }, { id: null }, 'its key "id" is missing'],
    ['with one of two keys', { key: ['id', 'a'] }, { a: 1 }, 'its key "id" is missing'],
    ['with a list for its key', { key: 'id' }, { id: [1] }, 'its key "id" is a list'],
    ['with an object for its key', { key: 'id' }, { id: { a: 1 } }, 'its key "id" is a object'],
    ['with a key of 3000 bytes', { key: 'id' }, { id: 'x'.repeat(3000) }, 'has 3,000 bytes, and may have 2,600'],
    ['with NUL in its key', { key: () => 'a\0b' }, {}, 'what `key` returned has a NUL character'],
    ['of a type without a table', { table: { user: 'users' } }, { type: 'shop' }, 'has no name for items of the type "shop"'],
    [
      'of a table without a name',
      { table: (({ t = 'items' }) => t) as never },
      { t: 'a.' },
      '`table` gave "a." for the item, which is empty',
    ],
    [
      'of a table with a long name',
      { table: (({ t = 'items' }) => t) as never },
      { t: 'ü'.repeat(32) },
      'longer than the 63 bytes',
    ],
    ['of a table with three names', { table: (({ t = 'items' }) => t) as never }, { t: 'a.b.c' }, 'has more than one dot'],
    ['with NUL in a text', {}, { a: { b: ['x\0'] } }, 'its field "a.b.0" has a NUL character'],
    ['with NUL in a name', {}, { a: { 'b\0': 1 } }, 'has a name with a NUL character'],
    ['with NaN', {}, { a: Number.NaN }, 'its field "a" is NaN'],
    ['with a Map', {}, { a: new Map() }, 'its field "a" is a Map'],
    ['with a function', {}, { a: () => {} }, 'its field "a" is a function'],
    ['with an invalid date', {}, { a: new Date('x') }, 'its field "a" is an invalid date'],
    ['with a date of long ago', {}, { a: new Date(-1e14) }, 'is a date of the year -1199'],
    ['that is a list', {}, [1], 'it is no object with fields'],
    [
      'with a text for a number',
      { columns: { id: 'integer' } },
      { id: 'x' },
      'its field "id" is "x". Expected a whole number, for a column of the type integer',
    ],
    ['with none of the columns', { columns: { id: 'integer' } }, { Id: 1 }, 'it has none of the columns'],
    ['with NUL in a column', { columns: { id: 'text' } }, { id: '\0' }, 'its field "id" has a NUL character'],
    ['with its key of another kind', { columns: { id: 'integer' }, key: 'id' }, { id: 1.5 }, 'its field "id" is 1.5'],
  ])('refuses an item %s by name, and stores the others', async (_, options, item, message) => {
    const pipeline = made(options)
    await pipeline.open?.(pipelineContext())
    const good = { id: 1, a: 1, b: 2, type: 'user' }
    const keyed = typeof options.key !== 'function'
    if (keyed) await pipeline.process(good, info('1'))
    expect(() => pipeline.process(item, info('2'))).toThrow(message)
    if (keyed) await pipeline.process({ ...good, id: 2, a: 2 }, info('3'))
    await pipeline.flush?.()
    await pipeline.close?.()
    expect(await all(typeof options.table === 'object' ? 'users' : 'items').catch(() => [])).toHaveLength(keyed ? 2 : 0)
  })

  it('names the item that the server alone can refuse, and stores the others of its batch', async () => {
    await client.query('CREATE TABLE items (id int PRIMARY KEY, name text UNIQUE, at timestamptz CHECK (at > now()))')
    const columns = { id: 'integer', name: 'text', at: 'timestamptz' }
    const items = Array.from({ length: 20 }, (_, id) => ({ id, name: `n${id}`, at: '2999-01-01' }))
    const refused = (bad: object) =>
      store(
        { key: 'id', columns },
        items.map((item) => (item.id === 13 ? { ...item, ...bad } : item)),
      )
    await expect(refused({ at: 'soon' })).rejects.toMatchObject({
      code: 'ERR_STORE_REFUSED',
      message: expect.stringMatching(
        /refused an item of start\(\) \(id 13\) in "items": invalid input syntax .*"soon" \(22007\)$/,
      ),
    })
    expect((await all()).map(({ id }) => id)).toEqual(expect.arrayContaining([0, 1, 12]))
    await expect(refused({ at: '1999-01-01' })).rejects.toThrow(/\(id 13\).*violates check constraint.*\(23514\)/)
    await expect(refused({ name: 'n5' })).rejects.toThrow(/\(id 13\).*unique constraint "items_name_key".*\(23505\)/)
  })

  it('holds only two batches, and lets process wait', async () => {
    const pipeline = made({ batchSize: 5 })
    await pipeline.open?.(pipelineContext())
    const results = Array.from({ length: 25 }, (_, i) => pipeline.process({ i }, info(`k${i}`)))
    expect(results.filter((one) => one instanceof Promise).length).toBe(15)
    await Promise.all(results)
    await pipeline.flush?.()
    await pipeline.close?.()
    expect(await all()).toHaveLength(25)
  })

  it('stores what is large', async () => {
    await store({}, [{ text: 'x'.repeat(20_000_000) }, { text: '€'.repeat(5_000_000) }])
    expect(await rows(`SELECT length(data->>'text') AS length FROM items ORDER BY key`)).toEqual([
      { length: 20_000_000 },
      { length: 5_000_000 },
    ])
  })

  it('stores items of as many shapes as there are', async () => {
    const names = Array.from({ length: 8 }, (_, i) => `c${i}`)
    const columns = { id: 'integer', ...Object.fromEntries(names.map((name) => [name, 'integer'] as const)) }
    const items = Array.from({ length: 256 }, (_, id) => ({
      id,
      ...Object.fromEntries(names.filter((_, bit) => (id >> bit) & 1).map((name) => [name, id] as const)),
    }))
    await store({ key: 'id', columns }, items)
    await store(
      { key: 'id', columns },
      items.map((item) => ({ ...items[255 - item.id], id: item.id })),
    )
    for (const row of await all())
      for (const [bit, name] of names.entries()) {
        const id = row['id'] as number
        expect(row[name], `${name} of ${id}`).toBe((id >> bit) & 1 ? id : 255 - id)
      }
  })

  it('lets those items pass that are not meant', async () => {
    await store({ when: (item) => 'a' in item }, [{ a: 1 }, { b: 1 }])
    expect(await all()).toHaveLength(1)
  })

  it('does not begin where TLS is asked of a server that has none, and says so', async () => {
    await expect(store({ url: `${url}?sslmode=verify-full` }, [])).rejects.toMatchObject({
      code: 'ERR_STORE_REFUSED',
      message: expect.stringMatching(/has no TLS\. Leave `sslmode` out of the URL/),
    })
  })

  describe('does not begin where', () => {
    const columns = { id: 'integer', name: 'text' }
    it.each<[string, string, Partial<PostgresOptions<never>>, string | RegExp]>([
      [
        'rows share a key',
        'CREATE TABLE items (id int, name text); INSERT INTO items VALUES (1), (7), (7)',
        {},
        'the unique index on "id" cannot be made on "items": Key (id)=(7) is duplicated. Remove the rows that are there twice',
      ],
      [
        'a column is missing',
        'CREATE TABLE items (id int PRIMARY KEY)',
        {},
        'the table "items" has no column "name". Add it (ALTER TABLE "items" ADD COLUMN "name" text)',
      ],
      [
        'a column is of another kind',
        'CREATE TABLE items (id int PRIMARY KEY, name integer)',
        {},
        /the table "items" cannot be used: column "name" is of type integer but expression is of type text \(42804\)/,
      ],
      [
        'a column is needed that is not stored',
        'CREATE TABLE items (id int PRIMARY KEY, name text, extra text NOT NULL)',
        {},
        'a column that must not be null, has no default and is not stored: "extra" text',
      ],
      [
        'the table is one of other items',
        'CREATE TABLE items (id int PRIMARY KEY)',
        { columns: undefined, key: undefined } as never,
        'has no column "key", "data", "stored_at"',
      ],
      [
        'the key may be there twice until the end of a transaction',
        'CREATE TABLE items (id int UNIQUE DEFERRABLE, name text)',
        {},
        'the unique constraint "items_id_key" of "items" is checked late (DEFERRABLE)',
      ],
      [
        'there is no such schema',
        '',
        { table: 'nowhere.items' },
        'schema "nowhere" does not exist (3F000). Make the schema first',
      ],
      ['the table is a view that takes nothing', 'CREATE VIEW items AS SELECT 1 AS id, $$x$$ AS name', {}, '"items"'],
      ['there is no such type', '', { columns: { id: 'integer', name: 'nonsense' } }, 'type "nonsense" does not exist'],
    ])('%s', async (_, prepare, options, message) => {
      await client.query(prepare)
      await expect(store({ key: 'id', columns, ...options }, [])).rejects.toMatchObject({
        code: 'ERR_STORE_CONFLICT',
        message: typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
      })
      expect(await rows(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory'`)).toEqual([])
    })
  })

  it.each<[string, object, string, string]>([
    ['no URL', { url: '' }, 'ERR_STORE_URL', 'postgres://host/database'],
    ['another scheme', { url: 'mysql://a/b' }, 'ERR_STORE_URL', 'postgres://host/database'],
    ['an unknown option', { kye: 'x' }, 'ERR_PIPELINE_OPTION', 'It takes url, table, columns, key'],
    ['an unknown way to update', { update: 'merge' }, 'ERR_PIPELINE_OPTION', "'set' or 'replace'"],
    ['a table that is a number', { table: 5 }, 'ERR_PIPELINE_OPTION', 'expected "table" to be a name, an object of names'],
    ['no table at all', { table: {} }, 'ERR_PIPELINE_OPTION', 'expected "table" to be a name'],
    ['a name by type that is none', { table: { user: 5 } }, 'ERR_PIPELINE_OPTION', 'expected "table" to be a name'],
    ["options of the driver's that are a text", { driverOptions: 'ssl' }, 'ERR_PIPELINE_OPTION', 'to be an object'],
    ['no columns', { columns: {} }, 'ERR_PIPELINE_OPTION', 'names and types'],
    ['a type that is a statement', { columns: { a: 'text); DROP TABLE x; --' } }, 'ERR_PIPELINE_OPTION', 'which is none'],
    ['a type with a default', { columns: { a: "text default 'x'" } }, 'ERR_PIPELINE_OPTION', 'which is none'],
    ['a type that counts', { columns: { a: 'serial' } }, 'ERR_PIPELINE_OPTION', 'which is none'],
    ['a type that is no text', { columns: { a: 1 } }, 'ERR_PIPELINE_OPTION', 'the type 1, which is none'],
    ['a column without a name', { columns: { '': 'text' } }, 'ERR_PIPELINE_OPTION', 'is empty'],
    ['a column with a long name', { columns: { ['x'.repeat(64)]: 'text' } }, 'ERR_PIPELINE_OPTION', 'longer than the 63 bytes'],
    [
      'a key without a column',
      { columns: { a: 'text' }, key: 'b' },
      'ERR_PIPELINE_OPTION',
      '`key` names "b", which `columns` does not have',
    ],
    ['a key that is JSON', { columns: { a: 'jsonb' }, key: 'a' }, 'ERR_PIPELINE_OPTION', 'whose type is jsonb'],
    ['a column of the own key', { columns: { item_key: 'text' } }, 'ERR_PIPELINE_OPTION', "the column of the item's own key"],
    ['no fields of a key', { key: [] }, 'ERR_PIPELINE_OPTION', 'expected `key` to be'],
    ['the same field twice', { key: ['a', 'a'] }, 'ERR_PIPELINE_OPTION', 'expected `key` to be'],
  ])('refuses %s when it is made', (_, options, code, message) => {
    expect(() => postgres({ url: 'postgres://a', ...options } as PostgresOptions)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    )
  })
})
