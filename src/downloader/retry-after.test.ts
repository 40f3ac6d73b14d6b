import { expect, it } from 'vitest'
import { MAX_RETRY_AFTER, retryAfter } from './retry-after.ts'

const now = Date.parse('2026-03-01T12:00:00Z')

it.each([
  ['5', 5000],
  [' 0 ', 0],
  ['3600', MAX_RETRY_AFTER],
  ['99999999999999999999', MAX_RETRY_AFTER],
  ['Sun, 01 Mar 2026 12:00:30 GMT', 30_000],
  ['Sunday, 01-Mar-26 12:00:30 GMT', 30_000],
  ['Sun Mar  1 12:00:30 2026', 30_000],
  ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
  ['Sat, 01 Mar 2036 12:00:00 GMT', MAX_RETRY_AFTER],
  ['-5', undefined],
  ['1.5', undefined],
  ['0x10', undefined],
  ['soon', undefined],
  ['Sunday', undefined],
  ['2026', 2026_000],
  ['2026-03-02', undefined],
  ['', undefined],
  [undefined, undefined],
])('%j is %s', (value, ms) => {
  expect(retryAfter(value, now)).toBe(ms)
})
