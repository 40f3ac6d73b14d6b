import { DownloadError, IgnoreRequest } from '../errors.ts'
import { Request } from '../http/request.ts'
import type { Response } from '../http/response.ts'
import { slotDelay } from '../settings/slot-delay.ts'
import { hostOf } from '../url/host.ts'
import type { DownloaderContext } from './contract.ts'
import { MAX_ROBOTS_SIZE, RobotsTxt, sitemapsOf } from './robots-txt.ts'
import { shownUrl } from './url-parts.ts'

/** What an origin allows: what its robots.txt says, everything, or nothing. */
export type RobotsPolicy = RobotsTxt | 'all' | 'none'

/** Milliseconds that a robots.txt is believed (RFC 9309, 2.4). */
const LIFETIME = 24 * 3600_000
/** An origin that could not say anything is asked again after this, so that a short failure does not close it for a day. */
const UNREACHABLE_LIFETIME = 10 * 60_000
/** Redirects that are followed (RFC 9309, 2.3.1.2). */
const MAX_REDIRECTS = 5
/** Seconds for the fetch: pages wait for it. */
const TIMEOUT = 60
/** Bytes that are fetched. More than the 500 KiB that are read, since a larger file counts as far as it is read; but not any size. */
const MAX_FETCHED = 8 * 1024 * 1024
/** Bytes of memory that all files may take, about; those that were fetched longest ago go first. */
const MAX_MEMORY = 64 * 1024 * 1024
/** What an origin takes without its file, and what each byte of a file becomes as rules. */
const ORIGIN_COST = 500
const BYTE_COST = 6

interface Entry {
  policy: RobotsPolicy | undefined
  /** Milliseconds since the epoch. */
  expires: number
  /** Bytes of memory. */
  cost: number
  running: Promise<RobotsPolicy | number> | undefined
  /** What is to be asked for next, where the fetch takes several requests that are made one at a time. */
  next: Request | undefined
}

/**
 * The robots.txt of each origin: fetched once, however many requests wait for it, and kept for a day.
 *
 * 4xx and a redirect that leads nowhere: everything is allowed. 5xx, no answer, or a file of more than 8 MiB: nothing is, and it is asked
 * again after ten minutes. With `robotsErrors: 'scrapy'` the body of any status is read, and all is allowed where there is none.
 */
export class RobotsCache {
  readonly #context: DownloaderContext
  readonly #entries = new Map<string, Entry>()
  #cost = 0

  constructor(context: DownloaderContext) {
    this.#context = context
  }

  /** What is known of an origin; undefined: it is to be fetched. */
  get(origin: string): RobotsPolicy | undefined {
    const entry = this.#entries.get(origin)
    return entry !== undefined && entry.expires > this.#context.clock.now() ? entry.policy : undefined
  }

  /**
   * Asks an origin in the turn of the page `from`, which may be all that is asked in this turn: without `wholly` it is one request to the
   * network, and a number says that another one is needed, not before that time (milliseconds since the epoch). Whoever asks meanwhile gets
   * the same answer.
   */
  fetch(origin: string, from: Request, wholly: boolean): Promise<RobotsPolicy | number> {
    const entry: Entry = this.#entries.get(origin) ?? {
      policy: undefined,
      expires: 0,
      cost: 0,
      running: undefined,
      next: undefined,
    }
    if (entry.running !== undefined) return entry.running
    const notBefore = entry.next?.notBefore ?? 0
    if (!wholly && notBefore > this.#context.clock.now()) return Promise.resolve(notBefore)
    // behind all others: the first one is the oldest
    this.#entries.delete(origin)
    this.#entries.set(origin, entry)
    entry.running = this.#ask(entry, origin, from, wholly).finally(() => void (entry.running = undefined))
    return entry.running
  }

