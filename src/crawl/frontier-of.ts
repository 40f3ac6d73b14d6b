import { hostname } from 'node:os'
import { SkeinError, UsageError } from '../errors.ts'
import type { FrontierBackend, FrontierOptions, Tally, WorkerInfo } from '../frontier/contract.ts'
import type { LmdbFrontierOptions } from '../frontier/lmdb/lmdb-options.ts'
import { MemoryFrontier } from '../frontier/memory/memory-frontier.ts'
import type { RedisFrontierOptions } from '../frontier/redis/redis-options.ts'
import { type LastingFrontier, openLasting } from '../frontier/reopen.ts'
import type { Request } from '../http/request.ts'
import type { Logger } from '../log/contract.ts'
import { maskCredentials } from '../log/mask-credentials.ts'
import type { Settings } from '../settings/settings.ts'
import { callbackNames } from '../spider/callbacks.ts'
import type { Spider } from '../spider/spider.ts'
import { fingerprint } from '../url/fingerprint.ts'
import { domainOf, hostOf } from '../url/host.ts'
import type { Clock } from '../util/clock.ts'
import { within } from '../util/within.ts'
import { VERSION } from '../version.ts'

/** Milliseconds that the end of a crawl waits for a frontier that does not answer. */
const PATIENCE = 5_000

/** What all workers counted together, by Scrapy's flat names. */
export type CrawlTotals = Readonly<Record<string, number>>

/** A worker's part in a crawl, and what has to be closed with it. */
export interface OpenFrontier {
  readonly frontier: LastingFrontier
  /**
   * Ends the session, and the connection if it was made here. Once; never rejects nor hangs: what went wrong is in the log. Gives what the
   * whole crawl has counted, where it is shared.
   */
  close(tally?: Tally): Promise<CrawlTotals | undefined>
}

/**
 * Takes part in the crawl of a spider: the one that `given` keeps, one in Redis where `settings.redis` says so, one in a folder where
 * `settings.jobDir` does, or one in memory of its own.
 *
 * Rejects with a UsageError where `redisItems` has no Redis to put items in, or both Redis and a folder are to keep the crawl, and with what the
 * backend says when it cannot be reached.
 */
