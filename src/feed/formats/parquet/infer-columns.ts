import type { ParquetType } from '../../contract.ts'
import { type Cell, isInt64 } from './cell.ts'

/** A column as it is written. */
export interface ParquetColumn {
  readonly key: string
  readonly name: string
  readonly type: ParquetType
}

/** Columns that a file may have; a hostile page must not fill memory with names. */
export const MAX_COLUMNS = 2000

/** What a column turns out to hold. */
type Sort = 'string' | 'int' | 'big' | 'huge' | 'double' | 'boolean' | 'date' | 'json'

/** Finds out which columns items have, in the order in which they come, and the narrowest type that holds all values of each. */
export class ColumnInference {
  readonly #sorts = new Map<string, Set<Sort>>()
  /** Fields that became no column, there being {@link MAX_COLUMNS}. */
  leftOut = 0

  add(cells: ReadonlyMap<string, Cell | undefined>): void {
    for (const [key, cell] of cells) {
      let sorts = this.#sorts.get(key)
      if (sorts === undefined) {
        if (this.#sorts.size >= MAX_COLUMNS) {
          this.leftOut++
          continue
        }
        this.#sorts.set(key, (sorts = new Set()))
      }
      if (cell !== undefined) sorts.add(sortOf(cell))
    }
  }

  columns(): readonly ParquetColumn[] {
    return [...this.#sorts].map(([key, sorts]) => ({ key, name: key, type: typeFor(sorts) }))
  }

  typeOf(key: string): ParquetType {
    return typeFor(this.#sorts.get(key) ?? new Set())
  }
}

function sortOf({ kind, value }: Cell): Sort {
  if (kind === 'number') return Number.isSafeInteger(value) ? 'int' : 'double'
  if (kind !== 'bigint') return kind
  const number = BigInt(value)
  if (!isInt64(number)) return 'huge'
  return Number.isSafeInteger(Number(number)) ? 'int' : 'big'
}

function typeFor(sorts: ReadonlySet<Sort>): ParquetType {
  const only = (...wanted: readonly Sort[]): boolean => sorts.size > 0 && [...sorts].every((sort) => wanted.includes(sort))
  if (only('int', 'big')) return 'int64'
  if (only('int', 'double')) return 'double'
  if (only('boolean')) return 'boolean'
  if (only('date')) return 'timestamp'
  if (only('json')) return 'json'
  // whatever else stands together can only be told apart as text
  return 'string'
}
