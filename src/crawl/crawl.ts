import { createDownloader } from '../downloader/downloader.ts'
import { Engine } from '../engine/engine.ts'
import { SkeinError } from '../errors.ts'
import type { Extension, ExtensionContext } from '../extensions/contract.ts'
import { logStats } from '../extensions/log-stats.ts'
import type { Feed } from '../feed/contract.ts'
import { openFeeds } from '../feed/open-feed.ts'
import type { Counts, FrontierBackend, FrontierOptions } from '../frontier/contract.ts'
import { MemoryFrontier } from '../frontier/memory/memory-frontier.ts'
import type { Request } from '../http/request.ts'
import type { Logger } from '../log/contract.ts'
import { countLines } from '../log/count-lines.ts'
import { openLog } from '../log/open-log.ts'
import { createPipelineChain } from '../pipeline/chain.ts'
import { composeScraper } from '../scraper/compose.ts'
import { createItemRoute } from '../scraper/items.ts'
import { builtInScraperMiddlewares } from '../scraper/middlewares/built-in.ts'
import { createScraper } from '../scraper/scraper.ts'
import type { Settings } from '../settings/settings.ts'
import type { CrawlEvents } from '../signals/contract.ts'
import { Signals } from '../signals/signals.ts'
import { Spider, type SpiderClass, spiderNameOf } from '../spider/spider.ts'
import { Stats, type StatValue } from '../stats/stats.ts'
import { fingerprint, fingerprintHex } from '../url/fingerprint.ts'
import { domainOf, hostOf } from '../url/host.ts'
import { systemClock } from '../util/clock.ts'
import { type ResolvedConfig, resolveConfig } from './config.ts'
import type { Config } from './contract.ts'

/** Milliseconds without a beat after which a session is dead. */
const SESSION_TTL = 30_000

/** What may be said about one crawl. */
export interface CrawlOptions {
  /** Settings and parts; they win over the spider's own. */
  readonly config?: Config
  /** Arguments of the spider. */
  readonly args?: Readonly<Record<string, string>>
  /** @default made from the settings */
  readonly log?: Logger
  /** Aborted: the crawl ends in good order, as at the first SIGINT. */
  readonly signal?: AbortSignal
  /** Aborted: pages in flight are given back and the crawl ends now, as at the second SIGINT. */
  readonly force?: AbortSignal
  /** Where the crawl is kept. Hand the same object to a later crawl, and it goes on where this one ended. @default memory of its own */
  readonly frontier?: FrontierBackend
}

/** How a crawl went. */
export interface CrawlResult {
  /** `finished`, `shutdown`, or what the crawl was closed with. */
  readonly reason: string
  /** False when something ended the crawl against its will: `error` says what. */
  readonly ok: boolean
  readonly error?: unknown
  /** Under Scrapy's names. */
  readonly stats: Readonly<Record<string, StatValue>>
  /** Where the requests were when the crawl ended. */
  readonly counts: Counts
  readonly feeds: readonly { readonly uri: string; readonly format: string; readonly count: number }[]
  /** Seconds. */
  readonly elapsed: number
}

/**
 * Runs a spider from its first request to its last. May be called any number of times in a process, also at once.
 *
 * Rejects only when the crawl could not begin (a wrong setting, an output that cannot be written, a pipeline that does not open);
 * everything later is in the result.
 *
 * @example
 * const { stats } = await crawl(Quotes, { config: { feeds: [{ uri: 'quotes.jsonl' }] } })
 */
export async function crawl(spiderClass: SpiderClass, options: CrawlOptions = {}): Promise<CrawlResult> {
  const config = resolveConfig([
    { name: `the settings of ${spiderClass.name}`, config: spiderClass.settings ?? {} },
    { name: 'the options of crawl()', config: options.config ?? {} },
  ])
  const opened = options.log === undefined ? openLog(config.settings) : undefined
  try {
    return await run(spiderClass, options, config, options.log ?? opened!.log)
  } finally {
    opened?.close()
  }
}

