import type { Item } from '../contract.ts'
import { StoreError } from '../store/store-error.ts'
import type { MongoOptions } from './mongo-options.ts'

/** Says in which collection an item belongs. */
export interface CollectionNamer<I extends Item> {
  /** Those that are known beforehand. */
  readonly names: readonly string[]
  /** @throws StoreError ERR_STORE_ITEM for an item that belongs in none */
  of(item: I): string
}

/** Reads the `collection` option. `fill` puts in what its placeholders stand for. */
export function collectionNamer<I extends Item>(
  collection: NonNullable<MongoOptions<I>['collection']>,
  fill: (template: string) => string,
): CollectionNamer<I> {
  if (typeof collection === 'string') {
    const name = fill(collection)
    return { names: [name], of: () => name }
  }
  if (typeof collection === 'function') {
    return {
      names: [],
      of(item) {
        const name: unknown = collection(item)
        if (typeof name === 'string' && name !== '') return name
        throw new StoreError('ERR_STORE_ITEM', `\`collection\` gave no name for the item, but ${String(name)}`)
      },
    }
  }
  const names = new Map(Object.entries(collection).map(([type, template]) => [type, fill(template)]))
  return {
    names: [...new Set(names.values())],
    of(item) {
      const type = typeOf(item)
      const name = names.get(type)
      if (name !== undefined) return name
      throw new StoreError(
        'ERR_STORE_ITEM',
        `\`collection\` has no name for items of the type "${type}". It has ${[...names.keys()].join(', ')}`,
      )
    },
  }
}

function typeOf(item: Item): string {
  const { type } = item as { type?: unknown }
  return typeof type === 'string' ? type : (item.constructor?.name ?? 'Object')
}