  async #ask(entry: Entry, origin: string, from: Request, wholly: boolean): Promise<RobotsPolicy | number> {
    const { stats, download, attempt, clock, slot } = this.#context
    if (entry.next === undefined) stats.inc('robotstxt/request_count')
    const request = entry.next ?? this.#request(origin, from)
    if (!wholly) this.#holdOther(origin, request)
    try {
      const result = await (wholly ? download : attempt)(request)
      if (result instanceof Request) {
        entry.next = result
        // a redirect still has the time of the try before it
        const notBefore = (result.notBefore ?? 0) > clock.now() ? result.notBefore! : 0
        if (notBefore > 0) slot(from, { blockedUntil: notBefore })
        return notBefore
      }
      return await this.#read(entry, origin, result)
    } catch (error) {
      return this.#failed(entry, origin, error)
    }
  }

  #request(origin: string, { options: { proxy, localAddress } }: Request): Request {
    return new Request(`${origin}/robots.txt`, {
      dontObeyRobotsTxt: true,
      dontFilter: true,
      allowOffsite: true,
      maxRedirects: MAX_REDIRECTS,
      maxSize: MAX_FETCHED,
      timeout: Math.min(TIMEOUT, this.#context.settings.downloadTimeout),
      // the way the page itself will take: a site need not be reachable by another
      ...(proxy === undefined ? undefined : { proxy }),
      ...(localAddress === undefined ? undefined : { localAddress }),
    })
  }

  /** A redirect to another host has no turn there: at least what comes after it keeps its distance. */
  #holdOther(origin: string, request: Request): void {
    const { settings, clock, slot, slotOf } = this.#context
    if (hostOf(request.url) === hostOf(origin)) return
    const delay = slotDelay(settings, slotOf(request))
    if (delay > 0) slot(request, { blockedUntil: clock.now() + delay })
  }

  async #read(entry: Entry, origin: string, { status, body }: Response): Promise<RobotsPolicy> {
    const { stats, settings, signals } = this.#context
    stats.inc('robotstxt/response_count')
    stats.counter('robotstxt/response_status_count').label(status).add()
    if (settings.robotsErrors === 'rfc9309' && (status < 200 || status >= 300)) {
      return status < 500 ? this.#keep(entry, 'all', LIFETIME) : this.#unreachable(entry, origin, `status ${status}`)
    }
    const robots = new RobotsTxt(body)
    if (signals.has('robotsParsed')) {
      await signals.emit('robotsParsed', {
        origin,
        sitemaps: sitemapsOf(body),
        allows: (url, userAgent) => robots.for(userAgent).allows(url),
        crawlDelay: (userAgent) => robots.for(userAgent).crawlDelay,
      })
    }
    return this.#keep(entry, robots, LIFETIME, body.length)
  }

  #failed(entry: Entry, origin: string, error: unknown): RobotsPolicy {
    // more redirects than are to be followed, or to what is no URL: as if there were no file
    if (error instanceof IgnoreRequest) return this.#keep(entry, 'all', LIFETIME)
    if (!(error instanceof DownloadError) || error.code === 'ERR_ABORTED') {
      // the end of the crawl, or a middleware that fails: no word of the site's
      this.#forget(origin, entry)
      throw error
    }
    this.#context.stats.counter('robotstxt/exception_count').label(error.code).add()
    return this.#unreachable(entry, origin, error.message)
  }

  #unreachable(entry: Entry, origin: string, why: string): RobotsPolicy {
    const { settings, log } = this.#context
    const all = settings.robotsErrors === 'scrapy'
    log.warn(
      `${shownUrl(origin)}: its robots.txt could not be read, so that ${all ? 'everything is allowed' : 'nothing is fetched'} there for ten minutes (${why})`,
      { origin },
    )
    return this.#keep(entry, all ? 'all' : 'none', UNREACHABLE_LIFETIME)
  }

  #keep(entry: Entry, policy: RobotsPolicy, lifetime: number, bytes = 0): RobotsPolicy {
    entry.policy = policy
    entry.expires = this.#context.clock.now() + lifetime
    entry.next = undefined
    this.#cost -= entry.cost
    entry.cost = ORIGIN_COST + Math.min(bytes, MAX_ROBOTS_SIZE) * BYTE_COST
    this.#cost += entry.cost
    this.#shrink(entry)
    return policy
  }

  /** Reads go by without noting their time: the oldest to be fetched goes first, and is fetched again where it is wanted. */
  #shrink(fresh: Entry): void {
    for (const [origin, entry] of this.#entries) {
      if (this.#cost <= MAX_MEMORY) return
      if (entry !== fresh && entry.running === undefined) this.#forget(origin, entry)
    }
  }

  #forget(origin: string, entry: Entry): void {
    if (this.#entries.get(origin) === entry) this.#entries.delete(origin)
    this.#cost -= entry.cost
    entry.cost = 0
  }
}
