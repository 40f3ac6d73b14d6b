import { readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { item, useFeedFolder } from '../../test/support/feed-folder.ts'
import { APPENDABLE_KINDS } from '../../test/support/feed-kinds.ts'
import { idsInFeed, textOfFeed } from '../../test/support/read-feed.ts'
import type { FeedOptions } from './contract.ts'
import { openFeed } from './open-feed.ts'

const feeds = useFeedFolder()
const { at } = feeds

describe('-o appends', () => {
  for (const kind of APPENDABLE_KINDS) {
    it(`${kind}: run after run, also runs without items`, async () => {
      const uri = at(`x.${kind}`)
      await feeds.write({ uri }, [1, 2])
      await feeds.write({ uri }, [])
      await feeds.write({ uri }, [3])
      await feeds.write({ uri }, [4, 5])
      expect(await idsInFeed(uri)).toEqual([1, 2, 3, 4, 5])
    })

    it(`${kind}: to an empty file and to an empty document`, async () => {
      writeFileSync(at(`empty.${kind}`), '')
      await feeds.write({ uri: at(`empty.${kind}`) }, [1])
      expect(await idsInFeed(at(`empty.${kind}`))).toEqual([1])
      await feeds.write({ uri: at(`none.${kind}`) }, [])
      await feeds.write({ uri: at(`none.${kind}`) }, [1])
      expect(await idsInFeed(at(`none.${kind}`))).toEqual([1])
    })

    it(`${kind}: leaves what is there alone until there is an item`, async () => {
      const uri = at(`x.${kind}`)
      await feeds.write({ uri }, [1])
      const before = readFileSync(uri)
      const feed = await openFeed({ uri }, feeds.context)
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
      const feed = await openFeed({ uri: at('x.json') }, feeds.context)
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
    ['x.csv.gz', gzipSync('id,text\r\n1'), /last row broke off/],
  ]
  for (const [name, before, message] of refused) {
    it(`refuses ${name} with ${JSON.stringify(before.toString('latin1' as never)).slice(0, 60)}, and leaves it as it is`, async () => {
      writeFileSync(at(name), before)
      const opened = openFeed({ uri: at(name) }, feeds.context)
      await expect(opened).rejects.toMatchObject({
        name: 'UsageError',
        code: 'ERR_FEED_APPEND',
        message: expect.stringMatching(message),
      })
      await expect(opened).rejects.toThrow(/-O/)
      expect(readFileSync(at(name))).toEqual(Buffer.from(before))
      await feeds.write({ uri: at(name), overwrite: true }, [1])
      expect(await idsInFeed(at(name))).toEqual([1])
    })
  }

  it('xml: with elements that are not called in ASCII', async () => {
    const options = { uri: at('x.xml'), rootElement: 'bücher', itemElement: 'b.é' }
    for (const id of [1, 2, 3]) await feeds.write(options, [id])
    expect(await idsInFeed(at('x.xml'))).toEqual([1, 2, 3])
  })

  const broken: readonly [name: string, kept: string, torn: string, ids: readonly number[], options?: Partial<FeedOptions>][] = [
    ['x.jsonl', '{"id": 1}\n', '{"id": 2, "te', [1]],
    ['x.json', '[\n{"id": 1}', ',\n{"id": 2, "tags": [{"a": "]}"', [1]],
    ['x.json', '[{"id":1},{"id":2,"b":[]}', ', {', [1, 2]],
    ['x.csv', 'id,text\r\n1,é\r\n', '2', [1]],
    ['x.csv', 'id,text\r\n', '1,"é\r\n', []],
    ['x.csv', '', '"id', []],
    ['x.xml', '<?xml version="1.0" encoding="utf-8"?>\n<items>\n<item><id>1</id></item>\n', '<item><id>2', [1]],
    ['x.xml', '<items>\n<item><id>1</id></item>\n', '<item><item>a</item><id>2', [1]],
    ['x.xml', '<items>\n<item><id>1</id></item>\n', `<item><text>${'é'.repeat(200_000)}`, [1]],
    [
      'x.xml',
      '<items>\n  <item>\n    <id>1</id>\n  </item>\n',
      '  <item>\n    <item>a</item>\n    <item>\n    </item>\n    <id>2',
      [1],
      { indent: 2 },
    ],
  ]
  for (const [name, kept, torn, ids, options] of broken) {
    it(`cuts away what broke off behind ${JSON.stringify(kept)} in ${name}: ${JSON.stringify(torn).slice(0, 40)}`, async () => {
      writeFileSync(at(name), kept + torn)
      await feeds.write({ uri: at(name), ...options }, [])
      expect(await idsInFeed(at(name))).toEqual(ids)
      writeFileSync(at(name), kept + torn)
      await feeds.write({ uri: at(name), ...options }, [7])
      expect(await idsInFeed(at(name))).toEqual([...ids, 7])
      expect(readFileSync(at(name), 'utf8').startsWith(kept)).toBe(true)
      expect(feeds.told).toEqual(Array(2).fill(expect.stringContaining(`broke off (${Buffer.byteLength(torn)} bytes`)))
    })
  }

  it('jsonl: keeps a whole last line without an end, and what is no item', async () => {
    writeFileSync(at('x.jsonl'), '{"id": 1}')
    await feeds.write({ uri: at('x.jsonl') }, [2])
    expect(await idsInFeed(at('x.jsonl'))).toEqual([1, 2])
    writeFileSync(at('y.jsonl'), 'my notes')
    await feeds.write({ uri: at('y.jsonl') }, [2])
    expect(textOfFeed(at('y.jsonl'))).toMatch(/^my notes\n\{"id": 2/)
    writeFileSync(at('z.jsonl.gz'), gzipSync('{"id": 1}'))
    await feeds.write({ uri: at('z.jsonl.gz') }, [2])
    expect(await idsInFeed(at('z.jsonl.gz'))).toEqual([1, 2])
  })

  describe('csv', () => {
    it('goes on with the columns of the header, in their order', async () => {
      writeFileSync(at('x.csv'), '"text","id"\n"a ""quoted"", text",1')
      const feed = await openFeed({ uri: at('x.csv'), lineEnd: '\n' }, feeds.context)
      feed.write({ id: 2, text: 'b' })
      await feed.close()
      expect(textOfFeed(at('x.csv'))).toBe('"text","id"\n"a ""quoted"", text",1\nb,2\n')
      expect(feeds.told).toEqual([expect.stringContaining('no line end')])
    })

    it('refuses a first item that has fields beyond the header; tells of later ones', async () => {
      await feeds.write({ uri: at('x.csv') }, [1])
      const feed = await openFeed({ uri: at('x.csv') }, feeds.context)
      expect(() => feed.write({ id: 2, price: 3 })).toThrow(
        expect.objectContaining({ code: 'ERR_FEED_HEADER', message: expect.stringContaining('"price"') }),
      )
      feed.write(item(3))
      feed.write({ ...item(4), price: 3 })
      await feed.close()
      expect(await idsInFeed(at('x.csv'))).toEqual([1, 3, 4])
      expect(feeds.told).toEqual([expect.stringContaining('"price"')])
    })

    it('refuses fields that are not those of the header, before the crawl', async () => {
      await feeds.write({ uri: at('x.csv') }, [1])
      await expect(openFeed({ uri: at('x.csv'), fields: ['text', 'id'] }, feeds.context)).rejects.toMatchObject({
        code: 'ERR_FEED_HEADER',
        name: 'UsageError',
      })
      await feeds.write({ uri: at('x.csv'), fields: { id: 'id', text: 'text' } }, [2])
      expect(await idsInFeed(at('x.csv'))).toEqual([1, 2])
    })

    it('without a header appends rows, and takes the first row for no header', async () => {
      for (const id of [1, 2]) await feeds.write({ uri: at('x.csv'), header: false }, [id])
      expect(textOfFeed(at('x.csv'))).toBe('1,"item number 1 é\u2028"""\r\n2,"item number 2 é\u2028"""\r\n')
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
            const feed = await openFeed({ uri, overwrite, fields }, feeds.context)
            feed.write(row)
            await feed.close()
          }
          expect(textOfFeed(uri).match(/""/g)!.length).toBeGreaterThanOrEqual(3 * fields.length)
        }),
        { numRuns: 50 },
      )
    })
  })
})
