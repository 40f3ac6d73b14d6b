import { Headers } from '../../http/headers.ts'
import type { Request, RequestCookie } from '../../http/request.ts'
import { Response } from '../../http/response.ts'
import type { DownloaderContext, DownloaderMiddlewareSpec } from '../contract.ts'
import type { CookieJar } from '../cookie-jar.ts'
import { CookieJars } from '../cookie-jars.ts'
import { cookiePlace, readRequestCookie, readSetCookie, type StoredCookie } from '../stored-cookie.ts'
import { isHttp, shownUrl } from '../url-parts.ts'

/** Set-Cookie lines of one answer that are read, the last ones: more than a site's place in a jar. */
const MAX_LINES = 500
/** Warnings in all about single cookies and hosts. */
const MAX_WARNINGS = 20

/**
 * Keeps the cookies that sites set, and sends them back (RFC 6265), as browsers do: those of redirects, errors and robots.txt count as well. A
 * request's `cookies` go into the jar before it is sent; its `cookieJar` names the jar, and `dontMergeCookies` passes all this by. A Cookie header of
 * the request's own is left out otherwise, as in Scrapy: the jar decides.
 *
 * Jars belong to this worker process: several workers of a crawl, and the next run of it, do not share what sites set.
 *
 * Bounds: 4,096 bytes a cookie, 180 cookies a site and 20,000 a jar (the oldest go), 1,000 jars with names, 8,000 bytes a Cookie header. The log
 * tells names of cookies (at level debug), never values.
 */
export const cookies: DownloaderMiddlewareSpec = {
  name: 'cookies',
  order: 700,
  create(context) {
    if (!context.settings.cookies) return undefined
    const keeper = new CookieKeeper(context)
    return (request, next) => {
      if (request.options.dontMergeCookies === true || !isHttp(request.url)) return next(request)
      return next(keeper.send(request)).then((result) => {
        if (result instanceof Response && result.headers.has('set-cookie')) keeper.keep(request, result)
        return result
      })
    }
  },
}

class CookieKeeper {
  readonly #context: DownloaderContext
  readonly #jars: CookieJars
  readonly #said = new Set<string>()
  /** Headers that are known to have no cookie among them: most requests share theirs. */
  #bare = Headers.empty
  /** What was made last, since the next request is most often like it. */
  #given = Headers.empty
  #sent = ''
  #filled = Headers.empty

  constructor(context: DownloaderContext) {
    this.#context = context
    this.#jars = new CookieJars((name) =>
      this.#once(
        'jars',
        `Too many jars of cookies: the one used longest ago (${JSON.stringify(name.slice(0, 60))}) is dropped, and others will be`,
      ),
    )
  }

  /** The request with the cookies of its jar. */
  send(request: Request): Request {
    const { cookies: brought, cookieJar } = request.options
    let jar = this.#jars.find(cookieJar)
    if (brought !== undefined && brought.length > 0) {
      jar ??= this.#jars.get(cookieJar)
      this.#bring(brought, request, jar)
    }
    if (jar === undefined || jar.size === 0) return this.#without(request)
    const place = cookiePlace(request.url)
    const { value, left } = jar.header(place, this.#context.clock.now())
    if (left > 0) {
      this.#once(
        'header',
        `${shownUrl(request.url)}: ${left} cookies do not fit into a header that servers accept, and are not sent`,
        place.host,
      )
    }
    return value === '' ? this.#without(request) : this.#with(request, value)
  }

  /** Keeps the cookies of an answer. */
  keep(request: Request, response: Response): void {
    const { log, clock } = this.#context
    let lines = response.headers.getAll('set-cookie')
    if (lines.length > MAX_LINES) {
      this.#once(
        'lines',
        `${shownUrl(request.url)}: ${lines.length} cookies in one answer; the last ${MAX_LINES} of such are looked at`,
      )
      lines = lines.slice(-MAX_LINES)
    }
    const from = cookiePlace(request.url)
    const now = clock.now()
    const kept: StoredCookie[] = []
    for (const line of lines) {
      const cookie = readSetCookie(line, from, now)
      if (typeof cookie !== 'string') kept.push(cookie)
      else if (log.debugEnabled) log.debug(`${shownUrl(request.url)}: a cookie is refused: ${cookie}`)
    }
    if (kept.length === 0) return
    this.#store(kept, request, now)
    if (log.debugEnabled) log.debug(`Cookies from ${shownUrl(request.url)}: ${kept.map(({ name }) => name).join(', ')}`)
  }

  #bring(brought: readonly RequestCookie[], request: Request, jar: CookieJar): void {
    const place = cookiePlace(request.url)
    const kept: StoredCookie[] = []
    for (const given of brought) {
      const cookie = readRequestCookie(given, place)
      if (typeof cookie !== 'string') kept.push(cookie)
      else this.#once('refused', `${shownUrl(request.url)}: a cookie of the request is not sent: ${cookie}`, cookie)
    }
    if (kept.length > 0) this.#store(kept, request, this.#context.clock.now(), jar)
  }

  #store(kept: readonly StoredCookie[], request: Request, now: number, jar = this.#jars.get(request.options.cookieJar)): void {
    const before = jar.bytes
    for (const cookie of kept) jar.store(cookie, now)
    if (request.options.cookieJar !== undefined) this.#jars.grew(jar.bytes - before)
  }

  #without(request: Request): Request {
    const { headers } = request
    if (headers === this.#bare) return request
    if (!headers.has('cookie')) {
      this.#bare = headers
      return request
    }
    this.#ownHeader(request)
    return request.withHeaders(headers.with('Cookie', null))
  }

  #with(request: Request, value: string): Request {
    const { headers } = request
    if (headers !== this.#given || value !== this.#sent) {
      const own = headers !== this.#bare && headers.has('cookie')
      if (own) this.#ownHeader(request)
      const flat = own ? headers.with('Cookie', null).toFlat() : headers.toFlat()
      flat.push('Cookie', value)
      // not checked once more: no cookie with a control character comes into a jar
      this.#filled = Headers.fromRaw(flat)
      this.#given = headers
      this.#sent = value
    }
    const { log } = this.#context
    if (log.debugEnabled) {
      const names = value.split('; ').map((pair) => pair.slice(0, pair.indexOf('=')))
      log.debug(`Cookies to ${shownUrl(request.url)}: ${names.join(', ')}`)
    }
    return request.withHeaders(this.#filled)
  }

  #ownHeader(request: Request): void {
    this.#once(
      'own',
      `${shownUrl(request.url)}: the Cookie header of a request is left out, since cookies are kept in a jar. Expected its \`cookies\` to say them, or ` +
        '`dontMergeCookies: true` beside the header',
    )
  }

  /** Says something once; of a cookie or a host, only some. */
  #once(what: string, message: string, about = ''): void {
    const key = `${what} ${about}`
    if (this.#said.has(key) || (about !== '' && this.#said.size >= MAX_WARNINGS)) return
    this.#said.add(key)
    this.#context.log.warn(message)
  }
}
