import { UsageError } from '../../errors.ts'
import { fieldsOfKey } from '../store/store-options.ts'
import { type ColumnType, columnType } from './column-type.ts'
import { columnsOfSchema, isJsonSchemaSource } from './columns-of-schema.ts'
import type { PostgresOptions } from './postgres-options.ts'
import { quoteName } from './sql-name.ts'

/** A column that is written to. */
export interface Column {
  readonly name: string
  /** Its name as SQL. */
  readonly sql: string
  readonly type: ColumnType
}

/** The columns of a table, and which of them tell its rows apart. */
export interface TableLayout {
  readonly columns: readonly Column[]
  readonly key: readonly Column[]
  /** The item is kept as a whole, in the column `data`; when, in `stored_at`. */
  readonly document: boolean
}

/** The column of an item's own key, beside the columns of its fields. */
export const ITEM_KEY = 'item_key'
/** The columns of a table that keeps items as they are. */
export const KEY = 'key'
export const DATA = 'data'
export const STORED_AT = 'stored_at'

/**
 * Reads the `columns` and `key` options.
 *
 * @throws UsageError ERR_PIPELINE_OPTION
 */
export function tableLayout({ columns: given, key }: Pick<PostgresOptions<never>, 'columns' | 'key'>): TableLayout {
  const keys = fieldsOfKey('postgres', key)
  const columns = isJsonSchemaSource(given) ? columnsOfSchema(given) : given
  if (columns === undefined) {
    const keyColumn = column(KEY, 'text')
    return { columns: [keyColumn, column(DATA, 'jsonb')], key: [keyColumn], document: true }
  }
  if (typeof columns !== 'object' || columns === null || Array.isArray(columns) || Object.keys(columns).length === 0)
    throw wrong("expected `columns` to be an object of names and types: { url_token: 'text' }")
  const own = Object.entries(columns).map(([name, type]) => column(name, type))
  if (keys === undefined) {
    if (Object.hasOwn(columns, ITEM_KEY))
      throw wrong(`\`columns\` has "${ITEM_KEY}", the column of the item's own key. Name it in \`key\`, or call it otherwise`)
    const keyColumn = column(ITEM_KEY, 'text')
    return { columns: [keyColumn, ...own], key: [keyColumn], document: false }
  }
  const keyColumns = keys.map((field) => {
    const found = own.find(({ name }) => name === field)
    if (found === undefined) throw wrong(`\`key\` names "${field}", which \`columns\` does not have. It needs a column there`)
    if (found.type.json)
      throw wrong(`\`key\` names "${field}", whose type is ${found.type.sql}. Expected one of text, number or date`)
    return found
  })
  return { columns: own, key: keyColumns, document: false }
}

function column(name: string, text: unknown): Column {
  const sql = quoteName(name, (why) => {
    throw wrong(`the name of the column ${JSON.stringify(name)} ${why}`)
  })
  const type = typeof text === 'string' ? columnType(text) : undefined
  if (type !== undefined) return { name, sql, type }
  throw wrong(
    `the column "${name}" has the type ${JSON.stringify(text)}, which is none. Expected the name of a type of PostgreSQL and nothing else: 'text', 'integer', 'numeric(10,2)', 'timestamptz', 'jsonb', 'text[]'`,
  )
}

function wrong(message: string): UsageError {
  return new UsageError('ERR_PIPELINE_OPTION', `postgres(): ${message}.`)
}
