import type { Item, ItemInfo } from '../contract.ts'
import type { Place } from '../store/place-namer.ts'
import type { JsonSchemaSource } from './columns-of-schema.ts'

/** What tells the rows of a table apart. */
export type PostgresKey<I extends Item = Item> = string | readonly string[] | ((item: I, info: ItemInfo) => unknown)

/** What {@link postgres} stores where, and how. */
export interface PostgresOptions<I extends Item = Item> {
  /**
   * `postgres://user:password@host:5432/database`, with what the driver knows of options: `sslmode=verify-full`, `sslrootcert`. What it leaves out
   * is that of the environment (`PGHOST`, `PGUSER`, `PGPASSWORD`, …). Keep it in the environment.
   */
  readonly url: string
  /**
   * The table, or `schema.table`, in which `%(spider)s` is the name of the spider; names by the type of the item, which is its field `type` if that
   * is a text, else the name of its class; or a function. Names are taken as they are written, capitals included. A table that is not there is made.
   * An item for which there is none makes its page a dead letter.
   *
   * @default '%(spider)s'
   */
  readonly table?: Place<I>
  /**
   * Columns, and their types as PostgreSQL calls them: `{ url_token: 'text', follower_count: 'integer', seen: 'timestamptz' }`. An item's field of
   * that name goes there; fields without a column are left out. A schema of the items that can say itself as JSON Schema (zod 4.2 and later, arktype)
   * stands for its fields: text, bigint, double precision, boolean, timestamptz, date or uuid for what is always of that kind, and jsonb for all else.
   *
   * @default none: the whole item goes into a column `data jsonb`, beside `key text` and `stored_at timestamptz`
   */
  readonly columns?: Readonly<Record<string, string>> | JsonSchemaSource
  /**
   * What tells items apart: a field, or several of them together, each of them one of the `columns` if there are any; or a function, whose result
   * goes into the column `item_key`, or `key` where there are no `columns`. A unique index is made at the start. An item without its key makes its
   * page a dead letter.
   *
   * @default the item's own key, as from a function: the fingerprint of its request, and its place on the page
   */
  readonly key?: PostgresKey<I>
  /**
   * What becomes of a row that is there already. `set`: the item's fields are set, and others stay; so what another spider or a person added is kept,
   * and a page that leaves a field out does not erase it. `replace`: columns of `columns` that the item lacks become null.
   *
   * @default 'set'
   */
  readonly update?: 'set' | 'replace'
  /** Which items are meant; the others pass. @default all */
  readonly when?: (item: Item) => boolean
  /** Items of one write at most. @default 500 */
  readonly batchSize?: number
  /** Seconds for one statement; what takes longer is tried again, in halves. @default 30 */
  readonly timeout?: number
  /** More options of the driver's `Client` (`ssl`, `options`); where the URL has the same one, that wins. */
  readonly driverOptions?: Readonly<Record<string, unknown>>
  /** What messages and counts call this pipeline. @default 'postgres' */
  readonly name?: string
}
