import type { Limits, Tally } from '../contract.ts'

/** Holds what workers have counted against the limits of a crawl. */
export class CrawlLimits {
  readonly #limits: Limits | undefined
  #pages = 0
  #items = 0
  #errors = 0
  #endsAt = Number.POSITIVE_INFINITY

  constructor(limits: Limits | undefined) {
    this.#limits = limits
  }

  /** Milliseconds since the epoch when the time is over. */
  get endsAt(): number {
    return this.#endsAt
  }

  /** From now on everything is counted anew. */
  begin(now: number): void {
    this.#pages = 0
    this.#items = 0
    this.#errors = 0
    const time = this.#limits?.time ?? 0
    if (time > 0) this.#endsAt = now + time
  }

  count({ add }: Tally): void {
    this.#pages += add['response_received_count'] ?? 0
    this.#items += add['item_scraped_count'] ?? 0
    this.#errors += add['spider_exceptions/count'] ?? 0
  }

  /** The reason the crawl ends for; undefined while no limit is reached. */
  reached(now: number): string | undefined {
    const limits = this.#limits
    if (limits === undefined) return undefined
    if (isReached(this.#pages, limits.pages)) return 'closespider_pagecount'
    if (isReached(this.#items, limits.items)) return 'closespider_itemcount'
    if (isReached(this.#errors, limits.errors)) return 'closespider_errorcount'
    return now >= this.#endsAt ? 'closespider_timeout' : undefined
  }
}

function isReached(counted: number, limit: number): boolean {
  return limit > 0 && counted >= limit
}
