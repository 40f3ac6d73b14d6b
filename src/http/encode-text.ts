import { SkeinError } from '../errors.ts'
import { resolveEncoding } from './encoding-names.ts'
import { iconv, iconvName } from './iconv.ts'

const utf8 = new TextEncoder()

/**
 * Text as bytes. Throws `ERR_ENCODING` when the encoding is unknown, or lacks a character of the text: putting a question mark in its
 * place would send something else than what was said.
 */
export function encodeText(text: string, encoding: string): Uint8Array {
  if (encoding === 'utf-8') return utf8.encode(text)
  const name = resolveEncoding(encoding)
  if (name === 'utf-8') return utf8.encode(text)
  const theirs = name === undefined ? undefined : [encoding, iconvName(name)].find((one) => iconv().encodingExists(one))
  if (theirs === undefined) {
    throw new SkeinError(
      'ERR_ENCODING',
      `Cannot write '${encoding}'. Expected the name of an encoding, such as 'utf-8' or 'windows-1251'.`,
    )
  }
  const bytes = iconv().encode(text, theirs)
  const back = iconv().decode(bytes, theirs)
  // U+FFFD is what bytes that stand for nothing are decoded to: it comes back from an encoding that has no such character
  const replaced = /^(utf|gb18030)/.test(name!) ? -1 : text.indexOf('\ufffd')
  if (back !== text || replaced >= 0) {
    let at = 0
    while (text[at] === back[at] && at !== replaced) at++
    throw new SkeinError(
      'ERR_ENCODING',
      `The character '${String.fromCodePoint(text.codePointAt(at) ?? 0)}' cannot be written in '${encoding}': use 'utf-8', or leave it out.`,
    )
  }
  return new Uint8Array(bytes)
}
