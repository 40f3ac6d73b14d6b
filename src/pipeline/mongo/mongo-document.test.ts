import { ObjectId } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { mongoDocument } from './mongo-document.ts'

const fieldsOf = (item: object): unknown => mongoDocument(item, true).fields

describe('mongoDocument', () => {
  it('keeps what BSON can hold as it is, and leaves out what is undefined', () => {
    const id = new ObjectId()
    const item = { a: 'x', b: 1.5, c: true, d: null, e: undefined, f: new Date(5), g: [1, undefined, { h: 2 }], i: id, j: 12n }
    expect(fieldsOf(item)).toEqual({ a: 'x', b: 1.5, c: true, d: null, f: new Date(5), g: [1, null, { h: 2 }], i: id, j: 12n })
    expect(Object.keys(fieldsOf({ a: undefined }) as object)).toEqual([])
  })

  it('copies: what happens to the item afterwards does not change it', () => {
    const item = { list: [1], inner: { a: 1 }, when: new Date(1), bytes: new Uint8Array([1]) }
    const fields = fieldsOf(item) as typeof item
    item.list.push(2)
    item.inner.a = 2
    item.when.setTime(2)
    item.bytes[0] = 2
    expect(fields).toEqual({ list: [1], inner: { a: 1 }, when: new Date(1), bytes: Buffer.from([1]) })
  })

  it('takes instances with fields, and what their toJSON says', () => {
    class Point {
      x = 1
      #y = 2
      get y() {
        return this.#y
      }
    }
    expect(fieldsOf({ a: new Point(), b: new URL('http://a/'), c: { toJSON: () => ({ d: 1 }) } })).toEqual({
      a: { x: 1 },
      b: 'http://a/',
      c: { d: 1 },
    })
  })

  it('takes names that are special to JavaScript for names', () => {
    const fields = fieldsOf(JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}')) as object
    expect(Object.entries(fields)).toEqual([
      ['__proto__', expect.objectContaining({ a: 1 })],
      ['constructor', 2],
    ])
  })

  it.each<[string, object, string]>([
    ['a Map', { tags: new Map() }, 'its field "tags" is a Map'],
    ['a Set, deep', { a: [{ b: new Set() }] }, 'its field "a.0.b" is a Set'],
    ['a promise', { p: Promise.resolve() }, 'its field "p" is a Promise'],
    ['a function', { f: () => {} }, 'its field "f" is a function'],
    ['a symbol', { s: Symbol('x') }, 'its field "s" is a symbol'],
    ['a regular expression', { r: /x/ }, 'its field "r" is a RegExp without fields'],
    ['an error', { r: new Error('x') }, 'is a Error without fields'],
    ['floats in a buffer', { r: new Float64Array(2) }, 'its field "r" is a Float64Array'],
    ['a bigint of 65 bits', { n: 2n ** 63n }, 'its field "n" is a bigint that 64 bits do not hold'],
    ['an invalid date', { d: new Date('x') }, 'its field "d" is an invalid date'],
    ['an operator', { $set: 1 }, 'its field "$set" has a name that begins with "$"'],
    ['an operator, deep', { a: { $where: 'x' } }, 'its field "a.$where" has a name that begins with "$"'],
    ['a path', { 'a.b': 1 }, 'has a name with a dot, which MongoDB takes for a path'],
    ['NUL in a name', { a: { 'b\0c': 1 } }, 'has a name with a NUL character'],
    ['a list', [1], 'it is no object with fields'],
    ['a date', new Date(), 'it is no object with fields'],
  ])('refuses %s by name', (_, item, message) => {
    expect(() => fieldsOf(item)).toThrow(
      expect.objectContaining({ code: 'ERR_STORE_ITEM', message: expect.stringContaining(message) }),
    )
  })

  it('refuses a circle and what is nested too deep', () => {
    const circle: Record<string, unknown> = {}
    circle['self'] = circle
    expect(() => fieldsOf(circle)).toThrow('nested deeper than 100 levels, or in a circle')
  })

  it('takes dots below the top where the server does', () => {
    expect(mongoDocument({ sites: { 'a.example': 1 } }, true).fields).toEqual({ sites: { 'a.example': 1 } })
    expect(() => mongoDocument({ sites: { 'a.example': 1 } }, false)).toThrow('which this server does not take')
  })

  it('never says less than the bytes it has', async () => {
    const { BSON } = await import('mongodb')
    for (const item of [
      {},
      { a: '€uro' },
      { a: [1, 2, { b: 'x'.repeat(1000) }] },
      { a: 1n, b: new Date(), c: new ObjectId(), d: null, e: true },
    ]) {
      const { fields, bytes } = mongoDocument(item, true)
      expect(bytes + 16).toBeGreaterThanOrEqual(BSON.calculateObjectSize(fields))
    }
  })
})
