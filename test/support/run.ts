import type { Config, CrawlOptions, CrawlResult, EndReason, Item, LogFields, Logger, SpiderClass } from '../../src/index.ts'
import { crawl } from '../../src/index.ts'

/** What a crawl did, as a test wants to see it. */
export interface Witnessed extends CrawlResult {
  readonly items: Item[]
  /** Path and reason of every end, in order. */
  readonly ends: [string, EndReason][]
  readonly log: { level: string; message: string; fields: LogFields | undefined }[]
}

/** Runs a spider fast and quietly, and keeps what it did. */
export async function run(
  spider: SpiderClass,
  config: Config = {},
  options: Omit<CrawlOptions, 'config'> = {},
): Promise<Witnessed> {
  const items: Item[] = []
  const ends: [string, EndReason][] = []
  const log: Witnessed['log'] = []
  const at =
    (level: string) =>
    (message: string, fields?: LogFields): void => {
      log.push({ level, message, fields })
    }
  const logger: Logger = { debugEnabled: false, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  const result = await crawl(spider, {
    log: logger,
    ...options,
    config: {
      obeyRobotsTxt: false,
      retry: false,
      ...config,
      extensions: [
        {
          name: 'witness',
          open({ signals }) {
            signals.on('itemScraped', ({ item }) => void items.push(item))
            signals.on(
              'requestEnded',
              ({ request, reason }) => void ends.push([request.url.replace(/^https?:\/\/[^/]+/, ''), reason]),
            )
            return undefined
          },
        },
        ...(config.extensions ?? []),
      ],
    },
  })
  return { ...result, items, ends, log }
}
