import { CANONICAL_PATH_BYTES, quoteBinary, UNRESERVED_BYTES, unquoteToBinary } from './percent.ts'
import { safeParts } from './safe-url.ts'
import { joinUrl, MAX_SCANNED, splitParams, type UrlParts } from './split-url.ts'
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

const PERCENT = 0x25
const AMPERSAND = 0x26
const PLUS = 0x2b
const EQUALS = 0x3d

const CANONICAL = canonicalPattern()

/**
 * An http or https URL that is canonical already, but for the order of its parameters and the fragment. It is so for nearly all links
 * of a page, and proving it costs a tenth of making it. Each part ends where the next begins, so it cannot backtrack far.
 */
function canonicalPattern(): RegExp {
  const path = repeated("\\w~:/@!$&'()*+,=.-", (byte) => CANONICAL_PATH_BYTES[byte] === 0 || byte === 0x2f || byte === 0x3f)
  const text = repeated('\\w~+.-', (byte) => UNRESERVED_BYTES[byte] === 0 && byte !== 0x20)
  const fields = `${text}=${text}(?:&${text}=${text})*`
  return new RegExp(
    `^https?://[a-z0-9._-]+(?::[1-9]\\d{0,3}|:[1-5]\\d{4})?/${path}(?:\\?${fields})?(?:#[\\w~:/?@!$&'()*+,;=%.-]*)?$`,
  )
}

/** Characters of a class, and bytes that stay percent-encoded, in upper case. */
function repeated(chars: string, staysEncoded: (byte: number) => boolean): string {
  const encoded: string[] = []
  for (let byte = 0; byte < 256; byte++) if (staysEncoded(byte)) encoded.push(byte.toString(16).toUpperCase().padStart(2, '0'))
  return `[${chars}]*(?:%(?:${encoded.join('|')})[${chars}]*)*`
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
  if (url.length <= MAX_SCANNED && CANONICAL.test(url) && (options === undefined || keepsCanonical(url, options))) {
    const hash = url.indexOf('#')
    return sortQuery(hash === -1 || options?.keepFragments === true ? url : url.slice(0, hash))
  }
  try {
    return canonicalize(url, options ?? {})
  } catch (error) {
    throw asUrlError(error, url)
  }
}

function keepsCanonical(url: string, { keepBlankValues, keepFragments, encoding }: CanonicalizeOptions): boolean {
  if (keepBlankValues === false && url.includes('?')) return false
  if (keepFragments === true && url.endsWith('#')) return false
  return encoding === undefined || keepsAscii(encoding)
}

/** Sorts the parameters of a URL that is canonical but for that. */
function sortQuery(url: string): string {
  const start = url.indexOf('?') + 1
  if (start === 0) return url
  const hash = url.indexOf('#')
  const end = hash === -1 ? url.length : hash
  let field = start
  for (let next = url.indexOf('&', field) + 1; next !== 0 && next < end; next = url.indexOf('&', field) + 1) {
    if (compareFields(url, field, url, next) > 0) {
      const fields = url.slice(start, end).split('&')
      fields.sort((a, b) => compareFields(a, 0, b, 0))
      return url.slice(0, start) + fields.join('&') + url.slice(end)
    }
    field = next
  }
  return url
}

/** Compares the canonical fields that begin at two places, by the bytes of their names and then of their values. */
function compareFields(a: string, from: number, b: string, start: number): number {
  for (let i = from, j = start; ; i++, j++) {
    const code = a.charCodeAt(i)
    if (code === b.charCodeAt(j) && code !== AMPERSAND) continue
    return sortWeight(a, i) - sortWeight(b, j)
  }
}

/** What is at `index` of a field as a byte; the end of the name sorts before all bytes, and the end of the field before that. */
function sortWeight(url: string, index: number): number {
  const code = url.charCodeAt(index)
  if (code === PLUS) return 0x20
  if (code === PERCENT) return Number.parseInt(url.slice(index + 1, index + 3), 16)
  if (code === EQUALS) return -1
  return code === AMPERSAND || code === 0x23 || Number.isNaN(code) ? -2 : code
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
