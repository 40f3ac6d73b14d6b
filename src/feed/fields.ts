import { UsageError } from '../errors.ts'
import type { FormatOptions } from './contract.ts'

/** One field that is written: its name in the item, and its name in the feed. */
export interface Column {
  readonly key: string
  readonly name: string
}

/**
 * The `fields` option as columns; undefined when all fields are wanted.
 *
 * @example
 * columnsOf({ title: 'Product' }) // [{ key: 'title', name: 'Product' }]
 */
export function columnsOf(fields: FormatOptions['fields']): readonly Column[] | undefined {
  if (fields === undefined) return undefined
  const columns = Array.isArray(fields)
    ? fields.map((key: string) => ({ key, name: key }))
    : Object.entries(fields as Readonly<Record<string, string>>).map(([key, name]) => ({ key, name }))
  const seen = new Set<string>()
  for (const { key, name } of columns) {
    if (typeof key !== 'string' || typeof name !== 'string') {
      throw new UsageError(
        'ERR_FEED_FIELDS',
        `the fields of a feed are names, not ${typeof key === 'string' ? typeof name : typeof key}`,
      )
    }
    if (seen.has(name)) {
      throw new UsageError('ERR_FEED_FIELDS', `the fields of a feed name "${name}" twice; each name may stand once`)
    }
    seen.add(name)
  }
  return columns
}
