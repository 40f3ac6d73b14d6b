import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { safeUrl } from '../../url/safe-url.ts'
import { urlJoin } from '../../url/url-join.ts'
import { PageUrls } from './page-urls.ts'

const plain = { strip: true, process: undefined }

/** What Scrapy does, step by step. */
function slowly(page: string, encoding: string, base: string | undefined, value: string): string | undefined {
  const tried = (make: () => string): string | undefined => {
    try {
      return make()
    } catch {
      return undefined
    }
  }
  const trim = (text: string): string => text.replace(/^[ \t\n\f\r]+|[ \t\n\f\r]+$/g, '')
  const own = safeUrl(page)
  const from = (base && trim(base) && tried(() => urlJoin(own, safeUrl(trim(base), { encoding })))) || own
  return tried(() => urlJoin(own, safeUrl(urlJoin(from, trim(value)), { encoding })))
}

function followable(url: string | undefined): string | undefined {
  return url !== undefined && /^(https?|ftp|file):\/\//.test(url) ? url : undefined
}

describe('PageUrls', () => {
  test.each([
    ['x', 'http://h.example/d/x'],
    ['/x?y=1&z#f', 'http://h.example/x?y=1&z#f'],
    ['../x', 'http://h.example/x'],
    ['../../../x', 'http://h.example/x'],
    ['#f', 'http://h.example/d/p?q#f'],
    ['?r', 'http://h.example/d/p?r'],
    ['', 'http://h.example/d/p?q'],
    [' \n\t\f\r x \r', 'http://h.example/d/x'],
    ['\u00a0x', 'http://h.example/d/%C2%A0x'],
    ['//o.example/x', 'http://o.example/x'],
    ['a//b', 'http://h.example/d/a/b'],
    ['x?', 'http://h.example/d/x'],
    ['x#', 'http://h.example/d/x'],
    ['./x', 'http://h.example/d/x'],
    ['x/../y', 'http://h.example/d/y'],
    ["it's", "http://h.example/d/it's"],
    ["?it's", 'http://h.example/d/p?it%27s'],
    ['a b', 'http://h.example/d/a%20b'],
    ['mailto:a@b.c', undefined],
    ['JavaScript:void(0)', undefined],
    ['a:b', undefined],
    ['HTTP://H.Example:8080/x', 'http://h.example:8080/x'],
    ['ftp://h/x', 'ftp://h/x'],
    ['http:x', 'http://h.example/d/x'],
    ['http://[::1', undefined],
    ['http://h:port/', undefined],
  ])('%j is %j', (value, expected) => {
    expect(new PageUrls('http://h.example/d/p?q', 'utf-8', undefined, plain).resolve(value)).toBe(expected)
  })

  test.each([
    [undefined, 'http://h.example/d/x'],
    ['', 'http://h.example/d/x'],
    [' \n', 'http://h.example/d/x'],
    ['http://[bad', 'http://h.example/d/x'],
    ['/b/c', 'http://h.example/b/x'],
    [' /b/ ', 'http://h.example/b/x'],
    ['http://o.example', 'http://o.example/x'],
    ['ü/', 'http://h.example/d/%C3%BC/x'],
    ['javascript:x', 'http://h.example/d/x'],
  ])('a base of %j makes x %j', (base, expected) => {
    expect(new PageUrls('http://h.example/d/p', 'utf-8', base, plain).resolve('x')).toBe(expected)
  })

  test('the query is written in the encoding of the page, the path never is', () => {
    expect(new PageUrls('http://h.example/', 'shift_jis', undefined, plain).resolve('日本?日本')).toBe(
      'http://h.example/%E6%97%A5%E6%9C%AC?%93%FA%96%7B',
    )
  })

  test('process sees the absolute value, may change it and leave it out, and its errors are its own', () => {
    const seen: string[] = []
    const urls = new PageUrls('http://h.example/d/p', 'utf-8', '/b/', {
      strip: false,
      process: (value) => {
        seen.push(value)
        if (value.includes('boom')) throw new RangeError('boom')
        return /goTo\((.*?)\)/.exec(value)?.[1]
      },
    })
    expect([urls.resolve(' javascript:goTo(ü)'), urls.resolve('y'), urls.resolve('javascript:goTo(x)')]).toEqual([
      'http://h.example/d/%C3%BC',
      undefined,
      'http://h.example/d/x',
    ])
    expect(seen).toEqual([' javascript:goTo(ü)', 'http://h.example/b/y', 'javascript:goTo(x)'])
    expect(() => urls.resolve('boom')).toThrow(RangeError)
  })

  test('the short way gives what the long way gives', () => {
    const piece = fc.constantFrom(
      'a',
      'B',
      '.',
      '..',
      '/',
      '//',
      '?',
      '#',
      ';',
      ':',
      '=',
      '&',
      '%',
      '%41',
      '%zz',
      "'",
      '"',
      ' ',
      '\t',
      '\n',
      '+',
      ',',
      '~',
      '!',
      '$',
      '(',
      '*',
      '@',
      '[',
      ']',
      '|',
      '\\',
      '^',
      '{',
      '`',
      'é',
      '日',
      '\u0000',
      '\u007f',
      'http:',
      'https://',
      'http://h.example',
      'HTTP://',
      'x.html',
    )
    const reference = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))
    const page = fc.constantFrom(
      'http://h.example/',
      'http://h.example',
      'https://h.example:8443/a/b;p?q#f',
      'http://127.0.0.1:18080/a/../b/./c',
      'http://h.example//a//b',
      'file:///a/b',
      'http://u:p@h.example/a/x?',
      'http://h.example/a/b/c/d/',
      'http://h.example/ä/x',
      'ftp://h.example/a;b/c;d',
    )
    const base = fc.oneof(fc.constant(undefined), reference)
    const encoding = fc.constantFrom('utf-8', 'shift_jis', 'utf-16le')
    fc.assert(
      fc.property(page, base, encoding, fc.array(reference, { minLength: 1, maxLength: 3 }), (url, href, name, values) => {
        const urls = new PageUrls(url, name, href, plain)
        for (const value of values)
          expect(followable(urls.resolve(value)), value).toBe(followable(slowly(url, name, href, value)))
      }),
      { numRuns: Number(process.env['FUZZ'] ?? 2000) },
    )
  })
})
