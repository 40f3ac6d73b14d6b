import { belongsTo, type CookiePlace, cookieSite, type StoredCookie } from './stored-cookie.ts'

/** Cookies of a site, that is of a registrable domain; beyond these the one that was set longest ago goes. Chrome keeps as many. */
const MAX_PER_SITE = 180
/** Cookies of a jar, and bytes of them; beyond these the site goes that was not asked for the longest. */
const MAX_COOKIES = 20_000
const MAX_BYTES = 8 * 1024 * 1024
/** Bytes of a Cookie header: nginx and Apache refuse lines of 8 KiB, Node heads of 16 KiB. */
const MAX_HEADER = 8000
/** Places of a site whose header is remembered. */
const MAX_HEADERS = 32

/**
 * Cookies as they are kept and sent (RFC 6265). Bounded: 180 cookies a site, and 20,000 or 8 MiB in all.
 *
 * The header of a place is remembered as long as no cookie of its site changes, since most sites set theirs once.
 */
export class CookieJar {
  /** The one that was asked for the longest ago comes first. */
  readonly #sites = new Map<string, Site>()
  #newest: Site | undefined
  #count = 0
  #bytes = 0

  /** How many cookies there are. */
  get size(): number {
    return this.#count
  }

  /** Bytes of all cookies. */
  get bytes(): number {
    return this.#bytes
  }

  /** Keeps a cookie in place of its namesake for the same domain and path. An expired one only takes that away. */
  store(cookie: StoredCookie, now: number): void {
    const name = cookieSite(cookie.domain)
    let site = this.#touch(name)
    if (site === undefined) {
      if (cookie.expires <= now) return
      site = new Site(name)
      this.#sites.set(name, site)
      this.#newest = site
    }
    const kept = site
    this.#account(kept, () => kept.store(cookie, now))
    while (this.#count > MAX_COOKIES || this.#bytes > MAX_BYTES) {
      const [oldest] = this.#sites.values()
      if (oldest === undefined || oldest === site) break
      this.#sites.delete(oldest.name)
      this.#count -= oldest.cookies.size
      this.#bytes -= oldest.bytes
    }
  }

  /** The Cookie header for a place; its value is '' where there is none to send. */
  header(at: CookiePlace, now: number): CookieHeader {
    if (this.#count === 0) return NO_COOKIES
    const site = this.#touch(cookieSite(at.host))
    if (site === undefined) return NO_COOKIES
    return site.remembered(at, now) ?? this.#account(site, () => site.compose(at, now))
  }

  /** Counts what something does to the cookies of a site; one that has none left is forgotten. */
  #account<T>(site: Site, change: () => T): T {
    this.#count -= site.cookies.size
    this.#bytes -= site.bytes
    const result = change()
    this.#count += site.cookies.size
    this.#bytes += site.bytes
    if (site.cookies.size === 0) {
      this.#sites.delete(site.name)
      this.#newest = undefined
    }
    return result
  }

  #touch(name: string): Site | undefined {
    if (this.#newest?.name === name) return this.#newest
    const site = this.#sites.get(name)
    if (site === undefined) return undefined
    this.#sites.delete(name)
    this.#sites.set(name, site)
    return (this.#newest = site)
  }
}

/** What is sent to a place. */
export interface CookieHeader {
  readonly value: string
  /** When the first of its cookies expires. */
  readonly until: number
  /** Cookies that found no place in it. */
  readonly left: number
}

const NO_COOKIES: CookieHeader = Object.freeze({ value: '', until: Number.POSITIVE_INFINITY, left: 0 })

/** The cookies of a registrable domain and all hosts below it. */
class Site {
  readonly name: string
  /** In the order in which they were made; one that is set again keeps its place. */
  readonly cookies = new Map<string, StoredCookie>()
  bytes = 0
  /** When each was set last, in counts of this site's own. */
  readonly #setAt = new Map<string, number>()
  #sets = 0
  readonly #headers = new Map<string, CookieHeader>()
  /** Some are not for the whole of their host. */
  #paths = false

  constructor(name: string) {
    this.name = name
  }

  store(cookie: StoredCookie, now: number): void {
    const key = `${cookie.domain}\n${cookie.path}\n${cookie.name}`
    const before = this.cookies.get(key)
    if (cookie.expires <= now) {
      if (before !== undefined) this.#remove(key, before)
      return
    }
    this.#setAt.set(key, ++this.#sets)
    if (before !== undefined && same(before, cookie)) return
    this.#headers.clear()
    if (cookie.path !== '/') this.#paths = true
    this.bytes += sizeOf(cookie) - (before === undefined ? 0 : sizeOf(before))
    this.cookies.set(key, cookie)
    if (this.cookies.size > MAX_PER_SITE) this.#makeRoom(now)
  }

  /** The header for a place, if it was made before and still holds. */
  remembered(at: CookiePlace, now: number): CookieHeader | undefined {
    const known = this.#headers.get(keyOf(at))
    return known !== undefined && known.until > now ? known : undefined
  }

  compose(at: CookiePlace, now: number): CookieHeader {
    const sent: StoredCookie[] = []
    for (const [key, cookie] of this.cookies) {
      if (cookie.expires <= now) this.#remove(key, cookie)
      else if (belongsTo(cookie, at)) sent.push(cookie)
    }
    if (sent.length > 1) sent.sort(order)
    let value = ''
    let until = Number.POSITIVE_INFINITY
    let left = 0
    for (const cookie of sent) {
      const pair = `${cookie.name}=${cookie.value}`
      if (value.length + 2 + pair.length > MAX_HEADER) {
        left++
        continue
      }
      value = value === '' ? pair : `${value}; ${pair}`
      if (cookie.expires < until) until = cookie.expires
    }
    const header = value === '' && left === 0 ? NO_COOKIES : { value, until, left }
    // with paths among them each folder has a header of its own
    if (!this.#paths) {
      if (this.#headers.size >= MAX_HEADERS) this.#headers.clear()
      this.#headers.set(keyOf(at), header)
    }
    return header
  }

  #makeRoom(now: number): void {
    let oldest: [key: string, cookie: StoredCookie] | undefined
    let oldestAt = Number.POSITIVE_INFINITY
    for (const entry of this.cookies) {
      const setAt = entry[1].expires <= now ? Number.NEGATIVE_INFINITY : this.#setAt.get(entry[0])!
      if (setAt >= oldestAt) continue
      oldest = entry
      oldestAt = setAt
    }
    if (oldest !== undefined) this.#remove(oldest[0], oldest[1])
  }

  #remove(key: string, cookie: StoredCookie): void {
    this.cookies.delete(key)
    this.#setAt.delete(key)
    this.bytes -= sizeOf(cookie)
    this.#headers.clear()
    if (this.cookies.size === 0) this.#paths = false
  }
}

function keyOf({ host, secure }: CookiePlace): string {
  return secure ? host : `:${host}`
}

/**
 * Longer paths first, then the older ones (RFC 6265, 5.4). Of two with paths alike those of the longer domain go first, the host's own before those
 * for its subdomains as well: the standard says nothing that servers may rely on, and Scrapy sends them so.
 */
function order(a: StoredCookie, b: StoredCookie): number {
  return b.path.length - a.path.length || Number(b.hostOnly) - Number(a.hostOnly) || b.domain.length - a.domain.length
}

function same(a: StoredCookie, b: StoredCookie): boolean {
  return a.value === b.value && a.expires === b.expires && a.secure === b.secure && a.hostOnly === b.hostOnly
}

function sizeOf({ name, value, domain, path }: StoredCookie): number {
  return name.length + value.length + domain.length + path.length
}