export async function openFrontier(
  given: FrontierBackend | undefined,
  settings: Settings,
  spider: Spider,
  log: Logger,
  clock: Clock,
): Promise<OpenFrontier> {
  if (settings.redisItems && given === undefined && settings.redis === '') throw nowhereToKeepItems()
  const kept = given === undefined ? await keptBackend(settings, spider.name, log) : undefined
  const backend = given ?? kept ?? new MemoryFrontier(frontierOptions(settings))
  let frontier: LastingFrontier | undefined
  const leave = async (tally: Tally | undefined): Promise<CrawlTotals | undefined> => {
    await frontier?.close(tally)
    // asked for after its own part was told, which the session ends with
    return frontier?.shared ? frontier.inspect.stats() : undefined
  }
  const end = async (tally: Tally | undefined): Promise<CrawlTotals | undefined> => {
    let totals: CrawlTotals | undefined
    const leaving = leave(tally).then((last) => void (totals = last))
    try {
      if (!(await within(leaving, PATIENCE, clock)))
        log.warn('The frontier does not answer; what this worker held goes to others when its session has run out')
    } catch (error) {
      // of a crawl that is gone nobody holds anything, and that it is gone has been said
      if (!(error instanceof SkeinError && error.code === 'ERR_CRAWL_GONE'))
        log.error('The frontier could not be closed; what this worker held goes to others when its session has run out', {
          error,
        })
    }
    try {
      await kept?.close()
    } catch (error) {
      log.error('What keeps the crawl could not be closed', { error })
    }
    return totals
  }
  let closing: Promise<CrawlTotals | undefined> | undefined
  const close: OpenFrontier['close'] = (tally) => {
    closing ??= end(tally)
    return closing
  }
  try {
    frontier = await openLasting(backend, workerInfo(spider), log)
    if (settings.redisItems && !frontier.shared) throw nowhereToKeepItems()
    return { frontier, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The slot of URLs without a host (`file:`, `data:`): there is nobody to be polite to. */
const HOSTLESS: FrontierOptions['slots'] = { '': { delay: 0 } }

/** How a crawl with these settings wants its frontier. */
export function frontierOptions(settings: Settings): FrontierOptions {
  const { order, maxDeliveries, slots, concurrencyPerSlot: concurrency, delay, randomizeDelay, budgetPerSlot: budget } = settings
  // AutoThrottle begins carefully, and learns from the answers
  const least = settings.autoThrottle ? settings.autoThrottleStartDelay : 0
  const inMs = (seconds: number): number => Math.max(seconds, least) * 1000
  const policy = (own: Settings['slots'][string]) => ({ ...own, ...(own.delay === undefined ? {} : { delay: inMs(own.delay) }) })
  return {
    order,
    maxDeliveries,
    sessionTtl: settings.sessionTtl * 1000,
    slot: { concurrency, delay: inMs(delay), randomizeDelay, budget },
    slots: { ...HOSTLESS, ...Object.fromEntries(Object.entries(slots).map(([name, own]) => [name, policy(own)])) },
    slotOf: slotOf(settings),
    fingerprint: (request) => fingerprint(request, { algorithm: settings.fingerprint }),
    limits: {
      pages: settings.maxPages,
      items: settings.maxItems,
      errors: settings.maxErrors,
      time: settings.maxTime * 1000,
      timeWithoutItem: settings.maxTimeWithoutItem * 1000,
      pagesWithoutItem: settings.maxPagesWithoutItem,
    },
    maxRequestsPerSecond: settings.maxRequestsPerSecond,
  }
}

/** The slot of a request that names none. */
export function slotOf({ slotBy }: Pick<Settings, 'slotBy'>): (request: Request) => string {
  return slotBy === 'domain' ? (request) => domainOf(request.url) : (request) => hostOf(request.url)
}

/** What keeps a crawl with these settings beyond its process; undefined: nothing does. */
async function keptBackend(settings: Settings, spiderName: string, log: Logger) {
  const { redis, jobDir } = settings
  if (redis !== '' && jobDir !== '') throw keptTwice(settings)
  if (redis !== '') {
    const { redisFrontier } = await import('../frontier/redis/redis-frontier.ts')
    return redisFrontier(redisFrontierOptions(settings, spiderName, log))
  }
  if (jobDir === '') return undefined
  const { lmdbFrontier } = await import('../frontier/lmdb/lmdb-frontier.ts')
  return lmdbFrontier(lmdbFrontierOptions(settings, spiderName, log))
}

/** How the crawl of a spider with these settings is kept in a folder. */
function lmdbFrontierOptions(settings: Settings, spider: string, log: Logger): LmdbFrontierOptions {
  const { jobDir, jobDurability: durability, persist, flushOnStart } = settings
  const folder = jobDir.replaceAll(/%\((?:spider|name)\)s/g, spider)
  return { ...frontierOptions(settings), folder, spider, durability, persist, flushOnStart, log }
}

/** How the crawl of a spider with these settings is kept in Redis. */
export function redisFrontierOptions(settings: Settings, spiderName: string, log: Logger): RedisFrontierOptions {
  const {
    job,
    redis: url,
    redisCa: ca,
    persist,
    flushOnStart,
    keepAlive,
    maxIdle,
    dedupe,
    startUrlsType,
    allowEviction,
  } = settings
  return {
    ...frontierOptions(settings),
    url,
    ...(ca === '' ? {} : { ca }),
    force: allowEviction,
    name: job === '' ? spiderName : `${spiderName}.${job}`,
    persist,
    flushOnStart,
    keepAlive,
    maxIdle: maxIdle * 1000,
    dedupe,
    keys: { startUrls: settings.startUrlsKey, items: settings.itemsKey, dupefilter: settings.dupefilterKey },
    startUrlsType,
    log,
  }
}

function workerInfo(spider: Spider): WorkerInfo {
  return { host: hostname(), pid: process.pid, version: VERSION, callbacks: callbackNames(spider) }
}

function keptTwice({ redis, jobDir }: Settings): UsageError {
  return new UsageError(
    'ERR_SETTING_INVALID',
    `A crawl is kept in one place, and both \`redis\` (${maskCredentials(redis)}) and \`jobDir\` (${jobDir}) are set: expected one of them. On the command line, \`-s redis=null\` or \`-s jobDir=null\` takes one back.`,
  )
}

function nowhereToKeepItems(): UsageError {
  return new UsageError(
    'ERR_SETTING_INVALID',
    'Expected `redisItems` to be set for a crawl that is kept in Redis only: there is no list to append the items to. Set `redis` to its URL, or write items with `feeds`.',
  )
}
