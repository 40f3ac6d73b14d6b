import { createRequire } from 'node:module'
import type { RequestCookie } from '../http/request.ts'
import { hostOf } from '../url/host.ts'
import { RecentMap } from '../util/recent-map.ts'
import { endOfAuthority } from './url-parts.ts'

type ToughCookie = typeof import('tough-cookie')

let loaded: ToughCookie | undefined

/** It takes 20 ms to load, the list of public suffixes included: a crawl that meets no cookie goes without. */
function toughCookie(): ToughCookie {
  return (loaded ??= createRequire(import.meta.url)('tough-cookie') as ToughCookie)
}

/** Bytes of a cookie's name and value (RFC 6265, 6.1: at least so many are to be supported; browsers take no more). */
const MAX_COOKIE = 4096
/** Bytes of a Set-Cookie line that are looked at. */
const MAX_LINE = 8192

/** A cookie as it is kept. Text is Latin-1, which is what goes over the wire. */
export interface StoredCookie {
  readonly name: string
  readonly value: string
  /** Without a dot in front. */
  readonly domain: string
  /** For that host alone, and not for its subdomains. */
  readonly hostOnly: boolean
  readonly path: string
  readonly secure: boolean
  /** Milliseconds since the epoch; Infinity: as long as the crawl lasts. */
  readonly expires: number
}

/** What of a URL decides about its cookies. */
export interface CookiePlace {
  /** In lower case. */
  readonly host: string
  /** As it is written in the URL, `/` at least. */
  readonly path: string
  /** Over TLS. */
  readonly secure: boolean
}

/** The place that an http(s) URL is for its cookies. */
export function cookiePlace(url: string): CookiePlace {
  const start = endOfAuthority(url)
  let end = start
  for (; end < url.length; end++) {
    const c = url.charCodeAt(end)
    if (c === 0x3f || c === 0x23) break
  }
  return { host: hostOf(url), path: end === start ? '/' : url.slice(start, end), secure: url.startsWith('https:') }
}

/**
 * The cookie of a Set-Cookie header by RFC 6265, or why it is none: text without its value. A cookie for a public suffix (`com`, `co.uk`,
 * `github.io`) is refused, and so is a Secure one that came without TLS, from elsewhere than this machine, and one whose name promises what it is
 * not (`__Secure-`, `__Host-`). An expired one is one that takes its namesake away.
 *
 * @param line Latin-1, as it came
 */
export function readSetCookie(line: string, from: CookiePlace, now: number): StoredCookie | string {
  if (line.length > MAX_LINE) return `a line of ${line.length} bytes`
  const semicolon = line.indexOf(';')
  const pair = semicolon < 0 ? line : line.slice(0, semicolon)
  const equals = pair.indexOf('=')
  if (equals < 0) return 'no name'
  const name = trim(pair.slice(0, equals))
  const value = trim(pair.slice(equals + 1))
  // name and value are read here: the library's trim() takes the second byte of an `à` in UTF-8 for white space
  const read = semicolon < 0 ? undefined : toughCookie().Cookie.parse(`n=${line.slice(semicolon)}`)
  // a dot was taken away already
  if (read?.domain?.startsWith('.') === true) return `${shown(name)} is for .${shown(read.domain)}`
  const secure = read?.secure === true
  if (secure && !from.secure && !isThisMachine(from.host)) return `${shown(name)} is Secure, and came without TLS`
  const cookie = place({ name, value, domain: read?.domain, path: read?.path, secure, expires: expiryOf(read, now) }, from)
  if (typeof cookie === 'string') return cookie
  const promised = name.startsWith('__Host-') ? cookie.hostOnly && read?.path === '/' : true
  if (!promised || (!secure && (name.startsWith('__Secure-') || name.startsWith('__Host-'))))
    return `${shown(name)} has a name for cookies that are more than it`
  return cookie
}

/**
 * A cookie that a request brings, as it is kept, or why it cannot be: text without its value. Where it says nothing else it is for the host and the folder of the request's
 * URL, and Secure when that is https, as Scrapy has it.
 */
