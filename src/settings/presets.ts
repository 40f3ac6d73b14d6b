import { defaultSettings, type Settings } from './settings.ts'

/** The settings that a preset decides. Every preset sets all of them, so that a later preset leaves nothing of an earlier one. */
export type PresetValues = Pick<
  Settings,
  | 'concurrency'
  | 'concurrencyPerSlot'
  | 'delay'
  | 'order'
  | 'depthPriority'
  | 'downloadTimeout'
  | 'connectTimeout'
  | 'maxResponseSize'
  | 'maxActiveBytes'
  | 'maxPools'
  | 'maxRetries'
  | 'retryDelay'
  | 'obeyRetryAfter'
  | 'easeOff'
  | 'obeyCrawlDelay'
  | 'robotsErrors'
>

/**
 * What the presets mean.
 *
 * - `polite`: the defaults.
 * - `fast`: one site that can take it (your own, or one whose owner agreed). All places may go to one slot. robots.txt stays on.
 * - `broad`: thousands of sites. Many places in all, few for each site, breadth first so that no site is dug up before the others were
 *   met, and little patience with a site that does not answer (after Scrapy's advice for broad crawls).
 * - `scrapy`: Scrapy's ways where ours differ: retries at once, Retry-After and Crawl-delay without effect, no easing off, the robots.txt of any status read, bodies
 *   of up to 1 GiB.
 */
export const presets: Readonly<Record<Settings['preset'], PresetValues>> = {
  polite: {
    concurrency: defaultSettings.concurrency,
    concurrencyPerSlot: defaultSettings.concurrencyPerSlot,
    delay: defaultSettings.delay,
    order: defaultSettings.order,
    depthPriority: defaultSettings.depthPriority,
    downloadTimeout: defaultSettings.downloadTimeout,
    connectTimeout: defaultSettings.connectTimeout,
    maxResponseSize: defaultSettings.maxResponseSize,
    maxActiveBytes: defaultSettings.maxActiveBytes,
    maxPools: defaultSettings.maxPools,
    maxRetries: defaultSettings.maxRetries,
    retryDelay: defaultSettings.retryDelay,
    obeyRetryAfter: defaultSettings.obeyRetryAfter,
    easeOff: defaultSettings.easeOff,
    obeyCrawlDelay: defaultSettings.obeyCrawlDelay,
    robotsErrors: defaultSettings.robotsErrors,
  },
  fast: {
    concurrency: 64,
    concurrencyPerSlot: 64,
    delay: 0,
    order: 'lifo',
    depthPriority: 0,
    downloadTimeout: 60,
    connectTimeout: 10,
    maxResponseSize: 100 * 1024 * 1024,
    maxActiveBytes: 128 * 1024 * 1024,
    maxPools: 256,
    maxRetries: 2,
    retryDelay: 1,
    obeyRetryAfter: true,
    easeOff: true,
    obeyCrawlDelay: true,
    robotsErrors: 'rfc9309',
  },
  broad: {
    concurrency: 128,
    concurrencyPerSlot: 2,
    delay: 0.5,
    order: 'fifo',
    depthPriority: 1,
    downloadTimeout: 20,
    connectTimeout: 5,
    maxResponseSize: 10 * 1024 * 1024,
    maxActiveBytes: 128 * 1024 * 1024,
    maxPools: 1024,
    maxRetries: 1,
    retryDelay: 1,
    obeyRetryAfter: true,
    easeOff: true,
    obeyCrawlDelay: true,
    robotsErrors: 'rfc9309',
  },
  scrapy: {
    concurrency: 16,
    concurrencyPerSlot: 8,
    delay: 0,
    order: 'lifo',
    depthPriority: 0,
    downloadTimeout: 180,
    connectTimeout: 10,
    maxResponseSize: 1024 * 1024 * 1024,
    maxActiveBytes: 5_000_000,
    maxPools: 256,
    maxRetries: 2,
    retryDelay: 0,
    obeyRetryAfter: false,
    easeOff: false,
    obeyCrawlDelay: false,
    robotsErrors: 'scrapy',
  },
}
