import { isAscii } from 'node:buffer'
import { TextDecoder } from 'node:util'
import { SkeinError } from '../errors.ts'
import { bomEncoding } from './encoding.ts'
import { resolveEncoding } from './encoding-names.ts'
import { iconv, iconvName } from './iconv.ts'
import { decodeHz, decodeIso2022Kr } from './shift-decoders.ts'

/**
 * Encodings that TextDecoder has, but not as pages use them (Node 20 and 22): of shift_jis, euc-kr and big5 it knows the base set only (no
 * `①`, no `갂`, no Hong Kong characters: 8,824 of the codes of euc-kr are wrong), and in ibm866 it swaps control characters, and it gives meanings to
 * bytes that windows-874 and windows-1253 leave out.
 */
const NOT_BY_TEXT_DECODER: ReadonlySet<string> = new Set([
  'shift_jis',
  'euc-jp',
  'euc-kr',
  'big5',
  'ibm866',
  'windows-874',
  'windows-1253',
])
/** What windows-1252 has at 0x80-0x9f; the five bytes it leaves out mean themselves, as in the Encoding Standard. */
const WINDOWS_1252 =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f' +
  '\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178'
/** Encodings in which ASCII bytes may mean something else. */
const NOT_ASCII: ReadonlySet<string> = new Set([
  'utf-16',
  'utf-16le',
  'utf-16be',
  'utf-32',
  'utf-32le',
  'utf-32be',
  'iso-2022-jp',
  'iso-2022-kr',
  'hz',
])

const decoders = new Map<string, TextDecoder>()

/**
 * Bytes as text. A byte order mark wins over `encoding` and is taken off; `utf-16` and `utf-32` without one are big-endian. Bytes that mean
 * nothing become U+FFFD. Throws `ERR_ENCODING` for an encoding that is unknown.
 */
export function decodeText(body: Buffer, encoding: string): string {
  const marked = bomEncoding(body)
  if (marked !== undefined) {
    const length = marked === 'utf-8' ? 3 : marked.startsWith('utf-32') ? 4 : 2
    return decode(body.subarray(length), marked)
  }
  return decode(body, encoding)
}

function decode(body: Buffer, encoding: string): string {
  if (encoding === 'utf-8') return body.toString()
  const name = resolveEncoding(encoding)
  if (name === undefined) {
    throw new SkeinError(
      'ERR_ENCODING',
      `Cannot read '${encoding}'. Expected the name of an encoding, such as 'utf-8' or 'windows-1251'.`,
    )
  }
  // 7 GB/s, where a converter does 0.1 to 0.4; most pages that declare nothing are ASCII
  if (isAscii(body) && !NOT_ASCII.has(name)) return body.toString('latin1')
  switch (name) {
    case 'utf-8':
      return body.toString()
    case 'windows-1252':
      return body.toString('latin1').replace(/[\x80-\x9f]/g, (character) => WINDOWS_1252[character.charCodeAt(0) - 0x80]!)
    case 'x-user-defined':
      return body.toString('latin1').replace(/[\x80-\xff]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xf700))
    case 'iso-2022-kr':
      return decodeIso2022Kr(body)
    case 'hz':
      return decodeHz(body)
    case 'utf-16':
      return decodeByTextDecoder(body, 'utf-16be')
    case 'utf-32':
    case 'utf-32be':
    case 'utf-32le':
      return iconv()
        .decode(body, name === 'utf-32' ? 'utf-32be' : name, { stripBOM: false })
        .replace(/\p{Cs}/gu, '\ufffd')
  }
  if (NOT_BY_TEXT_DECODER.has(name) || !hasTextDecoder(name)) return iconv().decode(body, iconvName(name), { stripBOM: false })
  const text = decodeByTextDecoder(body, name)
  // Windows-125x and -874 leave a few bytes out, which TextDecoder turns into control characters
  return name.startsWith('windows-') ? text.replace(/[\x80-\x9f]/g, '\ufffd') : text
}

function decodeByTextDecoder(body: Buffer, name: string): string {
  let decoder = decoders.get(name)
  if (decoder === undefined) decoders.set(name, (decoder = new TextDecoder(name, { ignoreBOM: true })))
  const text = decoder.decode(body, { stream: true })
  // what is left is the beginning of a character that was cut off: one error, where Node would also give its bytes one by one
  return decoder.decode() === '' ? text : `${text}\ufffd`
}

function hasTextDecoder(name: string): boolean {
  if (decoders.has(name)) return true
  try {
    decoders.set(name, new TextDecoder(name, { ignoreBOM: true }))
    return true
  } catch {
    return false
  }
}
