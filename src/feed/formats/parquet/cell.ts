import { SkeinError } from '../../../errors.ts'
import { createJsonText } from '../../../item/json-text.ts'
import { plain, refuse } from '../../../item/value.ts'
import type { ParquetType } from '../../contract.ts'

/** What a field holds, as it is kept until the columns are known. Dates are ISO 8601, bigints digits, lists and objects JSON. */
export interface Cell {
  readonly kind: 'string' | 'number' | 'boolean' | 'bigint' | 'date' | 'json'
  readonly value: string | number | boolean
}

const MIN_INT64 = -(2n ** 63n)
const MAX_INT64 = 2n ** 63n - 1n

const json = createJsonText({ ascii: false, indent: 0 })

/** The cell of a value; undefined for null, undefined, NaN and what stands for nothing. Throws inside for what has no form, as all formats do. */
export function cellOf(value: unknown): Cell | undefined {
  switch (typeof value) {
    case 'string':
      return { kind: 'string', value }
    case 'number':
      return Number.isFinite(value) ? { kind: 'number', value } : undefined
    case 'boolean':
      return { kind: 'boolean', value }
    case 'bigint':
      return { kind: 'bigint', value: `${value}` }
    case 'undefined':
      return undefined
    case 'object':
      return value === null ? undefined : objectCell(value)
    default:
      return refuse(value)
  }
}

function objectCell(value: object): Cell | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : { kind: 'date', value: value.toISOString() }
  const inner = Array.isArray(value) ? value : plain(value)
  if (typeof inner !== 'object' || inner === null) return cellOf(inner)
  return { kind: 'json', value: json(inner) }
}

/** Fits in 64 bits with a sign. */
export function isInt64(value: bigint): boolean {
  return value >= MIN_INT64 && value <= MAX_INT64
}

/**
 * The value of a cell in a column of that type, as the writer of parquet takes it; undefined when it does not fit.
 */
export function valueFor({ kind, value }: Cell, type: ParquetType): string | number | bigint | boolean | Date | undefined {
  switch (type) {
    case 'string':
      return `${value}`
    case 'json':
      return kind === 'string' || kind === 'date' ? JSON.stringify(value) : `${value}`
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined
    case 'double':
      if (kind === 'number') return value as number
      return kind === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : undefined
    case 'int64': {
      if (kind === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined
      return kind === 'bigint' && isInt64(BigInt(value)) ? BigInt(value) : undefined
    }
    case 'timestamp': {
      if (kind !== 'date' && kind !== 'string') return undefined
      const date = new Date(value as string)
      return Number.isNaN(date.getTime()) ? undefined : date
    }
  }
}

/** The error for a value that does not fit the column that the feed's `columns` gives its field. */
export function misfit(field: string, { kind, value }: Cell, type: ParquetType): SkeinError {
  const shown = `${value}`.length > 60 ? `${`${value}`.slice(0, 60)}…` : `${value}`
  return new SkeinError(
    'ERR_FEED_ITEM',
    `an item cannot be written: its field "${field}" is the ${kind} ${JSON.stringify(shown)}, and its column is ${type}. ` +
      "Let the spider yield what fits, or change the feed's `columns`",
  )
}
