import type { FeedFormat, FormatOptions } from '../contract.ts'
import { createItemText } from './item-text.ts'

/**
 * One JSON array of objects, laid out as Scrapy's JSON feed: without `indent` all of it on one line, with 0 an item a line, with more
 * a field a line.
 *
 * @example
 * const json = createJsonFormat({ indent: 0 })
 * json.begin() + json.item({ a: 1 }, true) + json.item({ a: 2 }, false) + json.end() // '[\n{"a": 1},\n{"a": 2}\n]'
 */
export function createJsonFormat(options: FormatOptions = {}): FeedFormat {
  const lineBreak = options.indent === undefined ? '' : '\n'
  const text = createItemText(options, { ascii: options.ascii ?? false, indent: Math.max(0, options.indent ?? 0) })
  const separator = `,${lineBreak}`
  return {
    begin: () => `[${lineBreak}`,
    item: (item, first) => (first ? text(item) : separator + text(item)),
    end: () => `${lineBreak}]`,
  }
}
