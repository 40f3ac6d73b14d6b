import { describe, expect, it } from 'vitest'
import { declaredEncoding } from './declared-encoding.ts'
import { bomEncoding, detectEncoding, headerEncoding } from './encoding.ts'
import { isEncoding, resolveEncoding } from './encoding-names.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')

describe('resolveEncoding', () => {
  it.each([
    ['UTF-8', 'utf-8'],
    [' utf8 ', 'utf-8'],
    ['latin1', 'windows-1252'],
    ['ISO_8859-1:1987', 'windows-1252'],
    ['ascii', 'windows-1252'],
    ['gb2312', 'gb18030'],
    ['x-gbk', 'gbk'],
    ['x-sjis', 'shift_jis'],
    ['Windows-31J', 'shift_jis'],
    ['ks_c_5601-1987', 'euc-kr'],
    ['big5-hkscs', 'big5'],
    ['cp437', 'cp437'],
    ['koi', 'koi8-r'],
    ['logical', 'iso-8859-8-i'],
    ['x-mac-cyrillic', 'x-mac-cyrillic'],
    ['utf-16', 'utf-16'],
    ['utf-16le', 'utf-16le'],
    ['hz-gb-2312', 'hz'],
  ])('%s is %s', (label, name) => {
    expect(resolveEncoding(label)).toBe(name)
  })

  it.each([
    '',
    'none',
    'utf-9',
    'base64',
    'hex',
    'rot13',
    'idna',
    'punycode',
    'utf-7',
    'zlib',
    'unicode',
    'replacement',
    '__proto__',
    'constructor',
    'x'.repeat(5000),
  ])('refuses %j', (label) => {
    expect(resolveEncoding(label)).toBeUndefined()
    expect(isEncoding(label)).toBe(false)
  })

  it('answers the same after more labels than it remembers', () => {
    for (let i = 0; i < 2000; i++) expect(resolveEncoding(`nothing-${i}`)).toBeUndefined()
    expect(resolveEncoding('latin1')).toBe('windows-1252')
  })
})

describe('bomEncoding', () => {
  it.each([
    ['ef bb bf 41', 'utf-8'],
    ['ef bb', undefined],
    ['ff fe', 'utf-16le'],
    ['ff fe 00 41', 'utf-16le'],
    ['ff fe 00 00', 'utf-32le'],
    ['ff', undefined],
    ['fe ff', 'utf-16be'],
    ['fe', undefined],
    ['00 00 fe ff', 'utf-32be'],
    ['00 00 fe', undefined],
    ['', undefined],
  ])('%s is %s', (hex, name) => {
    expect(bomEncoding(Buffer.from(hex.replaceAll(' ', ''), 'hex'))).toBe(name)
  })
})

describe('headerEncoding', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['text/html', undefined],
    ['text/html; charset=KOI8-R', 'koi8-r'],
    ['text/html;x=y;CHARSET=koi8-r;a=b', 'koi8-r'],
    ['text/html; charset="koi8-r"', 'koi8-r'],
    ["text/html; charset='koi8-r'", undefined],
    ['text/html; charset="koi8-r', undefined],
    ['text/html; charset=', undefined],
    ['text/html; charset=unknown', undefined],
    ['text/html; charset=koi8-r, text/plain; charset=gbk', 'koi8-r'],
    ['text/html,charset=koi8-r', undefined],
    ['text/html; xcharset=koi8-r', undefined],
    ['text/html; charset=koi8-r"', undefined],
    ['text/html; a="charset=gbk"; charset=koi8-r', 'koi8-r'],
    ['text/html; a="x\\"; charset=gbk"; charset=koi8-r', 'koi8-r'],
  ])('%j is %s', (header, name) => {
    expect(headerEncoding(header)).toBe(name)
  })
})

