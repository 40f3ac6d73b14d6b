import type { DownloaderMiddlewareSpec, DownloadHandlerFactory } from '../downloader/contract.ts'
import type { Extension } from '../extensions/contract.ts'
import type { FeedOptions } from '../feed/contract.ts'
import type { Item, Pipeline } from '../pipeline/contract.ts'
import type { ScraperMiddlewareSpec } from '../scraper/contract.ts'
import type { Settings } from '../settings/settings.ts'

/** Everything a project, a spider or the command line may set: the settings, and the parts that a crawl is put together from. */
export interface Config extends Partial<Settings> {
  /** Where items go. */
  readonly feeds?: readonly FeedOptions[]
  /** What items pass on their way, in this order. */
  // biome-ignore lint/suspicious/noExplicitAny: a list of pipelines of different items; each pipeline is typed where it is written
  readonly pipelines?: readonly Pipeline<any, Item>[]
  /** Added to the built-in ones; one with the name of a built-in takes its place. */
  readonly downloaderMiddlewares?: readonly DownloaderMiddlewareSpec[]
  /**
   * What speaks a URL scheme, by its name (`ftp`): added to the built-in http, https, file and data, or in their place; null takes one away.
   */
  readonly downloadHandlers?: Readonly<Record<string, DownloadHandlerFactory | null>>
  /** Added to the built-in ones; one with the name of a built-in takes its place. */
  readonly scraperMiddlewares?: readonly ScraperMiddlewareSpec[]
  /** Added to the built-in ones. */
  readonly extensions?: readonly Extension[]
}

/** Types and completes a config; returns it as it is. */
export function defineConfig(config: Config): Config {
  return config
}
