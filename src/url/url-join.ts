import { joinUrl, MAX_SCANNED, splitParams, splitReference, type UrlParts, usesAuthority } from './split-url.ts'
import { asUrlError } from './url-problem.ts'

/** urllib's `uses_relative`: a reference is resolved only against a base of these schemes. */
const RELATIVE = new Set([
  '',
  ...'ftp http gopher nntp imap wais file https shttp mms prospero rtsp rtsps rtspu sftp svn svn+ssh ws wss'.split(' '),
])

/**
 * The usual references, which need no more than to be put behind the right part of the base: a path from the root, one from the
 * page's directory or above it, and an absolute URL. A dot at the beginning of a segment, an empty segment in a relative path, a colon
 * that may end a scheme, a semicolon or question mark or hash in front of nothing have rules of their own and are in none of them.
 */
const QUERY_AND_FRAGMENT = '(?:\\?[!"$-~]+)?(?:#[ -~]+)?$'
const FROM_ROOT = new RegExp(`^(?!//)(?:/(?:[!"$--0-:<->@-~][!"$-.0-:<->@-~]*)?)+${QUERY_AND_FRAGMENT}`)
const FROM_DIRECTORY = new RegExp(
  `^(?:\\.\\.?/)*[A-Za-z0-9][!"$-.0-9<->@-~]*(?:/[!"$--0-9<->@-~][!"$-.0-9<->@-~]*)*/?${QUERY_AND_FRAGMENT}`,
)
const AUTHORITY = 'https?://[A-Za-z0-9._-]+(?::[0-9]+)?'
const ABSOLUTE = new RegExp(`^${AUTHORITY}(?:/[!"$-:<->@-~]*${QUERY_AND_FRAGMENT}|$)`)
/** A base on which an absolute URL means itself. */
const ON_THE_WEB = new RegExp(`^${AUTHORITY}(?:[/?#]|$)`)
/** Directories of a base that are made ready; the URLs of all of them together grow with the square of their number. */
const MAX_DEPTH = 32
const DOT = 0x2e
const SLASH = 0x2f

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
  /** `http://host/a/b/`, `http://host/a/`, `http://host/`: what a reference with no, one or two `../` is put behind. */
  readonly #directories: readonly string[] = []
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
        this.#directories = directoriesAbove(this.#origin, withoutEmpty([...this.#segments, '']))
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

  #joinPlain(reference: string, origin: string): string | undefined {
    if (reference.length > MAX_SCANNED) return undefined
    if (reference.charCodeAt(0) === SLASH) return FROM_ROOT.test(reference) ? origin + reference : undefined
    if (isAbsolute(reference)) return reference
    if (!FROM_DIRECTORY.test(reference)) return undefined
    let start = 0
    let up = 0
    for (; reference.charCodeAt(start) === DOT; start = reference.indexOf('/', start) + 1) {
      if (reference.charCodeAt(start + 1) === DOT) up++
    }
    const directory = this.#directories[Math.min(up, this.#directories.length - 1)]
    return directory === undefined ? undefined : directory + (start === 0 ? reference : reference.slice(start))
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
    const joined = resolve(all) || '/'
    // what goes up beyond the root of a `file:` stays at the root
    const rooted = all[0] === '' && !joined.startsWith('/') ? `/${joined}` : joined
    return joinUrl({ scheme, authority, path: withParams(rooted, params), query, fragment })
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
  if (latest === undefined || latest.base !== base) {
    // pages whose links were made absolute before, as by a link extractor, are done without one
    if (isAbsolute(reference) && ON_THE_WEB.test(base)) return reference
    latest = new UrlJoiner(base)
  }
  return latest.join(reference)
}

function isAbsolute(reference: string): boolean {
  return reference.startsWith('http') && reference.length <= MAX_SCANNED && ABSOLUTE.test(reference)
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

/** The URLs of a directory and of all above it, up to the root, where `..` stays. None for a deeper one than pages have. */
function directoriesAbove(origin: string, directory: readonly string[]): string[] {
  const names = resolve(directory)
    .split('/')
    .filter((name) => name !== '')
  if (names.length > MAX_DEPTH) return []
  const urls = [`${origin}/`]
  for (const name of names) urls.push(`${urls.at(-1)}${name}/`)
  return urls.reverse()
}

function withParams(path: string, params: string): string {
  return params === '' ? path : `${path};${params}`
}
