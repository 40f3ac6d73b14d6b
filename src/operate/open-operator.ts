import { SkeinError, UsageError } from '../errors.ts'
import { crawlKeys } from '../frontier/redis/redis-keys.ts'
import type { Logger } from '../log/contract.ts'
import type { RedisLink } from '../redis/link.ts'
import type { Operator } from './contract.ts'
import { control } from './control.ts'
import { CrawlHandle } from './crawl-handle.ts'
import { dropDead, readDeadLetters, retryDead } from './dead-letters.ts'
import { dropDeadSeeds, readDeadSeeds, retryDeadSeeds } from './dead-seeds.ts'
import { purgeHost, readHosts, setHost } from './hosts.ts'
import { listCrawls } from './list-crawls.ts'
import { purge } from './purge.ts'
import { pushSeeds } from './push-seeds.ts'
import { readStatus } from './read-status.ts'
import { DEADLINE, inTime, withDeadline } from './with-deadline.ts'

/** Which Redis, and how it is spoken to. */
export interface OperatorLink {
  /** As the setting `redis`. */
  readonly redis: string
  /** As the setting `redisCa`. */
  readonly ca?: string
  /** Hears of trouble with the connection. */
  readonly log: Logger
  /** Milliseconds until Redis is given up: half of them to connect, half for each answer. @default 10000 */
  readonly deadline?: number
}

/** Which crawl, and how its keys are called. */
export interface OperatorOptions extends OperatorLink {
  /** The spider, or the whole name of the crawl. @default the only crawl there is */
  readonly spider?: string
  /** As the setting `job`. */
  readonly job?: string
  /** Templates, as the settings `startUrlsKey`, `itemsKey` and `dupefilterKey`. */
  readonly keys?: { readonly startUrls: string; readonly items: string; readonly dupefilter: string }
  /** What seeds are kept in where there is nothing yet. @default 'list' */
  readonly startUrlsType?: 'list' | 'set' | 'zset'
}

const DEFAULT_KEYS = { startUrls: '%(name)s:start_urls', items: '%(spider)s:items', dupefilter: '%(spider)s:dupefilter' }

/**
 * Connects to a Redis to operate a crawl on it. Rejects with a UsageError for a URL or name that cannot be one or when no name was given
 * and there is not exactly one crawl, with the link's errors when there is no way to Redis, and with `ERR_REDIS_TIMEOUT` when it does not answer.
 *
 * @example
 * const operator = await openOperator({ redis: 'redis://localhost', spider: 'quotes', log })
 * console.log((await operator.status()).totals.queued)
 * await operator.close()
 */
export async function openOperator(options: OperatorOptions): Promise<Operator> {
  const { redis: url, spider, job = '', keys = DEFAULT_KEYS, startUrlsType = 'list' } = options
  const nameOf = (base: string): string => (job === '' || base.endsWith(`.${job}`) ? base : `${base}.${job}`)
  // a name that cannot be one needs no connection
  if (spider !== undefined) crawlKeys({ url, name: nameOf(spider), keys })
  const link = await connect(options)
  try {
    const name = spider === undefined ? onlyOne(await listCrawls(link), job) : nameOf(spider)
    const handle = new CrawlHandle(name, crawlKeys({ url, name, keys }), link)
    return {
      crawl: name,
      status: (leases) => readStatus(handle, leases),
      hosts: (query) => readHosts(handle, query),
      setHost: (host, change) => setHost(handle, host, change),
      purgeHost: (host) => purgeHost(handle, host),
      deadLetters: (query) => readDeadLetters(handle, query),
      retryDead: (choice) => retryDead(handle, choice),
      dropDead: (choice) => dropDead(handle, choice),
      deadSeeds: (limit) => readDeadSeeds(handle, limit),
      retryDeadSeeds: () => retryDeadSeeds(handle, startUrlsType),
      dropDeadSeeds: () => dropDeadSeeds(handle, startUrlsType),
      control: (word, reason) => control(handle, word, reason),
      push: (seeds, onProgress) => pushSeeds(handle, startUrlsType, seeds, onProgress),
      purge: (purgeOptions) => purge(handle, purgeOptions),
      close: () => link.close(),
    }
  } catch (error) {
    await link.close()
    throw error
  }
}

async function connect({ redis: url, ca, log, deadline = DEADLINE }: OperatorLink): Promise<RedisLink> {
  const { openLink } = await import('../redis/open-link.ts')
  const half = deadline / 2
  // an eviction policy that workers refuse is nothing that an operator could not work with
  const opening = openLink({ url, log, force: true, connectTimeout: half, ...(ca === undefined || ca === '' ? {} : { ca }) })
  const late = (): SkeinError => {
    opening.then((link) => link.close()).catch(() => undefined)
    return new SkeinError(
      'ERR_REDIS_TIMEOUT',
      `Redis takes connections but has not answered for ${half / 1000} s: is it overloaded, loading its data, or stopped? Nothing was changed.`,
    )
  }
  return withDeadline(await inTime(opening, half, late), half)
}

function onlyOne(names: readonly string[], job: string): string {
  const there = job === '' ? names : names.filter((name) => name.endsWith(`.${job}`))
  if (there.length === 1) return there[0]!
  if (names.length === 0) {
    throw new SkeinError(
      'ERR_CRAWL_UNKNOWN',
      'There is no crawl on this Redis. A crawl is there from its first start with this Redis until it is purged.',
    )
  }
  throw new UsageError('ERR_CRAWL_UNKNOWN', `Which crawl? There are: ${names.join(', ')}.`)
}
