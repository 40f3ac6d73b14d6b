import type { Item, ItemInfo } from '../contract.ts'
import { StoreError } from '../store/store-error.ts'
import { fieldsOfKey } from '../store/store-options.ts'
import { fieldsOf, postgresFields, postgresJson } from './postgres-json.ts'
import type { PostgresKey } from './postgres-options.ts'
import { ITEM_KEY, type TableLayout } from './table-layout.ts'

/** Bytes of a key at most: an index of PostgreSQL holds 2,704 in an entry. */
const MAX_KEY = 2_600
/** Bytes of a `jsonb` at most. */
const MAX_JSON = 255 * 1024 * 1024

/** An item as a table is to hold it. Everything in it is text, so that nothing of it changes before it is written. */
export interface PostgresRow {
  /** The same for equal keys alone. */
  readonly key: string
  /** JSON by the name of the column; where the item is kept as a whole, by that of its field. */
  readonly cells: Readonly<Record<string, string>>
  readonly bytes: number
}

/** Makes rows of items. The function throws StoreError ERR_STORE_ITEM and ERR_STORE_KEY, with the field and what is wrong with it. */
export function rowMaker(layout: TableLayout, key: PostgresKey<never> | undefined): (item: Item, info: ItemInfo) => PostgresRow {
  const names = fieldsOfKey('postgres', key)
  const ownKey = (item: Item, info: ItemInfo): string =>
    typeof key === 'function' ? keyText(key(item as never, info), 'what `key` returned') : info.key

  function document(item: Item, info: ItemInfo): PostgresRow {
    const cells = postgresFields(item, refuse)
    if (names === undefined) return row(ownKey(item, info), cells)
    const fields = fieldsOf(item, [], refuse)!
    const texts = names.map((name) => keyText(own(fields, name), `its key "${name}"`))
    return row(texts.length === 1 ? texts[0]! : JSON.stringify(texts), cells)
  }

  function columns(item: Item, info: ItemInfo): PostgresRow {
    const fields = fieldsOf(item, [], refuse)
    if (fields === undefined) refuse([], 'is no object with fields')
    const cells: Record<string, string> = Object.create(null)
    let texts = 0
    for (const { name, type } of layout.columns) {
      const value = names === undefined && name === ITEM_KEY ? undefined : own(fields!, name)
      if (value === undefined) continue
      const problem = value === null ? undefined : type.problem(value)
      if (problem !== undefined) refuse([name], `${problem}, for a column of the type ${type.sql}`)
      const special = typeof value === 'number' && !Number.isFinite(value) && !type.json
      cells[name] = special ? `"${value}"` : postgresJson(value, [name], refuse)
      texts++
    }
    if (texts === 0) refuse([], `has none of the columns ${layout.columns.map(({ name }) => `"${name}"`).join(', ')}`)
    if (names === undefined) {
      const text = ownKey(item, info)
      return row(text, { [ITEM_KEY]: JSON.stringify(text), ...cells })
    }
    return row(names.map((name) => keyText(own(fields!, name), `its key "${name}"`)).join('\0'), cells)
  }
  return layout.document ? document : columns
}

function row(key: string, cells: Readonly<Record<string, string>>): PostgresRow {
  const keyBytes = Buffer.byteLength(key)
  if (keyBytes > MAX_KEY) {
    throw new StoreError(
      'ERR_STORE_KEY',
      `the key of the item has ${keyBytes.toLocaleString('en')} bytes, and may have ${MAX_KEY.toLocaleString('en')}. Choose a shorter one, for example a hash of it`,
    )
  }
  // UTF-8 has 3 bytes for each unit of UTF-16 at most
  let units = 0
  for (const name of Object.keys(cells)) units += name.length + cells[name]!.length + 4
  const bytes = units * 3 > MAX_JSON ? bytesOf(cells) : units
  if (bytes <= MAX_JSON) return { key, cells, bytes }
  return refuse(
    [],
    `has ${bytes.toLocaleString('en')} bytes, and ${MAX_JSON.toLocaleString('en')} are what a row may have. Store its large field elsewhere, for example as a file`,
  )
}

function bytesOf(cells: Readonly<Record<string, string>>): number {
  return Object.values(cells).reduce((sum, text) => sum + Buffer.byteLength(text), 0)
}

function own(fields: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined
}

function keyText(value: unknown, what: string): string {
  if (value === undefined || value === null) throw new StoreError('ERR_STORE_KEY', `${what} is missing`)
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString()
  if (typeof value === 'string') {
    if (value.includes('\0')) throw new StoreError('ERR_STORE_KEY', `${what} has a NUL character, which PostgreSQL cannot hold`)
    return value.toWellFormed()
  }
  const isNumber = typeof value === 'number' && Number.isFinite(value)
  if (isNumber || typeof value === 'bigint' || typeof value === 'boolean') return Object.is(value, -0) ? '0' : String(value)
  const kind = Array.isArray(value) ? 'a list' : typeof value === 'number' ? String(value) : `a ${typeof value}`
  throw new StoreError('ERR_STORE_KEY', `${what} is ${kind}. Expected a text, a number, a boolean or a date`)
}

function refuse(path: readonly string[], why: string): never {
  const field = path.join('.')
  const text = field.length > 100 ? `${field.slice(0, 100)}…` : field
  throw new StoreError('ERR_STORE_ITEM', `PostgreSQL cannot hold the item: ${text === '' ? 'it' : `its field "${text}"`} ${why}`)
}
