import { DropItem, SkeinError, UsageError } from '../errors.ts'
import { checkOptions } from './check-options.ts'
import type { Item, ItemInfo, Pipeline } from './contract.ts'
import { FirstSeen } from './first-seen.ts'
import { identityText } from './identity-text.ts'
import { originText } from './origin-text.ts'

/** How {@link dropDuplicates} treats items. */
export interface DropDuplicatesOptions {
  /**
   * What becomes of an item that lacks what it is told by (undefined, null, not a number). `error`: its page becomes a dead letter, and the message names
   * the field. `pass`: it goes on, and is no duplicate of anything.
   *
   * @default 'error'
   */
  readonly missing?: 'error' | 'pass'
  /**
   * So many values are remembered at least, at 20 to 27 bytes each; up to twice as many, then the older half is forgotten, with a warning in the
   * log. A duplicate of what was forgotten passes.
   *
   * @default 1_000_000
   */
  readonly remember?: number
  /** Which items are meant; the others pass. @default all */
  readonly when?: ((item: Item) => boolean) | undefined
  /** What messages call this pipeline. @default 'drop-duplicates' */
  readonly name?: string
}

/** What tells one item from another: a field, several that count together, or a function. */
export type Identity<I extends Item> = (keyof I & string) | readonly (keyof I & string)[] | ((item: I) => unknown)

/**
 * A pipeline that drops items which were there before: those with the same field, the same fields together, or the same result of a function. The
 * first goes on, the others are counted, as `item_dropped_reasons_count/DuplicateItem`.
 *
 * A page that is done a second time (after a retry of a dead letter, or a restart) gives the same items, not duplicates: the key of the item is
 * remembered beside its value. Put it behind what may drop items, and before what stores them: a value counts as there once it has passed here.
 *
 * It knows what this process has seen. With several workers each drops its own duplicates; for all of them together, have the store do it with a
 * unique key.
 *
 * Values may be texts, numbers, bigints, booleans, dates, and lists and plain objects of these; `1` and `'1'` are different.
 *
 * @throws UsageError ERR_PIPELINE for what is no field and no function, ERR_PIPELINE_OPTION for a wrong option
 *
 * @example
 * dropDuplicates<Book>('isbn')
 * dropDuplicates<Book>(['shop', 'sku'], { missing: 'pass' })
 * dropDuplicates((book: Book) => book.title.toLowerCase())
 */
export function dropDuplicates<I extends Item = Record<string, unknown>>(
  identity: Identity<I>,
  options: DropDuplicatesOptions = {},
): Pipeline<I> {
  const read = readIdentity(identity as Identity<Record<string, unknown>>)
  checkOptions('dropDuplicates', options, { missing: ['error', 'pass'], remember: 'count', when: 'function', name: 'string' })
  const { missing = 'error', remember = 1_000_000, when, name = 'drop-duplicates' } = options
  let seen = new FirstSeen(remember)
  let crawl: string | undefined
  let isOpen = false

  return {
    name,
    open({ crawlId, log }) {
      if (isOpen) {
        throw new UsageError(
          'ERR_PIPELINE_SHARED',
          `the pipeline "${name}" is part of a crawl already, and would mix up the items of the two. Make one for each: call dropDuplicates() again.`,
        )
      }
      isOpen = true
      // a crawl that goes on in the same process goes on with what it has seen
      if (crawlId !== crawl) seen = new FirstSeen(remember)
      crawl = crawlId
      seen.onForget = () =>
        log.warn(
          `"${name}" has seen more than ${2 * remember} different values, and forgets the older half: their duplicates pass. Expected fewer, or a larger \`remember\``,
        )
    },
    process(item, info) {
      if (when !== undefined && !when(item)) return item
      const text = valueText(item as Record<string, unknown>, info)
      if (text !== undefined && !seen.isFirst(text, info)) {
        throw new DuplicateItem(`${originText(info)} was there before: ${text.length > 200 ? `${text.slice(0, 199)}…` : text}`)
      }
      return item
    },
    close() {
      isOpen = false
    },
  }

  /** What tells the item apart, as text; undefined for one that lacks it and may. */
  function valueText(item: Record<string, unknown>, info: ItemInfo): string | undefined {
    const { value, lacking } = read(item)
    if (lacking === undefined) return identityText(value, name)
    if (missing === 'pass') return undefined
    throw new SkeinError(
      'ERR_ITEM_FIELD',
      `"${name}" cannot tell ${originText(info)} from others: ${lacking}. Expected every item to have it; missing: 'pass' lets those without it through.`,
    )
  }
}

/** So that its own line in `item_dropped_reasons_count` tells it from other drops. */
class DuplicateItem extends DropItem {}

type Reader = (item: Record<string, unknown>) => { value?: unknown; lacking?: string }

function readIdentity(identity: Identity<Record<string, unknown>>): Reader {
  if (typeof identity === 'function') {
    return (item) => {
      const value = identity(item)
      return isMissing(value) ? { lacking: `its function gave ${value}` } : { value }
    }
  }
  const fields = typeof identity === 'string' ? [identity] : identity
  if (!Array.isArray(fields) || fields.length === 0 || !fields.every((field) => typeof field === 'string' && field !== '')) {
    throw new UsageError(
      'ERR_PIPELINE',
      "dropDuplicates() needs to know what tells items apart. Expected a field ('isbn'), several (['shop', 'sku']) or a function.",
    )
  }
  return (item) => {
    const lacking = fields.find((field: string) => isMissing(item[field]))
    if (lacking !== undefined) return { lacking: `its field "${lacking}" has no value` }
    return { value: fields.length === 1 ? item[fields[0]!] : fields.map((field: string) => item[field]) }
  }
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null || Number.isNaN(value instanceof Date ? value.getTime() : value)
}
