import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { Clock } from '../util/clock.ts'

/**
 * What a fake site answers. At most one of `html`, `json`, `text`, `bytes`, `stream` and `raw`; none of them: an empty body.
 *
 * @example
 * { status: 302, headers: { location: '/new' } }
 */
export interface SiteAnswer {
  /** @default 200 */
  readonly status?: number
  /** Win over those that the body brings: its type and its length. */
  readonly headers?: Readonly<Record<string, string | number | readonly string[]>>
  /** As `text/html; charset=utf-8`. */
  readonly html?: string
  /** Anything that JSON can say, as `application/json`. */
  readonly json?: unknown
  /** As `text/plain; charset=utf-8`. */
  readonly text?: string
  /** As `application/octet-stream`. */
  readonly bytes?: Uint8Array
  /**
   * Sent piece by piece, in chunks, without a length. One that throws breaks the connection. As `application/octet-stream`. Faults that change a
   * body pass it by.
   */
  readonly stream?: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>
  /** Answers by hand, where nothing of the above will do; `response.socket` is the connection. Faults that change a body pass it by. */
  readonly raw?: (response: ServerResponse) => void
}

/** What a page of a fake site may be: HTML as a string, or an answer. */
export type SitePage = string | SiteAnswer

/** What a function of a fake site may give; undefined is 404. One that throws is answered with 500, its message as the body. */
export type SiteReply = SitePage | undefined | Promise<SitePage | undefined>

/** Answers one request. */
export type SiteHandler = (request: SiteRequest) => SiteReply

/**
 * The pages of a fake site by path: `/about` and `/list?page=2` as they are, `/book/:id` with a name for a segment, `/files/*` with all
 * that follows (`params['*']`). A method may stand before it: `POST /search`. What is written out with its query wins, then what is written out,
 * then the first pattern; each time what names the method before what does not.
 */
export type SiteRoutes = Readonly<Record<string, SitePage | SiteHandler>>

/** One request, as a fake site sees it. */
export interface SiteRequest {
  readonly method: string
  /** Path and query, as they were sent. */
  readonly url: string
  /** The path, as it was sent. */
  readonly path: string
  readonly query: URLSearchParams
  /** What `:name` and `*` of the route stand for, percent-decoded. */
  readonly params: Readonly<Record<string, string>>
  /** With names in lower case. */
  readonly headers: IncomingHttpHeaders
  readonly cookies: Readonly<Record<string, string>>
  /** Empty for GET and HEAD. */
  readonly body: Buffer
  /** Who asks: the address, or what {@link FakeSiteOptions.clientHeader} says. */
  readonly client: string
  /** How often this method and URL was answered, this time included: 1 at first. What the limits turned away is not counted. */
  readonly attempt: number
}

/** Milliseconds that are drawn anew for each answer, with many short ones and few long ones. */
export interface LogNormalLatency {
  /** Half of the answers take longer. */
  readonly median: number
  /** How widely they differ: with 0.5 one in 40 takes 2.7 times the median, with 1 one takes 7 times. @default 0.5 */
  readonly sigma?: number
  /** None takes longer. @default 20 times the median */
  readonly max?: number
}

/** Requests that a fake site lets through. Those beyond get 429 with Retry-After, in whole seconds, and count for no limit. */
export interface RateLimit {
  readonly requests: number
  /** Seconds. @default 1 */
  readonly per?: number
  /** Each client has a limit of its own, or all have one together. @default 'client' */
  readonly by?: 'client' | 'all'
  /**
   * `sliding-window`: in no window of `per` seconds are more let through. `token-bucket`: `requests` at once, and then one each
   * `per / requests` seconds. @default 'sliding-window'
   */
  readonly kind?: 'sliding-window' | 'token-bucket'
}

/** Requests that a fake site answers at once. Those beyond get 503 with `Retry-After: 1`. */
export interface ConcurrencyLimit {
  readonly requests: number
  /** @default 'client' */
  readonly by?: 'client' | 'all'
}

/** When a fault happens. It follows from the seed, the URL and the attempt, so that a second run meets the same faults. */
export interface FaultChance {
  /** Between 0 and 1. */
  readonly probability: number
  /** Requests whose path and query it does not match are spared. @default all */
  readonly only?: RegExp
  /** Only the first so many attempts at a URL are hit, so that whoever comes again gets through. @default 2; for a captcha no end */
  readonly attempts?: number
}