export function readRequestCookie(cookie: RequestCookie, from: CookiePlace): StoredCookie | string {
  const { domain, path, secure = from.secure } = cookie
  const name = latin1(trim(cookie.name))
  return place({ name, value: latin1(trim(cookie.value)), domain, path, secure, expires: Number.POSITIVE_INFINITY }, from)
}

/** Whether a cookie goes with a request to this place; whether it has expired is another matter. */
export function belongsTo(cookie: StoredCookie, { host, path, secure }: CookiePlace): boolean {
  if (cookie.secure && !secure) return false
  if (cookie.domain !== host && (cookie.hostOnly || !host.endsWith(`.${cookie.domain}`))) return false
  const own = cookie.path
  if (own === '/' || own === path) return true
  return path.startsWith(own) && (own.endsWith('/') || path.charCodeAt(own.length) === 0x2f)
}

/**
 * The registrable domain of a host, which all of its cookies are kept under; the host itself where there is none. Other than in `domainOf`,
 * private suffixes count: the sites of `github.io` have nothing to do with each other.
 */
export function cookieSite(host: string): string {
  let site = sites.get(host)
  if (site === undefined) sites.set(host, (site = registrable(host) ?? host))
  return site
}

/** It takes a microsecond to find one, and the next page is most often on the same. */
const sites = new RecentMap<string, string>(4096)

interface GivenCookie {
  readonly name: string
  readonly value: string
  readonly domain: string | null | undefined
  readonly path: string | null | undefined
  readonly secure: boolean
  readonly expires: number
}

/** RFC 6265, 5.3: what it is for, and whether it may be. */
function place({ name, value, domain, path, secure, expires }: GivenCookie, from: CookiePlace): StoredCookie | string {
  if (name === '') return 'no name'
  if (/[\0-\x1f\x7f]/.test(name) || /[\0-\x1f\x7f]/.test(value)) return 'control characters in it'
  if (name.length + value.length > MAX_COOKIE) return `${shown(name)} has ${name.length + value.length} bytes, of ${MAX_COOKIE}`
  const wanted = domain ? canonical(domain) : from.host
  let hostOnly = !domain
  if (!hostOnly) {
    // what ends in a number is an address (WHATWG URL, 3.5), and has no subdomains
    if (wanted === from.host && (isAddress(wanted) || registrable(wanted) === undefined)) hostOnly = true
    else if (wanted !== from.host && (isAddress(from.host) || !from.host.endsWith(`.${wanted}`)))
      return `${shown(name)} is for ${shown(wanted)}`
    else if (registrable(wanted) === undefined) return `${shown(name)} is for all of ${shown(wanted)}`
  }
  return { name, value, domain: wanted, hostOnly, path: path?.startsWith('/') ? path : folderOf(from.path), secure, expires }
}

function expiryOf(read: InstanceType<ToughCookie['Cookie']> | undefined, now: number): number {
  if (typeof read?.maxAge === 'number') return read.maxAge <= 0 ? Number.NEGATIVE_INFINITY : now + read.maxAge * 1000
  return read?.expires instanceof Date ? read.expires.getTime() : Number.POSITIVE_INFINITY
}

function registrable(host: string): string | undefined {
  return isAddress(host)
    ? undefined
    : toughCookie().getPublicSuffix(host, { allowSpecialUseDomain: true, ignoreError: true }) || undefined
}

/** '' for what is no domain. */
function canonical(domain: string): string {
  try {
    return toughCookie().canonicalDomain(domain) ?? ''
  } catch {
    return ''
  }
}

/** The path of the URL up to its last slash (RFC 6265, 5.1.4). */
function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

function isAddress(host: string): boolean {
  return host.includes(':') || /(?:^|\.)(?:\d+|0x[\da-f]*)\.?$/.test(host)
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

/** Spaces and tabs, and no other white space: a byte of UTF-8 may look like it. */
function trim(text: string): string {
  return text.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '')
}

/** As the bytes of its UTF-8. */
function latin1(text: string): string {
  return /[^\0-\x7f]/.test(text) ? Buffer.from(text).toString('latin1') : text
}

function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
