import { UsageError } from '../errors.ts'
import { checkOptions } from './check-options.ts'
import type { Item, ItemInfo, Pipeline } from './contract.ts'

/** How {@link transform} treats items. */
export interface TransformOptions {
  /** What messages call this pipeline. @default the name of the function */
  readonly name?: string
}

/** What a function gives for an item: an item, a list of them, null for none, or a promise of these. */
export type Transformed<Out extends Item> = Out | readonly Out[] | null | Promise<Out | readonly Out[] | null>

/**
 * A pipeline of one function: an item goes in; an item, a list of them or null for none comes out, now or later. What is left out this way is not
 * counted; throw `DropItem` to have it counted and logged.
 *
 * With `when` it is for one type of items; the others pass as they are.
 *
 * @throws UsageError ERR_PIPELINE for what is no function, ERR_PIPELINE_OPTION for a wrong option
 *
 * @example
 * transform((book: Book) => ({ ...book, price: Math.round(book.price * 100) / 100 }))
 * transform((shelf: Shelf) => shelf.books, { when: (item): item is Shelf => 'books' in item })
 */
export function transform<In extends Item, Out extends Item>(
  fn: (item: In, info: ItemInfo) => Transformed<Out>,
  options?: TransformOptions & { readonly when?: undefined },
): Pipeline<In, Out>
export function transform<In extends Item, Out extends Item>(
  fn: (item: In, info: ItemInfo) => Transformed<Out>,
  options: TransformOptions & { readonly when: (item: Item) => item is In },
): Pipeline
export function transform(
  fn: (item: Item, info: ItemInfo) => Transformed<Item>,
  options: TransformOptions & { readonly when?: ((item: Item) => boolean) | undefined } = {},
): Pipeline {
  if (typeof fn !== 'function') {
    throw new UsageError(
      'ERR_PIPELINE',
      `transform() got ${fn === null ? 'null' : typeof fn}. Expected a function that takes an item.`,
    )
  }
  checkOptions('transform', options, { when: 'function', name: 'string' })
  const { when, name = fn.name === '' ? 'transform' : fn.name } = options
  return {
    name,
    process(item, info) {
      if (when !== undefined && !when(item)) return item
      const result = fn(item, info)
      if (result === null) return NONE
      return result instanceof Promise ? result.then((settled) => settled ?? NONE) : result
    },
  }
}

const NONE: readonly Item[] = []
