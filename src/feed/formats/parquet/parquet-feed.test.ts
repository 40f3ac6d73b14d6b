import { describe, expect, it } from 'vitest'
import { range, useFeedFolder } from '../../../../test/support/feed-folder.ts'
import { query } from '../../../../test/support/read-feed.ts'
import { openFeed } from '../../open-feed.ts'

const feeds = useFeedFolder()
const { at } = feeds

describe('parquet', () => {
  it('has the narrowest types that hold what items have, nulls for what they lack, JSON for what is nested', async () => {
    const feed = await openFeed({ uri: at('x.parquet') }, feeds.context)
    feed.write({
      id: 1,
      price: 9,
      big: 2n ** 62n,
      at: new Date(1e12),
      sold: true,
      tags: ['a', { b: 2n ** 60n }],
      mixed: 1,
      none: null,
    })
    feed.write({
      id: 2,
      price: 9.5,
      mixed: 'two',
      huge: 2n ** 70n,
      url: new URL('https://x.example/'),
      later: 'x',
      nan: Number.NaN,
    })
    await feed.close()
    const path = at('x.parquet')
    const types = Object.fromEntries(
      (await query(`describe select * from '${path}'`)).map((row) => [row['column_name'], row['column_type']]),
    )
    expect(types).toEqual({
      ...{ id: 'BIGINT', price: 'DOUBLE', big: 'BIGINT', at: 'TIMESTAMP', sold: 'BOOLEAN', tags: 'VARCHAR', mixed: 'VARCHAR' },
      ...{ none: 'VARCHAR', huge: 'VARCHAR', url: 'VARCHAR', later: 'VARCHAR', nan: 'VARCHAR' },
    })
    expect(await query(`select * from '${path}'`)).toEqual([
      {
        ...{ id: '1', price: 9, big: '4611686018427387904', at: '2001-09-09 01:46:40', sold: true, mixed: '1', none: null },
        ...{ tags: '["a", {"b": 1152921504606846976}]', huge: null, url: null, later: null, nan: null },
      },
      {
        ...{ id: '2', price: 9.5, big: null, at: null, sold: null, mixed: 'two', none: null, tags: null },
        ...{ huge: '1180591620717411303424', url: 'https://x.example/', later: 'x', nan: null },
      },
    ])
  })

  it('has the columns that it is given, by name, and refuses what does not fit them, with the field', async () => {
    const columns = { n: 'int64', d: 'double', t: 'timestamp', b: 'boolean', s: 'string', j: 'json' } as const
    const feed = await openFeed(
      { uri: at('x.parquet'), columns, fields: { s: 'Text', n: 'n', d: 'd', t: 't', b: 'b', j: 'j' } },
      feeds.context,
    )
    feed.write({ n: 5n, d: 1, t: '2026-01-02', b: false, s: 17, j: 'x', other: 'left out' })
    for (const [field, value] of [
      ['n', 1.5],
      ['n', 2n ** 64n],
      ['d', '1'],
      ['t', 'never'],
      ['t', 5],
      ['b', 1],
    ] as const) {
      expect(() => feed.write({ [field]: value })).toThrow(
        expect.objectContaining({ code: 'ERR_FEED_ITEM', message: expect.stringContaining(`"${field}"`) }),
      )
    }
    expect(() => feed.write({ j: new Map() })).toThrow(/field "j" is a Map/)
    await feed.close()
    expect(await query(`select * from '${at('x.parquet')}'`)).toEqual([
      { Text: '17', n: '5', d: 1, t: '2026-01-02 00:00:00', b: false, j: '"x"' },
    ])
    await feeds.write({ uri: at('empty.parquet'), columns }, [])
    expect((await query(`describe select * from '${at('empty.parquet')}'`)).map((row) => row['column_type'])).toEqual([
      'BIGINT',
      'DOUBLE',
      'TIMESTAMP',
      'BOOLEAN',
      'VARCHAR',
      'VARCHAR',
    ])
  })

  it('refuses columns that are none', async () => {
    for (const options of [{ columns: { a: 'int' } }, { columns: { a: 'string', b: 'string' }, fields: ['a'] }] as const) {
      await expect(openFeed({ uri: at('x.parquet'), ...options } as never, feeds.context)).rejects.toMatchObject({
        name: 'UsageError',
        code: 'ERR_FEED_COLUMNS',
      })
    }
    expect(feeds.names()).toEqual([])
  })

  it('without items and without columns is not written, and says so', async () => {
    await feeds.write({ uri: at('x.parquet') }, [])
    expect(feeds.names()).toEqual([])
    expect(feeds.told).toEqual([expect.stringContaining('Name them with `columns`')])
  })

  it('has many row groups, and as many columns as are good for it', async () => {
    const feed = await openFeed({ uri: at('x.parquet') }, feeds.context)
    const text = 'x'.repeat(300_000)
    for (const id of range(0, 300)) feed.write({ id, text: `${id}${text}` })
    feed.write(Object.fromEntries(range(0, 2100).map((n) => [`field${n}`, n])))
    await feed.close()
    expect(await query(`select count(*)::int n, sum(id)::int s, max(length(text))::int l from '${at('x.parquet')}'`)).toEqual([
      { n: 301, s: 44850, l: 300_003 },
    ])
    const [groups] = await query(
      `select count(distinct row_group_id)::int n, count(distinct path_in_schema)::int c from parquet_metadata('${at('x.parquet')}')`,
    )
    expect(groups).toEqual({ n: 3, c: 2000 })
    expect(feeds.told).toEqual([expect.stringContaining('2000 columns')])
  })

  it('has row groups of fewer rows when it has many columns: nulls take memory too', async () => {
    const fields = range(0, 2000).map((n) => `field${n}`)
    const feed = await openFeed({ uri: at('x.parquet'), fields }, feeds.context)
    for (const n of range(0, 2500)) feed.write({ [`field${n % 2000}`]: n })
    await feed.close()
    const groups = await query(
      `select distinct row_group_id::int id, row_group_num_rows::int n from parquet_metadata('${at('x.parquet')}') order by id`,
    )
    expect(groups).toEqual([
      { id: 0, n: 2000 },
      { id: 1, n: 500 },
    ])
    expect(await query(`select sum(field7)::int s, count(field8)::int c from '${at('x.parquet')}'`)).toEqual([{ s: 2014, c: 2 }])
  })
})
