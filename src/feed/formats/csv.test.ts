import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyJson, renderText } from '../../../test/support/render-text.ts'
import { createCsvFormat } from './csv.ts'

/** RFC 4180, written apart from the code under test. */
function readCsv(source: string): string[][] {
  const rows: string[][] = []
  let rest = source
  while (rest !== '') {
    const row: string[] = []
    for (;;) {
      const [all, quoted, bare, end] = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(rest)!
      row.push(quoted === undefined ? bare! : quoted.replaceAll('""', '"'))
      rest = rest.slice(all.length)
      if (end === '\r\n') break
    }
    rows.push(row)
  }
  return rows
}

describe('csv', () => {
  // lone surrogates become U+FFFD in UTF-8; every other text comes back
  const cell = fc.oneof(
    fc.string(),
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('', '"', '""', ',', '\r\n', '\n', ' x ', "'"),
  )
  const name = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('a,b', '"', 'x\ny')).filter((key) => key !== '__proto__')

  it('reads back as what was written', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { minLength: 1, maxLength: 5 }),
        fc.array(fc.array(cell, { minLength: 5, maxLength: 5 }), { minLength: 1 }),
        (names, rows) => {
          const keys = Object.keys(Object.fromEntries(names.map((key) => [key, 1])))
          const items = rows.map((row) => Object.fromEntries(keys.map((key, i) => [key, row[i]])))
          expect(readCsv(renderText(items, 'csv'))).toEqual([keys, ...rows.map((row) => row.slice(0, keys.length))])
        },
      ),
    )
  })

  it('gives every row as many cells as there are columns', () => {
    fc.assert(
      fc.property(fc.array(fc.dictionary(name, anyJson, { minKeys: 1, maxKeys: 4 }), { minLength: 1 }), (items) => {
        const [header, ...rows] = readCsv(renderText(items, 'csv'))
        expect(rows).toHaveLength(items.length)
        for (const row of rows) expect(row).toHaveLength(header!.length)
      }),
    )
  })

  it('takes odd delimiters literally, and refuses those that cannot delimit', () => {
    for (const delimiter of ['^', ']', '\\', '-', '|', '\t', '.']) {
      expect(renderText([{ a: `x${delimiter}y`, b: 'z' }], 'csv', { delimiter })).toBe(
        `a${delimiter}b\r\n"x${delimiter}y"${delimiter}z\r\n`,
      )
    }
    for (const delimiter of ['', ';;', '"', '\n']) {
      expect(() => renderText([], 'csv', { delimiter })).toThrow(expect.objectContaining({ code: 'ERR_FEED_DELIMITER' }))
    }
  })

  it('tells once of each field that is no column, unless the fields were chosen', () => {
    const told: string[] = []
    const format = createCsvFormat({}, { warn: (message) => told.push(message) })
    const chosen = createCsvFormat({ fields: ['a'] }, { warn: (message) => told.push(message) })
    for (const item of [{ a: 1 }, { b: 2 }, { a: 1, b: 2, c: undefined }, { b: 3 }]) {
      format.item(item, false)
      chosen.item(item, false)
    }
    expect(told).toEqual([expect.stringContaining('no column "b"')])
    for (let i = 0; i < 1000; i++) format.item({ [`page${i}`]: 1 }, false)
    expect(told.length).toBeLessThan(50)
  })

  it('refuses a first item without fields, and settles the columns with the next', () => {
    const format = createCsvFormat()
    expect(() => format.item({}, true)).toThrow(
      expect.objectContaining({ code: 'ERR_FEED_ITEM', message: expect.stringContaining('"fields"') }),
    )
    expect(format.item({ a: 1, b: 2 }, true)).toBe('a,b\r\n1,2\r\n')
    expect(format.item({ b: 3, c: 4 }, false)).toBe(',3\r\n')
    expect(format.item({}, false)).toBe(',\r\n')
    expect(createCsvFormat({ fields: ['a', 'b'] }).item({}, true)).toBe('a,b\r\n,\r\n')
  })

  it('writes what each item has when there is no header and no `fields`', () => {
    const format = createCsvFormat({ header: false })
    const rows = [{ a: 1, b: 2 }, { b: 3, c: 4, d: 5 }, { d: 6 }].map((item, i) => format.item(item, i === 0))
    expect(rows).toEqual(['1,2\r\n', '3,4,5\r\n', '6\r\n'])
  })

  it('settles the columns with the first item that can be written, not with one that cannot', () => {
    const format = createCsvFormat()
    expect(() => format.item({ bad: () => 1 }, true)).toThrow(/"bad"/)
    expect(format.item({ good: 1 }, true)).toBe('good\r\n1\r\n')
    expect(format.item({ good: 2 }, false)).toBe('2\r\n')
  })
})
