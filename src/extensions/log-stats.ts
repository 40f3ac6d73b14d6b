import type { Extension } from './contract.ts'

/**
 * A line on how far the crawl is, every `logStatsInterval` seconds. Rates are those of the last interval.
 *
 * @example
 * // Crawled 120 pages (60/min), scraped 30 items (15/min), queued 412, in flight 16
 */
export const logStats: Extension = {
  name: 'log-stats',
  open({ settings, stats, log, clock, counts }) {
    const interval = settings.logStatsInterval * 1000
    if (interval === 0) return undefined
    let before = { time: clock.now(), pages: 0, items: 0 }
    let closed = false

    const tick = async (): Promise<void> => {
      // a frontier that does not answer has reported itself; the rest of the line is still worth saying
      const where = await counts().then(
        ({ queued, delayed, leased }) => `, queued ${queued + delayed}, in flight ${leased}`,
        () => '',
      )
      if (closed) return
      const now = {
        time: clock.now(),
        pages: Number(stats.get('response_received_count') ?? 0),
        items: Number(stats.get('item_scraped_count') ?? 0),
      }
      const minutes = Math.max(1, now.time - before.time) / 60_000
      const rate = (value: number, earlier: number): number => Math.round((value - earlier) / minutes)
      log.info(
        `Crawled ${now.pages} pages (${rate(now.pages, before.pages)}/min), scraped ${now.items} items (${rate(now.items, before.items)}/min)${where}`,
      )
      before = now
      cancel = clock.after(interval, tick)
    }

    let cancel = clock.after(interval, tick)
    return () => {
      closed = true
      cancel()
    }
  },
}
