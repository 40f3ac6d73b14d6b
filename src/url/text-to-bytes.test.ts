import { describe, expect, it } from 'vitest'
import { isUtf8, keepsAscii, textToBytes } from './text-to-bytes.ts'

describe('textToBytes', () => {
  it.each([
    ['é', 'latin-1', 'e9'],
    ['é€', 'windows-1252', 'e980'],
    ['é', 'L1', 'e9'],
    ['?é?', 'cp1252', '3fe93f'],
    ['я', 'KOI8_R', 'd1'],
    ['ґ', 'x-mac-cyrillic', 'b6'],
    ['한', 'uhc', 'c7d1'],
    ['日', 'Shift_JIS', '93fa'],
    ['日', 'euc-jp', 'c6fc'],
    ['𠮷', 'gb18030', '9534b235'],
    ['\ufffd', 'gb18030', '8431a437'],
    ['é', 'utf-16', 'fffee900'],
    ['é', 'utf_16_be', '00e9'],
    ['', 'utf-16', 'fffe'],
  ])('writes %j in %s', (text, encoding, hex) => expect(Buffer.from(textToBytes(text, encoding)).toString('hex')).toBe(hex))

  it.each([
    ['日', 'cp1252', 'U+65E5'],
    ['\ufffd', 'cp1252', 'U+FFFD'],
    ['é??💩', 'latin-1', 'U+1F4A9'],
    ['é', 'ascii', 'U+00E9'],
    ['a\ud800', 'utf-16', 'U+D800'],
  ])('refuses %j in %s and names the character', (text, encoding, named) => {
    expect(() => textToBytes(text, encoding)).toThrow(named)
  })

  it('refuses an encoding it does not know', () => {
    expect(() => textToBytes('é', 'klingon')).toThrow('Unknown encoding "klingon"')
  })
})

it('knows UTF-8 by any spelling, and what writes ASCII otherwise', () => {
  expect(['utf-8', 'UTF8', 'utf_8'].every(isUtf8)).toBe(true)
  expect(['utf-16', 'latin-1', 'utf-7'].some(isUtf8)).toBe(false)
  expect(['utf-8', 'cp1252', 'shift_jis', 'gb18030'].every(keepsAscii)).toBe(true)
  expect(['UTF-16LE', 'utf_32', 'utf-7', 'ucs-2'].some(keepsAscii)).toBe(false)
})
