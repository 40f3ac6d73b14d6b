import { UsageError } from '../../../errors.ts'
import { fieldsOf, itemError } from '../../../item/value.ts'
import type { FeedFormat, FormatOptions, ParquetType } from '../../contract.ts'
import { columnsOf } from '../../fields.ts'
import { type Cell, cellOf, misfit, valueFor } from './cell.ts'

const TYPES: readonly string[] = ['string', 'double', 'int64', 'boolean', 'timestamp', 'json'] satisfies ParquetType[]

/** One kept item: its fields, and the kinds of those that JSON has no word for. */
interface Line {
  readonly item: Record<string, string | number | boolean | null>
  readonly types?: Record<string, 'bigint' | 'date' | 'json'>
}

/** A column of a parquet feed whose type was given. */
export interface GivenColumn {
  readonly key: string
  readonly name: string
  readonly type: ParquetType | undefined
}

/**
 * The columns that the options give; undefined when they are to be those of the items. `columns` says which there are unless `fields` does.
 *
 * @throws UsageError `ERR_FEED_COLUMNS`
 */
export function givenColumns({ fields, columns }: FormatOptions): readonly GivenColumn[] | undefined {
  const types = new Map(Object.entries(columns ?? {}))
  for (const [name, type] of types) {
    if (TYPES.includes(type)) continue
    throw new UsageError(
      'ERR_FEED_COLUMNS',
      `the column "${name}" of a feed is ${JSON.stringify(type)}; expected one of ${TYPES.join(', ')}`,
    )
  }
  const chosen = columnsOf(fields)
  const list = chosen?.length ? chosen : columns === undefined ? undefined : [...types.keys()].map((key) => ({ key, name: key }))
  const unused = list && [...types.keys()].find((key) => !list.some((column) => column.key === key))
  if (unused !== undefined) {
    throw new UsageError('ERR_FEED_COLUMNS', `the \`columns\` of a feed name "${unused}", which is not among its \`fields\``)
  }
  return list?.map(({ key, name }) => ({ key, name, type: types.get(key) }))
}

/**
 * Items as lines of JSON that keep what parquet can tell apart and JSON cannot: dates from texts, bigints from numbers. They are what a
 * parquet feed is made from in the end. A value that does not fit its column is an error here, where its page can still be told.
 */
export function createItemLines(options: FormatOptions): FeedFormat {
  const given = givenColumns(options)
  const typed = new Map(given?.map(({ key, type }) => [key, type]))

  function line(item: object): string {
    const source = fieldsOf(item)
    const values: Line['item'] = Object.create(null)
    const kinds: NonNullable<Line['types']> = Object.create(null)
    let special = false
    for (const key of given === undefined ? Object.keys(source) : typed.keys()) {
      const value = Object.hasOwn(source, key) ? source[key] : undefined
      if (value === undefined) continue
      const cell = cellOf(value)
      if (cell === undefined) {
        // there is such a column, whatever it holds
        values[key] = null
        continue
      }
      const type = typed.get(key)
      if (type !== undefined && valueFor(cell, type) === undefined) throw misfit(key, cell, type)
      values[key] = cell.value
      if (cell.kind !== 'bigint' && cell.kind !== 'date' && cell.kind !== 'json') continue
      kinds[key] = cell.kind
      special = true
    }
    return `${JSON.stringify(special ? { item: values, types: kinds } : { item: values })}\n`
  }

  return {
    begin: () => '',
    item(item) {
      try {
        return line(item)
      } catch (error) {
        throw itemError(item, error)
      }
    },
    end: () => '',
  }
}

/** The fields of a kept item; undefined for null. */
export function cellsIn(line: string): Map<string, Cell | undefined> {
  const { item, types } = JSON.parse(line) as Line
  const cells = new Map<string, Cell | undefined>()
  for (const [key, value] of Object.entries(item)) {
    const kind =
      types !== undefined && Object.hasOwn(types, key) ? types[key]! : (typeof value as 'string' | 'number' | 'boolean')
    cells.set(key, value === null ? undefined : { kind, value })
  }
  return cells
}
