import type { FrontierOptions, Limits, SlotPolicy } from '../contract.ts'

/** What settings decide about a crawl. Those of whoever joined last hold for all. */
export interface CrawlSettings {
  readonly order: 'lifo' | 'fifo'
  readonly slot: SlotPolicy
  readonly maxDeliveries: number
  /** Milliseconds. */
  readonly sessionTtl: number
  readonly limits: Limits
  readonly maxRequestsPerSecond: number
}

const NONE: Limits = { pages: 0, items: 0, errors: 0, time: 0 }

/** These of a worker's options. */
export function crawlSettings(options: FrontierOptions): CrawlSettings {
  const { order, slot, maxDeliveries, sessionTtl, limits = NONE, maxRequestsPerSecond = 0 } = options
  return { order, slot, maxDeliveries, sessionTtl, limits, maxRequestsPerSecond }
}
