import { createDownloader } from '../downloader/downloader.ts'
import { RetryPolicy } from '../downloader/retry-policy.ts'
import { Engine } from '../engine/engine.ts'
import { autoThrottle } from '../extensions/auto-throttle.ts'
import { logStats } from '../extensions/log-stats.ts'
import { memoryUsage } from '../extensions/memory-usage.ts'
import type { Feed } from '../feed/contract.ts'
import { openFeeds } from '../feed/open-feed.ts'
import type { Counts, FrontierBackend, SlotChange } from '../frontier/contract.ts'
import type { LastingFrontier } from '../frontier/reopen.ts'
import type { Request } from '../http/request.ts'
import { createItemJson } from '../item/json-text.ts'
import type { Logger } from '../log/contract.ts'
import { countLines } from '../log/count-lines.ts'
import { openLog } from '../log/open-log.ts'
import { createPipelineChain } from '../pipeline/chain.ts'
import { composeScraper } from '../scraper/compose.ts'
import { createItemRoute } from '../scraper/items.ts'
import { builtInScraperMiddlewares } from '../scraper/middlewares/built-in.ts'
import { createScraper } from '../scraper/scraper.ts'
import type { CrawlEvents } from '../signals/contract.ts'
import { Signals } from '../signals/signals.ts'
import { Spider, type SpiderClass, spiderNameOf } from '../spider/spider.ts'
import { Stats, type StatValue } from '../stats/stats.ts'
import { fingerprintHex } from '../url/fingerprint.ts'
import { systemClock } from '../util/clock.ts'
import { within } from '../util/within.ts'
import { checkCall } from './check-call.ts'
import { Cleanup, settle } from './cleanup.ts'
import { type ResolvedConfig, resolveConfig } from './config.ts'
import type { Config } from './contract.ts'
import { type CrawlTotals, openFrontier, slotOf } from './frontier-of.ts'
import { InlineDownloads } from './inline-downloads.ts'

/** Milliseconds that the end of a crawl waits for a frontier that does not answer. */
const PATIENCE = 5_000

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
  /**
   * Where the crawl is kept. Hand the same object to a later crawl, and it goes on where this one ended. Closing it is the caller's.
   *
   * @default the Redis of the setting `redis`; without one, memory of its own
   */
  readonly frontier?: FrontierBackend
}

/** How a crawl went. */
export interface CrawlResult {
  /** `finished`, `shutdown`, or what the crawl was closed or stopped with (`closespider_pagecount` where it reached `maxPages`, …). */
  readonly reason: string
  /** False when something ended the crawl against its will: `error` says what. */
  readonly ok: boolean
  readonly error?: unknown
  /** What this worker counted, under Scrapy's names. */
  readonly stats: Readonly<Record<string, StatValue>>
  /** What all workers counted together, as far as they have told; where the crawl is shared. */
  readonly crawlStats?: CrawlTotals
  /** Where the requests were when the crawl ended. */
  readonly counts: Counts
  readonly feeds: readonly { readonly uri: string; readonly format: string; readonly count: number }[]
  /** Seconds. */
  readonly elapsed: number
}

/**
 * Runs a spider from its first request to its last. May be called any number of times in a process, also at once.
 *
 * Rejects only when the crawl could not begin (a wrong setting, a Redis that cannot be reached, an output that cannot be written, a pipeline
 * or an extension that does not open), with nothing left open; everything later is in the result.
 *
 * @example
 * const { stats } = await crawl(Quotes, { config: { feeds: [{ uri: 'quotes.jsonl' }] } })
 */
