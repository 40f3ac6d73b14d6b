import { CANONICAL_PATH_BYTES, PATH_BYTES, quoteBinary, UNRESERVED_BYTES, unquoteToBinary } from './percent.ts'
import { safeParts } from './safe-url.ts'
import { joinUrl, splitParams, type UrlParts } from './split-url.ts'
import { keepsAscii } from './text-to-bytes.ts'
import { asUrlError, UrlProblem } from './url-problem.ts'

/** What counts as the same URL. */
export interface CanonicalizeOptions {
  /** Keep parameters without a value, `a` and `a=`; they are the same. @default true */
  readonly keepBlankValues?: boolean
  /** @default false */
  readonly keepFragments?: boolean
  /** Encoding of query and fragment. UTF-8 is taken when a character does not exist in it. @default 'utf-8' */
  readonly encoding?: string
}

const HOST = 1
const PATH = 2
const QUERY = 4
const FRAGMENT = 8
/** What each ASCII character may stand in without being changed. `%`, `&`, `=` and `;` have rules of their own. */
const ALLOWED: Uint8Array = new Uint8Array(128)
for (let code = 0; code < 128; code++) {
  const host = /[a-z0-9._-]/.test(String.fromCharCode(code)) ? HOST : 0
  const path = PATH_BYTES[code] === 1 && !/[?;%]/.test(String.fromCharCode(code)) ? PATH : 0
  ALLOWED[code] =
    host | path | (UNRESERVED_BYTES[code] === 1 || code === 0x2b ? QUERY : 0) | (PATH_BYTES[code] === 1 ? FRAGMENT : 0)
}

/**
 * One form for all spellings of a URL that lead to the same page, for comparing and fingerprints; what is sent is `safeUrl`.
 * Beyond making it safe: parameters sorted by name and value, each with `=`; spaces in the query as `+`; percent-encoding in upper
 * case and only where it is needed; an empty path is `/`; the fragment goes. Kept as they are: the default port, `.` and `..`.
 * Byte for byte what w3lib's `canonicalize_url` answers in August 2026.
 *
 * @throws SkeinError ERR_URL_INVALID, ERR_ENCODING_UNKNOWN as `safeUrl`
 * @example
 * canonicalizeUrl('http://Example.com/a%7eb?c=3&b=5&b=2&a=%20#top') // 'http://example.com/a~b?a=+&b=2&b=5&c=3'
 */
export function canonicalizeUrl(url: string, options?: CanonicalizeOptions): string {
  const end = canonicalEnd(url)
  if (end !== -1 && (options === undefined || keepsCanonical(url, end, options))) {
    return end === url.length || options?.keepFragments === true ? url : url.slice(0, end)
  }
  try {
    return canonicalize(url, options ?? {})
  } catch (error) {
    throw asUrlError(error, url)
  }
}

function keepsCanonical(url: string, end: number, { keepBlankValues, keepFragments, encoding }: CanonicalizeOptions): boolean {
  if (keepBlankValues === false && url.includes('?')) return false
  if (keepFragments === true && end === url.length - 1) return false
  return encoding === undefined || keepsAscii(encoding)
}

/**
 * Where the canonical form of an http or https URL ends if it stands there already: before the fragment, or the URL's length; -1
 * when in doubt. The links of a page are canonical in nearly all cases, and proving it costs a twentieth of making it.
 */
function canonicalEnd(url: string): number {
  const hostStart = url.startsWith('https://') ? 8 : url.startsWith('http://') ? 7 : 0
  if (hostStart === 0) return -1
  const { length } = url
  let i = hostStart
  let code = 0
  while (i < length && (code = url.charCodeAt(i)) < 128 && (ALLOWED[code]! & HOST) !== 0) i++
  if (i === hostStart || i === length) return -1
  if (code === 0x3a) {
    const portStart = ++i
    if (url.charCodeAt(i) === 0x30) return -1
    while (i < length && (code = url.charCodeAt(i)) >= 0x30 && code <= 0x39) i++
    if (i === portStart || i > portStart + 4 || i === length) return -1
  }
  if (code !== 0x2f) return -1
  for (; i < length; i++) {
    code = url.charCodeAt(i)
    if (code < 128 && (ALLOWED[code]! & PATH) !== 0) continue
    if (code !== 0x25) break
    const byte = escapedByte(url, i)
    if (byte === -1 || (CANONICAL_PATH_BYTES[byte] === 1 && byte !== 0x2f && byte !== 0x3f)) return -1
    i += 2
  }
  if (i === length) return length
  if (code === 0x3f) {
    i = canonicalQueryEnd(url, i + 1)
    if (i === -1 || i === length) return i
    code = url.charCodeAt(i)
  }
  if (code !== 0x23) return -1
  const end = i++
  while (i < length && (code = url.charCodeAt(i)) < 128 && (ALLOWED[code]! & FRAGMENT) !== 0) i++
  return i === length ? end : -1
}

