import { SkeinError } from '../errors.ts'
import type { Item } from '../pipeline/contract.ts'
import type { Feed, FeedOptions } from './contract.ts'

/** The feed, with the items only that its `filter` and `itemTypes` let through. */
export function selectItems(feed: Feed, { filter, itemTypes }: FeedOptions): Feed {
  if (filter === undefined && itemTypes === undefined) return feed

  function wanted(item: Item): boolean {
    if (itemTypes !== undefined && !itemTypes.some((type) => item instanceof type)) return false
    if (filter === undefined) return true
    const answer: unknown = filter(item)
    if (typeof answer === 'boolean') return answer
    const what = answer instanceof Promise ? 'a promise' : `${typeof answer}`
    throw new SkeinError('ERR_FEED_FILTER', `the filter of the feed ${feed.uri} returned ${what}; expected true or false`)
  }

  return {
    uri: feed.uri,
    format: feed.format,
    get count() {
      return feed.count
    },
    write(item) {
      if (wanted(item)) feed.write(item)
    },
    flush: () => feed.flush(),
    close: () => feed.close(),
  }
}
