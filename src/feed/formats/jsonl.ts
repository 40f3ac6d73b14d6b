import type { FeedFormat, FormatOptions } from '../contract.ts'
import { createItemText } from './item-text.ts'

/**
 * One JSON object a line (https://jsonlines.org), byte for byte what Scrapy's JSON lines feed holds for the same values.
 *
 * @example
 * createJsonlFormat().item({ title: 'Emma', price: 9.5 }, true) // '{"title": "Emma", "price": 9.5}\n'
 */
export function createJsonlFormat(options: FormatOptions = {}): FeedFormat {
  const text = createItemText(options, { ascii: options.ascii ?? false, indent: 0 })
  return { begin: () => '', item: (item) => `${text(item)}\n`, end: () => '' }
}
