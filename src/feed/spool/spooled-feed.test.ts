import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeClock } from '../../../test/support/fake-clock.ts'
import { idsInFeed, query, textOfFeed } from '../../../test/support/read-feed.ts'
import type { FeedOptions } from '../contract.ts'
import { type FeedContext, openFeed, openFeeds } from '../open-feed.ts'

/** What stands in for a disk that runs full: no file whose name ends so grows beyond the capacity. */
const disk = vi.hoisted(() => ({ capacity: Number.POSITIVE_INFINITY, files: new Map<number, string>(), ending: '' }))

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>()
  return {
    ...fs,
    openSync(path: string, ...rest: [string]) {
      const fd = fs.openSync(path, ...rest)
      disk.files.set(fd, path)
      return fd
    },
    writeSync(fd: number, bytes: Uint8Array | string, offset: number, length: number, position: number | null) {
      if (typeof bytes === 'string') return fs.writeSync(fd, bytes)
      const bounded = disk.files.get(fd)?.endsWith(disk.ending) && disk.capacity !== Number.POSITIVE_INFINITY
      const room = bounded ? disk.capacity - (position ?? fs.fstatSync(fd).size) : length
      if (room <= 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
      return fs.writeSync(fd, bytes, offset, Math.min(length, room), position)
    },
  }
})

let folder: string
let told: string[]
let context: FeedContext

