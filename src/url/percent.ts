import { checkSurrogates, isUtf8, keepsAscii, loneSurrogate, textToBytes } from './text-to-bytes.ts'

/** 256 flags, one a byte: 1 for a byte that is written as it is, 0 for one that is written `%XX`. */
export type SafeBytes = Uint8Array

const UNRESERVED = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~'
const ESCAPES: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
)
const NON_ASCII = /[^\x00-\x7f]/

/** The unreserved characters of RFC 3986 §2.3 and those of `extra`. */
export function safeBytes(extra: string): SafeBytes {
  const table = new Uint8Array(256)
  for (const char of UNRESERVED + extra) table[char.charCodeAt(0)] = 1
  return table
}

/** Only the unreserved characters: what a query's names and values are written with. */
export const UNRESERVED_BYTES: SafeBytes = safeBytes('')
/** Path and fragment of a safe URL: safe to the WHATWG standard, RFC 3986 and RFC 2396 alike. */
export const PATH_BYTES: SafeBytes = safeBytes(":/?@!$&'()*+,;=%")
/** Query of a safe URL in the schemes browsers know, where an apostrophe is escaped. */
export const QUERY_BYTES: SafeBytes = safeBytes(':/?@!$&()*+,;=%')
/** User name and password of a safe URL. */
export const USERINFO_BYTES: SafeBytes = safeBytes("!$&'()*+,")
/** Path of a canonical URL. */
export const CANONICAL_PATH_BYTES: SafeBytes = safeBytes(":/?[]@!$&'()*+,;=|%")

/**
 * `text` in `encoding`, percent-encoded where `safe` says so.
 *
 * @throws UrlProblem when a character does not exist in the encoding; a lone surrogate exists in none
 */
export function quoteText(text: string, safe: SafeBytes, encoding = 'utf-8'): string {
  if (!isUtf8(encoding) && (!keepsAscii(encoding) || NON_ASCII.test(text))) {
    return quoteBinary(bytesToBinary(textToBytes(text, encoding)), safe)
  }
  let output = ''
  let from = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x80 && safe[code] === 1) continue
    output += text.slice(from, i)
    if (code < 0x80) output += ESCAPES[code]
    else if (code < 0x800) output += ESCAPES[0xc0 | (code >> 6)]! + ESCAPES[0x80 | (code & 0x3f)]!
    else if (code < 0xd800 || code > 0xdfff) output += threeBytes(code)
    else output += fourBytes(text.codePointAt(i++)!)
    from = i + 1
  }
  return from === 0 ? text : output + text.slice(from)
}

function threeBytes(code: number): string {
  return ESCAPES[0xe0 | (code >> 12)]! + ESCAPES[0x80 | ((code >> 6) & 0x3f)]! + ESCAPES[0x80 | (code & 0x3f)]!
}

function fourBytes(code: number): string {
  if (code < 0x10000) throw loneSurrogate(code)
  return ESCAPES[0xf0 | (code >> 18)]! + ESCAPES[0x80 | ((code >> 12) & 0x3f)]! + threeBytes(code & 0xfff).slice(3)
}

/**
 * Bytes, held as a string with one byte a character, percent-encoded where `safe` says so. Such strings compare as their bytes do.
 *
 * @param spaceAsPlus a space becomes `+`, as in a form
 */
export function quoteBinary(binary: string, safe: SafeBytes, spaceAsPlus = false): string {
  let output = ''
  let from = 0
  for (let i = 0; i < binary.length; i++) {
    const byte = binary.charCodeAt(i)
    if (safe[byte] === 1) continue
    output += binary.slice(from, i) + (spaceAsPlus && byte === 0x20 ? '+' : ESCAPES[byte]!)
    from = i + 1
  }
  return from === 0 ? binary : output + binary.slice(from)
}

/**
 * The UTF-8 bytes of `text` with its percent-encoding undone, as a string of one byte a character. A `%` that is not followed by
 * two hex digits stays.
 *
 * @param plusAsSpace a `+` becomes a space, as in a form
 */
export function unquoteToBinary(text: string, plusAsSpace = false): string {
  const binary = textToBinary(text)
  const spaced = plusAsSpace && binary.includes('+') ? binary.replaceAll('+', ' ') : binary
  if (!spaced.includes('%')) return spaced
  return spaced.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** The UTF-8 bytes of `text` as a string of one byte a character. */
export function textToBinary(text: string): string {
  if (!NON_ASCII.test(text)) return text
  checkSurrogates(text)
  return Buffer.from(text, 'utf8').toString('latin1')
}

/** The text whose UTF-8 bytes these are, undefined if they are not UTF-8. */
export function binaryToText(binary: string): string | undefined {
  if (!NON_ASCII.test(binary)) return binary
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(binary, 'latin1'))
  } catch {
    return undefined
  }
}

/** Bytes as a string of one byte a character. */
export function bytesToBinary(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
