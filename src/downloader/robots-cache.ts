import { DownloadError, IgnoreRequest } from '../errors.ts'
import { Request } from '../http/request.ts'
import { Response } from '../http/response.ts'
import type { DownloaderContext } from './contract.ts'
import { RobotsTxt } from './robots-txt.ts'
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
/** Origins, and bytes of all their files, that are kept; those not asked for longest go first. */
const MAX_ORIGINS = 2000
const MAX_BYTES = 32 * 1024 * 1024

interface Entry {
  policy: RobotsPolicy | Promise<RobotsPolicy>
  /** Milliseconds since the epoch. */
  expires: number
  bytes: number
}

/**
 * The robots.txt of each origin: fetched once, however many requests wait for it, and kept for a day.
 *
 * 4xx and a redirect that leads nowhere: everything is allowed. 5xx, no answer, or a file of more than 8 MiB: nothing is, and it is asked
 * again after ten minutes. (Scrapy reads the body of any status, and allows all when there is no answer.)
 */
export class RobotsCache {
  readonly #context: DownloaderContext
  readonly #entries = new Map<string, Entry>()
  #bytes = 0

  constructor(context: DownloaderContext) {
    this.#context = context
  }

  /** A promise only while the file is being fetched. */
  get(origin: string): RobotsPolicy | Promise<RobotsPolicy> {
    const entry = this.#entries.get(origin)
    if (entry === undefined) return this.#load(origin)
    if (entry.expires > this.#context.clock.now() || entry.policy instanceof Promise) return entry.policy
    this.#forget(origin, entry)
    return this.#load(origin)
  }

  #load(origin: string): Promise<RobotsPolicy> {
    const entry: Entry = { policy: 'none', expires: 0, bytes: 0 }
    const loading = this.#fetch(origin).then(
      ([policy, lifetime, bytes]) => {
        entry.policy = policy
        entry.expires = this.#context.clock.now() + lifetime
        entry.bytes = bytes
        this.#bytes += bytes
        this.#shrink(entry)
        return policy
      },
      (error: unknown) => {
        this.#entries.delete(origin)
        throw error
      },
    )
    entry.policy = loading
    this.#entries.set(origin, entry)
    return loading
  }

  async #fetch(origin: string): Promise<[policy: RobotsPolicy, lifetime: number, bytes: number]> {
    const { stats, settings, log, download } = this.#context
    stats.inc('robotstxt/request_count')
    let why: string
    try {
      const response = await download(
        new Request(`${origin}/robots.txt`, {
          dontObeyRobotsTxt: true,
          dontFilter: true,
          allowOffsite: true,
          maxRedirects: MAX_REDIRECTS,
          maxSize: MAX_FETCHED,
          timeout: Math.min(TIMEOUT, settings.downloadTimeout),
        }),
      )
      if (!(response instanceof Response)) throw new TypeError(`expected a response, got ${response}`)
      const { status, body } = response
      stats.inc('robotstxt/response_count')
      stats.counter('robotstxt/response_status_count').label(status).add()
      if (status >= 200 && status < 300) return [new RobotsTxt(body), LIFETIME, body.length]
      if (status < 500) return ['all', LIFETIME, 0]
      why = `status ${status}`
    } catch (error) {
      // more redirects than are to be followed: as if there were no file
      if (error instanceof IgnoreRequest) return ['all', LIFETIME, 0]
      // the end of the crawl, or a middleware that fails: no word of the site's
      if (!(error instanceof DownloadError) || error.code === 'ERR_ABORTED') throw error
      stats.counter('robotstxt/exception_count').label(error.code).add()
      why = error.message
    }
    log.warn(`${shownUrl(origin)}: its robots.txt could not be read, so that nothing is fetched there for ten minutes (${why})`, {
      origin,
    })
    return ['none', UNREACHABLE_LIFETIME, 0]
  }

  /** Reads go by without noting their time: the oldest to be fetched goes first, and is fetched again where it is wanted. */
  #shrink(fresh: Entry): void {
    for (const [origin, entry] of this.#entries) {
      if (this.#entries.size <= MAX_ORIGINS && this.#bytes <= MAX_BYTES) return
      if (entry !== fresh && !(entry.policy instanceof Promise)) this.#forget(origin, entry)
    }
  }

  #forget(origin: string, entry: Entry): void {
    this.#entries.delete(origin)
    this.#bytes -= entry.bytes
  }
}
