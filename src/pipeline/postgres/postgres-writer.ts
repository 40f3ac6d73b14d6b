import { StoreError } from '../store/store-error.ts'
import { isOfARow } from './postgres-error.ts'
import type { PostgresLink, Query } from './postgres-link.ts'
import type { PostgresRow } from './postgres-row.ts'
import { DATA, ITEM_KEY, KEY, type TableLayout } from './table-layout.ts'
import { upsertStatement } from './upsert-statement.ts'

/** One row to be stored. */
export interface PostgresEntry extends PostgresRow {
  /** As SQL. */
  readonly table: string
  /** What messages call it. */
  readonly origin: string
}

/** How rows are written. */
export interface PostgresWriterOptions {
  readonly where: string
  readonly layout: TableLayout
  readonly update: 'set' | 'replace'
  /** Makes a table that has not been met yet. */
  readonly ensure: (query: Query, table: string) => Promise<void>
}

/**
 * Upserts rows: one statement for all those of a table that have the same columns. When one of them is refused, halves are written, down to the row
 * that is to blame, so that the others are stored and the message names it.
 */
export class PostgresWriter {
  readonly #link: PostgresLink
  readonly #options: PostgresWriterOptions

  constructor(link: PostgresLink, options: PostgresWriterOptions) {
    this.#link = link
    this.#options = options
  }

  /** @throws StoreError */
  write(entries: readonly PostgresEntry[]): Promise<void> {
    return this.#link.use(async (query) => {
      for (const table of new Set(entries.map((entry) => entry.table))) await this.#options.ensure(query, table)
      for (const [statement, group] of this.#groups(entries)) await this.#writeAll(query, statement, group)
    })
  }

  #groups(entries: readonly PostgresEntry[]): ReadonlyMap<string, readonly PostgresEntry[]> {
    const { layout, update } = this.#options
    const all = layout.columns.map(({ name }) => name)
    const same = new Map<string, PostgresEntry[]>()
    for (const entry of entries) {
      // with `set`, a column that an item lacks must not be in its statement
      const names = layout.document || update === 'replace' ? all : all.filter((name) => Object.hasOwn(entry.cells, name))
      const shape = JSON.stringify([entry.table, names])
      const group = same.get(shape)
      if (group === undefined) same.set(shape, [entry])
      else group.push(entry)
    }
    return new Map(
      Array.from(same, ([shape, group]) => {
        const [table, names] = JSON.parse(shape) as [string, string[]]
        return [upsertStatement(table, layout, new Set(names), update), group]
      }),
    )
  }

  async #writeAll(query: Query, statement: string, entries: readonly PostgresEntry[]): Promise<void> {
    try {
      await query(statement, [`[${entries.map((entry) => this.#json(entry)).join(',')}]`])
    } catch (error) {
      if (!isOfARow(error)) throw error
      if (entries.length === 1) throw this.#refusal(entries[0]!, error)
      // also where two keys differ for us and not for the column, as 1 and '1': in two statements the later one stays
      const half = Math.ceil(entries.length / 2)
      await this.#writeAll(query, statement, entries.slice(0, half))
      await this.#writeAll(query, statement, entries.slice(half))
    }
  }

  #json({ key, cells }: PostgresEntry): string {
    const fields = Object.keys(cells).map((name) => `${JSON.stringify(name)}:${cells[name]}`)
    return this.#options.layout.document
      ? `{"${KEY}":${JSON.stringify(key)},"${DATA}":{${fields.join(',')}}}`
      : `{${fields.join(',')}}`
  }

  #refusal({ origin, table, key }: PostgresEntry, error: unknown): StoreError {
    const { where, layout } = this.#options
    const names = layout.key.map(({ name }) => name).join(', ')
    const which = names === ITEM_KEY ? key : `${names} ${key.replaceAll('\0', ', ')}`
    const { message, code, column } = (error as StoreError).cause as { message: string; code: string; column?: string }
    const at = column === undefined ? '' : `, at its column "${column}"`
    return new StoreError('ERR_STORE_REFUSED', `${where} refused ${origin} (${which}) in ${table}${at}: ${message} (${code})`, {
      cause: error,
    })
  }
}
