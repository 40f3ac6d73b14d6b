import { type CrawlSettings, crawlDefaults } from './crawl-settings.ts'
import { type DownloadSettings, downloadDefaults } from './download-settings.ts'
import { type PoliteSettings, politeDefaults } from './polite-settings.ts'

/**
 * What can be set about a crawl. Times are in seconds, sizes in bytes. Every name is checked: an unknown one is an error with the
 * nearest name, and a name of Scrapy or scrapy-redis is answered with its name here.
 */
export interface Settings extends PoliteSettings, CrawlSettings, DownloadSettings {
  /**
   * A bundle of values to start from; whatever is set beside it or in a later layer wins. `polite` is the defaults, `fast` is for one
   * site that can take it, `broad` for many sites at once, `scrapy` for Scrapy's ways where ours differ: see {@link presets}. @default 'polite'
   */
  readonly preset: 'polite' | 'fast' | 'broad' | 'scrapy'

  // --- running

  /** Seconds that pages in flight get to finish when the crawl is interrupted, and a handler of a signal whenever it ends. @default 30 */
  readonly shutdownGrace: number
  /** What is logged. @default 'info' */
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** A file for the log in place of standard error. @default '' */
  readonly logFile: string
  /** Lines for people or for programs. @default 'text' */
  readonly logFormat: 'text' | 'json'
  /** Seconds between progress lines where there is no terminal; 0: none. @default 60 */
  readonly logStatsInterval: number
}

/** What holds where nothing was set. */
export const defaultSettings: Settings = {
  preset: 'polite',
  ...politeDefaults,
  ...crawlDefaults,
  ...downloadDefaults,
  shutdownGrace: 30,
  logLevel: 'info',
  logFile: '',
  logFormat: 'text',
  logStatsInterval: 60,
}
