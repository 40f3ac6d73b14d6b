import type { SlotChange } from '../frontier/contract.ts'
import type { Request } from '../http/request.ts'
import type { Response } from '../http/response.ts'
import type { Logger } from '../log/contract.ts'
import type { Settings } from '../settings/settings.ts'
import type { CrawlSignals } from '../signals/contract.ts'
import type { Stats } from '../stats/stats.ts'
import type { Clock } from '../util/clock.ts'

/**
 * Downloads one request. A Response is what came back. A Request is to be scheduled instead (redirect, retry): a retry carries a
 * higher `state.retryTimes` than the request it replaces, one that is to wait for another turn a higher `state.putBack`: both pass the seen
 * set by. Any other goes through it.
 *
 * Throws {@link IgnoreRequest} for a visible end with a reason, {@link DownloadError} when there is no usable response.
 */
export type Download = (request: Request) => Promise<Response | Request>

/**
 * One behaviour around every download. Calls `next` to go on (once, several times, or not at all), and may change what goes in and
 * what comes out. Must be safe to run for many requests at once.
 *
 * @example
 * const logSlow: DownloaderMiddleware = async (request, next) => {
 *   const start = performance.now()
 *   const result = await next(request)
 *   if (performance.now() - start > 5000) log.warn(`slow: ${request.url}`)
 *   return result
 * }
 */
export type DownloaderMiddleware = (request: Request, next: Download) => Promise<Response | Request>

/** A middleware and its place. Those with a lower order are nearer to the engine: they see requests first and responses last. */
export interface DownloaderMiddlewareSpec {
  /** Unique; a spec of yours with the name of a built-in one takes its place. */
  readonly name: string
  /**
   * The built-in ones stand at robots 100, http-auth 300, default-headers 400, user-agent 500, retry 550, meta-refresh 580, compression 590,
   * redirect 600, cookies 700, proxy 750, ease-off 800, stats 850.
   */
  readonly order: number
  /** Called once, when the crawl starts. `undefined`: not wanted with these settings. */
  create(context: DownloaderContext): DownloaderMiddleware | undefined
}

/** What middlewares and handlers are built from. */
export interface DownloaderContext {
  readonly settings: Settings
  readonly stats: Stats
  readonly log: Logger
  readonly signals: CrawlSignals
  readonly clock: Clock
  /** Downloads beside the queue, through the whole chain (robots.txt, tokens): no seen set, no slot. */
  readonly download: Download
  /** As `download`, but one request to the network: a redirect or a retry is handed back in place of being followed. */
  readonly attempt: Download
  /** The name of the slot a request counts in. */
  slotOf(request: Request): string
  /** Changes how the slot of a request is treated (delay, concurrency, blocked until). */
  slot(request: Request, change: SlotChange): void
}

/** Speaks one or more URL schemes. */
export interface DownloadHandler {
  /** The response with its body decoded from the wire as it came: decompression is a middleware's. */
  download(request: Request): Promise<Response>
  /** Downloads that are running fail with ERR_ABORTED; others may follow. Absent: they run to their end. */
  abort?(): void
  /** Ends all connections; downloads still running fail with ERR_ABORTED. */
  close(): Promise<void>
}

/** Makes a handler when a URL of its scheme is met first. */
export type DownloadHandlerFactory = (context: DownloaderContext) => DownloadHandler | Promise<DownloadHandler>
