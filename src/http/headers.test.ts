import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Headers, type HeadersInit } from './headers.ts'

describe('Headers.from', () => {
  it('keeps order and the case of names, and finds without regard to case', () => {
    const headers = Headers.from({ 'X-b': '1', ACCEPT: ['text/html', '*/*'], 'x-a': '' })
    expect([...headers]).toEqual([
      ['X-b', '1'],
      ['ACCEPT', 'text/html'],
      ['ACCEPT', '*/*'],
      ['x-a', ''],
    ])
    expect(headers.size).toBe(4)
    expect(headers.get('Accept')).toBe('text/html')
    expect(headers.getAll('aCCEPT')).toEqual(['text/html', '*/*'])
    expect(headers.get('x-A')).toBe('')
    expect(headers.has('X-A')).toBe(true)
    expect(headers.has('X-C')).toBe(false)
    expect(headers.get('X-C')).toBeUndefined()
    expect(headers.getAll('X-C')).toEqual([])
  })

  it('takes pairs, headers, nothing, and leaves out what is null', () => {
    const pairs = Headers.from([
      ['A', '1'],
      ['a', '2'],
    ])
    expect(pairs.getAll('A')).toEqual(['1', '2'])
    expect(Headers.from(pairs)).toBe(pairs)
    expect(Headers.from(new Map([['A', '1']])).get('a')).toBe('1')
    expect(Headers.from()).toBe(Headers.empty)
    expect(Headers.from(null)).toBe(Headers.empty)
    expect(Headers.from({ A: null, B: undefined, C: [] })).toBe(Headers.empty)
  })

  it.each([
    ['a space in the name', { 'A B': '1' }],
    ['an empty name', { '': '1' }],
    ['a colon in the name', { 'A:': '1' }],
    ['a name beyond ASCII', { é: '1' }],
    ['a line break in the value', { A: '1\r\nB: 2' }],
    ['a bare LF in the value', { A: '1\n2' }],
    ['a NUL in the value', { A: '1\0' }],
    ['an escape in the value', { A: '\x1b[0m' }],
    ['a line break in one of several values', { A: ['1', '2\n3'] }],
    ['a number', { A: 5 }],
    ['an object', { A: {} }],
    ['null in a list', { A: [null] }],
    ['a pair of three', [['A', '1', '2']]],
    ['a string for a pair', ['A1']],
    ['a string for headers', 'A: 1'],
    ['a number for headers', 5],
  ])('refuses %s', (_, init) => {
    expect(() => Headers.from(init as unknown as HeadersInit)).toThrow(expect.objectContaining({ code: 'ERR_HEADER_INVALID' }))
  })

  it('refuses without showing the value, which may be a secret', () => {
    expect(() => Headers.from({ Cookie: 'sid=abc\n' + 'x' })).toThrow(/^(?!.*abc).*Cookie/)
  })

  it('takes white space off the ends of a value, tabs inside stay', () => {
    expect(Headers.from({ A: ' a\tb \t' }).get('a')).toBe('a\tb')
  })

  it('keeps Latin-1 as it is and writes anything beyond as UTF-8', () => {
    const headers = Headers.from({ A: 'café', B: '日' })
    expect(headers.get('A')).toBe('café')
    expect(Buffer.from(headers.get('B')!, 'latin1').toString()).toBe('日')
  })
})

describe('copies', () => {
  const headers = Headers.from([
    ['A', '1'],
    ['B', '2'],
    ['a', '3'],
  ])

  it('with() replaces in place, appends and removes, and leaves the original alone', () => {
    expect([...headers.with('a', 'x')]).toEqual([
      ['a', 'x'],
      ['B', '2'],
    ])
    expect([...headers.with('C', ['4', '5'])].slice(3)).toEqual([
      ['C', '4'],
      ['C', '5'],
    ])
    expect([...headers.with('A', null)]).toEqual([['B', '2']])
    expect(headers.with('A', null).with('b', null)).toBe(Headers.empty)
    expect([...headers.with('A', [])]).toEqual([['B', '2']])
    expect(headers.size).toBe(3)
    expect(() => headers.with('A\n', '1')).toThrow('name of a header')
    expect(() => headers.with('A', '1\n2')).toThrow('line break')
  })

  it('withDefaults() adds what is absent, all of its values, and copies only when it must', () => {
    const defaults = Headers.from({ a: 'no', Accept: ['x', 'y'] })
    expect([...headers.withDefaults(defaults)]).toEqual([...headers, ['Accept', 'x'], ['Accept', 'y']])
    expect(Headers.empty.withDefaults(defaults)).toBe(defaults)
    expect(headers.withDefaults(Headers.from({ B: '9' }))).toBe(headers)
    expect(headers.withDefaults(Headers.empty)).toBe(headers)
  })

  it('toFlat() and toRecord() give copies that nobody shares', () => {
    const flat = headers.toFlat()
    flat.length = 0
    expect(headers.toFlat()).toEqual(['A', '1', 'B', '2', 'a', '3'])
    expect(headers.toRecord()).toEqual({ A: ['1', '3'], B: '2' })
    expect(Object.entries(Headers.from([['__proto__', 'x']]).toRecord())).toEqual([['__proto__', 'x']])
  })
})

describe('Headers.fromRaw', () => {
  it('takes what came off the wire as it is', () => {
    const headers = Headers.fromRaw(['Set-Cookie', 'a=1', 'set-cookie', 'b=2', 'Bad Name', '\x01'])
    expect(headers.getAll('SET-COOKIE')).toEqual(['a=1', 'b=2'])
    expect(headers.get('bad name')).toBe('\x01')
    expect(Headers.fromRaw([])).toBe(Headers.empty)
  })

  it('ignores a name without a value at the end', () => {
    const headers = Headers.fromRaw(['A', '1', 'B'])
    expect([...headers]).toEqual([['A', '1']])
    expect(headers.has('B')).toBe(false)
    expect(headers.size).toBe(1)
  })
})

it('shows what it holds', () => {
  expect(inspect(Headers.from({ A: '1' }))).toContain("A: '1'")
})
