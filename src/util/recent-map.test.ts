import { expect, test } from 'vitest'
import { RecentMap } from './recent-map.ts'

test('keeps the last half of its capacity, and never more than its capacity', () => {
  const map = new RecentMap<number, string>(8)
  for (let i = 0; i < 1000; i++) {
    map.set(i, String(i))
    expect(map.size).toBeLessThanOrEqual(8)
    for (let recent = Math.max(0, i - 3); recent <= i; recent++) expect(map.get(recent)).toBe(String(recent))
  }
  expect(map.get(0)).toBeUndefined()
})

test('what is used stays, what is not goes', () => {
  const map = new RecentMap<string, number>(4)
  map.set('used', 1)
  for (let i = 0; i < 100; i++) {
    map.set(`other ${i}`, i)
    expect(map.get('used')).toBe(1)
  }
  expect(map.get('other 0')).toBeUndefined()
})

test('writing a key again replaces it, whichever generation it is in', () => {
  const map = new RecentMap<string, number>(4)
  map.set('a', 1)
  map.set('b', 1)
  map.set('c', 1)
  map.set('a', 2)
  expect(map.get('a')).toBe(2)
  map.set('a', 3)
  expect(map.get('a')).toBe(3)
})
