import type { Limits, Tally } from '../contract.ts'

const NONE: Limits = { pages: 0, items: 0, errors: 0, time: 0 }

/** Holds what workers have counted against the limits of a crawl. */
export class CrawlLimits {
  readonly #limits: Limits
  #pages = 0
  #items = 0
  #errors = 0
  #began = 0
  /** When the last tally came that had an item. */
  #itemAt = 0
  /** Pages in the tallies since then. */
  #pagesWithoutItem = 0

  constructor(limits: Limits = NONE) {
    this.#limits = limits
  }

  /** Milliseconds since the epoch when time alone ends the crawl, if no further item comes. */
  get endsAt(): number {
    const { time, timeWithoutItem = 0 } = this.#limits
    return Math.min(endOf(this.#began, time), endOf(this.#itemAt, timeWithoutItem))
  }

  /** From now on everything is counted anew. */
  begin(now: number): void {
    this.#pages = 0
    this.#items = 0
    this.#errors = 0
    this.#began = now
    this.#itemAt = now
    this.#pagesWithoutItem = 0
  }

  count({ add }: Tally, now: number): void {
    const pages = add['response_received_count'] ?? 0
    const items = add['item_scraped_count'] ?? 0
    this.#pages += pages
    this.#items += items
    this.#errors += add['spider_exceptions/count'] ?? 0
    if (items > 0) {
      this.#itemAt = now
      this.#pagesWithoutItem = 0
    } else this.#pagesWithoutItem += pages
  }

  /** The reason the crawl ends for; undefined while no limit is reached. */
  reached(now: number): string | undefined {
    const { pages, items, errors, time, timeWithoutItem = 0, pagesWithoutItem = 0 } = this.#limits
    if (isReached(this.#pages, pages)) return 'closespider_pagecount'
    if (isReached(this.#items, items)) return 'closespider_itemcount'
    if (isReached(this.#errors, errors)) return 'closespider_errorcount'
    if (isReached(this.#pagesWithoutItem, pagesWithoutItem)) return 'closespider_pagecount_no_item'
    if (now >= endOf(this.#began, time)) return 'closespider_timeout'
    return now >= endOf(this.#itemAt, timeWithoutItem) ? 'closespider_timeout_no_item' : undefined
  }
}

function isReached(counted: number, limit: number): boolean {
  return limit > 0 && counted >= limit
}

function endOf(start: number, limit: number): number {
  return limit > 0 ? start + limit : Number.POSITIVE_INFINITY
}
