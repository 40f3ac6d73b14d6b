import { joinUrl, splitParams, splitReference, type UrlParts, usesAuthority } from './split-url.ts'
import { asUrlError } from './url-problem.ts'

/** urllib's `uses_relative`: a reference is resolved only against a base of these schemes. */
const RELATIVE = new Set([
  '',
  ...'ftp http gopher nntp imap wais file https shttp mms prospero rtsp rtsps rtspu sftp svn svn+ssh ws wss'.split(' '),
])

const HOST = 1
const REST = 2
/**
 * Characters that resolving leaves alone, in a host and behind it. Those that may drop out or need a look are in neither: what is
 * not printable ASCII, and `;` in front of nothing.
 */
const PLAIN: Uint8Array = new Uint8Array(128)
for (let code = 0x21; code < 0x7f; code++)
  PLAIN[code] = (/[a-zA-Z0-9._-]/.test(String.fromCharCode(code)) ? HOST : 0) | (code === 0x3b ? 0 : REST)

/**
 * A base URL made ready for the many links of one page.
 *
 * @example
 * const base = new UrlJoiner('http://example.com/a/b?q')
 * base.join('c') // 'http://example.com/a/c'
 * base.join('?r') // 'http://example.com/a/b?r'
 */
export class UrlJoiner {
  readonly base: string
  readonly #parts: UrlParts
  readonly #params: string
  /** `http://host`, undefined where a reference cannot simply be put behind it. */
  readonly #origin: string | undefined
  /** `http://host/a/`, with the dots of the base's own path resolved. */
  readonly #directory: string = ''
  /** The base's directories, as `resolve` begins with them. */
  readonly #segments: readonly string[]

  /** @throws SkeinError ERR_URL_INVALID */
  constructor(base: string) {
    this.base = base
    try {
      const parts = splitReference(base, '')
      const [path, params] = splitParams(parts.scheme, parts.path)
      this.#parts = { ...parts, path }
      this.#params = params
      this.#segments = directoriesOf(path)
      if (parts.authority !== '' && (parts.scheme === 'http' || parts.scheme === 'https')) {
        this.#origin = `${parts.scheme}://${parts.authority}`
        this.#directory = this.#origin + absolute(resolve(withoutEmpty([...this.#segments, ''])))
      }
    } catch (error) {
      throw asUrlError(error, base)
    }
  }

  /**
   * The URL that `reference` means on the page, as `urlJoin`.
   *
   * @throws SkeinError ERR_URL_INVALID
   */
  join(reference: string): string {
    if (this.#origin !== undefined) {
      const plain = this.#joinPlain(reference, this.#origin)
      if (plain !== undefined) return plain
    }
    if (this.base === '') return reference
    if (reference === '') return this.base
    try {
      return this.#join(reference)
    } catch (error) {
      throw asUrlError(error, reference)
    }
  }

