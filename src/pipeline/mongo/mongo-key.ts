import { SkeinError } from '../../errors.ts'
import type { Item, ItemInfo } from '../contract.ts'
import { identityText } from '../identity-text.ts'
import { StoreError } from '../store/store-error.ts'
import { fieldsOfKey } from '../store/store-options.ts'

/** What tells the documents of a collection apart. */
export type MongoKey<I extends Item = Item> = string | readonly string[] | ((item: I, info: ItemInfo) => unknown)

/** The key of one document. */
export interface KeyOfDocument {
  /** Finds the document, if it is there. */
  readonly filter: Readonly<Record<string, unknown>>
  /** The same for equal keys alone. */
  readonly text: string
}

/** How documents are found again. */
export interface KeyReader {
  /** The fields of the unique index; none where the key is the `_id`. */
  readonly fields: readonly string[]
  /** @throws StoreError ERR_STORE_KEY for an item without it */
  of(item: Item, document: Readonly<Record<string, unknown>>, info: ItemInfo): KeyOfDocument
}

/**
 * Reads keys as the `key` option says.
 *
 * @throws UsageError ERR_PIPELINE_OPTION
 */
export function keyReader(key: MongoKey<never> | undefined): KeyReader {
  if (key === undefined) return { fields: [], of: (_item, document, info) => ownKey(document, info) }
  if (typeof key === 'function') {
    return {
      fields: [],
      of(item, document, info) {
        if (Object.hasOwn(document, '_id')) {
          throw new StoreError(
            'ERR_STORE_KEY',
            'the item has an _id of its own, and `key` is a function that gives one; leave one of them out',
          )
        }
        const id: unknown = key(item as never, info)
        return { filter: { _id: id }, text: needed(id, 'what `key` returned') }
      },
    }
  }
  const fields = fieldsOfKey('mongo', key) ?? []
  return {
    fields: fields.length === 1 && fields[0] === '_id' ? [] : fields,
    of(_item, document) {
      const filter: Record<string, unknown> = {}
      let text = ''
      for (const field of fields) {
        const value = fieldAt(document, field)
        text += `${needed(value, `its key "${field}"`)},`
        filter[field] = value
      }
      return { filter, text }
    },
  }
}

function ownKey(document: Readonly<Record<string, unknown>>, info: ItemInfo): KeyOfDocument {
  if (Object.hasOwn(document, '_id')) {
    throw new StoreError('ERR_STORE_KEY', "the item has an _id of its own; say that it is the key: mongo({ key: '_id' })")
  }
  return { filter: { _id: info.key }, text: info.key }
}

/** A field by its path; undefined in lists, which one index entry cannot stand for. */
export function fieldAt(document: Readonly<Record<string, unknown>>, path: string): unknown {
  let value: unknown = document
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}

/** The same text for what MongoDB holds for the same key; undefined for what is none. */
export function keyText(value: unknown): string | undefined {
  if (value === undefined || value === null || Number.isNaN(value)) return undefined
  // MongoDB holds equal numbers of all types for one
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return Object.is(value, -0) ? '0' : String(value)
  if (typeof value === 'string' || typeof value === 'boolean' || value instanceof Date) return identityText(value, 'mongo')
  const { _bsontype: type } = value as { _bsontype?: unknown }
  return typeof type === 'string' ? `${type} ${String(value)}` : undefined
}

function needed(value: unknown, what: string): string {
  if (value === undefined || value === null) throw new StoreError('ERR_STORE_KEY', `${what} is missing`)
  const text = keyText(value)
  if (text !== undefined) return text
  const kind = Array.isArray(value) ? 'a list' : typeof value === 'number' ? 'NaN' : `a ${typeof value}`
  throw new SkeinError('ERR_STORE_KEY', `${what} is ${kind}. Expected a text, a number, a boolean, a date or an ObjectId`)
}
