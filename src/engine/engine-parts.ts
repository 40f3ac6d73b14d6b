import type { Download } from '../downloader/contract.ts'
import type { LastingFrontier } from '../frontier/reopen.ts'
import type { CallbackResolver } from '../http/callback.ts'
import type { Logger } from '../log/contract.ts'
import type { Scraper } from '../scraper/scraper.ts'
import type { Settings } from '../settings/settings.ts'
import type { CrawlSignals } from '../signals/contract.ts'
import type { Stats } from '../stats/stats.ts'
import type { Clock } from '../util/clock.ts'

/** What an engine is made of. */
export interface EngineParts {
  readonly spiderName: string
  readonly frontier: LastingFrontier
  readonly download: Download
  /** Ends the downloads that are running; others may follow. */
  readonly abortDownloads: () => void
  readonly scraper: Scraper
  readonly callbacks: CallbackResolver
  /** Makes every item durable that pages gave so far. */
  readonly flushItems: () => Promise<void>
  /** The spider's `start()`. */
  readonly start: () => unknown
  readonly settings: Settings
  readonly stats: Stats
  readonly log: Logger
  readonly signals: CrawlSignals
  readonly clock: Clock
  /** Milliseconds without a sign of life after which the frontier takes a worker for dead. */
  readonly sessionTtl: number
}

/** How a crawl ended. */
export interface EngineResult {
  /**
   * `finished`, `shutdown`, `start_error`, `store_error`, `frontier_error`, `stopped` or what else the whole crawl was stopped with
   * (`closespider_pagecount`, …), or what somebody closed this worker with.
   */
  readonly reason: string
  /** What ended the crawl against its will. */
  readonly error?: unknown
}