  /** The usual links: an absolute URL, a path from the root, or one from the page's directory, without dots to resolve. */
  #joinPlain(reference: string, origin: string): string | undefined {
    const first = reference.charCodeAt(0)
    if (first === 0x2f) {
      return reference.charCodeAt(1) !== 0x2f && isPlainFrom(reference, 0, false) ? origin + reference : undefined
    }
    if (first === 0x68 && (reference.startsWith('http://') || reference.startsWith('https://'))) {
      let i = reference.charCodeAt(4) === 0x3a ? 7 : 8
      const start = i
      let code = 0
      while (i < reference.length && (code = reference.charCodeAt(i)) < 128 && (PLAIN[code]! & HOST) !== 0) i++
      if (i === start) return undefined
      if (i === reference.length) return reference
      return code === 0x2f && isPlainTo(reference, i) ? reference : undefined
    }
    // A question mark, a hash or a dot begins what is not a plain path.
    if (!(first >= 0x30 && first <= 0x39) && !((first | 0x20) >= 0x61 && (first | 0x20) <= 0x7a)) return undefined
    return isPlainFrom(reference, 0, true) ? this.#directory + reference : undefined
  }

  #join(reference: string): string {
    const base = this.#parts
    const split = splitReference(reference, base.scheme)
    const [path, params] = splitParams(split.scheme, split.path)
    const { scheme, query, fragment } = split
    if (scheme !== base.scheme || !RELATIVE.has(scheme)) return reference
    let authority = split.authority
    if (usesAuthority(scheme)) {
      if (authority !== '') return joinUrl({ ...split, path: withParams(path, params) })
      authority = base.authority
    }
    if (path === '' && params === '') {
      const kept = query === '' ? base.query : query
      return joinUrl({ scheme, authority, path: withParams(base.path, this.#params), query: kept, fragment })
    }
    const segments = path.split('/')
    const all = path.startsWith('/') ? segments : withoutEmpty([...this.#segments, ...segments])
    return joinUrl({ scheme, authority, path: withParams(resolve(all) || '/', params), query, fragment })
  }
}

let latest: UrlJoiner | undefined

/**
 * The URL that `reference` means on the page `base`, by RFC 3986 as Python's `urljoin` reads it. Nothing is encoded: that is
 * `safeUrl`'s. The base of the call before is remembered; for the many links of one page `UrlJoiner` says it outright.
 *
 * Unlike `new URL(reference, base)` it takes a backslash for a character, keeps spaces inside and `a//b` from the root, and
 * answers a reference of another scheme (`mailto:…`, `tel:…`) as it is.
 *
 * @throws SkeinError ERR_URL_INVALID for brackets that hold no IPv6 address
 * @example
 * urlJoin('http://example.com/a/b?q#f', '../c;d?e') // 'http://example.com/c;d?e'
 */
export function urlJoin(base: string, reference: string): string {
  if (base === '') return reference
  if (reference === '') return base
  if (latest === undefined || latest.base !== base) latest = new UrlJoiner(base)
  return latest.join(reference)
}

/** Whether the path, query and fragment from `start` on go through unchanged. */
function isPlainTo(text: string, start: number): boolean {
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 128 || (PLAIN[code]! & REST) === 0) return false
    // An empty query or fragment drops out.
    if (code === 0x3f && isEndOrHash(text, i + 1)) return false
    if (code === 0x23) {
      if (i + 1 === text.length) return false
      // What follows the first hash is fragment, and a question mark there stays.
      return isPrintable(text, i + 1)
    }
  }
  return true
}

function isEndOrHash(text: string, index: number): boolean {
  return index === text.length || text.charCodeAt(index) === 0x23
}

function isPrintable(text: string, start: number): boolean {
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 || code > 0x7e) return false
  }
  return true
}

/**
 * The same for a reference that begins with its path: no segment may begin with a dot, and in a relative one none may be empty
 * and no colon may come, which could end a scheme.
 */
function isPlainFrom(text: string, start: number, relative: boolean): boolean {
  let i = start
  let previous = 0
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x3f || code === 0x23) break
    if (code >= 128 || (PLAIN[code]! & REST) === 0) return false
    if (previous === 0x2f && (code === 0x2e || (relative && code === 0x2f))) return false
    if (relative && code === 0x3a) return false
    previous = code
  }
  return isPlainTo(text, i)
}

/** The segments a relative path continues. Those of `/a/b` are `['', 'a']`, those of `/a/b/` are `['', 'a', 'b', '']`. */
function directoriesOf(path: string): string[] {
  const segments = path.split('/')
  if (segments.at(-1) !== '') segments.pop()
  return segments
}

/** Empty segments between the first and the last drop out when a relative path is resolved, those of the base too. */
function withoutEmpty(segments: readonly string[]): string[] {
  return segments.filter((segment, index) => segment !== '' || index === 0 || index === segments.length - 1)
}

function resolve(segments: readonly string[]): string {
  const resolved: string[] = []
  for (const segment of segments) {
    if (segment === '..') resolved.pop()
    else if (segment !== '.') resolved.push(segment)
  }
  const last = segments.at(-1)
  if (last === '.' || last === '..') resolved.push('')
  return resolved.join('/')
}

function absolute(path: string): string {
  return path.startsWith('/') ? path : `/${path}`
}

function withParams(path: string, params: string): string {
  return params === '' ? path : `${path};${params}`
}
