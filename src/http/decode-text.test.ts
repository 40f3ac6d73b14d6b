import { describe, expect, it } from 'vitest'
import { decodeText } from './decode-text.ts'
import { encodeText } from './encode-text.ts'
import { PYTHON_LABELS } from './encoding-labels.ts'

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex')
}

describe('decodeText', () => {
  it.each([
    ['utf-8', 'e2 82 ac 61', '€a'],
    ['utf-8', 'e2 82', '\ufffd'],
    ['utf-8', 'ed a0 80', '\ufffd\ufffd\ufffd'],
    ['utf-8', 'ff 41', '\ufffdA'],
    ['windows-1252', '80 81 8d 8f 90 9d 9f e9', '€\x81\x8d\x8f\x90\x9dŸé'],
    ['latin-1', '80', '€'],
    ['windows-1251', 'ef f0 98', 'пр\ufffd'],
    ['windows-1253', 'e1 aa', 'α\ufffd'],
    ['windows-874', 'a1 db', 'ก\ufffd'],
    ['ibm866', '8f 1a 1c 7f', 'П\x1a\x1c\x7f'],
    ['koi8-u', 'a6 d0', 'іп'],
    ['macintosh', '8e', 'é'],
    ['cp437', '82', 'é'],
    ['iso-8859-8-i', 'e0', 'א'],
    ['shift_jis', '93 fa 87 40 fb fc', '日①髙'],
    ['euc-jp', 'c6 fc ad a1', '日①'],
    ['iso-2022-jp', '1b 24 42 46 7c 1b 28 42 41', '日A'],
    ['euc-kr', 'c7 d1 81 41', '한갂'],
    ['big5', 'a4 a4 87 40', '中䏰'],
    ['gb18030', 'd6 d0 80 84 31 a4 39', '中€\uffff'],
    ['gbk', '80 81 30', '€\ufffd'],
    ['utf-16', '00 41 65 e5', 'A日'],
    ['utf-16le', '41 00 e5 65', 'A日'],
    ['utf-16le', '00 d8 41 00 ff', '\ufffdA\ufffd'],
    ['utf-16be', 'd8 00 00 41', '\ufffdA'],
    ['utf-32', '00 00 00 41 00 01 f6 00', 'A😀'],
    ['utf-32le', '41 00 00 00 00 d8 00 00 00 00 11 00', 'A\ufffd\ufffd'],
    ['x-user-defined', '41 80 ff', 'A\uf780\uf7ff'],
    ['iso-2022-kr', '1b 24 29 43 0e 47 51 0f 41 ff', '한A\ufffd'],
    ['hz', '7e 7b 56 50 7e 7d 41 7e 7e 7e 0a 42', '中A~B'],
    ['hz', '7e 7b 56 50', '中'],
    ['hz', '41 7e 41 7e', 'A\ufffdA\ufffd'],
  ])('reads %s', (encoding, bytes, text) => {
    expect(decodeText(hex(bytes), encoding)).toBe(text)
  })

  it('lets a byte order mark win and takes it off', () => {
    expect(decodeText(hex('ef bb bf c3 a9'), 'latin-1')).toBe('é')
    expect(decodeText(hex('ff fe e9 00'), 'utf-8')).toBe('é')
    expect(decodeText(hex('fe ff 00 e9'), 'utf-16le')).toBe('é')
    expect(decodeText(hex('00 00 fe ff 00 00 00 e9'), 'utf-8')).toBe('é')
    expect(decodeText(hex('ff fe 00 00 e9 00 00 00'), 'utf-8')).toBe('é')
  })

  it('takes off one mark only', () => {
    expect(decodeText(hex('ef bb bf ef bb bf 41'), 'utf-8')).toBe('\ufeffA')
    expect(decodeText(hex('ff fe ff fe 41 00'), 'utf-8')).toBe('\ufeffA')
  })

  it('forgets what was cut off at the end of the page before', () => {
    expect(decodeText(hex('d6'), 'gb18030')).toBe('\ufffd')
    expect(decodeText(hex('41 42'), 'gb18030')).toBe('AB')
    expect(decodeText(hex('00'), 'utf-16le')).toBe('\ufffd')
    expect(decodeText(hex('41 00'), 'utf-16le')).toBe('A')
  })

  it('never throws, whatever the bytes, in any encoding there is', () => {
    const all = Buffer.from(Array.from({ length: 512 }, (_, i) => (i * 151) & 0xff))
    for (const name of [...Object.keys(PYTHON_LABELS), 'x-user-defined', 'gbk']) {
      const text = decodeText(all, name)
      expect(text.length, name).toBeGreaterThan(100)
      expect(text, name).not.toMatch(/\p{Cs}/u)
      expect(decodeText(Buffer.alloc(0), name), name).toBe('')
    }
  })

  it('refuses an encoding that is none', () => {
    expect(() => decodeText(Buffer.from('a'), 'nope')).toThrow(expect.objectContaining({ code: 'ERR_ENCODING' }))
    expect(() => encodeText('a', 'nope')).toThrow(expect.objectContaining({ code: 'ERR_ENCODING' }))
  })
})

describe('encodeText', () => {
  it.each(['utf-8', 'latin-1', 'windows-1251', 'shift_jis', 'euc-kr', 'big5', 'gb18030', 'utf-16le', 'koi8-r'])(
    'writes %s so that it reads the same',
    (encoding) => {
      expect(decodeText(Buffer.from(encodeText('plain ASCII', encoding)), encoding)).toBe('plain ASCII')
    },
  )

  it('refuses what the encoding lacks', () => {
    expect(encodeText('я', 'windows-1251')).toEqual(Uint8Array.of(0xff))
    expect(() => encodeText('日', 'windows-1251')).toThrow("'日'")
  })
})
