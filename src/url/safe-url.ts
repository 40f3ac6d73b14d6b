import { parseAuthority } from './authority.ts'
import { idnaToAscii } from './idna.ts'
import {
  binaryToText,
  bytesToBinary,
  PATH_BYTES,
  QUERY_BYTES,
  quoteBinary,
  quoteText,
  USERINFO_BYTES,
  unquoteToBinary,
} from './percent.ts'
import { isSpecialScheme, joinUrl, MAX_SCANNED, splitUrl, type UrlParts } from './split-url.ts'
import { checkSurrogates, isUtf8, keepsAscii, textToBytes } from './text-to-bytes.ts'
import { asUrlError, quoted, UrlProblem } from './url-problem.ts'

/** How `safeUrl` writes characters outside ASCII. */
export interface SafeUrlOptions {
  /** Encoding of query and fragment: that of the page the URL stands on. @default 'utf-8' */
  readonly encoding?: string
  /** Encoding of the path. @default 'utf-8' */
  readonly pathEncoding?: string
  /** False leaves the path as it is. @default true */
  readonly quotePath?: boolean
}

const NON_ASCII = /[^\x00-\x7f]/

/**
 * An http or https URL that is safe already. It proves the usual case and leaves the rest: 60 characters cost it 90 ns, taking them
 * apart a microsecond. A `%` stays as it is, right or wrong. Each part ends where the next begins, so it cannot backtrack far.
 */
const SAFE =
  /^https?:\/\/[a-z0-9._-]+(?::[1-9]\d{0,3}|:[1-5]\d{4})?(?:\/[\w~:/@!$&'()*+,;=%.-]*(?:\?[\w~:/?@!$&()*+,;=%.-]+)?(?:#[\w~:/?@!$&'()*+,;=%.-]+)?)?$/

/**
 * The URL as it is sent: trimmed, the host in ASCII and lower case, everything that is not allowed in a URL percent-encoded, and
 * what is percent-encoded already left as it is. The scheme is not required and nothing is resolved; `Request.url` is made by this.
 * Byte for byte what w3lib's `safe_url_string` answers in August 2026, and not what `new URL(url).href` answers.
 *
 * A URL that is safe already is returned as the same string. A slice of a page's text therefore stays a slice of it.
 *
 * @throws SkeinError ERR_URL_INVALID for a port that is no port, brackets without an IPv6 address, a character that does not exist
 *   in the encoding, half a surrogate pair; ERR_ENCODING_UNKNOWN
 * @example
 * safeUrl(' HTTP://Bücher.example/a b?q=ö#ü ') // 'http://xn--bcher-kva.example/a%20b?q=%C3%B6#%C3%BC'
 * safeUrl('http://example.com/?q=ö', { encoding: 'latin-1' }) // 'http://example.com/?q=%F6'
 */
export function safeUrl(url: string, options?: SafeUrlOptions): string {
  if (url.length <= MAX_SCANNED && SAFE.test(url) && (options === undefined || keepsAsciiAlike(options))) return url
  try {
    return joinUrl(safeParts(url, options))
  } catch (error) {
    throw asUrlError(error, url)
  }
}

function keepsAsciiAlike({ encoding, pathEncoding }: SafeUrlOptions): boolean {
  return (encoding === undefined || keepsAscii(encoding)) && (pathEncoding === undefined || keepsAscii(pathEncoding))
}

/**
 * The parts of the safe URL, for those who go on working on them.
 *
 * @throws UrlProblem
 */
export function safeParts(url: string, options?: SafeUrlOptions): UrlParts {
  const encoding = options?.encoding ?? 'utf-8'
  const parts = splitUrl(trim(url))
  const special = isSpecialScheme(parts.scheme)
  const authority = safeAuthority(parts.authority, encoding)
  let path = options?.quotePath === false ? parts.path : quoteText(parts.path, PATH_BYTES, options?.pathEncoding)
  const query = quoteText(parts.query, special ? QUERY_BYTES : PATH_BYTES, encoding)
  const fragment = parts.fragment === '' ? '' : quoteText(parts.fragment, PATH_BYTES, encoding)
  // Whoever builds a request target out of path and query would send `?a=b` otherwise.
  if (path === '' && query !== '' && special) path = '/'
  return { scheme: parts.scheme, authority, path, query, fragment }
}

/** Without the control characters and spaces around it. */
function trim(url: string): string {
  let start = 0
  let end = url.length
  while (start < end && url.charCodeAt(start) <= 0x20) start++
  while (end > start && url.charCodeAt(end - 1) <= 0x20) end--
  return end - start === url.length ? url : url.slice(start, end)
}

function safeAuthority(authority: string, encoding: string): string {
  if (authority === '') return ''
  const { username, password, host, port } = parseAuthority(authority)
  let output = ''
  if (username !== undefined) {
    output = quoteBinary(unquoteToBinary(username), USERINFO_BYTES)
    if (password !== undefined) output += `:${quoteBinary(unquoteToBinary(password), USERINFO_BYTES)}`
    output += '@'
  }
  output += safeHost(host, encoding)
  return port === undefined ? output : `${output}:${throughEncoding(String(port), encoding)}`
}

function safeHost(host: string, encoding: string): string {
  const ascii = !NON_ASCII.test(host)
  if (host.includes(':')) {
    if (!ascii)
      throw new UrlProblem(`its IPv6 address ${quoted(host)} is not ASCII. Expected an address such as 2001:db8::1.`, true)
    return `[${host}]`
  }
  if (ascii) return host
  // A host without a form in ASCII stays as it is, to fail when it is looked up, as any other that does not exist.
  return idnaToAscii(host.normalize('NFKC')) ?? throughEncoding(host, encoding)
}

/** What becomes of text that is written in one encoding and read as UTF-8: itself in most cases, an error in most others. */
function throughEncoding(text: string, encoding: string): string {
  if (isUtf8(encoding) || (keepsAscii(encoding) && !NON_ASCII.test(text))) {
    checkSurrogates(text)
    return text
  }
  const read = binaryToText(bytesToBinary(textToBytes(text, encoding)))
  if (read === undefined) throw new UrlProblem(`its host and port cannot be written in ${encoding}. Expected ASCII, or UTF-8.`)
  return read
}
