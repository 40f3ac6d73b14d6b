import type { Limits, Tally } from '../contract.ts'
import type { CrawlState } from './crawl-state.ts'
import type { CrawlStore } from './crawl-store.ts'
import { nameIn, nameKey } from './name-key.ts'

const LIMITED = {
  pages: { stat: 'response_received_count', reason: 'closespider_pagecount' },
  items: { stat: 'item_scraped_count', reason: 'closespider_itemcount' },
  errors: { stat: 'spider_exceptions/count', reason: 'closespider_errorcount' },
} as const
const LIMITS = Object.entries(LIMITED) as [keyof typeof LIMITED, (typeof LIMITED)[keyof typeof LIMITED]][]

/** Adds what a worker counted; gives the reason for which the crawl ends where a limit is reached. */
export function addTally(
  { add, max }: Tally,
  stats: CrawlStore['stats'],
  crawl: CrawlState,
  limits: Limits,
  now: number,
): string | undefined {
  for (const [name, by] of Object.entries(add)) write(stats, name, (read(stats, name) ?? 0) + by)
  for (const [name, value] of Object.entries(max)) {
    const present = read(stats, name)
    if (present === undefined || present < value) write(stats, name, value)
  }
  const [pages, items] = [add[LIMITED.pages.stat] ?? 0, add[LIMITED.items.stat] ?? 0]
  if (items > 0) {
    crawl.itemAt = now
    crawl.pagesWithoutItem = 0
  } else crawl.pagesWithoutItem += pages
  for (const [limit, { stat, reason }] of LIMITS) {
    if (limits[limit] > 0 && add[stat] !== undefined && (read(stats, stat) ?? 0) - (crawl.base[stat] ?? 0) >= limits[limit])
      return reason
  }
  const { pagesWithoutItem = 0 } = limits
  return pagesWithoutItem > 0 && crawl.pagesWithoutItem >= pagesWithoutItem ? 'closespider_pagecount_no_item' : undefined
}

/** From now on limits count anew: the crawl begins, or is taken up. */
export function beginLimits(stats: CrawlStore['stats'], crawl: CrawlState, now: number): void {
  crawl.started = now
  crawl.itemAt = now
  crawl.pagesWithoutItem = 0
  crawl.base = Object.fromEntries(LIMITS.map(([, { stat }]) => [stat, read(stats, stat) ?? 0]))
}

/** When time alone ends the crawl, and what it ends as then; undefined: never. */
export function endByTime(
  crawl: CrawlState,
  { time, timeWithoutItem = 0 }: Limits,
): { readonly at: number; readonly reason: string } | undefined {
  const ends = [
    ...(time > 0 ? [{ at: crawl.started + time, reason: 'closespider_timeout' }] : []),
    ...(timeWithoutItem > 0 ? [{ at: crawl.itemAt + timeWithoutItem, reason: 'closespider_timeout_no_item' }] : []),
  ]
  return ends.sort((a, b) => a.at - b.at)[0]
}

/** All that was counted. */
export function readStats(stats: CrawlStore['stats']): Record<string, number> {
  return Object.fromEntries(
    [...stats.getRange()].map(({ key, value }) => [nameIn(key) ?? value.slice(value.indexOf(' ') + 1), parse(value)]),
  )
}

function read(stats: CrawlStore['stats'], name: string): number | undefined {
  const text = stats.get(nameKey(name))
  return text === undefined ? undefined : parse(text)
}

/** The name stands behind the value where the key does not have it. */
function write(stats: CrawlStore['stats'], name: string, value: number): void {
  const key = nameKey(name)
  stats.putSync(key, nameIn(key) === undefined ? `${value} ${name}` : String(value))
}

function parse(text: string): number {
  return Number(text.split(' ', 1)[0])
}