beforeEach(() => {
  disk.capacity = Number.POSITIVE_INFINITY
  folder = mkdtempSync(join(tmpdir(), 'skein-spool-'))
  told = []
  context = { spiderName: 'books', startTime: new Date(0), warn: (message) => void told.push(message) }
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

interface Kind {
  readonly name: string
  readonly options: Partial<FeedOptions>
  readonly appendable: boolean
}

const KINDS: readonly Kind[] = [
  ...['jsonl.br', 'json.br', 'csv.br', 'xml.br', 'jsonl.zst', 'json.zst', 'csv.zst', 'xml.zst'].map((name) => {
    return { name, options: {}, appendable: true }
  }),
  ...['jsonl', 'json', 'csv', 'xml', 'jsonl.gz', 'json.gz', 'xml.gz'].map((name) => {
    return { name, options: { place: 'atEnd' as const }, appendable: true }
  }),
  { name: 'parquet', options: { fields: ['id', 'text'] }, appendable: false },
]

const at = (name: string): string => join(folder, name)
const item = (id: number): object => ({ id, text: `item number ${id} é\u2028"` })
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

async function writeItems(options: FeedOptions, ids: readonly number[]): Promise<void> {
  const feed = await openFeed(options, context)
  for (const id of ids) feed.write(item(id))
  await feed.close()
}

/** What a process leaves that dies after these items were flushed. */
async function dieAfter(options: FeedOptions, ids: readonly number[]): Promise<void> {
  const feed = await openFeed(options, context)
  for (const id of ids) feed.write(item(id))
  await feed.flush()
  for (const name of readdirSync(folder)) {
    if (!name.endsWith('.lock')) continue
    // a process number that no process has, on Linux
    lockAs(at(name), { host: hostname(), pid: 2 ** 22 + 1, began: '1' })
  }
}

/** Has a lock say that somebody else holds it. */
function lockAs(path: string, holder: object): void {
  rmSync(path, { force: true })
  symlinkSync(JSON.stringify(holder), path)
}

for (const { name, options, appendable } of KINDS) {
  describe(`${name}${options.place === undefined ? '' : ' at the end'}`, () => {
    const uri = (): string => at(`x.${name}`)

    it('is in its place when it is whole, and not before; nothing else is left', async () => {
      const feed = await openFeed({ uri: at(`new/folder/x.${name}`), ...options }, context)
      for (const id of range(0, 1000)) {
        feed.write(item(id))
        if (id % 7 === 0) await feed.flush()
      }
      expect(readdirSync(at('new/folder')).sort()).toEqual([`x.${name}.part`, `x.${name}.part.lock`])
      await feed.close()
      await feed.close()
      expect(readdirSync(at('new/folder'))).toEqual([`x.${name}`])
      expect(await idsInFeed(at(`new/folder/x.${name}`))).toEqual(range(0, 1000))
      expect(feed.count).toBe(1000)
      expect(() => feed.write(item(1))).toThrow(expect.objectContaining({ code: 'ERR_FEED_CLOSED' }))
    })

    it('is a whole document without items, or none where none is wanted', async () => {
      await writeItems({ uri: uri(), ...options }, [])
      expect(await idsInFeed(uri())).toEqual([])
      await writeItems({ uri: at(`y.${name}`), storeEmpty: false, ...options }, [])
      expect(readdirSync(folder)).toEqual([`x.${name}`])
    })

    it('-O leaves what is there until the end, and then replaces it', async () => {
      await writeItems({ uri: uri(), ...options }, [1, 2, 3])
      const feed = await openFeed({ uri: uri(), overwrite: true, ...options }, context)
      feed.write(item(9))
      await feed.flush()
      expect(await idsInFeed(uri())).toEqual([1, 2, 3])
      await feed.close()
      expect(await idsInFeed(uri())).toEqual([9])
      await writeItems({ uri: uri(), overwrite: true, ...options }, [])
      expect(await idsInFeed(uri())).toEqual([])
      expect(readdirSync(folder)).toEqual([`x.${name}`])
    })

    it('what a dead process left is taken up by -o, and dropped by -O', async () => {
      await dieAfter({ uri: uri(), ...options }, [1, 2])
      expect(existsSync(uri())).toBe(false)
      await dieAfter({ uri: uri(), ...options }, [3])
      await writeItems({ uri: uri(), ...options }, [4])
      expect(await idsInFeed(uri())).toEqual([1, 2, 3, 4])
      await dieAfter({ uri: uri(), overwrite: true, ...options }, [5])
      await writeItems({ uri: uri(), ...options }, [])
      expect(await idsInFeed(uri())).toEqual([5])
      await dieAfter({ uri: uri(), overwrite: true, ...options }, [6])
      await writeItems({ uri: uri(), overwrite: true, ...options }, [7])
      expect(await idsInFeed(uri())).toEqual([7])
      expect(readdirSync(folder)).toEqual([`x.${name}`])
    })

    if (appendable) {
      it('-o goes on in what is there', async () => {
        await writeItems({ uri: uri(), ...options }, [1, 2])
        const before = readFileSync(uri())
        await writeItems({ uri: uri(), ...options }, [])
        expect(readFileSync(uri())).toEqual(before)
        await writeItems({ uri: uri(), ...options }, [3])
        await writeItems({ uri: uri(), ...options }, [4])
        expect(await idsInFeed(uri())).toEqual([1, 2, 3, 4])
        await dieAfter({ uri: uri(), ...options }, [5])
        expect(await idsInFeed(uri())).toEqual([1, 2, 3, 4])
        await writeItems({ uri: uri(), ...options }, [6])
        expect(await idsInFeed(uri())).toEqual([1, 2, 3, 4, 5, 6])
        expect(readdirSync(folder)).toEqual([`x.${name}`])
      })
    } else {
      it('-o refuses what is there, and leaves it alone', async () => {
        await writeItems({ uri: uri(), ...options }, [1, 2])
        await expect(openFeed({ uri: uri(), ...options }, context)).rejects.toMatchObject({
          name: 'UsageError',
          code: 'ERR_FEED_APPEND',
          message: expect.stringContaining('%(time)s'),
        })
        expect(await idsInFeed(uri())).toEqual([1, 2])
        expect(readdirSync(folder)).toEqual([`x.${name}`])
      })
    }

    it('a disk that is full fails the flush, and keeps what was flushed', async () => {
      const feed = await openFeed({ uri: uri(), ...options }, context)
      disk.ending = '.part'
      disk.capacity = 5000
      let id = 0
      let stored = 0
      let failure: unknown
      while (failure === undefined) {
        feed.write(item(id++))
        await feed.flush().then(
          () => {
            stored = id
          },
          (error: unknown) => {
            failure = error
          },
        )
      }
      expect(failure).toMatchObject({ code: 'ERR_FEED_WRITE', message: expect.stringContaining('no space left') })
      expect(stored).toBeGreaterThan(10)
      await expect(feed.close()).rejects.toMatchObject({
        code: 'ERR_FEED_DELIVERY',
        message: expect.stringContaining(`safe in ${uri()}.part`),
      })
      disk.capacity = Number.POSITIVE_INFINITY
      await writeItems({ uri: uri(), ...options }, [id])
      expect(await idsInFeed(uri())).toEqual([...range(0, stored), id])
    })

    if (options.place === undefined || name.endsWith('.gz')) {
      it('a disk that is full at the end keeps the items for the next run, and what was there', async () => {
        await writeItems({ uri: uri(), ...options }, [0])
        const feed = await openFeed({ uri: uri(), overwrite: true, ...options }, context)
        for (const id of range(1, 100)) feed.write(item(id))
        disk.ending = '.out'
        disk.capacity = 30
        await expect(feed.close()).rejects.toMatchObject({
          code: 'ERR_FEED_DELIVERY',
          message: expect.stringMatching(/no space left .*safe in .*\.part/),
        })
        expect(await idsInFeed(uri())).toEqual([0])
        expect(readdirSync(folder).sort()).toEqual([`x.${name}`, `x.${name}.part`])
        disk.capacity = Number.POSITIVE_INFINITY
        await writeItems({ uri: uri(), ...options }, [100])
        expect(await idsInFeed(uri())).toEqual(range(1, 101))
      })
    }
  })
}

describe('a spool', () => {
  it('is written by one process at a time', async () => {
    const uri = at('x.jsonl.br')
    const feed = await openFeed({ uri }, context)
    const second = openFeed({ uri }, context)
    await expect(second).rejects.toMatchObject({ name: 'UsageError', code: 'ERR_FEED_BUSY' })
    await expect(second).rejects.toThrow(/%\(host\)s and %\(pid\)s/)
    feed.write(item(1))
    await feed.close()
    expect(await idsInFeed(uri)).toEqual([1])
    await dieAfter({ uri, overwrite: true }, [2])
    lockAs(`${uri}.part.lock`, { host: 'elsewhere', pid: 1, began: '1' })
    await expect(openFeed({ uri }, context)).rejects.toMatchObject({ code: 'ERR_FEED_BUSY' })
    rmSync(`${uri}.part.lock`)
    writeFileSync(`${uri}.part.lock`, 'not a lock')
    await writeItems({ uri }, [3])
    expect(await idsInFeed(uri)).toEqual([2, 3])
  })

  it('of a process whose number another has by now is taken up', async () => {
    const uri = at('x.jsonl.br')
    await dieAfter({ uri }, [1])
    lockAs(`${uri}.part.lock`, { host: hostname(), pid: process.pid, began: '17' })
    await writeItems({ uri }, [2])
    expect(await idsInFeed(uri)).toEqual([1, 2])
  })

  it('of another run, under another name, comes to its place when the next run begins', async () => {
    const uri = at('%(name)s-%(time)s.jsonl.zst')
    for (const overwrite of [false, true]) {
      const first = at(`books-1970-01-01T00-00-0${overwrite ? 1 : 0}+00-00.jsonl.zst`)
      context = { ...context, startTime: new Date(overwrite ? 1000 : 0) }
      await dieAfter({ uri, overwrite }, [1, 2])
      context = { ...context, startTime: new Date(60_000) }
      const feed = await openFeed({ uri, overwrite }, context)
      expect(await idsInFeed(first)).toEqual([1, 2])
      expect(told.pop()).toContain('left unfinished by a process that died')
      feed.write(item(3))
      await feed.close()
    }
    expect(await idsInFeed(at('books-1970-01-01T00-01-00+00-00.jsonl.zst'))).toEqual([3])
    expect(readdirSync(folder)).toHaveLength(3)
  })

  it('is found in folders that are named after runs and batches, and nowhere else', async () => {
    const uri = at('%(name)s/%(time)s/b%(batch_id)02d/x.json.br')
    mkdirSync(at('other/1970-01-01T00-00-00+00-00/b01'), { recursive: true })
    writeFileSync(at('other/1970-01-01T00-00-00+00-00/b01/x.json.br.part'), 'of another spider')
    const feed = await openFeed({ uri, batchItems: 2 }, context)
    for (const id of [1, 2, 3]) feed.write(item(id))
    await feed.flush()
    const folders = at('books/1970-01-01T00-00-00+00-00')
    await vi.waitUntil(() => existsSync(join(folders, 'b01/x.json.br')) && !existsSync(join(folders, 'b01/x.json.br.part.lock')))
    lockAs(join(folders, 'b02/x.json.br.part.lock'), { host: hostname(), pid: 2 ** 22 + 1, began: '1' })
    context = { ...context, startTime: new Date(60_000) }
    await writeItems({ uri, batchItems: 2 }, [4])
    expect(await idsInFeed(join(folders, 'b01/x.json.br'))).toEqual([1, 2])
    expect(await idsInFeed(join(folders, 'b02/x.json.br'))).toEqual([3])
    expect(readdirSync(join(folders, 'b02'))).toEqual(['x.json.br'])
    expect(readdirSync(at('other/1970-01-01T00-00-00+00-00/b01'))).toEqual(['x.json.br.part'])
    expect(readdirSync(at('books/1970-01-01T00-01-00+00-00'))).toEqual(['b01'])
    expect(await idsInFeed(at('books/1970-01-01T00-01-00+00-00/b01/x.json.br'))).toEqual([4])
  })

  it('of a living process, under another name, is left alone', async () => {
    const uri = at('%(time)s.parquet')
    const living = await openFeed({ uri }, context)
    living.write(item(1))
    await living.flush()
    await writeItems({ uri }, []).catch(() => {})
    context = { ...context, startTime: new Date(1000) }
    await writeItems({ uri }, [2])
    living.write(item(3))
    await living.close()
    expect(await idsInFeed(at('1970-01-01T00-00-00+00-00.parquet'))).toEqual([1, 3])
    expect(await idsInFeed(at('1970-01-01T00-00-01+00-00.parquet'))).toEqual([2])
  })

  it('is not touched when another feed of the crawl cannot be opened', async () => {
    await dieAfter({ uri: at('x.jsonl.br') }, [1])
    mkdirSync(at('dir.json'))
    const before = readFileSync(at('x.jsonl.br.part'))
    for (const overwrite of [true, false]) {
      const list = [{ uri: at('x.jsonl.br'), overwrite }, { uri: at('new.parquet') }, { uri: at('dir.json') }]
      await expect(openFeeds(list, context)).rejects.toMatchObject({ code: 'ERR_FEED_OPEN' })
      expect(readFileSync(at('x.jsonl.br.part'))).toEqual(before)
      expect(existsSync(at('new.parquet.part'))).toBe(false)
    }
    await writeItems({ uri: at('x.jsonl.br') }, [2])
    expect(await idsInFeed(at('x.jsonl.br'))).toEqual([1, 2])
  })

  it('and a live feed may not have one place', async () => {
    const live = { uri: at('a.json') }
    const atEnd = { uri: at('a.json'), place: 'atEnd' } as const
    symlinkSync(at('a.json'), at('b.json'))
    for (const list of [
      [live, atEnd],
      [atEnd, live],
      [atEnd, atEnd],
    ]) {
      await expect(openFeeds(list, context)).rejects.toMatchObject({ code: 'ERR_FEED_TWICE' })
      expect(readdirSync(folder)).toEqual(['b.json'])
    }
  })

  it('replaces what a link leads to, not the link', async () => {
    writeFileSync(at('real.json'), '[]')
    symlinkSync(at('real.json'), at('link.json'))
    await writeItems({ uri: at('link.json'), place: 'atEnd' }, [1])
    expect(await idsInFeed(at('real.json'))).toEqual([1])
  })

  it('cannot go to a device, a folder, or through a file', async () => {
    mkdirSync(at('dir.json'))
    writeFileSync(at('file'), '')
    for (const uri of ['/dev/full', at('dir.json'), at('file/x.json'), '/proc/self/x.json']) {
      await expect(openFeed({ uri, format: 'json', place: 'atEnd' }, context)).rejects.toMatchObject({
        name: 'UsageError',
        code: 'ERR_FEED_OPEN',
      })
    }
  })

  it('says what is wrong with a file that cannot be unpacked', async () => {
    writeFileSync(at('x.jsonl.br'), 'plain')
    writeFileSync(at('x.jsonl.zst'), 'plain')
    for (const uri of [at('x.jsonl.br'), at('x.jsonl.zst')]) {
      await expect(openFeed({ uri }, context)).rejects.toMatchObject({ name: 'UsageError', code: 'ERR_FEED_APPEND' })
    }
    expect(readdirSync(folder).sort()).toEqual(['x.jsonl.br', 'x.jsonl.zst'])
  })

  it('packs what is bigger than one frame', async () => {
    const text = 'abcdefghij'.repeat(60_000)
    for (const name of ['x.jsonl.zst', 'x.jsonl.br']) {
      for (const id of [1, 2]) {
        const feed = await openFeed({ uri: at(name) }, context)
        for (let i = 0; i < 10; i++) feed.write({ id: id * 10 + i, text })
        await feed.close()
      }
      expect(await idsInFeed(at(name))).toEqual(range(10, 30))
      expect(textOfFeed(at(name)).length).toBeGreaterThan(12_000_000)
    }
  })
})

describe('parquet', () => {
  it('has the narrowest types that hold what items have, nulls for what they lack, JSON for what is nested', async () => {
    const feed = await openFeed({ uri: at('x.parquet') }, context)
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
      context,
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
    await writeItems({ uri: at('empty.parquet'), columns }, [])
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
      await expect(openFeed({ uri: at('x.parquet'), ...options } as never, context)).rejects.toMatchObject({
        name: 'UsageError',
        code: 'ERR_FEED_COLUMNS',
      })
    }
    expect(readdirSync(folder)).toEqual([])
  })

  it('without items and without columns is not written, and says so', async () => {
    await writeItems({ uri: at('x.parquet') }, [])
    expect(readdirSync(folder)).toEqual([])
    expect(told).toEqual([expect.stringContaining('Name them with `columns`')])
  })

  it('has many row groups, and as many columns as are good for it', async () => {
    const feed = await openFeed({ uri: at('x.parquet') }, context)
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
    expect(told).toEqual([expect.stringContaining('2000 columns')])
  })
})

describe('batches', () => {
  const options = { uri: '', batchItems: 3 }
  const batches = (): string[] => readdirSync(folder).sort()

  it('of so many items each have a file of their own, as soon as they are whole', async () => {
    const feed = await openFeed({ ...options, uri: at('%(name)s-%(batch_id)03d.json') }, context)
    for (const id of range(0, 7)) {
      feed.write(item(id))
      await feed.flush()
    }
    expect(await idsInFeed(at('books-001.json'))).toEqual([0, 1, 2])
    await feed.close()
    expect(batches()).toEqual(['books-001.json', 'books-002.json', 'books-003.json'])
    expect(await idsInFeed(at('books-003.json'))).toEqual([6])
    expect(feed.count).toBe(7)
  })

  for (const name of ['jsonl', 'csv', 'xml.gz', 'jsonl.br', 'json.zst', 'parquet']) {
    it(`${name}: -o goes on behind the last one, -O begins again; what a dead process left is kept or dropped`, async () => {
      const uri = at(`b%(batch_id)d.${name}`)
      const file = (id: number): string => at(`b${id}.${name}`)
      await writeItems({ uri, batchItems: 2 }, [1, 2, 3])
      await dieAfter({ uri, batchItems: 2 }, [4])
      await writeItems({ uri, batchItems: 2 }, [5])
      expect(batches()).toEqual([1, 2, 3, 4].map((id) => `b${id}.${name}`))
      expect(await Promise.all([1, 2, 3, 4].map((id) => idsInFeed(file(id))))).toEqual([[1, 2], [3], [4], [5]])
      await dieAfter({ uri, batchItems: 2 }, [6])
      await writeItems({ uri, batchItems: 2, overwrite: true }, [7])
      expect(batches()).toEqual([1, 2, 3, 4].map((id) => `b${id}.${name}`))
      expect(await idsInFeed(file(1))).toEqual([7])
    })
  }

  it('of a page that yields without end are cut where they should be', async () => {
    const feed = await openFeed({ ...options, uri: at('%(batch_id)05d.csv') }, context)
    for (const id of range(0, 100)) feed.write(item(id))
    await feed.close()
    expect(batches()).toHaveLength(34)
    expect(await idsInFeed(at('00034.csv'))).toEqual([99])
  })

  it('of so many bytes', async () => {
    const feed = await openFeed({ uri: at('%(batch_id)d.jsonl'), batchBytes: 1000 }, context)
    for (const id of range(0, 100)) feed.write(item(id))
    await feed.close()
    const sizes = batches().map((name) => readFileSync(at(name)).length)
    expect(sizes.length).toBeGreaterThan(3)
    expect(sizes.filter((size) => size < 1000)).toHaveLength(1)
    expect(Math.max(...sizes)).toBeLessThan(1200)
  })

  it('of so many seconds from their first item, also when nothing comes any more', async () => {
    const clock = new FakeClock()
    const feed = await openFeed({ uri: at('%(batch_id)d-%(batch_time)s.jsonl'), batchSeconds: 10 }, { ...context, clock })
    clock.advance(60_000)
    feed.write(item(1))
    clock.advance(9_000)
    feed.write(item(2))
    await feed.flush()
    expect(batches().some((name) => name.endsWith('.jsonl'))).toBe(false)
    clock.advance(1_000)
    await vi.waitUntil(() => existsSync(at('1-2023-11-14T22-13-20.000+00-00.jsonl')))
    feed.write(item(3))
    await feed.close()
    expect(batches()).toEqual(['1-2023-11-14T22-13-20.000+00-00.jsonl', '2-2023-11-14T22-14-30.000+00-00.jsonl'])
    expect(clock.pending).toBe(0)
  })

  it('by time alone never have one name', async () => {
    const clock = new FakeClock()
    const feed = await openFeed({ uri: at('%(batch_time)s.jsonl'), batchItems: 1 }, { ...context, clock })
    for (const id of range(0, 20)) feed.write(item(id))
    await feed.close()
    expect(batches()).toHaveLength(20)
  })

  it('without an item are not made', async () => {
    await writeItems({ ...options, uri: at('%(batch_id)d.json') }, [])
    expect(batches()).toEqual([])
    await writeItems({ ...options, uri: at('%(batch_id)d.json') }, [1, 2, 3])
    expect(batches()).toEqual(['1.json'])
  })

  it('whose next one cannot begin go on, and the flush tells', async () => {
    const feed = await openFeed({ uri: at('%(batch_id)d/x.jsonl'), batchItems: 2 }, context)
    writeFileSync(at('2'), 'a file in the way')
    for (const id of range(0, 5)) feed.write(item(id))
    await expect(feed.flush()).rejects.toThrow(/2/)
    rmSync(at('2'))
    await feed.close()
    expect(await idsInFeed(at('1/x.jsonl'))).toEqual([0, 1, 2, 3, 4])
  })
})
