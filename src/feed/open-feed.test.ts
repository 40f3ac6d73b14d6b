import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { typeScriptLoader } from '../../test/support/typescript-loader.ts'
import type { FeedOptions, TextFormatName } from './contract.ts'
import { type FeedContext, openFeed, openFeeds } from './open-feed.ts'

/** What stands in for a disk that runs full: no file grows beyond the capacity. A write is cut short first, and then fails. */
const disk = vi.hoisted(() => ({ capacity: Number.POSITIVE_INFINITY }))

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>()
  return {
    ...fs,
    writeSync(fd: number, bytes: Uint8Array, offset: number, length: number, position: number | null) {
      const room = disk.capacity === Number.POSITIVE_INFINITY ? length : disk.capacity - (position ?? fs.fstatSync(fd).size)
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
  folder = mkdtempSync(join(tmpdir(), 'skein-feed-'))
  told = []
  context = { spiderName: 'books', startTime: new Date(0), warn: (message) => void told.push(message) }
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const KINDS = ['jsonl', 'json', 'csv', 'xml', 'jsonl.gz', 'json.gz', 'csv.gz', 'xml.gz'] as const
const APPENDABLE = ['jsonl', 'json', 'csv', 'xml', 'jsonl.gz', 'csv.gz'] as const

function at(name: string): string {
  return join(folder, name)
}

function contentOf(path: string): string {
  const bytes = readFileSync(path)
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
}

/** The `id` of every item of a file, read by something that refuses what is not whole. */
function idsIn(path: string): number[] {
  const text = contentOf(path)
  switch (path.replace(/\.gz$/, '').split('.').at(-1) as TextFormatName) {
    case 'jsonl':
      if (text !== '' && !text.endsWith('\n')) throw new Error('the last line has no end')
      return text
        .split('\n')
        .slice(0, -1)
        .map((line) => (JSON.parse(line) as { id: number }).id)
    case 'json':
      return (JSON.parse(text) as { id: number }[]).map(({ id }) => id)
    case 'csv': {
      if (text === '') return []
      const [header, ...rows] = text.split('\r\n')
      if (header !== 'id,text' || rows.pop() !== '') throw new Error(`not whole: ${text}`)
      return rows.map((row) => Number(/^(\d+),.*é$/.exec(row)![1]))
    }
    case 'xml': {
      const ids: number[] = []
      let within = ''
      const parser = new SaxesParser()
      parser.on('error', (error) => {
        throw error
      })
      parser.on('opentag', ({ name }) => {
        within = name
      })
      parser.on('text', (part) => {
        if (within === 'id') ids.push(Number(part))
        within = ''
      })
      parser.write(text).close()
      return ids
    }
  }
}

function item(id: number): object {
  return { id, text: `item number ${id} é` }
}

async function writeItems(options: FeedOptions, ids: readonly number[]): Promise<void> {
  const feed = await openFeed(options, context)
  for (const id of ids) feed.write(item(id))
  await feed.close()
}

describe('a file is whole', () => {
  for (const kind of KINDS) {
    it(`${kind}: as soon as it is open, after every flush, and when it is closed`, async () => {
      const uri = at(`new/folder/x.${kind}`)
      const feed = await openFeed({ uri }, context)
      expect(idsIn(uri)).toEqual([])
      const ids: number[] = []
      for (let id = 1; id <= 7; id++) {
        for (const next of [id, id + 100]) {
          feed.write(item(next))
          ids.push(next)
        }
        await feed.flush()
        expect(idsIn(uri)).toEqual(ids)
      }
      feed.write(item(999))
      expect(feed.count).toBe(15)
      await feed.close()
      await feed.close()
      expect(idsIn(uri)).toEqual([...ids, 999])
    })

    it(`${kind}: with no item`, async () => {
      await writeItems({ uri: at(`x.${kind}`) }, [])
      expect(idsIn(at(`x.${kind}`))).toEqual([])
    })

    it(`${kind}: after an item that could not be written`, async () => {
      const feed = await openFeed({ uri: at(`x.${kind}`) }, context)
      expect(() => feed.write({ id: 1, text: new Map() })).toThrow(/"text"/)
      feed.write(item(2))
      await feed.flush()
      expect(() => feed.write({ id: 3, text: () => 1 })).toThrow(/"text"/)
      feed.write(item(4))
      await feed.close()
      expect(idsIn(at(`x.${kind}`))).toEqual([2, 4])
      expect(feed.count).toBe(2)
    })

    it(`${kind}: written in whatever portions`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(40), { maxLength: 6 }), async (portions) => {
          const uri = at(`x.${kind}`)
          const feed = await openFeed({ uri, overwrite: true }, context)
          const ids: number[] = []
          for (const portion of portions) {
            for (let i = 0; i < portion; i++) {
              ids.push(ids.length)
              feed.write(item(ids.length - 1))
            }
            await feed.flush()
          }
          await feed.close()
          expect(idsIn(uri)).toEqual(ids)
        }),
        { numRuns: 15 },
      )
    })

    it(`${kind}: when its process is killed`, async () => {
      const uri = at(`x.${kind}`)
      const program = `
        import { openFeed } from ${JSON.stringify(new URL('./open-feed.ts', import.meta.url).href)}
        const feed = await openFeed({ uri: ${JSON.stringify(uri)} }, { spiderName: 'x', startTime: new Date() })
        for (let id = 0; ; id++) {
          feed.write({ id, text: 'item number ' + id + ' é' })
          if (id % 3 === 0) await feed.flush()
          if (id === 3000) process.stdout.write('under way')
        }`
      writeFileSync(at('writer.ts'), program)
      const child = spawn(process.execPath, ['--import', typeScriptLoader(), at('writer.ts')], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const exit = once(child, 'exit')
      const [event] = (await Promise.race([once(child.stdout, 'data'), exit])) as [unknown]
      expect(String(event)).toBe('under way')
      child.kill('SIGKILL')
      await exit
      const ids = idsIn(uri)
      expect(ids.length).toBeGreaterThanOrEqual(2998)
      expect(ids).toEqual(ids.map((_, i) => i))
      if (!(APPENDABLE as readonly string[]).includes(kind)) return
      await writeItems({ uri }, [77, 78])
      expect(idsIn(uri)).toEqual([...ids, 77, 78])
    })
  }

  it('holds a page that yields without end back, instead of holding it in memory', async () => {
    const uri = at('x.json')
    const feed = await openFeed({ uri }, context)
    const text = 'x'.repeat(100_000)
    for (let id = 0; id < 100; id++) feed.write({ id, text })
    expect(statSync(uri).size).toBeGreaterThan(5_000_000)
    expect(idsIn(uri).length).toBeGreaterThan(50)
    await feed.close()
    expect(idsIn(uri)).toHaveLength(100)
  })

  it('compresses over flushes: the dictionary goes on', async () => {
    const feed = await openFeed({ uri: at('x.jsonl.gz') }, context)
    for (let id = 0; id < 200; id++) {
      feed.write({ id, url: `https://books.example/catalogue/book-${id}/index.html`, rating: 'Three', availability: 'In stock' })
      await feed.flush()
    }
    await feed.close()
    expect(statSync(at('x.jsonl.gz')).size).toBeLessThan(contentOf(at('x.jsonl.gz')).length / 2)
  })
})

