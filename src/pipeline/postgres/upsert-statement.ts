import { DATA, STORED_AT, type TableLayout } from './table-layout.ts'

/**
 * The statement that upserts any number of rows, which come as one JSON list, so that neither the number of parameters nor the values are part of
 * it. `names` are the columns that the rows have; others keep what they have, or get their default.
 *
 * Rows go in by the order of their key: two workers that store the same ones do not wait for each other in a circle.
 */
export function upsertStatement(
  table: string,
  { columns, key, document }: TableLayout,
  names: ReadonlySet<string>,
  update: 'set' | 'replace',
): string {
  const written = columns.filter(({ name }) => names.has(name))
  const list = written.map(({ sql }) => sql).join(', ')
  const keys = key.map(({ sql }) => sql).join(', ')
  const types = written.map(({ sql, type }) => `${sql} ${type.sql}`).join(', ')
  const sets = written.filter((column) => !key.includes(column)).map(({ name, sql }) => `${sql} = ${assigned(name, sql)}`)
  if (document) sets.push(`"${STORED_AT}" = now()`)
  const then = sets.length === 0 ? 'NOTHING' : `UPDATE SET ${sets.join(', ')}`
  return `INSERT INTO ${table} AS present (${list}) SELECT ${list} FROM jsonb_to_recordset($1::jsonb) AS given(${types}) ORDER BY ${keys} ON CONFLICT (${keys}) DO ${then}`

  function assigned(name: string, sql: string): string {
    return document && update === 'set' && name === DATA ? `present.${sql} || EXCLUDED.${sql}` : `EXCLUDED.${sql}`
  }
}
