import type { Config } from '../crawl/contract.ts'
import { type CrawlOptions, type CrawlResult, crawl } from '../crawl/crawl.ts'
import type { EndReason } from '../errors.ts'
import type { LogFields, Logger } from '../log/contract.ts'
import type { Item } from '../pipeline/contract.ts'
import type { SpiderClass } from '../spider/spider.ts'

/** One line of a crawl's log. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields?: LogFields
}

/** How a crawl went, and what it gave. */
export interface TestCrawl<I extends Item = Item> extends CrawlResult {
  /** What came out of the pipelines, in order. */
  readonly items: I[]
  /** Every request that ended, and how, in order. */
  readonly ends: { readonly url: string; readonly reason: EndReason }[]
  readonly lines: LogLine[]
}

/** Without the patience that real sites are owed. */
const HASTE: Config = { delay: 0, retryDelay: 0.01, obeyRobotsTxt: false, autoThrottle: false }

/**
 * Crawls with a spider as `crawl()` does, and keeps what came of it in place of logging: items, ends of requests, lines of the log. It hurries: no
 * delay, robots.txt not asked for, further tries after 10 ms; `config` wins over that, and all of it over the spider's settings.
 *
 * Rejects as `crawl()` does. What goes wrong in the crawl is in the result: check `ok` or `reason`.
 *
 * @example
 * const site = await fakeSite({ '/': '<h1>Emma</h1>' })
 * const { items, reason } = await testCrawl(Books, { args: { site: site.url } })
 */
export async function testCrawl<I extends Item>(spider: SpiderClass<I>, options: CrawlOptions = {}): Promise<TestCrawl<I>> {
  const items: I[] = []
  const ends: { url: string; reason: EndReason }[] = []
  const lines: LogLine[] = []
  const at =
    (level: LogLine['level']) =>
    (message: string, fields?: LogFields): void =>
      void lines.push({ level, message, ...(fields === undefined ? {} : { fields }) })
  const log: Logger = { debugEnabled: false, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  const { config = {} } = options
  const result = await crawl(spider as unknown as SpiderClass, {
    log,
    ...options,
    config: {
      ...HASTE,
      ...config,
      extensions: [
        {
          name: 'test-crawl',
          open({ signals }) {
            signals.on('itemScraped', ({ item }) => void items.push(item as I))
            signals.on('requestEnded', ({ request, reason }) => void ends.push({ url: request.url, reason }))
            return undefined
          },
        },
        ...(config.extensions ?? []),
      ],
    },
  })
  return { ...result, items, ends, lines }
}
