import { VERSION } from '../version.ts'

/**
 * What can be set about a crawl. Times are in seconds, sizes in bytes. Every name is checked: an unknown one is an error with the
 * nearest name, and a name of Scrapy or scrapy-redis is answered with its name here.
 */
export interface Settings {
  /**
   * A bundle of values to start from; whatever is set beside it or in a later layer wins. `polite` is the defaults, `fast` is for one
   * site that can take it, `broad` for many sites at once: see {@link presets}. @default 'polite'
   */
  readonly preset: 'polite' | 'fast' | 'broad'

  // --- who asks

  /** The User-Agent header. Name a contact, so that a site's owner can reach you instead of blocking you. @default `skein/VERSION` */
  readonly userAgent: string
  /** Headers of every request that does not set them itself; `null` takes a built-in one away. @default Accept and Accept-Language */
  readonly defaultHeaders: Readonly<Record<string, string | null>>

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

  // --- the order of things

  /** Among requests of one slot and priority: newest first, or oldest first. @default 'lifo' */
  readonly order: 'lifo' | 'fifo'
  /** Links deeper than this end as `depth`; 0: no limit. Seeds have depth 0. @default 0 */
  readonly depthLimit: number
  /** Lowers the priority of a request by this times its depth; 1 with order 'fifo' crawls breadth first. @default 0 */
  readonly depthPriority: number
  /** What a fingerprint is computed as. @default 'scrapy-redis' */
  readonly fingerprint: 'scrapy-redis' | 'scrapy'
  /** A request that killed its worker this often becomes a dead letter. @default 5 */
  readonly maxDeliveries: number

  // --- where a crawl ends by itself (all workers together)

  /** Pages received after which the crawl ends as `closespider_pagecount`; 0: no limit. @default 0 */
  readonly maxPages: number
  /** Items after which the crawl ends as `closespider_itemcount`; 0: no limit. @default 0 */
  readonly maxItems: number
  /** Callbacks that threw after which the crawl ends as `closespider_errorcount`; 0: no limit. @default 0 */
  readonly maxErrors: number
  /** Seconds after which the crawl ends as `closespider_timeout`; 0: no limit. @default 0 */
  readonly maxTime: number
  /** Requests that are started a second, by all workers and for all slots together; 0: no limit. @default 0 */
  readonly maxRequestsPerSecond: number
  /** Requests a slot takes in the whole crawl, against endless calendars and other traps; those beyond end as `budget`. 0: no limit. @default 0 */
  readonly budgetPerSlot: number

  // --- one crawl on many machines

  /**
   * The Redis that workers share: `redis://[user:password@]host[:port][/db]`, `rediss://` for TLS, `unix:///path/to.sock`,
   * `redis+sentinel://host:26379,host:26379/name`, `redis+cluster://host:7000,host:7001`. Empty: the crawl is in this process. @default ''
   */
  readonly redis: string
  /** A file with the certificate authority of a `rediss://` server, in PEM. @default '' (those that Node trusts) */
  readonly redisCa: string
  /** Take part although Redis may throw keys away when it is full (any `maxmemory-policy` but noeviction). @default false */
  readonly allowEviction: boolean
  /** Tells two crawls of one spider apart: the crawl is called `<spider>.<job>`. @default '' (`<spider>`) */
  readonly job: string
  /** Keep what was seen when the crawl has finished, so that the next one only visits what is new. @default false */
  readonly persist: boolean
  /** Throw the crawl of an earlier run away at start; refused while other workers take part in it. @default false */
  readonly flushOnStart: boolean
  /** Wait for seeds in `start_urls` in place of finishing when all is done. @default false */
  readonly keepAlive: boolean
  /** With `keepAlive`: finish after this many seconds in which no worker had anything to do; 0: never. @default 0 */
  readonly maxIdle: number
  /**
   * What was seen is kept as 64-bit fingerprints (9 to 10 bytes a URL), as scrapy-redis does (40 hex digits in `<spider>:dupefilter`,
   * 88 bytes a URL), or in a Bloom filter (4 to 12 bytes, and many times the work for Redis; one new URL in a million is taken for seen).
   * @default 'compact'
   */
  readonly dedupe: 'compact' | 'scrapy-redis' | 'bloom'
  /** Append every item to the Redis list `<spider>:items` as JSON, in the step that commits its page. @default false */
  readonly redisItems: boolean
  /** Seconds without a sign of life after which a worker's pages go to others. @default 30 */
  readonly sessionTtl: number
  /** The key seeds are taken from; `%(spider)s` and `%(name)s` stand for the name of the spider. @default '%(name)s:start_urls' */
  readonly startUrlsKey: string
  /** What is at `startUrlsKey`: a list (from its left), a set, or a sorted set (highest score first). @default 'list' */
  readonly startUrlsType: 'list' | 'set' | 'zset'
  /** The key of the list of items. @default '%(spider)s:items' */
  readonly itemsKey: string
  /** The key of the set of `dedupe: 'scrapy-redis'`. @default '%(spider)s:dupefilter' */
  readonly dupefilterKey: string

