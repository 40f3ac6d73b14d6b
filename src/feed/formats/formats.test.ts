import fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { describe, expect, it } from 'vitest'
import { anyJson, renderText } from '../../../test/support/render-text.ts'

const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', '"', '\\', '\r\n', ',', '</a>', ']]>'),
)
const anyItem = fc.dictionary(anyText, anyJson, { maxKeys: 6 })
const anyItems = fc.array(anyItem, { maxLength: 8 })

/** JSON has no negative zero, and Python's neither. */
function settled(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

describe('json', () => {
  it('reads back as what was written, however it is laid out', () => {
    fc.assert(
      fc.property(
        anyItems,
        fc.boolean(),
        fc.option(fc.integer({ min: -1, max: 12 }), { nil: undefined }),
        (items, ascii, indent) => {
          const out = renderText(items, 'json', indent === undefined ? { ascii } : { ascii, indent })
          expect(JSON.parse(out)).toEqual(settled(items))
          if (ascii) expect(out).toMatch(/^[\n -~]*$/)
        },
      ),
    )
  })

  it('lays out one item as JSON.stringify does, apart from the spaces on one line', () => {
    fc.assert(
      fc.property(anyItem, fc.integer({ min: 1, max: 10 }), (item, indent) => {
        expect(renderText([item], 'json', { indent })).toBe(`[\n${JSON.stringify(item, null, indent)}\n]`)
      }),
    )
  })

  it('keeps lone surrogates, which UTF-8 cannot hold, as escapes', () => {
    expect(renderText([{ a: '\ud800x' }], 'jsonl')).toBe('{"a": "\\ud800x"}\n')
  })

  it('writes bigints whole, dates as ISO 8601, URLs as text; leaves out undefined', () => {
    const item = {
      big: 12345678901234567890n,
      at: new Date(0),
      url: new URL('http://e.com/ä'),
      gone: undefined,
      list: [undefined, Number.NaN],
    }
    expect(renderText([item], 'jsonl')).toBe(
      '{"big": 12345678901234567890, "at": "1970-01-01T00:00:00.000Z", "url": "http://e.com/%C3%A4", "list": [null, null]}\n',
    )
  })

  it('writes instances with fields, and objects without a prototype', () => {
    class Book {
      title = 'Emma'
    }
    expect(renderText([new Book(), Object.assign(Object.create(null), { a: 1 }), { __proto__: null, b: {} }], 'jsonl')).toBe(
      '{"title": "Emma"}\n{"a": 1}\n{"b": {}}\n',
    )
  })

  it('does not mistake the names of Object.prototype for fields', () => {
    expect(renderText([{ a: 1 }], 'jsonl', { fields: ['constructor', 'toString', 'a'] })).toBe('{"a": 1}\n')
  })
})

describe('jsonl', () => {
  it('has as many lines as items, each of which reads back', () => {
    fc.assert(
      fc.property(anyItems, (items) => {
        const lines = renderText(items, 'jsonl').split('\n')
        expect(lines.pop()).toBe('')
        expect(lines.map((line) => JSON.parse(line))).toEqual(settled(items))
      }),
    )
  })

  it('ignores indent: a line is an item', () => {
    expect(renderText([{ a: { b: 1 } }], 'jsonl', { indent: 2 })).toBe('{"a": {"b": 1}}\n')
  })
})

describe('what no format can hold', () => {
  const circle: Record<string, unknown> = { name: 'a' }
  circle['self'] = { inner: [circle] }
  let deep: unknown = 'bottom'
  for (let i = 0; i < 5000; i++) deep = { deep }

  const cases: readonly [what: string, value: unknown, message: RegExp][] = [
    ['a Map', new Map([['a', 1]]), /field "outer\.list\[1\]" is a Map.*Object\.fromEntries/],
    ['a Set', new Set([1]), /is a Set.*\[\.\.\.set\]/],
    ['a Promise', Promise.resolve(1), /is a Promise; await it/],
    ['bytes', Buffer.from('x'), /is bytes.*base64/],
    ['a function', () => 1, /is a function/],
    ['a symbol', Symbol('s'), /is a symbol/],
    ['an instance without fields', /x/, /is a RegExp without fields/],
    ['a circle', circle, /"outer\.list\[1\]\.self\.inner\[0\]" is a circle/],
    ['endless nesting', deep, /nested more than 500 levels/],
  ]
  for (const [what, value, message] of cases) {
    for (const format of ['jsonl', 'json', 'csv', 'xml'] as const) {
      it(`${format}: ${what} is refused by the name of its field`, () => {
        const item = { fine: 1, outer: { list: ['a', value] } }
        expect(() => renderText([item], format)).toThrow(
          expect.objectContaining({ code: 'ERR_FEED_ITEM', message: expect.stringMatching(message) }),
        )
      })
    }
  }

  it('refuses an item that is no object with fields', () => {
    for (const item of [new Map(), [1], new Date(0), Promise.resolve({})]) {
      for (const format of ['jsonl', 'json', 'csv', 'xml'] as const) {
        expect(() => renderText([item], format)).toThrow(expect.objectContaining({ code: 'ERR_FEED_ITEM' }))
      }
    }
  })

  it('lets the same object stand twice: that is no circle', () => {
    const shared = { a: 1 }
    expect(renderText([{ x: shared, y: [shared, shared] }], 'jsonl')).toBe('{"x": {"a": 1}, "y": [{"a": 1}, {"a": 1}]}\n')
  })

  it('lets an error of a getter through as it is', () => {
    const item = {
      get price(): number {
        throw new RangeError('mine')
      },
    }
    expect(() => renderText([item], 'jsonl')).toThrow(new RangeError('mine'))
  })
})

describe('xml', () => {
  interface Read {
    readonly items: number
    readonly texts: string[]
    readonly names: string[]
  }

  function readXml(source: string): Read {
    const read: Read = { items: 0, texts: [], names: [] }
    let items = 0
    const parser = new SaxesParser({ xmlns: true })
    parser.on('error', (error) => {
      throw error
    })
    parser.on('opentag', (tag) => {
      if (tag.name === 'item') items++
      read.names.push(tag.name === 'field' ? String(tag.attributes['name']?.value ?? 'field') : tag.name)
    })
    parser.on('text', (part) => void read.texts.push(part))
    parser.write(source).close()
    return { ...read, items }
  }

  it('is well-formed whatever the items hold', () => {
    fc.assert(
      fc.property(anyItems, fc.constantFrom(undefined, 0, 3), (items, indent) => {
        readXml(renderText(items, 'xml', indent === undefined ? {} : { indent }))
      }),
    )
  })

  it('gives back texts and names that XML can hold', () => {
    const holdable = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((part) => !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|^__proto__$/.test(part))
    fc.assert(
      fc.property(holdable, holdable, (name, value) => {
        const read = readXml(renderText([{ [name]: value }], 'xml'))
        expect(read.items).toBe(name === 'item' ? 2 : 1)
        expect(read.texts.join('')).toBe(`\n${value}`)
        expect(read.names.at(-1)).toBe(name)
      }),
    )
  })

  it('keeps carriage returns, which readers would make line feeds', () => {
    expect(readXml(renderText([{ a: 'x\r\ny\r' }], 'xml')).texts.join('')).toBe('\nx\r\ny\r')
  })

  it('refuses elements that are no names', () => {
    expect(() => renderText([], 'xml', { rootElement: 'my items' })).toThrow(
      expect.objectContaining({ code: 'ERR_FEED_ELEMENT' }),
    )
    expect(() => renderText([], 'xml', { itemElement: '' })).toThrow(expect.objectContaining({ code: 'ERR_FEED_ELEMENT' }))
  })
})

describe('fields', () => {
  it('refuses a name that stands twice, and what is no name', () => {
    for (const fields of [['a', 'a'], { a: 'x', b: 'x' }, [1], { a: 2 }]) {
      expect(() => renderText([], 'jsonl', { fields: fields as string[] })).toThrow(
        expect.objectContaining({ code: 'ERR_FEED_FIELDS' }),
      )
    }
  })
})
