import { html } from 'parse5'
import { expect, test } from 'vitest'
import { NameCache } from './name-cache.ts'

test('names that share a slot take turns, and none is taken for another', () => {
  const cache = new NameCache()
  const text = 'divspandivspan'
  const found = [
    [0, 3],
    [3, 7],
    [7, 10],
    [10, 14],
  ].map(([from, to]) => [cache.find(text, from!, to!, 5, false), cache.id])
  expect(found).toEqual([
    ['div', html.TAG_ID.DIV],
    ['span', html.TAG_ID.SPAN],
    ['div', html.TAG_ID.DIV],
    ['span', html.TAG_ID.SPAN],
  ])
})

test('one that begins like another is another, and so is one of the same length', () => {
  const cache = new NameCache()
  expect(cache.find('table', 0, 5, 1, false)).toBe('table')
  expect(cache.find('tablet', 0, 6, 1, false)).toBe('tablet')
  expect(cache.find('tabla', 0, 5, 1, false)).toBe('tabla')
  expect(cache.id).toBe(html.TAG_ID.UNKNOWN)
  expect(cache.find('', 0, 0, 0, false)).toBe('')
})

test('upper case and NUL are replaced, and only those', () => {
  const cache = new NameCache()
  expect(cache.find('DIV', 0, 3, 9, true)).toBe('div')
  expect(cache.id).toBe(html.TAG_ID.DIV)
  expect(cache.find('\u212aA\0\u0130', 0, 4, 9, true)).toBe('\u212aa\ufffd\u0130')
  expect(cache.find('a\ud800', 0, 2, 9, false)).toBe('a\ud800')
  expect(cache.find('7', 0, 1, 9, false)).toBe('7')
  expect(cache.find('__proto__', 0, 9, 9, false)).toBe('__proto__')
})
