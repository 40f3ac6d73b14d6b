import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SkeinError } from '../errors.ts'
import { safeUrl } from './safe-url.ts'

const codeOf = (call: () => unknown): string | undefined => {
  try {
    call()
  } catch (error) {
    return error instanceof SkeinError ? error.code : String(error)
  }
  return undefined
}

describe('safeUrl', () => {
  it.each([
    [' HTTP://Bücher.example/a b?q=ö#ü ', 'http://xn--bcher-kva.example/a%20b?q=%C3%B6#%C3%BC'],
    ['http://ex.com', 'http://ex.com'],
    ['http://ex.com?a=1', 'http://ex.com/?a=1'],
    ['http://ex.com?', 'http://ex.com'],
    ['http://ex.com/#', 'http://ex.com/'],
    ['a\tb\n', 'ab'],
    ['\x00\x1f', ''],
    ['http://h/\x7f\u0080\u2028', 'http://h/%7F%C2%80%E2%80%A8'],
    ['http://h/%zz%e9%', 'http://h/%zz%e9%'],
    ["http://h/'?'#'", "http://h/'?%27#'"],
    ["foo://h/?'", "foo://h/?'"],
    ['http://h/[]|^`{}"<>?[]|^`\\#[]|#', 'http://h/%5B%5D%7C%5E%60%7B%7D%22%3C%3E?%5B%5D%7C%5E%60%5C#%5B%5D%7C%23'],
  ])('trims and encodes %j', (url, expected) => expect(safeUrl(url)).toBe(expected))

  it.each([
    ['http:\\\\h\\a?\\#\\', 'http://h/a?%5C#%5C'],
    ['foo:\\\\h\\a', 'foo:%5C%5Ch%5Ca'],
    ['http:a', 'http:a'],
    ['http:/a', 'http:///a'],
    ['http:///a', 'http:///a'],
    ['//h/a', '//h/a'],
    ["a,b://h/'", "a,b://h/'"],
    ['javascript:alert("1")', 'javascript:alert(%221%22)'],
    ['data:,a b', 'data:,a%20b'],
  ])('reads the scheme of %j', (url, expected) => expect(safeUrl(url)).toBe(expected))

  it.each([
    ['http://faß.de/', 'http://fass.de/'],
    ['http://ΣΑΣ.gr/', 'http://xn--mxa9ab.gr/'],
    ['http://ᾳ.gr/', 'http://xn--mxaq.gr/'],
    ['http://日本。jp/', 'http://xn--wgv71a.jp/'],
    ['http://ｅｘ．com/', 'http://ex.com/'],
    ['http://a\u00adb.com/', 'http://ab.com/'],
    ['http://א1א.il/', 'http://xn--1-zhcb.il/'],
    // These have no form in ASCII and stay, to fail in DNS.
    ['http://אa.il/', 'http://אa.il/'],
    ['http://xn--ü.de/', 'http://xn--ü.de/'],
    ['http://ü..de/', 'http://ü..de/'],
    [`http://ß${'a'.repeat(70)}/`, `http://ß${'a'.repeat(70)}/`],
    ['http://h a"b^|.com/x', 'http://h a"b^|.com/x'],
  ])('writes the host of %j', (url, expected) => expect(safeUrl(url)).toBe(expected))

  it.each([
    ['http://u:p:a@h/', 'http://u:p%3Aa@h/'],
    ['http://u@v@h/', 'http://u%40v@h/'],
    ['http://Us%40er:%zz@h/', 'http://Us%40er:%25zz@h/'],
    ['http://ü@h/', 'http://%C3%BC@h/'],
    ['http://h:/', 'http://h/'],
    ['http://h:080/', 'http://h:80/'],
    ['http://h:65535/', 'http://h:65535/'],
    ['http://h:8_0/', 'http://h:80/'],
    ['http://h: +80 /', 'http://h:80/'],
    ['http://h:８０/', 'http://h:80/'],
    ['http://h:𝟖𝟎/', 'http://h:80/'],
    ['http://[FE80::1%eTh0]:80/', 'http://[fe80::1%eTh0]:80/'],
    ['http://[::ffff:1.2.3.4]/', 'http://[::ffff:1.2.3.4]/'],
    ['http://[1:2:3:4:5:6:7::]/', 'http://[1:2:3:4:5:6:7::]/'],
    ['http://h/[::1]', 'http://h/%5B::1%5D'],
    ['http://[v1.x]/', 'http://v1.x/'],
  ])('takes the authority of %j apart', (url, expected) => expect(safeUrl(url)).toBe(expected))

  it.each([
    'http://h:65536/',
    'http://h:-1/',
    'http://h:8__0/',
    'http://h:²/',
    'http://h:\ufeff80/',
    `http://h:${'9'.repeat(5000)}/`,
    'http://[::1',
    'http://::1]/',
    'http://[]/',
    'http://x[::1]/',
    'http://[::1]x/',
    'http://[1.2.3.4]/',
    'http://[1::2::3]/',
    'http://[1:2:3:4:5:6:7]/',
    'http://[1:2:3:4:5:6:7:8:9]/',
    'http://[::12345]/',
    'http://[::01.2.3.4]/',
    'http://[::1%]/',
    'http://[V1.x]/',
    'http://℀.com/',
    'http://h/\ud800',
    'http://h/?\udc00',
    'http://\ud800.com/',
    'http://\ud800@h/',
  ])('refuses %j', (url) => {
    expect(codeOf(() => safeUrl(url))).toBe('ERR_URL_INVALID')
  })

  it('says which URL is wrong, what was expected, and is brief about a long one', () => {
    expect(() => safeUrl('http://h:x/')).toThrow(
      'Invalid URL "http://h:x/": the port "x" is not a number. Expected one from 0 to 65535, or none.',
    )
    expect(() => safeUrl(`http://[/${'a'.repeat(1e5)}`)).toThrow(/^.{500,700}$/)
    expect(() => safeUrl(`http://h:${' '.repeat(1e5)}x/`)).toThrow(/^.{600,800}$/)
  })

  it.each([
    ['http://h/é?é#é', 'latin-1', 'http://h/%C3%A9?%E9#%E9'],
    ['http://h/?日本', 'Shift_JIS', 'http://h/?%93%FA%96%7B'],
    ['http://h/?я', 'koi8-r', 'http://h/?%D1'],
    ['http://h/?€', 'gb18030', 'http://h/?%A2%E3'],
    ['http://h/?a', 'utf-16-le', 'http://h/?a%00'],
    ['http://h/', 'utf-16', 'http://h/?%FF%FE'],
    ['http://h/?é', 'UTF8', 'http://h/?%C3%A9'],
  ])('writes the query of %j in %s', (url, encoding, expected) => expect(safeUrl(url, { encoding })).toBe(expected))

  it('writes the path in its own encoding, or not at all', () => {
    expect(safeUrl('http://h/é?é', { pathEncoding: 'latin-1' })).toBe('http://h/%E9?%C3%A9')
    expect(safeUrl('http://h/é "?é', { quotePath: false })).toBe('http://h/é "?%C3%A9')
  })

  it.each([
    ['http://h/?日', 'cp1252'],
    ['http://h/?\ufffd', 'cp1252'],
    ['http://h/??日', 'cp1252'],
    ['http://h:80/?a', 'utf-16'],
    ['http://ü..de/?ü', 'latin-1'],
  ])('refuses %j in %s', (url, encoding) => {
    expect(codeOf(() => safeUrl(url, { encoding }))).toBe('ERR_URL_INVALID')
  })

  it('refuses an encoding nobody knows, but only when a character needs it', () => {
    expect(codeOf(() => safeUrl('http://h/?é', { encoding: 'klingon' }))).toBe('ERR_ENCODING_UNKNOWN')
    expect(safeUrl('http://h/?e', { encoding: 'klingon' })).toBe('http://h/?e')
  })

  it('answers the same with and without the short cut', () => {
    const piece = fc.constantFrom(...'aZ0/?#%&=+.;:@-_~|[]\'" é', '%41', '%e9', '//', '..', '\\', ':80', ':0', '\t')
    const url = fc
      .tuple(fc.constantFrom('http://', 'https://', 'HTTP://', 'foo://'), fc.array(piece))
      .map(([s, p]) => s + p.join(''))
    const attempt = (text: string) => {
      try {
        return safeUrl(text)
      } catch (error) {
        return (error as SkeinError).code
      }
    }
    fc.assert(
      fc.property(url, (text) => {
        // A space in front is trimmed, and keeps the short cut out.
        expect(attempt(` ${text}`)).toBe(attempt(text))
      }),
      { numRuns: 2000 },
    )
  })

  it('takes a URL of megabytes', () => {
    const long = 'a'.repeat(3e6)
    expect(safeUrl(`http://h/${long}é`)).toBe(`http://h/${long}%C3%A9`)
    expect(safeUrl(`http://${'é'.repeat(1e5)}/`)).toHaveLength(1e5 + 8)
  })
})