/**
 * What may go wrong with an answer:
 *
 * `status` another status, 503 by default, drawn from `statuses` · `reset` the connection is reset before the answer ·
 * `truncated-body` it breaks off after half of the body that was announced · `truncated-json` half of the body is sent as if it were all ·
 * `slow-body` the body takes `seconds` (5) from its first byte to its last, in ten pieces · `captcha` 302 to `page` (`/captcha`) for whoever does not
 * send the cookie `cookie` (`captcha=solved`); that page sets it.
 */
export type Fault = FaultChance &
  (
    | { readonly kind: 'status'; readonly statuses?: readonly number[] }
    | { readonly kind: 'reset' | 'truncated-body' | 'truncated-json' }
    | { readonly kind: 'slow-body'; readonly seconds?: number }
    | { readonly kind: 'captcha'; readonly page?: string; readonly cookie?: string }
  )

/** How a fake site behaves. */
export interface FakeSiteOptions {
  /** @default '127.0.0.1' */
  readonly host?: string
  /** @default 0, a free one */
  readonly port?: number
  /** What chance depends on: faults and latencies are the same in each run with the same seed. @default 0 */
  readonly seed?: number
  /** The header that tells clients apart (`authorization`, `user-agent`, one of your own); who sends none is told by the address. @default the address */
  readonly clientHeader?: string
  /** Milliseconds from the request to the answer. @default 0 */
  readonly latency?: number | LogNormalLatency | ((request: SiteRequest) => number)
  /** All of them hold. @default none */
  readonly rateLimits?: readonly RateLimit[]
  /** All of them hold. @default none */
  readonly concurrencyLimits?: readonly ConcurrencyLimit[]
  /** Tried in this order; the first that happens is the only one. @default none */
  readonly faults?: readonly Fault[]
  /** The page of an error that the site makes itself: a limit, a fault, a path without a route, a function that threw. @default a line of HTML */
  readonly errorPage?: (status: number, message: string) => SitePage
  /** Requests kept in the log; older ones are forgotten. @default 10000 */
  readonly logSize?: number
  /** URLs whose hits and attempts are counted; when there are more, the half that came first is forgotten. @default 1000000 */
  readonly countedUrls?: number
  /** `/__log`, `/__stats` and `/__reset`, for other processes. @default true */
  readonly control?: boolean
  /** Where time comes from, for tests of what depends on it. @default the machine's, in fractions of a millisecond */
  readonly clock?: Clock
}

/** One line of the log. */
export interface SiteVisit {
  /** When it came, in milliseconds since the epoch. */
  readonly time: number
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly client: string
  /** Of the answer; 0 while there is none, and for a connection that was reset or left. */
  readonly status: number
  /** As {@link SiteRequest.attempt}; 0 for what a limit turned away. */
  readonly attempt: number
  /** What was done to it. */
  readonly fault?: Fault['kind'] | 'rate-limit' | 'concurrency-limit'
}

/** How hard somebody came. */
export interface SiteLoad {
  readonly requests: number
  /** Being answered now. */
  readonly open: number
  /** Being answered at once, at most. */
  readonly peakConcurrency: number
  /** In any window of one second, at most; those that were turned away included. */
  readonly peakRate: number
}

/** What a fake site counted since it was opened or reset. */
export interface SiteStats extends SiteLoad {
  /** By status; 0 is a connection that was reset or left without an answer. */
  readonly statuses: Readonly<Record<string, number>>
  /** By kind; `rate-limit` and `concurrency-limit` among them. */
  readonly faults: Readonly<Record<string, number>>
  /** By client, of at least the 5,000 that came last. */
  readonly clients: Readonly<Record<string, SiteLoad>>
  /** URLs asked for, as far as they are counted. */
  readonly urls: number
}

/** A fake site that is open. */
export interface FakeSite extends AsyncDisposable {
  /** `http://127.0.0.1:port`, without a slash at its end. */
  readonly url: string
  readonly port: number
  /** The requests of the log, the oldest first: a copy. */
  log(): SiteVisit[]
  /** How often each URL (path and query) was asked for, those that were turned away included: a copy. */
  hits(): Record<string, number>
  stats(): SiteStats
  /** Resolves when that many requests have come since the site was opened or reset. */
  reached(requests: number): Promise<void>
  /** Forgets all that was asked: log, counts, attempts and limits. What is being answered goes on. */
  reset(): void
  /** Ends all connections. When it resolves, nothing of the site is left in the process. */
  close(): Promise<void>
}
