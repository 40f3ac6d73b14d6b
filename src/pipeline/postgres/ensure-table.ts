import { StoreError } from '../store/store-error.ts'
import { sqlState } from './postgres-error.ts'
import type { Query } from './postgres-link.ts'
import { STORED_AT, type TableLayout } from './table-layout.ts'
import { upsertStatement } from './upsert-statement.ts'

interface ColumnFacts {
  readonly name: string
  readonly type: string
  /** It has to be given, since it may not be null and has no default. */
  readonly needed: boolean
}

const COLUMNS = `SELECT attname AS name, format_type(atttypid, atttypmod) AS type,
  attnotnull AND NOT atthasdef AND attidentity = '' AS needed
FROM pg_attribute WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped`

interface IndexFacts {
  readonly name: string
  readonly fields: readonly string[]
  readonly late: boolean
}

// neither of a part of the rows nor of expressions
const UNIQUE = `SELECT (SELECT relname FROM pg_class WHERE oid = indexrelid) AS name, array_agg(attname::text) AS fields, NOT indimmediate AS late
FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey[0:indnkeyatts - 1])
WHERE indrelid = $1::oid AND indisunique AND indisvalid AND indpred IS NULL AND indexprs IS NULL
GROUP BY indexrelid`

/**
 * Makes the table, and the unique index on its key, unless they are there; then writes nothing at all to it, by which the server says whatever is in
 * the way: a column of another kind, a right that is missing.
 *
 * @param table as SQL
 * @throws StoreError ERR_STORE_CONFLICT where what is there does not fit
 */
export async function ensureTable(
  query: Query,
  table: string,
  layout: TableLayout,
  parts: { readonly where: string; readonly update: 'set' | 'replace' },
): Promise<void> {
  const { where, update } = parts
  const keys = layout.key.map(({ sql }) => sql).join(', ')
  try {
    await query('BEGIN')
    // workers that begin at once do not make it twice
    await query('SELECT pg_advisory_xact_lock(hashtext($1), hashtext($2))', ['skein', table])
    const oid = (await find()) ?? (await create())
    await checkColumns(oid)
    if (!(await hasUnique(oid))) await createUnique()
    const names = new Set(layout.columns.map(({ name }) => name))
    await query(upsertStatement(table, layout, names, update), ['[]'])
    await query('COMMIT')
  } catch (error) {
    await query('ROLLBACK').catch(() => {})
    throw judged(error)
  }

  async function find(): Promise<string | undefined> {
    const [found] = await query<{ oid: string | null }>('SELECT to_regclass($1)::oid::text AS oid', [table])
    return found?.oid ?? undefined
  }

  async function create(): Promise<string> {
    const columns = layout.columns.map(({ sql, type }) => `${sql} ${type.sql}${layout.document ? ' NOT NULL' : ''}`)
    if (layout.document) columns.push(`"${STORED_AT}" timestamptz NOT NULL DEFAULT now()`)
    await query(`CREATE TABLE ${table} (${columns.join(', ')}, PRIMARY KEY (${keys}))`)
    return (await find())!
  }

  async function checkColumns(oid: string): Promise<void> {
    const present = new Map((await query<ColumnFacts>(COLUMNS, [oid])).map((facts) => [facts.name, facts]))
    const wanted = layout.columns.map(({ name, sql, type }) => ({ name, sql, type: type.sql }))
    if (layout.document) wanted.push({ name: STORED_AT, sql: `"${STORED_AT}"`, type: 'timestamptz' })
    const missing = wanted.filter(({ name }) => !present.has(name))
    if (missing.length > 0) {
      const adding = missing.map(({ sql, type }) => `ADD COLUMN ${sql} ${type}`).join(', ')
      throw conflict(
        `the table ${table} has no column ${missing.map(({ sql }) => sql).join(', ')}. Add it (ALTER TABLE ${table} ${adding}), or choose another table`,
      )
    }
    const left = [...present.values()].filter((facts) => facts.needed && !wanted.some(({ name }) => name === facts.name))
    if (left.length === 0) return
    const names = left.map(({ name, type }) => `"${name}" ${type}`).join(', ')
    throw conflict(
      `the table ${table} has a column that must not be null, has no default and is not stored: ${names}. Name it in \`columns\`, or give it a default`,
    )
  }

  async function hasUnique(oid: string): Promise<boolean> {
    const { key } = layout
    const all = await query<IndexFacts>(UNIQUE, [oid])
    const present = all.filter(({ fields }) => fields.length === key.length && key.every(({ name }) => fields.includes(name)))
    const late = present.find((index) => index.late)
    if (late === undefined) return present.length > 0
    const constraint = `"${late.name.replaceAll('"', '""')}"`
    throw conflict(
      `the unique constraint ${constraint} of ${table} is checked late (DEFERRABLE), and an upsert cannot use it. Drop it, and the crawl makes one that fits: ALTER TABLE ${table} DROP CONSTRAINT ${constraint}`,
    )
  }

  async function createUnique(): Promise<void> {
    try {
      await query(`CREATE UNIQUE INDEX ON ${table} (${keys})`)
    } catch (error) {
      if (sqlState(error) !== '23505') throw error
      const { detail = (error as StoreError).message } = (error as StoreError).cause as { detail?: string }
      throw conflict(
        `the unique index on ${keys} cannot be made on ${table}: ${detail} Remove the rows that are there twice, or choose another key or table`,
        error,
      )
    }
  }

  /** What the server refused here is a matter of what is there. */
  function judged(error: unknown): unknown {
    if (!(error instanceof StoreError) || error.code !== 'ERR_STORE_REFUSED') return error
    const { message } = error.cause as Error
    return conflict(`the table ${table} cannot be used: ${message} (${sqlState(error) ?? '?'})`, error)
  }

  function conflict(message: string, cause?: unknown): StoreError {
    return new StoreError('ERR_STORE_CONFLICT', `${where}: ${message}`, cause === undefined ? {} : { cause })
  }
}
