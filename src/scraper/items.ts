import { DropItem } from '../errors.ts'
import type { Feed } from '../feed/contract.ts'
import type { Item, ItemInfo, PipelineChain } from '../pipeline/contract.ts'
import type { Lane } from '../util/lane.ts'
import type { ScraperContext } from './contract.ts'

/** Where items go: through the pipelines, into every feed. */
export interface ItemRoute {
  /**
   * Takes one item all the way. Returns a promise only when a pipeline does. Throws what a pipeline threw, DropItem excepted: a dropped
   * item is counted, logged and done with.
   *
   * What has passed is added to `texts` as JSON, where that is wanted. Items with the same lane pass, and arrive, in the order of their calls.
   */
  take(item: Item, info: ItemInfo, texts: string[] | undefined, lane: Lane): void | Promise<void>
  /** Everything taken so far is stored when this returns. */
  flush(): Promise<void>
  /** From now on items are not taken: their pages were given back, and will be done again. */
  close(): void
}

/** Joins pipelines and feeds. `toJson` may throw for an item that has no form in JSON, which then fails. */
export function createItemRoute(
  pipelines: PipelineChain,
  feeds: readonly Feed[],
  { stats, signals, log }: ScraperContext,
  toJson: (item: Item) => string,
): ItemRoute {
  const scraped = stats.counter('item_scraped_count')
  const dropped = stats.counter('item_dropped_count')
  const droppedFor = stats.counter('item_dropped_reasons_count')
  let dirty = false
  let closed = false

  function arrived(items: readonly Item[], info: ItemInfo, texts: string[] | undefined): void | Promise<void> {
    for (const item of items) {
      // before the feeds: what cannot be written is in none of them
      if (texts !== undefined) texts.push(toJson(item))
      for (const feed of feeds) feed.write(item)
      scraped.add()
    }
    if (log.debugEnabled) for (const item of items) log.debug('Scraped', { url: info.response?.url, item })
    if (signals.has('itemScraped')) return announce(items, info)
  }

  async function announce(items: readonly Item[], info: ItemInfo): Promise<void> {
    for (const item of items) await signals.emit('itemScraped', { item, response: info.response })
  }

  async function drop(item: Item, info: ItemInfo, error: unknown): Promise<void> {
    if (!(error instanceof DropItem)) {
      await signals.emit('itemError', { item, error, response: info.response })
      throw error
    }
    dropped.add()
    droppedFor.label(error.name).add()
    log.warn(`Dropped an item: ${error.message}`, { url: info.request?.url })
    await signals.emit('itemDropped', { item, reason: error.message, response: info.response })
  }

  return {
    take(item, info, texts, lane) {
      if (closed) return
      dirty = true
      try {
        const processed = pipelines.process(item, info, lane)
        const waiting = lane.onward(feeds, processed, (items) => arrived(items, info, texts))
        return waiting
          ?.catch((error: unknown) => drop(item, info, error))
          .finally(() => {
            // it came to the stores later than it was taken, and others may have been flushed in between
            dirty = true
          })
      } catch (error) {
        return drop(item, info, error)
      }
    },
    async flush() {
      if (!dirty) return
      dirty = false
      try {
        await pipelines.flush()
        await Promise.all(feeds.map((feed) => feed.flush()))
      } catch (error) {
        dirty = true
        throw error
      }
    },
    close() {
      closed = true
    },
  }
}
