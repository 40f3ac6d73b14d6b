import type { Request } from '../http/request.ts'
import type { Response } from '../http/response.ts'
import type { Logger } from '../log/contract.ts'
import type { Settings } from '../settings/settings.ts'
import type { CrawlSignals } from '../signals/contract.ts'
import type { Stats } from '../stats/stats.ts'

/**
 * One behaviour around every callback. Hooks instead of a wrapped generator: a page yields dozens of requests, and a hook costs a
 * call where a generator costs a promise for each of them.
 *
 * @example
 * const noPdf: ScraperMiddleware = {
 *   request(request) {
 *     if (request.url.endsWith('.pdf')) throw new IgnoreRequest('PDFs are not wanted')
 *     return request
 *   },
 * }
 */
export interface ScraperMiddleware {
  /** Before the callback. Throw to refuse the response: it goes to the errback, then ends with the reason thrown. */
  response?(response: Response): void
  /**
   * For each request that a page yields. `page` is undefined for those of `start()` and for redirects. Throw {@link IgnoreRequest} to end
   * it here.
   */
  request?(request: Request, page: Response | undefined): Request
}

/** A scraper middleware and its place; a lower order is nearer to the engine. Built-in: http-error 50, local-files 400,
 * offsite 500, referer 700, url-length 800, depth 900. */
export interface ScraperMiddlewareSpec {
  readonly name: string
  readonly order: number
  /** Called once, when the crawl starts. `undefined`: not wanted with these settings. */
  create(context: ScraperContext): ScraperMiddleware | undefined
}

/** What scraper middlewares are built from. */
export interface ScraperContext {
  readonly settings: Settings
  readonly stats: Stats
  readonly log: Logger
  readonly signals: CrawlSignals
  /** What the middlewares need to know of the spider. Read at each request: a spider may change it as it goes. */
  readonly spider: { readonly name: string; readonly allowedDomains: readonly string[] }
}
