/** What is crawled in which order, where a crawl ends, and who shares it. */
export interface CrawlSettings {
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
  /** Count pages by depth, as `request_depth_count/N`. @default false */
  readonly depthStats: boolean
  /** URLs of more characters than this end as `url-length`; 0: no limit. @default 2083 */
  readonly urlLengthLimit: number

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
  /** Seconds without an item after which the crawl ends as `closespider_timeout_no_item`; 0: no limit. @default 0 */
  readonly maxTimeWithoutItem: number
  /** Pages in a row without an item after which the crawl ends as `closespider_pagecount_no_item`; 0: no limit. @default 0 */
  readonly maxPagesWithoutItem: number
  /** Bytes of memory (RSS) of this worker beyond which it ends as `memusage_exceeded`; 0: no limit. @default 0 */
  readonly memoryLimit: number
  /** Bytes of memory (RSS) of this worker beyond which a warning is logged, once; 0: never. @default 0 */
  readonly memoryWarning: number

  // --- a crawl that outlives its process

  /**
   * A folder that keeps the crawl: after an interruption or a crash the next start goes on where it was, and several processes of this machine may
   * share it. One crawl of one spider; `%(spider)s` and `%(name)s` stand for the name of the spider. Empty: not kept. @default ''
   */
  readonly jobDir: string
  /**
   * What a crawl in `jobDir` outlives: the death of every process, or the loss of power as well, for which each step waits for the disk.
   * @default 'power'
   */
  readonly jobDurability: 'process' | 'power'
  /** Keep what was seen when the crawl has finished, so that the next one only visits what is new. With `jobDir` or `redis`. @default false */
  readonly persist: boolean
  /** Throw the crawl of an earlier run away at start; refused while other workers take part in it. With `jobDir` or `redis`. @default false */
  readonly flushOnStart: boolean
  /** Seconds without a sign of life after which a worker's pages go to others. @default 30 */
  readonly sessionTtl: number

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
  /** The key seeds are taken from; `%(spider)s` and `%(name)s` stand for the name of the spider. @default '%(name)s:start_urls' */
  readonly startUrlsKey: string
  /** What is at `startUrlsKey`: a list (from its left), a set, or a sorted set (highest score first). @default 'list' */
  readonly startUrlsType: 'list' | 'set' | 'zset'
  /** The key of the list of items. @default '%(spider)s:items' */
  readonly itemsKey: string
  /** The key of the set of `dedupe: 'scrapy-redis'`. @default '%(spider)s:dupefilter' */
  readonly dupefilterKey: string
}

/** What holds where nothing was set. */
export const crawlDefaults: CrawlSettings = {
  order: 'lifo',
  depthLimit: 0,
  depthPriority: 0,
  fingerprint: 'scrapy-redis',
  maxDeliveries: 5,
  depthStats: false,
  urlLengthLimit: 2083,
  maxPages: 0,
  maxItems: 0,
  maxErrors: 0,
  maxTime: 0,
  maxRequestsPerSecond: 0,
  budgetPerSlot: 0,
  maxTimeWithoutItem: 0,
  maxPagesWithoutItem: 0,
  memoryLimit: 0,
  memoryWarning: 0,
  jobDir: '',
  jobDurability: 'power',
  persist: false,
  flushOnStart: false,
  sessionTtl: 30,
  redis: '',
  redisCa: '',
  allowEviction: false,
  job: '',
  keepAlive: false,
  maxIdle: 0,
  dedupe: 'compact',
  redisItems: false,
  startUrlsKey: '%(name)s:start_urls',
  startUrlsType: 'list',
  itemsKey: '%(spider)s:items',
  dupefilterKey: '%(spider)s:dupefilter',
}