/** Where the query that begins at `start` ends if it is canonical, -1 if it is not or is empty. */
function canonicalQueryEnd(url: string, start: number): number {
  const { length } = url
  let fieldStart = start
  let previousStart = -1
  let equals = -1
  for (let i = start; ; i++) {
    const code = i < length ? url.charCodeAt(i) : 0x23
    if (code < 128 && (ALLOWED[code]! & QUERY) !== 0) continue
    if (code === 0x3d) {
      if (equals !== -1) return -1
      equals = i
    } else if (code === 0x25) {
      const byte = escapedByte(url, i)
      if (byte === -1 || byte === 0x20 || UNRESERVED_BYTES[byte] === 1) return -1
      i += 2
    } else if (code === 0x26 || code === 0x23) {
      if (equals === -1 || (previousStart !== -1 && !inOrder(url, previousStart, fieldStart))) return -1
      if (code === 0x23) return i
      previousStart = fieldStart
      fieldStart = i + 1
      equals = -1
    } else return -1
  }
}

/** Whether the field at `first` sorts before the one at `second`, name by name and then value by value. False when in doubt. */
function inOrder(url: string, first: number, second: number): boolean {
  for (let i = first, j = second; ; i++, j++) {
    const a = url.charCodeAt(i)
    const b = url.charCodeAt(j)
    // The first field is followed by the ampersand in front of the second.
    if (a === 0x26) return true
    if (a === b) continue
    if (a === 0x25 || b === 0x25) return false
    return sortWeight(a) < sortWeight(b)
  }
}

function sortWeight(code: number): number {
  if (code === 0x2b) return 0x20
  // The end of a name or a value, or of the URL, sorts first.
  return code === 0x3d || code === 0x26 || code === 0x23 || Number.isNaN(code) ? -1 : code
}

/** The byte that the three characters at `index` stand for, -1 unless they are `%` and two upper-case hex digits. */
function escapedByte(url: string, index: number): number {
  const high = hexValue(url.charCodeAt(index + 1))
  const low = hexValue(url.charCodeAt(index + 2))
  return high === -1 || low === -1 ? -1 : high * 16 + low
}

function hexValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  return code >= 0x41 && code <= 0x46 ? code - 0x37 : -1
}

function canonicalize(
  url: string,
  { keepBlankValues = true, keepFragments = false, encoding = 'utf-8' }: CanonicalizeOptions,
): string {
  const safe = encodableParts(url, encoding)
  const [path, params] = splitParams(safe.scheme, safe.path)
  const canonicalPath = path === '' ? '/' : canonicalizePath(path)
  return joinUrl({
    scheme: safe.scheme,
    authority: canonicalizeAuthority(safe.authority),
    path: params === '' ? canonicalPath : `${canonicalPath};${params}`,
    query: canonicalizeQuery(safe.query, keepBlankValues),
    fragment: keepFragments ? safe.fragment : '',
  })
}

function encodableParts(url: string, encoding: string): UrlParts {
  try {
    return safeParts(url, { encoding })
  } catch (error) {
    if (error instanceof UrlProblem && error.unencodable) return safeParts(url)
    throw error
  }
}

/** An encoded slash or question mark stays encoded: decoded, it would divide the URL elsewhere. */
function canonicalizePath(path: string): string {
  if (!path.includes('%')) return quoteBinary(path, CANONICAL_PATH_BYTES)
  const kept = path.replace(/%(2f|3f)/gi, (_, hex: string) => `%25${hex.toUpperCase()}`)
  return quoteBinary(unquoteToBinary(kept), CANONICAL_PATH_BYTES)
}

/** What is left to lower is the zone of an IPv6 address. User name and password keep their case. */
function canonicalizeAuthority(authority: string): string {
  const at = authority.lastIndexOf('@') + 1
  return authority.slice(0, at) + authority.slice(at).toLowerCase()
}

function canonicalizeQuery(query: string, keepBlankValues: boolean): string {
  if (query === '') return ''
  const fields: [name: string, value: string][] = []
  for (const field of query.split('&')) {
    if (field === '') continue
    const equals = field.indexOf('=')
    if (!keepBlankValues && (equals === -1 || equals === field.length - 1)) continue
    const name = equals === -1 ? field : field.slice(0, equals)
    fields.push([unquoteToBinary(name, true), equals === -1 ? '' : unquoteToBinary(field.slice(equals + 1), true)])
  }
  if (fields.length > 1) fields.sort(byNameThenValue)
  return fields.map(([name, value]) => `${quoteField(name)}=${quoteField(value)}`).join('&')
}

function byNameThenValue(a: readonly [string, string], b: readonly [string, string]): number {
  if (a[0] !== b[0]) return a[0] < b[0] ? -1 : 1
  return a[1] === b[1] ? 0 : a[1] < b[1] ? -1 : 1
}

function quoteField(binary: string): string {
  return quoteBinary(binary, UNRESERVED_BYTES, true)
}
