import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { FeedFormatName } from './contract.ts'
import { type RenderOptions, renderItems } from './render-items.ts'

interface Case {
  readonly id: string
  readonly items: readonly object[]
  readonly exporter: 'json' | 'jsonlines' | 'csv' | 'xml'
  readonly options: Record<string, unknown>
  readonly declaredFields?: readonly string[]
  readonly pythonRepr?: boolean
  readonly numberFormatSensitive?: boolean
  readonly expected: Expected
}

interface Expected {
  readonly output?: string
  readonly outputBase64?: string
  readonly error?: string
}

const { cases } = JSON.parse(readFileSync(new URL('../../test/vectors/feedexport.json', import.meta.url), 'utf8')) as {
  cases: Case[]
}

/** Judged wrong: Scrapy's bytes are no document that a reader could read. */
const JUDGED: Readonly<Record<string, string>> = {
  'feedexport-b5e929a4ddb3': 'brackets in ASCII around UTF-16 items; ours is UTF-16 throughout',
  'feedexport-62bb0ed426fc': 'a control character, which XML 1.0 cannot hold; ours is U+FFFD',
}

const QUOTING: Readonly<Record<number, RenderOptions['quote']>> = { 0: 'minimal', 1: 'all', 2: 'nonnumeric' }

/** Scrapy's exporter options in our words. */
function optionsOf({ exporter, options, declaredFields }: Case): RenderOptions {
  const json = exporter === 'json' || exporter === 'jsonlines'
  const words: Record<string, unknown> = {
    fields: options['fields_to_export'] ?? declaredFields,
    emptyFields: options['export_empty_fields'],
    indent: options['indent'] ?? undefined,
    encoding: options['encoding'],
    ascii: json ? (options['ensure_ascii'] ?? options['encoding'] === undefined) : undefined,
    delimiter: options['delimiter'],
    header: options['include_headers_line'],
    join: options['join_multivalued'],
    quote: options['quoting'] === undefined ? undefined : QUOTING[options['quoting'] as number],
    lineEnd: options['lineterminator'],
    rootElement: options['root_element'],
    itemElement: options['item_element'],
  }
  return Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined))
}

function bytesOf({ output, outputBase64 }: Expected): Buffer {
  return outputBase64 === undefined ? Buffer.from(output ?? '') : Buffer.from(outputBase64, 'base64')
}

describe('the feeds that Scrapy writes', () => {
  for (const one of cases) {
    const own = one.pythonRepr === true || one.numberFormatSensitive === true || one.id in JUDGED
    it(`${one.id} ${one.exporter}${own ? ' (in a form of our own)' : ''}`, () => {
      const format: FeedFormatName = one.exporter === 'jsonlines' ? 'jsonl' : one.exporter
      const render = (): Buffer => Buffer.from(renderItems(one.items, format, optionsOf(one)))
      if (one.expected.error !== undefined) expect(render).toThrow(/cannot be written/)
      else if (own) expect(render()).not.toEqual(bytesOf(one.expected))
      else expect(render().toString('latin1')).toBe(bytesOf(one.expected).toString('latin1'))
    })
  }
})

describe('where our form is not Python’s', () => {
  const item = { nested: { k: 'v', l: [1, null] }, mixed: ['a', 1], none: null, yes: true, no: false }

  it('csv: JSON text for what is nested, true and false in small letters', () => {
    expect(Buffer.from(renderItems([item], 'csv')).toString()).toBe(
      'nested,mixed,none,yes,no\r\n"{""k"": ""v"", ""l"": [1, null]}","[""a"", 1]",,true,false\r\n',
    )
  })

  it('xml: empty elements for null, true and false in small letters, U+FFFD for what XML cannot hold', () => {
    expect(Buffer.from(renderItems([{ none: null, yes: true, control: 'x\u0001y' }], 'xml')).toString()).toBe(
      '<?xml version="1.0" encoding="utf-8"?>\n<items><item><none></none><yes>true</yes><control>x\ufffdy</control></item></items>',
    )
  })

  it('utf-8-sig: one byte order mark, and a declaration that readers know', () => {
    const text = (format: 'csv' | 'json' | 'xml'): string =>
      Buffer.from(renderItems([{ a: 'é' }, { a: 'b' }], format, { encoding: 'utf-8-sig' })).toString()
    expect(text('csv')).toBe('\ufeffa\r\né\r\nb\r\n')
    expect(text('json')).toBe('\ufeff[{"a": "é"},{"a": "b"}]')
    expect(text('xml')).toBe(
      '\ufeff<?xml version="1.0" encoding="utf-8"?>\n<items><item><a>é</a></item><item><a>b</a></item></items>',
    )
  })

  it('xml: the character that stands for one that cannot be held is a reference where the encoding lacks it', () => {
    expect(Buffer.from(renderItems([{ a: 'x\u0001' }], 'xml', { encoding: 'windows-1251' })).toString('latin1')).toContain(
      '<a>x&#65533;</a>',
    )
  })

  it('json in UTF-16: one byte order mark, brackets included', () => {
    const bytes = Buffer.from(renderItems([{ a: 'é' }], 'json', { encoding: 'utf-16' }))
    expect(bytes.toString('utf16le')).toBe('\ufeff[{"a": "é"}]')
  })
})
