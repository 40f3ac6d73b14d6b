import { checkBrackets, checkNormalized } from './authority.ts'

/** A URL in the five parts of RFC 3986. A part that is missing is empty: no difference is made between `a?` and `a`. */
export interface UrlParts {
  /** Lower case, without the colon. */
  readonly scheme: string
  /** User, host and port, as written. */
  readonly authority: string
  readonly path: string
  readonly query: string
  readonly fragment: string
}

// The comma is an oversight of w3lib's pattern (`+-.` reads as a range), and urllib has none. It decides what is a scheme in
// `a,b:c`, so both are kept as they are.
const SCHEME = /^([a-zA-Z][a-zA-Z0-9+,\-.]*):/
const STRICT_SCHEME = /^([a-zA-Z][a-zA-Z0-9+\-.]*):/
const TAB_OR_NEWLINE = /[\t\n\r]/g
const JUNK = /^[\x00-\x20]|[\t\n\r]/
const LEADING_JUNK = /^[\x00-\x20]+/
const SPECIAL = new Set(['ftp', 'file', 'http', 'https', 'ws', 'wss'])
/** urllib's `uses_netloc`, Python 3.13: an empty authority is written out for these. */
const WITH_AUTHORITY = new Set(
  (
    'ftp http gopher nntp telnet imap wais file mms https shttp snews prospero rtsp rtsps rtspu rsync svn svn+ssh sftp nfs git ' +
    'git+ssh ws wss itms-services'
  ).split(' '),
)
/** urllib's `uses_params`: `;params` of the last segment are a part of their own. No scheme counts too. */
const WITH_PARAMS = new Set(['', ...'ftp hdl prospero http imap https shttp rtsp rtsps rtspu sip sips mms sftp tel'.split(' ')])

/**
 * The longest URL, in characters, that is tried against the patterns of the usual case. A longer one goes the long way: a regular
 * expression keeps a trail of where it has been.
 */
export const MAX_SCANNED = 10_000

/** Whether browsers know the scheme: there a backslash is a slash, and the path of a URL with an authority is never empty. */
export function isSpecialScheme(scheme: string): boolean {
  return SPECIAL.has(scheme)
}

/** Whether a URL of this scheme has an authority, or may leave out the one of its base. */
export function usesAuthority(scheme: string): boolean {
  return scheme === '' || WITH_AUTHORITY.has(scheme)
}

/**
 * Splits as w3lib does: a backslash in the authority or path of a special scheme counts as a slash.
 *
 * @throws UrlProblem for brackets that hold no IPv6 address, and for an authority that Unicode normalization would turn into another
 */
export function splitUrl(url: string): UrlParts {
  return split(url, SCHEME, true)
}

/** Splits as Python's `urlsplit` does: a backslash is a character like any other. `scheme` is that of a URL which has none. */
export function splitReference(url: string, scheme: string): UrlParts {
  return split(url, STRICT_SCHEME, false, scheme)
}

function split(url: string, pattern: RegExp, slashes: boolean, defaultScheme = ''): UrlParts {
  let rest = JUNK.test(url) ? url.replace(LEADING_JUNK, '').replace(TAB_OR_NEWLINE, '') : url
  let scheme = defaultScheme
  const match = pattern.exec(rest)
  if (match) {
    scheme = match[1]!.toLowerCase()
    rest = rest.slice(match[0].length)
  }
  if (slashes && rest.includes('\\') && SPECIAL.has(scheme)) rest = straightenSlashes(rest)

  let authority = ''
  if (rest.startsWith('//')) {
    const end = endOfAuthority(rest)
    authority = rest.slice(2, end)
    rest = rest.slice(end)
    checkBrackets(authority)
    checkNormalized(authority, slashes)
  }
  let fragment = ''
  const hash = rest.indexOf('#')
  if (hash !== -1) {
    fragment = rest.slice(hash + 1)
    rest = rest.slice(0, hash)
  }
  let query = ''
  const question = rest.indexOf('?')
  if (question !== -1) {
    query = rest.slice(question + 1)
    rest = rest.slice(0, question)
  }
  return { scheme, authority, path: rest, query, fragment }
}

function straightenSlashes(rest: string): string {
  const end = rest.search(/[?#]/)
  return end === -1 ? rest.replaceAll('\\', '/') : rest.slice(0, end).replaceAll('\\', '/') + rest.slice(end)
}

function endOfAuthority(rest: string): number {
  for (let i = 2; i < rest.length; i++) {
    const code = rest.charCodeAt(i)
    if (code === 0x2f || code === 0x3f || code === 0x23) return i
  }
  return rest.length
}

/**
 * Puts the parts together again. It is not the inverse of splitting: empty parts are left out, and an empty authority is written
 * where the scheme has one (`http:/a` becomes `http:///a`, as in Python since 3.12.4).
 */
export function joinUrl(parts: UrlParts): string {
  const { scheme, authority, path, query, fragment } = parts
  let url = path
  if (authority !== '') url = `//${authority}${path === '' || path.startsWith('/') ? path : `/${path}`}`
  else if (path.startsWith('//') || (WITH_AUTHORITY.has(scheme) && (path === '' || path.startsWith('/')))) url = `//${path}`
  if (scheme !== '') url = `${scheme}:${url}`
  if (query !== '') url = `${url}?${query}`
  return fragment === '' ? url : `${url}#${fragment}`
}

/** The path before `;` of its last segment and the text after it, as `urlparse` takes them apart. */
export function splitParams(scheme: string, path: string): [path: string, params: string] {
  if (!WITH_PARAMS.has(scheme)) return [path, '']
  const semicolon = path.indexOf(';', path.lastIndexOf('/') + 1)
  return semicolon === -1 ? [path, ''] : [path.slice(0, semicolon), path.slice(semicolon + 1)]
}
