import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UrlJoiner, urlJoin } from './url-join.ts'

const RFC_BASE = 'http://a/b/c/d;p?q#f'

describe('urlJoin', () => {
  it.each([
    ['g', 'http://a/b/c/g'],
    ['./g', 'http://a/b/c/g'],
    ['g/', 'http://a/b/c/g/'],
    ['/g', 'http://a/g'],
    ['//g', 'http://g'],
    ['?y', 'http://a/b/c/d;p?y'],
    ['g?y', 'http://a/b/c/g?y'],
    ['#s', 'http://a/b/c/d;p?q#s'],
    ['g#s', 'http://a/b/c/g#s'],
    ['g?y#s', 'http://a/b/c/g?y#s'],
    [';x', 'http://a/b/c/;x'],
    ['g;x', 'http://a/b/c/g;x'],
    ['', 'http://a/b/c/d;p?q#f'],
    ['.', 'http://a/b/c/'],
    ['./', 'http://a/b/c/'],
    ['..', 'http://a/b/'],
    ['../', 'http://a/b/'],
    ['../g', 'http://a/b/g'],
    ['../..', 'http://a/'],
    ['../../g', 'http://a/g'],
    ['../../../g', 'http://a/g'],
    ['/./g', 'http://a/g'],
    ['/../g', 'http://a/g'],
    ['g.', 'http://a/b/c/g.'],
    ['.g', 'http://a/b/c/.g'],
    ['g..', 'http://a/b/c/g..'],
    ['..g', 'http://a/b/c/..g'],
    ['./../g', 'http://a/b/g'],
    ['./g/.', 'http://a/b/c/g/'],
    ['g/./h', 'http://a/b/c/g/h'],
    ['g/../h', 'http://a/b/c/h'],
    ['g;x=1/../y', 'http://a/b/c/y'],
    ['g?y/../x', 'http://a/b/c/g?y/../x'],
    ['g#s/../x', 'http://a/b/c/g#s/../x'],
    ['http:g', 'http://a/b/c/g'],
    ['http:', 'http://a/b/c/d;p?q'],
    ['g:h', 'g:h'],
    ['HTTP://x/Y', 'http://x/Y'],
    ['//', 'http://a/b/c/d;p?q'],
    ['///x', 'http://a/x'],
    ['/a//b', 'http://a/a//b'],
    ['a//b', 'http://a/b/c/a/b'],
    ['g?', 'http://a/b/c/g'],
    ['g#', 'http://a/b/c/g'],
    ['g;', 'http://a/b/c/g'],
    ['g?#', 'http://a/b/c/g'],
    ['g\n\th', 'http://a/b/c/gh'],
    [' g ', 'http://a/b/c/g '],
    ['\\g', 'http://a/b/c/\\g'],
    ['mailto:x', 'mailto:x'],
    ['http://x?', 'http://x'],
    ['https://x?', 'https://x?'],
    ['?', 'http://a/b/c/d;p?q'],
    ['/g;', 'http://a/g'],
    ['?;', 'http://a/b/c/d;p?;'],
  ])('joins %j to the base of RFC 3986', (reference, expected) => {
    expect(urlJoin(RFC_BASE, reference)).toBe(expected)
    expect(new UrlJoiner(RFC_BASE).join(reference)).toBe(expected)
  })

  it.each([
    ['http://a', 'b', 'http://a/b'],
    ['http://a', '../b', 'http://a/b'],
    ['http://a?q', 'b', 'http://a/b'],
    ['http://a//b//c/d', 'e', 'http://a/b/c/e'],
    ['http://a//b//c/d', '../e', 'http://a/b/e'],
    ['http://a/./b/../c/d', 'e', 'http://a/c/e'],
    ['http://a/../../b/c', 'd', 'http://a/b/d'],
    ['', 'b', 'b'],
    ['foo:a/b', 'c', 'c'],
    ['foo://h/a', 'b', 'b'],
    ['a/b', '../../c', 'c'],
    ['file:///a/b', 'c', 'file:///a/c'],
    ['file:///a/b', '../../c', 'file:///c'],
    ['file:///a/b', '/../c', 'file:///c'],
    ['http://u:p@a:80/b', 'c', 'http://u:p@a:80/c'],
    ['http:a', 'b', 'http:b'],
    ['http://a/b?x', '?', 'http://a/b?x'],
    ['http://a/b;p?x', '#f', 'http://a/b;p?x#f'],
    ['http://a/b/', '..', 'http://a/'],
    ['HTTP://A/b', 'c', 'http://A/c'],
  ])('joins to %j the reference %j', (base, reference, expected) => {
    expect(urlJoin(base, reference)).toBe(expected)
    expect(new UrlJoiner(base).join(reference)).toBe(expected)
  })

  it('refuses brackets without an address, in the base and in the reference', () => {
    expect(() => urlJoin('http://a/', 'http://[::1')).toThrow('Invalid URL "http://[::1": the brackets')
    expect(() => urlJoin('http://[::1', 'a')).toThrow('Invalid URL "http://[::1": the brackets')
    expect(urlJoin('http://a/', 'http://[::1]/')).toBe('http://[::1]/')
  })

  it('does not mistake one base for another', () => {
    expect(urlJoin('http://a/x/', 'b')).toBe('http://a/x/b')
    expect(urlJoin('http://b/y/', 'b')).toBe('http://b/y/b')
    expect(urlJoin('http://a/x/', 'b')).toBe('http://a/x/b')
  })

  it('answers the same with and without the short cut', () => {
    const piece = fc.constantFrom(...'ab0/?#.;:@-"é\\ ', '../', './', '/.', '//', 'http://x', '?a=1', '.a', 'a..')
    const reference = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))
    const base = fc.constantFrom(
      'http://h',
      'http://h/',
      'http://h/a//b/c',
      'https://h/a/../b/./c/?q',
      'http://h/../../a/',
      'http://h/a;p',
    )
    fc.assert(
      fc.property(base, reference, (start, text) => {
        // A reference of another scheme is answered as it stands, tab included.
        fc.pre(/[^\s\x00-\x20]/.test(text) && !/^[\s\x00-\x20]*[a-z0-9.-]*:/i.test(text))
        // A tab is taken out, and keeps the short cut out.
        expect(urlJoin(start, `\t${text}`)).toBe(urlJoin(start, text))
      }),
      { numRuns: 3000 },
    )
  })

  it('answers an absolute URL on a new base as a joiner does the long way', () => {
    const piece = fc.constantFrom(...'ab0/?#.;:@-"é\\'.split(''), ':80', ':', '/a/../b', '//', '?a=1', '#', '[::1]')
    const absolute = fc
      .tuple(fc.constantFrom('http://x', 'https://x', 'HTTP://x', 'http://'), fc.array(piece, { maxLength: 6 }))
      .map(([start, pieces]) => start + pieces.join(''))
    const bases = ['http://h', 'http://h:80', 'https://h:8/a?q', 'http://u@h/', 'http://[::1', 'http://h[/', 'ftp://h/', 'h', '']
    const outcome = (join: () => string): string => {
      try {
        return join()
      } catch {
        return 'no URL'
      }
    }
    fc.assert(
      fc.property(fc.constantFrom(...bases), absolute, (base, text) => {
        urlJoin('http://other/', 'x')
        // a tab is taken out, if the reference is read at all, and keeps the short cut out
        const slowly = outcome(() => new UrlJoiner(base).join(`\t${text}`).replace('\t', ''))
        expect(outcome(() => urlJoin(base, text))).toBe(slowly)
      }),
      { numRuns: 3000 },
    )
  })

  it('takes a base of 100,000 directories', () => {
    const deep = `http://h${'/a'.repeat(1e5)}/b`
    expect(urlJoin(deep, '../c')).toBe(`http://h${'/a'.repeat(1e5 - 1)}/c`)
    expect(urlJoin(deep, `${'../'.repeat(2e5)}c`)).toBe('http://h/c')
  })
})
