import { createRequire } from 'node:module'
import { SkeinError } from '../errors.ts'
import { UrlProblem } from './url-problem.ts'

type Iconv = typeof import('iconv-lite')

const REPLACEMENT = '\ufffd'
const WHOLE_UNICODE = /^(?:utf|ucs|gb18030)/
const LONE_SURROGATE = /\p{Surrogate}/u

let loaded: Iconv | undefined

/** Loaded on the first character outside ASCII of the first page that is not UTF-8: most crawls never need its tables. */
function iconv(): Iconv {
  return (loaded ??= createRequire(import.meta.url)('iconv-lite') as Iconv)
}

/** Python's names, and labels of the web, that iconv-lite has under another name. Keys as `plain()` makes them. */
const NAMES: Readonly<Record<string, string>> = {
  utf16: 'utf-16le-bom',
  l1: 'latin1',
  latin: 'latin1',
  '88591': 'latin1',
  '646': 'ascii',
  maccyrillic: 'macukraine',
  xmaccyrillic: 'macukraine',
  uhc: 'cp949',
  iso88598i: 'iso88598',
  iso88598e: 'iso88598',
}

const plainNames = new Map<string, string>()

/** Letters and digits in lower case: `UTF_8`, `utf-8` and `utf8` are one. */
function plain(encoding: string): string {
  let name = plainNames.get(encoding)
  if (name === undefined) {
    name = encoding.toLowerCase().replace(/[^a-z0-9]/g, '')
    if (plainNames.size < 200) plainNames.set(encoding, name)
  }
  return name
}

/** Whether this is a name of UTF-8. */
export function isUtf8(encoding: string): boolean {
  return encoding === 'utf-8' || encoding === 'utf8' || plain(encoding) === 'utf8'
}

/** Whether ASCII text has the same bytes in this encoding as in ASCII, so that such text needs no conversion. */
export function keepsAscii(encoding: string): boolean {
  if (encoding === 'utf-8') return true
  const name = plain(encoding)
  return !(
    name.startsWith('utf16') ||
    name.startsWith('utf32') ||
    name.startsWith('utf7') ||
    name.startsWith('ucs') ||
    name === 'hz'
  )
}

/**
 * `text` in an encoding other than UTF-8.
 *
 * @param encoding a label of the web or a name of Python's, in any spelling: `cp1251`, `windows-1251`, `Shift_JIS`, `latin-1`
 * @throws UrlProblem when a character does not exist in the encoding
 * @throws SkeinError ERR_ENCODING_UNKNOWN
 */
export function textToBytes(text: string, encoding: string): Uint8Array {
  checkSurrogates(text)
  const codec = iconv()
  const name = NAMES[plain(encoding)] ?? plain(encoding)
  if (name === 'utf-16le-bom') return codec.encode(text, 'utf-16le', { addBOM: true })
  if (!codec.encodingExists(name)) {
    throw new SkeinError(
      'ERR_ENCODING_UNKNOWN',
      `Unknown encoding ${JSON.stringify(encoding)}. Expected the name of a text encoding, such as 'utf-8' or 'windows-1251'.`,
    )
  }
  const bytes = codec.encode(text, name)
  if (WHOLE_UNICODE.test(name)) return bytes
  // iconv-lite writes a question mark for what has no code, and some unused byte for U+FFFD. No multi-byte encoding uses the byte of
  // the question mark as a part of a character.
  if (text.includes(REPLACEMENT) || (bytes.includes(0x3f) && countOf(bytes, 0x3f) > text.split('?').length - 1)) {
    throw unencodable(text, encoding, name)
  }
  return bytes
}

function countOf(bytes: Uint8Array, wanted: number): number {
  let count = 0
  for (const byte of bytes) if (byte === wanted) count++
  return count
}

function unencodable(text: string, encoding: string, name: string): UrlProblem {
  const char =
    Array.from(text).find((each) => each !== '?' && (each === REPLACEMENT || iconv().encode(each, name).includes(0x3f))) ?? ''
  const code = char.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')
  return new UrlProblem(
    `it has U+${code}, which does not exist in ${encoding}. Expected characters of that encoding, or UTF-8.`,
    true,
  )
}

/** @throws UrlProblem when `text` has half a surrogate pair, which no encoding can write */
export function checkSurrogates(text: string): void {
  const lone = LONE_SURROGATE.exec(text)
  if (lone) throw loneSurrogate(lone[0].charCodeAt(0))
}

/** What is wrong with text that has half a surrogate pair. */
export function loneSurrogate(code: number): UrlProblem {
  return new UrlProblem(
    `it has U+${code.toString(16).toUpperCase()}, one half of a surrogate pair. Expected well-formed text.`,
    true,
  )
}