describe('-o appends', () => {
  for (const kind of APPENDABLE) {
    it(`${kind}: run after run, also runs without items`, async () => {
      const uri = at(`x.${kind}`)
      await writeItems({ uri }, [1, 2])
      await writeItems({ uri }, [])
      await writeItems({ uri }, [3])
      await writeItems({ uri }, [4, 5])
      expect(idsIn(uri)).toEqual([1, 2, 3, 4, 5])
    })

    it(`${kind}: to an empty file and to an empty document`, async () => {
      writeFileSync(at(`empty.${kind}`), '')
      await writeItems({ uri: at(`empty.${kind}`) }, [1])
      expect(idsIn(at(`empty.${kind}`))).toEqual([1])
      await writeItems({ uri: at(`none.${kind}`) }, [])
      await writeItems({ uri: at(`none.${kind}`) }, [1])
      expect(idsIn(at(`none.${kind}`))).toEqual([1])
    })

    it(`${kind}: leaves what is there alone until there is an item`, async () => {
      const uri = at(`x.${kind}`)
      await writeItems({ uri }, [1])
      const before = readFileSync(uri)
      const feed = await openFeed({ uri }, context)
      await feed.flush()
      expect(readFileSync(uri)).toEqual(before)
      await feed.close()
      expect(readFileSync(uri)).toEqual(before)
    })
  }

  const json: readonly [before: string, after: string][] = [
    ['[{"a":1}]', '[{"a":1},\n{"b": 2}\n]'],
    ['  [ {"a":"]"}\n\t ]\n\n\n\n\n\n\n\n\n\n\n', '  [ {"a":"]"},\n{"b": 2}\n]'],
    ['[\n{"a":"\\\\"},\n{"a":"\\""}\n]\n', '[\n{"a":"\\\\"},\n{"a":"\\""},\n{"b": 2}\n]'],
    ['[ \n ]', '[\n{"b": 2}\n]'],
    [' \n', '[\n{"b": 2}\n]'],
    ['\ufeff[{"a": [{"é": {}}]}]', '\ufeff[{"a": [{"é": {}}]},\n{"b": 2}\n]'],
  ]
  for (const [before, after] of json) {
    it(`json: to ${JSON.stringify(before)}`, async () => {
      writeFileSync(at('x.json'), before)
      const feed = await openFeed({ uri: at('x.json') }, context)
      feed.write({ b: 2 })
      await feed.close()
      expect(readFileSync(at('x.json'), 'utf8')).toBe(after)
    })
  }

  const refused: readonly [name: string, before: string | Buffer, message: RegExp][] = [
    ['x.json', '{"a":1}', /one JSON array of objects/],
    ['x.json', '{"a":1}\n{"a":2}\n', /one JSON array of objects/],
    ['x.json', '[1, 2]', /one JSON array of objects/],
    ['x.json', '[{"a":1},]', /one JSON array of objects/],
    ['x.json', '[{"a":1}] []', /one JSON array of objects/],
    ['x.json', '[{"a":1}]]', /one JSON array of objects/],
    ['x.json', '[{"a": "]', /broke off.*rm /],
    ['x.json', '[{"a":1},{"b":[{"c":1}]', /broke off.*truncate -s 8 /],
    ['x.json', 'hello', /one JSON array of objects/],
    ['x.json.gz', gzipSync('[]'), /compressed JSON array/],
    ['x.xml.gz', gzipSync('<items></items>'), /compressed XML document/],
    ['x.jsonl.gz', gzipSync('{"a": 1}\n').subarray(0, 20), /damaged or cut off/],
    ['x.jsonl.gz', 'plain', /damaged or cut off/],
    ['x.xml', '<books><item/></books>', /root <books>, and the feed's root is <items>/],
    ['x.xml', '<items><item><a>1</a></item><item><a>', /broke off/],
    ['x.xml', '<items><item><items></items>', /broke off/],
    ['x.xml', '<items><book></book></items>', /no feed of these items/],
    ['x.xml', '<?xml version="1.0" encoding="latin-1"?><items></items>', /written in latin-1/],
    ['x.xml', 'hello', /no XML document/],
    ['x.csv', 'id,text\r\n1,é\r\n2', /last row broke off.*truncate -s 15 /],
    ['x.csv', 'id,text\r\n1,"é\r\n', /last row broke off.*truncate -s 9 /],
    ['x.csv.gz', gzipSync('id,text\r\n1'), /last row broke off/],
  ]
  for (const [name, before, message] of refused) {
    it(`refuses ${name} with ${JSON.stringify(before.toString('latin1' as never)).slice(0, 60)}, and leaves it as it is`, async () => {
      writeFileSync(at(name), before)
      const opened = openFeed({ uri: at(name) }, context)
      await expect(opened).rejects.toMatchObject({
        name: 'UsageError',
        code: 'ERR_FEED_APPEND',
        message: expect.stringMatching(message),
      })
      await expect(opened).rejects.toThrow(/-O/)
      expect(readFileSync(at(name))).toEqual(Buffer.from(before))
      await writeItems({ uri: at(name), overwrite: true }, [1])
      expect(idsIn(at(name))).toEqual([1])
    })
  }

  it('the command that the refusal of a broken array names repairs it', async () => {
    writeFileSync(at('x.json'), '[\n{"id": 1},\n{"id": 2, "tags": [{"a": "]}"')
    const error = await openFeed({ uri: at('x.json') }, context).catch((reason: Error) => reason as Error)
    execFileSync('sh', ['-c', /truncate .* >> '[^']*'/.exec((error as Error).message)![0]])
    await writeItems({ uri: at('x.json') }, [3])
    expect(idsIn(at('x.json'))).toEqual([1, 3])
  })

  it('jsonl: cuts away an item that broke off, and tells', async () => {
    writeFileSync(at('x.jsonl'), '{"id": 1}\n{"id": 2, "te')
    await writeItems({ uri: at('x.jsonl') }, [3])
    expect(idsIn(at('x.jsonl'))).toEqual([1, 3])
    expect(told).toEqual([expect.stringMatching(/broke off \(13 bytes/)])
  })

  it('jsonl: keeps a whole last line without an end, and what is no item', async () => {
    writeFileSync(at('x.jsonl'), '{"id": 1}')
    await writeItems({ uri: at('x.jsonl') }, [2])
    expect(idsIn(at('x.jsonl'))).toEqual([1, 2])
    writeFileSync(at('y.jsonl'), 'my notes')
    await writeItems({ uri: at('y.jsonl') }, [2])
    expect(contentOf(at('y.jsonl'))).toMatch(/^my notes\n\{"id": 2/)
    writeFileSync(at('z.jsonl.gz'), gzipSync('{"id": 1}'))
    await writeItems({ uri: at('z.jsonl.gz') }, [2])
    expect(idsIn(at('z.jsonl.gz'))).toEqual([1, 2])
  })

  it('jsonl: two writers on one file lose nothing', async () => {
    const [a, b] = [await openFeed({ uri: at('x.jsonl') }, context), await openFeed({ uri: at('x.jsonl') }, context)]
    for (let id = 0; id < 50; id++) {
      for (const feed of [a, b]) {
        feed.write(item(id))
        await feed.flush()
      }
    }
    await Promise.all([a.close(), b.close()])
    expect(idsIn(at('x.jsonl'))).toHaveLength(100)
  })

  describe('csv', () => {
    it('goes on with the columns of the header, in their order', async () => {
      writeFileSync(at('x.csv'), '"text","id"\n"a ""quoted"", text",1')
      const feed = await openFeed({ uri: at('x.csv'), lineEnd: '\n' }, context)
      feed.write({ id: 2, text: 'b' })
      await feed.close()
      expect(contentOf(at('x.csv'))).toBe('"text","id"\n"a ""quoted"", text",1\nb,2\n')
      expect(told).toEqual([expect.stringContaining('no line end')])
    })

    it('refuses a first item that has fields beyond the header; tells of later ones', async () => {
      await writeItems({ uri: at('x.csv') }, [1])
      const feed = await openFeed({ uri: at('x.csv') }, context)
      expect(() => feed.write({ id: 2, price: 3 })).toThrow(
        expect.objectContaining({ code: 'ERR_FEED_HEADER', message: expect.stringContaining('"price"') }),
      )
      feed.write(item(3))
      feed.write({ ...item(4), price: 3 })
      await feed.close()
      expect(idsIn(at('x.csv'))).toEqual([1, 3, 4])
      expect(told).toEqual([expect.stringContaining('"price"')])
    })

    it('refuses fields that are not those of the header, before the crawl', async () => {
      await writeItems({ uri: at('x.csv') }, [1])
      await expect(openFeed({ uri: at('x.csv'), fields: ['text', 'id'] }, context)).rejects.toMatchObject({
        code: 'ERR_FEED_HEADER',
        name: 'UsageError',
      })
      await writeItems({ uri: at('x.csv'), fields: { id: 'id', text: 'text' } }, [2])
      expect(idsIn(at('x.csv'))).toEqual([1, 2])
    })

    it('without a header appends rows, and takes the first row for no header', async () => {
      for (const id of [1, 2]) await writeItems({ uri: at('x.csv'), header: false }, [id])
      expect(contentOf(at('x.csv'))).toBe('1,item number 1 é\r\n2,item number 2 é\r\n')
    })

    it('reads any header that it writes', async () => {
      const name = fc
        .oneof(fc.string({ minLength: 1 }), fc.constantFrom('a,b', '"', 'x\ny', '\r', ' '))
        .filter((key) => !/^\d+$|^__proto__$/.test(key))
      await fc.assert(
        fc.asyncProperty(fc.uniqueArray(name, { minLength: 2, maxLength: 5 }), async (fields) => {
          const uri = at('h.csv')
          const row = Object.fromEntries(fields.map((field) => [field, 'x\r\n"']))
          for (const overwrite of [true, false, false]) {
            const feed = await openFeed({ uri, overwrite, fields }, context)
            feed.write(row)
            await feed.close()
          }
          expect(contentOf(uri).match(/""/g)!.length).toBeGreaterThanOrEqual(3 * fields.length)
        }),
        { numRuns: 50 },
      )
    })
  })
})

describe('-O overwrites', () => {
  for (const kind of KINDS) {
    it(`${kind}: at the first flush, not before, and also with less than was there`, async () => {
      const uri = at(`x.${kind}`)
      await writeItems({ uri }, [1, 2, 3, 4, 5])
      const feed = await openFeed({ uri, overwrite: true }, context)
      expect(idsIn(uri)).toEqual([1, 2, 3, 4, 5])
      feed.write(item(9))
      await feed.flush()
      expect(idsIn(uri)).toEqual([9])
      await feed.close()
      expect(idsIn(uri)).toEqual([9])
      await writeItems({ uri, overwrite: true }, [])
      expect(idsIn(uri)).toEqual([])
    })
  }
})

describe('storeEmpty: false', () => {
  it('leaves no file that was not there, and what was there as it was', async () => {
    for (const overwrite of [true, false]) {
      const feed = await openFeed({ uri: at('x.json'), storeEmpty: false, overwrite }, context)
      await feed.flush()
      await feed.close()
      expect(existsSync(at('x.json'))).toBe(false)
      writeFileSync(at('y.json'), '[{"id": 1}]')
      await writeItems({ uri: at('y.json'), storeEmpty: false, overwrite }, [])
      expect(idsIn(at('y.json'))).toEqual([1])
    }
  })

  it('writes as ever when there is an item', async () => {
    await writeItems({ uri: at('x.json'), storeEmpty: false }, [1])
    expect(idsIn(at('x.json'))).toEqual([1])
  })
})

describe('what cannot be written is known before the crawl', () => {
  async function refusal(uri: string): Promise<void> {
    await expect(openFeed({ uri }, context)).rejects.toMatchObject({
      name: 'UsageError',
      code: 'ERR_FEED_OPEN',
      message: expect.stringContaining(uri),
    })
  }

  it('a directory', async () => {
    mkdirSync(at('dir.json'))
    await refusal(at('dir.json'))
  })

  it('a path through a file', async () => {
    writeFileSync(at('file'), '')
    await refusal(at('file/x.json'))
    await refusal(at('file/deeper/x.json'))
  })

  it('a name that is too long', () => refusal(at(`${'x'.repeat(300)}.json`)))

  it('a place that the kernel does not let anybody write', () => refusal('/proc/self/status.json'))

  it('a file without permission, where permissions hold', async () => {
    writeFileSync(at('x.json'), '[]')
    chmodSync(at('x.json'), 0o444)
    if (process.getuid?.() !== 0) await refusal(at('x.json'))
    else await writeItems({ uri: at('x.json') }, [1])
  })

  it('a pipe that nobody reads, without waiting for a reader', async () => {
    execFileSync('mkfifo', [at('pipe.json')])
    await expect(openFeed({ uri: at('pipe.json') }, context)).rejects.toThrow(/pipe that nobody reads/)
  })

  it('wrong options, without leaving a file', async () => {
    await expect(openFeed({ uri: at('x.csv'), delimiter: '::' }, context)).rejects.toMatchObject({ code: 'ERR_FEED_DELIMITER' })
    await expect(openFeed({ uri: at('x.xml'), rootElement: '1' }, context)).rejects.toMatchObject({ code: 'ERR_FEED_ELEMENT' })
    expect(existsSync(at('x.csv')) || existsSync(at('x.xml'))).toBe(false)
  })
})

describe('several feeds', () => {
  it('are all written', async () => {
    const feeds = await openFeeds(
      KINDS.map((kind) => ({ uri: at(`x.${kind}`) })),
      context,
    )
    for (const feed of feeds) feed.write(item(1))
    for (const feed of feeds) await feed.close()
    for (const kind of KINDS) expect(idsIn(at(`x.${kind}`))).toEqual([1])
  })

  it('may not share a file, whatever name it goes by', async () => {
    writeFileSync(at('a.jsonl'), '')
    symlinkSync(at('a.jsonl'), at('b.jsonl'))
    linkSync(at('a.jsonl'), at('c.jsonl'))
    for (const other of ['a.jsonl', './a.jsonl', 'b.jsonl', 'c.jsonl']) {
      const list = [{ uri: at('a.jsonl') }, { uri: `${folder}/${other}` }]
      await expect(openFeeds(list, context)).rejects.toMatchObject({ name: 'UsageError', code: 'ERR_FEED_TWICE' })
    }
    await expect(openFeeds([{ uri: '-' }, { uri: '-', format: 'csv' }], context)).rejects.toMatchObject({
      code: 'ERR_FEED_TWICE',
    })
    await expect(openFeeds([{ uri: at('n.json') }, { uri: at('n.json') }], context)).rejects.toMatchObject({
      code: 'ERR_FEED_TWICE',
    })
    expect(existsSync(at('n.json'))).toBe(false)
  })

  it('touch nothing when one of them cannot be opened', async () => {
    writeFileSync(at('old.json'), '[{"id": 1}]')
    mkdirSync(at('dir.json'))
    const list = [{ uri: at('old.json'), overwrite: true }, { uri: at('new.json') }, { uri: at('dir.json') }]
    await expect(openFeeds(list, context)).rejects.toMatchObject({ code: 'ERR_FEED_OPEN' })
    expect(idsIn(at('old.json'))).toEqual([1])
    expect(existsSync(at('new.json'))).toBe(false)
  })
})

describe('a disk that is full', () => {
  it('fails the flush with what happened and what to do, and close too', async () => {
    const feed = await openFeed({ uri: '/dev/full', format: 'json' }, context).catch((error: unknown) => error)
    // a device is written to when there is something to write: the empty document comes at the end
    expect(feed).not.toBeInstanceOf(Error)
    const open = feed as Awaited<ReturnType<typeof openFeed>>
    open.write(item(1))
    const flushed = open.flush()
    await expect(flushed).rejects.toMatchObject({ name: 'SkeinError', code: 'ERR_FEED_WRITE' })
    await expect(flushed).rejects.toThrow(/\/dev\/full.*no space left \(ENOSPC\)\. Free some/)
    await expect(open.close()).rejects.toMatchObject({ code: 'ERR_FEED_WRITE' })
  })

  for (const kind of ['jsonl', 'json', 'csv', 'xml', 'jsonl.gz', 'json.gz'] as const) {
    it(`${kind}: leaves the file as whole as it was, and goes on when there is room again`, async () => {
      const uri = at(`x.${kind}`)
      const feed = await openFeed({ uri }, context)
      disk.capacity = 20_000
      let id = 0
      let stored = 0
      let failure: unknown
      while (failure === undefined) {
        for (let i = 0; i < 10; i++) feed.write(randomish(id++))
        await feed.flush().then(
          () => {
            stored = id
          },
          (error: unknown) => {
            failure = error
          },
        )
      }
      expect(failure).toMatchObject({ code: 'ERR_FEED_WRITE', message: expect.stringContaining(uri) })
      expect(stored).toBeGreaterThan(10)
      expect(idsIn(uri)).toHaveLength(stored)
      await expect(feed.flush()).rejects.toMatchObject({ code: 'ERR_FEED_WRITE' })
      expect(idsIn(uri)).toHaveLength(stored)
      disk.capacity = Number.POSITIVE_INFINITY
      await feed.close()
      expect(idsIn(uri)).toEqual(Array.from({ length: id }, (_, i) => i))
    })
  }

  for (const kind of APPENDABLE) {
    it(`${kind}: leaves what was appended to as it was`, async () => {
      const uri = at(`x.${kind}`)
      await writeItems({ uri }, [1, 2])
      const before = readFileSync(uri)
      disk.capacity = before.length + 5
      const feed = await openFeed({ uri }, context)
      feed.write(randomish(3))
      await expect(feed.flush()).rejects.toMatchObject({ code: 'ERR_FEED_WRITE' })
      expect(readFileSync(uri)).toEqual(before)
      await expect(feed.close()).rejects.toMatchObject({ code: 'ERR_FEED_WRITE' })
      expect(readFileSync(uri)).toEqual(before)
    })
  }

  it('tells the flush, and not the item that happened to fill the memory', async () => {
    const feed = await openFeed({ uri: at('x.json') }, context)
    disk.capacity = 1000
    for (let id = 0; id < 4; id++) feed.write({ id, text: 'x'.repeat(600_000) })
    await expect(feed.flush()).rejects.toMatchObject({ code: 'ERR_FEED_WRITE' })
    disk.capacity = Number.POSITIVE_INFINITY
    await feed.close()
    expect(idsIn(at('x.json'))).toEqual([0, 1, 2, 3])
  })
})

/** Text that gzip cannot make small. */
function randomish(id: number): object {
  return { id, text: `${String(Math.sin(id)).slice(2).repeat(2)} ${Math.cos(id)} é` }
}

describe('pipes', () => {
  it('get one whole document', async () => {
    execFileSync('mkfifo', [at('pipe.json')])
    const reader = spawn('cat', [at('pipe.json')], { stdio: ['ignore', 'pipe', 'inherit'] })
    const read = text(reader.stdout)
    let feed: Awaited<ReturnType<typeof openFeed>> | undefined
    while (feed === undefined) {
      // cat opens the pipe in its own time
      feed = await openFeed({ uri: at('pipe.json') }, context).catch(() => undefined)
      if (feed === undefined) await new Promise((resolve) => setImmediate(resolve))
    }
    for (const id of [1, 2]) {
      feed.write(item(id))
      await feed.flush()
    }
    await feed.close()
    expect((JSON.parse(await read) as unknown[]).length).toBe(2)
  })
})
