import { type ReferrerPolicy, referrerPolicies } from '../settings/polite-settings.ts'

/** The names a Referrer-Policy header may have. Scrapy's own is among them, as it is in Scrapy. */
const POLICIES: ReadonlySet<string> = new Set(referrerPolicies)

/** Pages of these schemes have no address that means anything elsewhere (Fetch, "local scheme", and `filesystem:` as Scrapy has it). */
const LOCAL: ReadonlySet<string> = new Set(['about', 'blob', 'data', 'filesystem'])
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443', ftp: '21', ws: '80', wss: '443' }
/** Characters of a full URL beyond which only its origin is told (Referrer Policy, 8.3). */
const MAX_LENGTH = 4096

/** A page as a Referer header may name it; `undefined` where it has no name. */
export interface Referrer {
  /** Without user, password, fragment and default port. */
  readonly full: string | undefined
  /** `https://example.com/` */
  readonly origin: string | undefined
  /** Whether it came over TLS. */
  readonly secure: boolean
  /** Whether it is of a scheme that Scrapy's default keeps to itself. */
  readonly hushed: boolean
}

/** What a page can be called in a Referer header. Made once for all links of a page. */
export function referrerOf(url: string): Referrer {
  const scheme = schemeOf(url)
  const secure = scheme === 'https' || scheme === 'ftps'
  const hushed = scheme === 'file' || scheme === 's3'
  const start = scheme.length + 1
  if (scheme === '' || LOCAL.has(scheme) || !url.startsWith('//', start)) {
    return { full: undefined, origin: undefined, secure, hushed }
  }
  const authorityEnd = endOfAuthority(url, start + 2)
  const found = url.indexOf('#', authorityEnd)
  const hash = found < 0 ? url.length : found
  // an empty query is none
  const end = url[hash - 1] === '?' && url.indexOf('?') === hash - 1 ? hash - 1 : hash
  const host = `${scheme}://${hostAndPort(url.slice(start + 2, authorityEnd), scheme)}`
  const origin = onTheWire(`${host}/`)
  const full = onTheWire(host + url.slice(authorityEnd, end))
  return { full: full !== undefined && full.length > MAX_LENGTH ? origin : full, origin, secure, hushed }
}

/**
 * The value of the Referer header of a request for `to` that page `from` led to, by one of the policies of W3C's Referrer Policy; `undefined`:
 * none. Characters outside ASCII are their UTF-8 bytes, as headers have them.
 *
 * As Scrapy: `https` and `ftps` count as secure, and nothing else does (not `http://localhost/`).
 *
 * @example
 * refererFor('strict-origin-when-cross-origin', 'https://a.example/list?page=2#top', 'https://b.example/') // 'https://a.example/'
 */
export function refererFor(policy: ReferrerPolicy, from: string | Referrer, to: string): string | undefined {
  const referrer = typeof from === 'string' ? referrerOf(from) : from
  switch (policy) {
    case 'scrapy-default':
      return referrer.hushed || isDowngrade(referrer, to) ? undefined : referrer.full
    case 'no-referrer':
      return undefined
    case 'no-referrer-when-downgrade':
      return isDowngrade(referrer, to) ? undefined : referrer.full
    case 'same-origin':
      return isSameOrigin(referrer, to) ? referrer.full : undefined
    case 'origin':
      return referrer.origin
    case 'strict-origin':
      return isDowngrade(referrer, to) ? undefined : referrer.origin
    case 'origin-when-cross-origin':
      return isSameOrigin(referrer, to) ? referrer.full : referrer.origin
    case 'strict-origin-when-cross-origin':
      if (isSameOrigin(referrer, to)) return referrer.full
      return isDowngrade(referrer, to) ? undefined : referrer.origin
    case 'unsafe-url':
      return referrer.full
  }
}

/**
 * The policy that Referrer-Policy headers name: the last name that is known, in any case; `undefined` where none is (an empty header says
 * nothing). Pages name several, so that each browser takes the newest it knows.
 *
 * @example
 * parseReferrerPolicy(['no-referrer, strict-origin, brand-new']) // 'strict-origin'
 */
export function parseReferrerPolicy(headers: readonly string[]): ReferrerPolicy | undefined {
  if (headers.length === 0) return undefined
  const names = headers.join(',').toLowerCase().split(',')
  for (let i = names.length - 1; i >= 0; i--) {
    const name = names[i]!.trim()
    if (POLICIES.has(name)) return name as ReferrerPolicy
  }
  return undefined
}

function isDowngrade({ secure }: Referrer, to: string): boolean {
  return secure && !to.startsWith('https:') && !to.startsWith('ftps:')
}

function isSameOrigin({ origin }: Referrer, to: string): boolean {
  if (origin === undefined) return false
  // nearly every link of a page
  return to.startsWith(origin) || referrerOf(to).origin?.toLowerCase() === origin.toLowerCase()
}

function schemeOf(url: string): string {
  const colon = url.indexOf(':')
  return colon < 0 ? '' : url.slice(0, colon).toLowerCase()
}

function endOfAuthority(url: string, from: number): number {
  for (let i = from; i < url.length; i++) {
    const c = url.charCodeAt(i)
    if (c === 0x2f || c === 0x3f || c === 0x23) return i
  }
  return url.length
}

function hostAndPort(authority: string, scheme: string): string {
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  const port = DEFAULT_PORTS[scheme]
  return port !== undefined && host.endsWith(`:${port}`) ? host.slice(0, -port.length - 1) : host
}

/** A URL that no request could have can only come from a handler or a middleware of the user's; it is not told. */
function onTheWire(url: string): string | undefined {
  if (/^[!-~]*$/.test(url)) return url
  if (/[\0-\x20\x7f]/.test(url)) return undefined
  return Buffer.from(url).toString('latin1')
}
