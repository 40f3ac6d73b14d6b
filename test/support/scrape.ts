import type { IgnoreRequest } from '../../src/errors.ts'
import { createResponse } from '../../src/http/create-response.ts'
import type { HeadersInit } from '../../src/http/headers.ts'
import type { Request } from '../../src/http/request.ts'
import type { Response } from '../../src/http/response.ts'
import { composeScraper, type ScraperChain } from '../../src/scraper/compose.ts'
import type { ScraperContext, ScraperMiddlewareSpec } from '../../src/scraper/contract.ts'
import { defaultSettings, type Settings } from '../../src/settings/settings.ts'
import type { CrawlEvents } from '../../src/signals/contract.ts'
import { Signals } from '../../src/signals/signals.ts'
import { Stats } from '../../src/stats/stats.ts'

/** Scraper middlewares at work, and what they said. */
export interface ScrapeBench {
  readonly chain: ScraperChain
  readonly stats: Stats
  readonly spider: { name: string; allowedDomains: readonly string[] }
  /** Messages of all levels. */
  readonly lines: string[]
  /** The reason for which a request ends here, or the request as it goes on. */
  ask(request: Request, page?: Response): Request | string
}

/** Makes these middlewares with these settings. */
export function scrapeBench(
  specs: readonly ScraperMiddlewareSpec[],
  settings: Partial<Settings> = {},
  allowedDomains: readonly string[] = [],
): ScrapeBench {
  const lines: string[] = []
  const say = (message: string): void => void lines.push(message)
  const stats = new Stats()
  const spider = { name: 'test', allowedDomains }
  const context: ScraperContext = {
    settings: { ...defaultSettings, ...settings },
    stats,
    log: { debugEnabled: true, debug: say, info: say, warn: say, error: say },
    signals: new Signals<CrawlEvents>(say),
    spider,
  }
  const chain = composeScraper(specs, context)
  return {
    chain,
    stats,
    spider,
    lines,
    ask(request, page) {
      try {
        return chain.request(request, page)
      } catch (error) {
        return (error as IgnoreRequest).reason
      }
    },
  }
}

/** A page that requests are found on. */
export function pageAt(url: string, headers: HeadersInit = {}, request?: Request): Response {
  return createResponse({ url, headers, body: '', request })
}
