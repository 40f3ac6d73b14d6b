import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FeedOptions } from '../../src/feed/contract.ts'
import { openFeed } from '../../src/feed/open-feed.ts'
import { query } from '../support/read-feed.ts'

/** `npm test` says why the packages are missing, where they are; run by hand, this suite fails without them. */
const missing = process.env['SKEIN_NO_FEED_TOOLS'] !== undefined

/** Texts that break what is not careful with them. The first is long enough for DuckDB to see what kind of file it is. */
const TEXTS = [
  'Emma',
  'a,b;c\td|e',
  '"quoted" and \'single\'',
  'two\nlines\r\nand\rmore',
  '<b>&amp;</b> ]]>',
  '日本語 \u{1f9f6} é\u2028\u2029',
  '  spaces  ',
  '\\n \\" \\\\',
  '=1+1',
  '',
]

const items = Array.from({ length: 200 }, (_, id) => ({
  id,
  text: TEXTS[id % TEXTS.length]!,
  price: id / 4,
  sold: id % 2 === 0,
}))

/** Prints the items of the file as JSON: `id` and `text` of each. */
const PYTHON = {
  jsonl:
    'import json,sys; print(json.dumps([[i["id"], i["text"]] for i in map(json.loads, open(sys.argv[1], encoding="utf-8", newline="\\n"))]))',
  json: 'import json,sys; print(json.dumps([[i["id"], i["text"]] for i in json.load(open(sys.argv[1], encoding="utf-8"))]))',
  csv: 'import csv,json,sys; print(json.dumps([[int(r["id"]), r["text"]] for r in csv.DictReader(open(sys.argv[1], encoding="utf-8", newline=""), strict=True)]))',
  xml: 'import json,sys; import xml.etree.ElementTree as E; print(json.dumps([[int(i.find("id").text), i.find("text").text or ""] for i in E.parse(sys.argv[1]).getroot()]))',
} as const
const FORMATS = ['jsonl', 'json', 'csv', 'xml'] as const
const TOOLS = { gz: 'gzip', br: 'brotli', zst: 'zstd' } as const

describe.skipIf(missing)('feeds, read by programs that others wrote', () => {
  let folder: string

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'skein-readers-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** Written in two runs where that can be: the second goes on in what the first left. */
  async function written(name: string, options: Partial<FeedOptions> = {}): Promise<string> {
    const uri = join(folder, name)
    const cut = name.endsWith('.parquet') || /(json|xml)\.gz$/.test(name) ? items.length : 120
    for (const part of [items.slice(0, cut), items.slice(cut)]) {
      if (part.length === 0) continue
      const feed = await openFeed({ uri, ...options }, { spiderName: 'books', startTime: new Date() })
      for (const [i, item] of part.entries()) {
        feed.write(item)
        if (i % 10 === 0) await feed.flush()
      }
      await feed.close()
    }
    return uri
  }

  function readByPython(path: string, format: (typeof FORMATS)[number]): unknown {
    return JSON.parse(execFileSync('/usr/bin/python3', ['-c', PYTHON[format], path], { encoding: 'utf8', maxBuffer: 2 ** 26 }))
  }

  const expected = items.map(({ id, text }) => [id, text])

  for (const format of FORMATS) {
    it(`${format}: Python`, async () => {
      expect(readByPython(await written(`plain.${format}`), format)).toEqual(expected)
      expect(readByPython(await written(`end.${format}`, { place: 'atEnd', indent: 2 }), format)).toEqual(expected)
    })

    for (const [extension, tool] of Object.entries(TOOLS)) {
      it(`${format}.${extension}: ${tool}, then Python`, async () => {
        const path = await written(`packed.${format}.${extension}`)
        const plain = join(folder, `unpacked-${extension}.${format}`)
        execFileSync('sh', ['-c', `${tool} -dc '${path}' > '${plain}'`])
        expect(readByPython(plain, format)).toEqual(expected)
      })
    }
  }

  for (const [name, reader] of [
    ['a.parquet', 'read_parquet'],
    ['a.jsonl', 'read_json'],
    ['a.jsonl.gz', 'read_json'],
    ['a.jsonl.zst', 'read_json'],
    ['a.json', 'read_json'],
    ['a.csv', 'read_csv'],
    ['a.csv.gz', 'read_csv'],
    ['a.csv.zst', 'read_csv'],
  ] as const) {
    it(`${name}: DuckDB, with the types of the fields`, async () => {
      const path = await written(name)
      // of csv it is told how the rows are quoted: it guesses, and sees none in the first lines
      const options = reader === 'read_csv' ? `, quote='"', escape='"', delim=',', header=true, new_line='\\r\\n'` : ''
      const source = `${reader}('${path}'${options})`
      expect(await query(`select column_name, column_type from (describe select * from ${source})`)).toEqual([
        { column_name: 'id', column_type: 'BIGINT' },
        { column_name: 'text', column_type: 'VARCHAR' },
        { column_name: 'price', column_type: 'DOUBLE' },
        { column_name: 'sold', column_type: 'BOOLEAN' },
      ])
      const rows = await query(`select id, coalesce(text, '') as text, price, sold from ${source} order by id`)
      expect(rows).toEqual(items.map((item) => ({ ...item, id: `${item.id}` })))
    })
  }
})
