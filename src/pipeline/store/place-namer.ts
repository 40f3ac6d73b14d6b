import type { Item } from '../contract.ts'
import { StoreError } from './store-error.ts'

/** Where items go: to one place, to one by their type, or to what a function says. */
export type Place<I extends Item> = string | Readonly<Record<string, string>> | ((item: I) => string)

/** Says in which collection or table an item belongs. */
export interface PlaceNamer<I extends Item> {
  /** Those that are known beforehand. */
  readonly names: readonly string[]
  /** @throws StoreError ERR_STORE_ITEM for an item that belongs in none */
  of(item: I): string
}

/** Reads such an option, which is called `option`. `fill` puts in what the placeholders of a name stand for. */
export function placeNamer<I extends Item>(option: string, place: Place<I>, fill: (template: string) => string): PlaceNamer<I> {
  if (typeof place === 'string') {
    const name = fill(place)
    return { names: [name], of: () => name }
  }
  if (typeof place === 'function') {
    return {
      names: [],
      of(item) {
        const name: unknown = place(item)
        if (typeof name === 'string' && name !== '') return name
        throw new StoreError('ERR_STORE_ITEM', `\`${option}\` gave no name for the item, but ${String(name)}`)
      },
    }
  }
  const names = new Map(Object.entries(place).map(([type, template]) => [type, fill(template)]))
  return {
    names: [...new Set(names.values())],
    of(item) {
      const type = typeOf(item)
      const name = names.get(type)
      if (name !== undefined) return name
      throw new StoreError(
        'ERR_STORE_ITEM',
        `\`${option}\` has no name for items of the type "${type}". It has ${[...names.keys()].join(', ')}`,
      )
    },
  }
}

function typeOf(item: Item): string {
  const { type } = item as { type?: unknown }
  return typeof type === 'string' ? type : (item.constructor?.name ?? 'Object')
}