async function run(
  spiderClass: SpiderClass,
  options: CrawlOptions,
  config: ResolvedConfig,
  plainLog: Logger,
): Promise<CrawlResult> {
  const { settings } = config
  const spiderName = spiderNameOf(spiderClass)
  const startTime = new Date()
  const stats = new Stats()
  const lines = stats.counter('log_count')
  const log = countLines(plainLog, settings.logLevel, (level) => lines.label(level).add())
  const signals = new Signals<CrawlEvents>((message, fields) => log.error(message, fields))
  const spider = new spiderClass(options.args)
  const callbacks = Spider.attach(spider, { log, stats })

  const backend = options.frontier ?? new MemoryFrontier(memoryFrontierOptions(settings))
  const frontier = await backend.connect()
  const slotName = slotOf(settings)
  const downloader = createDownloader({
    middlewares: config.downloaderMiddlewares,
    settings,
    stats,
    log,
    signals,
    clock: systemClock,
    slot: (request, change) => void frontier.slot(request.slot ?? slotName(request), change),
  })
  const context = { settings, stats, log, signals, spider }
  // a middleware that cannot be made must not find pipelines and feeds open, which nobody would close
  const chain = composeScraper([...builtInScraperMiddlewares, ...config.scraperMiddlewares], context)

  const pipelines = createPipelineChain(config.pipelines)
  const feeds = await openFeeds(config.feeds, { spiderName, startTime, warn: log.warn })
  try {
    await pipelines.open({ settings, stats, log, spiderName })
  } catch (error) {
    await closeFeeds(feeds, log)
    throw error
  }

  const items = createItemRoute(pipelines, feeds, context)
  const algorithm = { algorithm: settings.fingerprint }
  const engine = new Engine({
    spiderName,
    frontier,
    download: downloader.download,
    abortDownloads: downloader.close,
    scraper: createScraper({
      spider,
      callbacks,
      chain,
      items,
      context,
      keyOf: (request) => fingerprintHex(request, algorithm),
    }),
    callbacks,
    flushItems: items.flush,
    start: () => spider.start(),
    settings,
    stats,
    log,
    signals,
    clock: systemClock,
    beatInterval: SESSION_TTL / 3,
  })

  const closeExtensions = openExtensions([logStats, ...config.extensions], {
    spiderName,
    settings,
    stats,
    log,
    signals,
    clock: systemClock,
    counts: frontier.counts,
    close: (reason) => engine.close(reason),
  })
  const stopListening = listen(options, engine)
  stats.set('start_time', startTime.toISOString())
  log.info(`Spider ${spiderName} starts`)
  await signals.emit('spiderOpened', { spider: spiderName })

  let result = await engine.run()

  stopListening()
  items.close()
  await downloader.close()
  const problem = (await settle(() => pipelines.close(), log)) ?? (await closeFeeds(feeds, log))
  if (problem !== undefined && result.error === undefined) result = { reason: 'store_error', error: problem }
  await settle(() => spider.closed(result.reason), log)
  const counts = await frontier.counts()
  await frontier.close()
  const elapsed = (Date.now() - startTime.getTime()) / 1000
  stats.set('finish_time', new Date().toISOString())
  stats.set('finish_reason', result.reason)
  stats.set('elapsed_time_seconds', elapsed)
  await signals.emit('spiderClosed', { spider: spiderName, reason: result.reason })
  for (const close of closeExtensions) close()
  log.info(`Spider ${spiderName} closed (${result.reason})`)
  return {
    ...result,
    ok: result.error === undefined,
    stats: stats.flat(),
    counts,
    feeds: feeds.map(({ uri, format, count }) => ({ uri, format, count })),
    elapsed,
  }
}

/** How a crawl with these settings wants its frontier. */
export function memoryFrontierOptions(settings: Settings): FrontierOptions {
  const { order, maxDeliveries, slots, concurrencyPerSlot: concurrency, delay, randomizeDelay } = settings
  const policy = (own: Settings['slots'][string]) => ({ ...own, ...(own.delay === undefined ? {} : { delay: own.delay * 1000 }) })
  return {
    order,
    maxDeliveries,
    sessionTtl: SESSION_TTL,
    slot: { concurrency, delay: delay * 1000, randomizeDelay },
    slots: Object.fromEntries(Object.entries(slots).map(([name, own]) => [name, policy(own)])),
    slotOf: slotOf(settings),
    fingerprint: (request) => fingerprint(request, { algorithm: settings.fingerprint }),
  }
}

function slotOf({ slotBy }: Settings): (request: Request) => string {
  return slotBy === 'domain' ? (request) => domainOf(request.url) : (request) => hostOf(request.url)
}

function openExtensions(extensions: readonly Extension[], context: ExtensionContext): (() => void)[] {
  return extensions.map((extension) => extension.open(context)).filter((close) => close !== undefined)
}

function listen({ signal, force }: CrawlOptions, engine: Engine): () => void {
  const shutDown = (): void => engine.shutDown()
  const abandon = (): void => void engine.abandon()
  const listenTo = (source: AbortSignal | undefined, react: () => void): void => {
    if (source?.aborted) react()
    else source?.addEventListener('abort', react)
  }
  listenTo(signal, shutDown)
  listenTo(force, abandon)
  return () => {
    signal?.removeEventListener('abort', shutDown)
    force?.removeEventListener('abort', abandon)
  }
}

/** Closes every feed, also when one of them fails; gives the first error. */
async function closeFeeds(feeds: readonly Feed[], log: Logger): Promise<unknown> {
  const problems = await Promise.all(feeds.map((feed) => settle(() => feed.close(), log)))
  return problems.find((problem) => problem !== undefined)
}

/** Runs a step that the end of a crawl must not depend on. Gives its error, which is in the log then. */
async function settle(step: () => void | Promise<void>, log: Logger): Promise<unknown> {
  try {
    await step()
    return undefined
  } catch (error) {
    log.error(error instanceof SkeinError ? error.message : 'Something failed while the crawl was closing', { error })
    return error
  }
}
