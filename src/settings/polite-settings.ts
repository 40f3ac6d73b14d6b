import { VERSION } from '../version.ts'

/** Who asks, and how politely. */
export interface PoliteSettings {
  // --- who asks

  /** The User-Agent header. Name a contact, so that a site's owner can reach you instead of blocking you. @default `skein/VERSION` */
  readonly userAgent: string
  /** Headers of every request that does not set them itself; `null` takes a built-in one away. @default Accept and Accept-Language */
  readonly defaultHeaders: Readonly<Record<string, string | null>>
  /** Send a Referer header with requests that were found on a page. It makes each of them 20 to 70 bytes longer in the queue. @default true */
  readonly referer: boolean
  /** How much of a page's URL the Referer header tells, and to whom; a page's own policy and a request's `referrerPolicy` win. @default 'scrapy-default' */
  readonly referrerPolicy: ReferrerPolicy
  /** Keep the cookies that sites set, in a jar of this worker's, and send them back (RFC 6265). @default true */
  readonly cookies: boolean
  /**
   * Names and passwords for Basic authentication by host, subdomains included: `{ 'intranet.example.com': { user: 'me', password: '…' } }`; `host:8080`
   * is for that port only. @default {}
   */
  readonly httpAuth: Readonly<Record<string, Credentials>>

  // --- politeness

  /** Obey robots.txt (RFC 9309). @default true */
  readonly obeyRobotsTxt: boolean
  /** The name that robots.txt is asked for, where it differs from `userAgent`. @default '' (the User-Agent of the request) */
  readonly robotsUserAgent: string
  /** Pages in flight in all. @default 16 */
  readonly concurrency: number
  /** Pages in flight per slot. @default 8 */
  readonly concurrencyPerSlot: number
  /** Seconds between the starts of two requests to a slot. @default 0 */
  readonly delay: number
  /** Draw each delay between 0.5 and 1.5 times `delay`. @default true */
  readonly randomizeDelay: boolean
  /** What makes a slot: the host of the URL, or its registrable domain. @default 'host' */
  readonly slotBy: 'host' | 'domain'
  /** Slots that are treated otherwise, by name: `{ 'api.example.com': { delay: 2, concurrency: 1 } }`. @default {} */
  readonly slots: Readonly<Record<string, SlotSettings>>
  /** Let Crawl-delay in robots.txt be the delay of its slot where it is longer, up to a minute. @default true */
  readonly obeyCrawlDelay: boolean
  /**
   * What an origin allows whose robots.txt cannot be had. `rfc9309`: all after 4xx, nothing after 5xx and where there is no answer. `scrapy`: what the
   * body of any status says, and all where there is no answer. @default 'rfc9309'
   */
  readonly robotsErrors: 'rfc9309' | 'scrapy'
  /** Leave a slot alone for as long as Retry-After of a 429 or 503 asks, up to an hour. @default true */
  readonly obeyRetryAfter: boolean
  /**
   * Halve the requests in flight at a slot with each download that fails, and allow one more with every four in a row that
   * succeed: a host that is down or slow to
   * answer must not hold the places of the others. What a failure is say `retryErrors` and `retryStatuses`. @default true
   */
  readonly easeOff: boolean
  /** Adapt the delay of each slot to how fast it answers, as Scrapy's AutoThrottle does. @default false */
  readonly autoThrottle: boolean
  /** Seconds of delay a slot begins with. @default 5 */
  readonly autoThrottleStartDelay: number
  /** Seconds of delay at most. @default 60 */
  readonly autoThrottleMaxDelay: number
  /** Requests that are to be under way at a slot, on the average. @default 1 */
  readonly autoThrottleTargetConcurrency: number
}

/** The policies of W3C's Referrer Policy, and Scrapy's default, which is `no-referrer-when-downgrade` for pages of the web only. */
export const referrerPolicies = [
  'scrapy-default',
  'no-referrer',
  'no-referrer-when-downgrade',
  'same-origin',
  'origin',
  'strict-origin',
  'origin-when-cross-origin',
  'strict-origin-when-cross-origin',
  'unsafe-url',
] as const

/** How much a Referer header tells. */
export type ReferrerPolicy = (typeof referrerPolicies)[number]

/** For Basic authentication (RFC 7617). */
export interface Credentials {
  readonly user: string
  readonly password: string
}

/** How one slot differs. */
export interface SlotSettings {
  readonly delay?: number
  readonly concurrency?: number
  readonly randomizeDelay?: boolean
  readonly budget?: number
}

/** What holds where nothing was set. */
export const politeDefaults: PoliteSettings = {
  userAgent: `skein/${VERSION}`,
  defaultHeaders: {
    Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'Accept-Language': 'en',
  },
  referer: true,
  referrerPolicy: 'scrapy-default',
  cookies: true,
  httpAuth: {},
  obeyRobotsTxt: true,
  robotsUserAgent: '',
  concurrency: 16,
  concurrencyPerSlot: 8,
  delay: 0,
  randomizeDelay: true,
  slotBy: 'host',
  slots: {},
  obeyCrawlDelay: true,
  robotsErrors: 'rfc9309',
  obeyRetryAfter: true,
  easeOff: true,
  autoThrottle: false,
  autoThrottleStartDelay: 5,
  autoThrottleMaxDelay: 60,
  autoThrottleTargetConcurrency: 1,
}