  // --- downloading

  /** Seconds for a download as a whole. @default 180 */
  readonly downloadTimeout: number
  /** Seconds to connect, DNS and TLS included. @default 10 */
  readonly connectTimeout: number
  /** Bytes of a response's body, on the wire and decompressed, beyond which it is given up; 0: no limit. @default 104857600 */
  readonly maxResponseSize: number
  /** Bytes of a body beyond which a warning is logged; 0: never. @default 33554432 */
  readonly warnResponseSize: number
  /** Bytes of response bodies held at once beyond which no further page is started. @default 67108864 */
  readonly maxActiveBytes: number
  /** A body shorter than announced is an error; otherwise it is delivered with the flag `dataloss`. @default true */
  readonly failOnDataLoss: boolean
  /** Check certificates. @default true */
  readonly verifyTls: boolean
  /** Offer HTTP/2 to https sites. It costs 2 to 4 times the CPU of HTTP/1.1. @default false */
  readonly http2: boolean
  /** Origins with open connections at once; the one idle longest is closed first. @default 256 */
  readonly maxPools: number
  /** Ask for and undo gzip, deflate, br and zstd. @default true */
  readonly compression: boolean
  /** Follow redirects. @default true */
  readonly followRedirects: boolean
  /** Redirects in a row. @default 20 */
  readonly maxRedirects: number
  /** Try failed downloads again. @default true */
  readonly retry: boolean
  /** Further tries after the first. @default 2 */
  readonly maxRetries: number
  /** Statuses that count as failed downloads. @default [500, 502, 503, 504, 522, 524, 408, 429] */
  readonly retryStatuses: readonly number[]
  /** Seconds before the first further try; doubled for each one after, and drawn between 0.5 and 1.5 times that. @default 1 */
  readonly retryDelay: number
  /** Statuses outside 200-299 that callbacks want to see; `true` for all. @default [] */
  readonly handleStatus: readonly number[] | true

  // --- running

  /** Seconds that pages in flight get to finish when the crawl is interrupted. @default 30 */
  readonly shutdownGrace: number
  /** What is logged. @default 'info' */
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** A file for the log in place of standard error. @default '' */
  readonly logFile: string
  /** Lines for people or for programs. @default 'text' */
  readonly logFormat: 'text' | 'json'
  /** Seconds between progress lines where there is no terminal; 0: none. @default 60 */
  readonly logStatsInterval: number
}

/** How one slot differs. */
export interface SlotSettings {
  readonly delay?: number
  readonly concurrency?: number
  readonly randomizeDelay?: boolean
  readonly budget?: number
}

/** What holds where nothing was set. */
export const defaultSettings: Settings = {
  preset: 'polite',
  userAgent: `skein/${VERSION}`,
  defaultHeaders: {
    Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'Accept-Language': 'en',
  },
  obeyRobotsTxt: true,
  robotsUserAgent: '',
  concurrency: 16,
  concurrencyPerSlot: 8,
  delay: 0,
  randomizeDelay: true,
  slotBy: 'host',
  slots: {},
  order: 'lifo',
  depthLimit: 0,
  depthPriority: 0,
  fingerprint: 'scrapy-redis',
  maxDeliveries: 5,
  maxPages: 0,
  maxItems: 0,
  maxErrors: 0,
  maxTime: 0,
  maxRequestsPerSecond: 0,
  budgetPerSlot: 0,
  redis: '',
  redisCa: '',
  allowEviction: false,
  job: '',
  persist: false,
  flushOnStart: false,
  keepAlive: false,
  maxIdle: 0,
  dedupe: 'compact',
  redisItems: false,
  sessionTtl: 30,
  startUrlsKey: '%(name)s:start_urls',
  startUrlsType: 'list',
  itemsKey: '%(spider)s:items',
  dupefilterKey: '%(spider)s:dupefilter',
  downloadTimeout: 180,
  connectTimeout: 10,
  maxResponseSize: 100 * 1024 * 1024,
  warnResponseSize: 32 * 1024 * 1024,
  maxActiveBytes: 64 * 1024 * 1024,
  failOnDataLoss: true,
  verifyTls: true,
  http2: false,
  maxPools: 256,
  compression: true,
  followRedirects: true,
  maxRedirects: 20,
  retry: true,
  maxRetries: 2,
  retryStatuses: [500, 502, 503, 504, 522, 524, 408, 429],
  retryDelay: 1,
  handleStatus: [],
  shutdownGrace: 30,
  logLevel: 'info',
  logFile: '',
  logFormat: 'text',
  logStatsInterval: 60,
}