describe('declaredEncoding', () => {
  it.each([
    ['<meta charset=koi8-r>', 'koi8-r'],
    ['<META\nCHARSET = "KOI8-R" />', 'koi8-r'],
    ["<meta name='a' charset=' koi8-r '>", 'koi8-r'],
    ['<meta name=x><meta charset=koi8-r>', 'koi8-r'],
    ['<meta/charset=koi8-r>', 'koi8-r'],
    ['<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">', 'koi8-r'],
    ['<meta content="text/html;charset=koi8-r" id=a http-equiv=content-type>', 'koi8-r'],
    // tags that are to say something else count where none says it outright
    ['<meta content="text/html; charset=koi8-r">', 'koi8-r'],
    ['<meta httpequiv=ContentType content="text/html; charset=koi8-r">', 'koi8-r'],
    ['<meta http-equiv=refresh content="0; charset=koi8-r">', 'koi8-r'],
    ['<meta data-charset="koi8-r">', 'koi8-r'],
    ['<meta name=description content="charset=koi8-r"><meta charset=gbk>', 'gb18030'],
    ['<meta name=description content="charset=nonsense"><meta name=description content="charset=koi8-r">', 'koi8-r'],
    ['<?xml version="1.0" encoding="koi8-r"?>', 'koi8-r'],
    ["<?xml encoding='koi8-r'?>", 'koi8-r'],
    ['<?xml version="1.0"?><meta charset=koi8-r>', 'koi8-r'],
    ['<metadata charset=koi8-r>', undefined],
    ['<title>charset=koi8-r</title>', undefined],
    ['<body><meta charset=koi8-r>', undefined],
    ['<meta charset=nonsense><meta charset=koi8-r>', 'koi8-r'],
    ['<meta charset="utf-16">', 'utf-8'],
    ['<?xml encoding="utf-32"?>', 'utf-8'],
    ['<meta charset=x-user-defined>', 'windows-1252'],
    ['<meta charset="koi8-r', 'koi8-r'],
    ['<meta charset=', undefined],
    ['', undefined],
    // a declaration that was commented out does not beat the one that took its place
    ['<!-- <meta charset=koi8-r> --><meta charset=gbk>', 'gb18030'],
    ['<!-- <meta charset=koi8-r> -->', 'koi8-r'],
    ['<!--<body>--><meta charset=koi8-r>', 'koi8-r'],
    ['<!-- <meta charset=koi8-r>', 'koi8-r'],
  ])('%s is %s', (html, name) => {
    expect(declaredEncoding(bytes(html))).toBe(name)
  })

  it('looks at 4096 bytes', () => {
    const meta = '<meta charset=koi8-r>'
    expect(declaredEncoding(bytes(`${' '.repeat(4096 - meta.length)}${meta}`))).toBe('koi8-r')
    expect(declaredEncoding(bytes(`${' '.repeat(4096)}${meta}`))).toBeUndefined()
  })

  it.each(['<meta ', '<', '<!--', '<meta charset="', '<?xml ', '<meta a=', ' \n', "<meta a='"])(
    'is quick about 4096 bytes of %j',
    (part) => {
      expect(declaredEncoding(bytes(part.repeat(4096)))).toBeUndefined()
    },
  )
})

describe('detectEncoding', () => {
  it('asks the mark, the header, the document and the bytes, in this order', () => {
    const meta = '<meta charset=gbk>'
    expect(detectEncoding(bytes(`\xef\xbb\xbf${meta}`), 'text/html; charset=koi8-r')).toBe('utf-8')
    expect(detectEncoding(bytes(meta), 'text/html; charset=koi8-r')).toBe('koi8-r')
    expect(detectEncoding(bytes(meta), 'text/html; charset=nonsense')).toBe('gb18030')
    expect(detectEncoding(bytes(''))).toBe('windows-1252')
    expect(detectEncoding(bytes('ascii'))).toBe('windows-1252')
    expect(detectEncoding(Buffer.from('é'))).toBe('utf-8')
    expect(detectEncoding(bytes('é'))).toBe('windows-1252')
  })
})