export async function crawl(spiderClass: SpiderClass, options: CrawlOptions = {}): Promise<CrawlResult> {
  checkCall(spiderClass, options)
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
  const failedHandlers = stats.counter('signal_error_count')
  const signals = new Signals<CrawlEvents>((message, fields) => {
    failedHandlers.label(fields.signal).add()
    log.error(message, fields)
  })
  const spider = new spiderClass(options.args)
  const retries = new RetryPolicy({ settings, stats, log, clock: systemClock })
  const retry = (request: Request, reason: string): Request | undefined => retries.fromCallback(request, reason)

  const place = await openFrontier(options.frontier, settings, spider, log, systemClock)
  const { frontier } = place
  const cleanup = new Cleanup(log)
  cleanup.add(() => place.close())
  try {
    const slotName = slotOf(settings)
    const slotOfRequest = (request: Request): string => request.slot ?? slotName(request)
    const tellSlot = (name: string, change: SlotChange): Promise<void> =>
      frontier
        .slot(name, change)
        .catch((error: unknown) => log.warn(`The frontier could not be told how to treat ${name}`, { error }))
    const changeSlot = (name: string, change: SlotChange): void => {
      inline.changed(name, change)
      void tellSlot(name, change)
    }
    const callbacks = Spider.attach(spider, { log, stats, retry, download: (request) => inline.download(request) })
    const inline = new InlineDownloads({
      download: (request) => downloader.downloadInline(request),
      slotOf: slotOfRequest,
      changeSlot: tellSlot,
      callbacks,
      settings,
      stats,
      signals,
      clock: systemClock,
    })
    const downloader = createDownloader({
      middlewares: config.downloaderMiddlewares,
      handlers: config.downloadHandlers,
      settings,
      stats,
      log,
      signals,
      clock: systemClock,
      slotOf: slotOfRequest,
      slot: (request, change) => changeSlot(slotOfRequest(request), change),
    })
    const closeDownloader = cleanup.add(() => {
      inline.close()
      return downloader.close()
    })
    const context = { settings, stats, log, signals, spider }
    const chain = composeScraper([...builtInScraperMiddlewares, ...config.scraperMiddlewares], context)

    const pipelines = createPipelineChain(config.pipelines)
    const feeds = await openFeeds(config.feeds, { spiderName, startTime, warn: log.warn })
    const whole = new Set<Feed>()
    const closeFeeds = cleanup.add(...feeds.map((feed) => () => feed.close().then(() => void whole.add(feed))))
    await pipelines.open({
      settings,
      stats,
      log,
      spiderName,
      startTime,
      crawlId: frontier.crawlId,
      clock: systemClock,
      download: (request) => inline.download(request),
    })
    const closePipelines = cleanup.add(() => pipelines.close())

    const items = createItemRoute(pipelines, feeds, context, createItemJson({ ascii: true, indent: 0 }))
    const algorithm = { algorithm: settings.fingerprint }
    const engine = new Engine({
      spiderName,
      frontier,
      download: downloader.download,
      abortDownloads() {
        inline.abort()
        downloader.abort()
      },
      scraper: createScraper({
        spider,
        callbacks,
        chain,
        items,
        context,
        keyOf: (request) => fingerprintHex(request, algorithm),
        keepItems: settings.redisItems,
      }),
      callbacks,
      flushItems: items.flush,
      start: () => spider.start(),
      settings,
      stats,
      log,
      signals,
      clock: systemClock,
      sessionTtl: settings.sessionTtl * 1000,
    })
    // the last speaks when it is opened: to those that listen by then
    for (const extension of [logStats, autoThrottle, ...config.extensions, memoryUsage]) {
      const close = extension.open({
        spiderName,
        settings,
        stats,
        log,
        signals,
        clock: systemClock,
        counts: frontier.counts,
        slotOf: slotOfRequest,
        slot: changeSlot,
        close: (reason) => engine.close(reason),
      })
      if (close !== undefined) cleanup.add(close)
    }

    const stopListening = listen(options, engine)
    cleanup.add(stopListening)
    stats.set('start_time', startTime.toISOString())
    log.info(`Spider ${spiderName} starts`)
    await signals.emit('spiderOpened', { spider: spiderName })

    await downloader.prepare()
    let result = await engine.run()

    stopListening()
    items.close()
    await closeDownloader()
    const problems = [await closePipelines(), await closeFeeds()]
    for (const feed of feeds) {
      const { uri, format, count } = feed
      if (whole.has(feed)) await signals.emit('feedClosed', { uri, format, count })
    }
    if (feeds.length > 0) await signals.emit('feedsClosed', { spider: spiderName })
    const problem = problems.find((one) => one !== undefined)
    if (problem !== undefined && result.error === undefined) result = { reason: 'store_error', error: problem }
    await settle(() => spider.closed(result.reason), log)
    const counts = await countsOf(frontier, log)
    const crawlStats = await place.close(frontier.shared ? stats.takeTally() : undefined)
    const elapsed = (Date.now() - startTime.getTime()) / 1000
    stats.set('finish_time', new Date().toISOString())
    stats.set('finish_reason', result.reason)
    stats.set('elapsed_time_seconds', elapsed)
    await signals.emit('spiderClosed', { spider: spiderName, reason: result.reason })
    await cleanup.all()
    log.info(`Spider ${spiderName} closed (${result.reason})`)
    return {
      ...result,
      ok: result.error === undefined,
      stats: stats.flat(),
      ...(crawlStats === undefined ? {} : { crawlStats }),
      counts,
      feeds: feeds.map(({ uri, format, count }) => ({ uri, format, count })),
      elapsed,
    }
  } finally {
    await cleanup.all()
  }
}

/** Where the requests are; nowhere, with a word in the log, where the frontier cannot be asked. */
async function countsOf(frontier: LastingFrontier, log: Logger): Promise<Counts> {
  let counts: Counts = { queued: 0, delayed: 0, leased: 0, done: 0, dead: 0, seen: 0 }
  try {
    const asked = frontier.counts().then((known) => void (counts = known))
    if (await within(asked, PATIENCE, systemClock)) return counts
    log.warn('How many requests are left is not known: the frontier does not answer')
  } catch (error) {
    log.warn('How many requests are left is not known: the frontier could not be asked', { error })
  }
  return counts
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
