import { expect, it } from 'vitest'
import { safeDownloadUrl } from './safe-download-url.ts'

it.each([
  ['http://h', 'http://h/'],
  ['http://h?a=1', 'http://h/?a=1'],
  ['http://h/a/../../b//c.pdf#page=2', 'http://h/b/c.pdf'],
  ['http://h/../../a', 'http://h/a'],
  ['http://h/a/./', 'http://h/a/'],
  ['http://h/a/..', 'http://h/'],
  ['http://h///', 'http://h/'],
  ['http://h/a b?q#f', 'http://h/a%20b?q'],
  ['../../a', 'a'],
  ['a/../..', '..'],
])('normalizes %j', (url, expected) => expect(safeDownloadUrl(url)).toBe(expected))
