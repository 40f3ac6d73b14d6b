import { UsageError } from '../../errors.ts'
import { importPeer } from '../../util/import-peer.ts'
import { within } from '../../util/within.ts'
import { checkOptions } from '../check-options.ts'
import type { Item, Pipeline, PipelineContext } from '../contract.ts'
import { originText } from '../origin-text.ts'
import { BatchWriter } from '../store/batch-writer.ts'
import { placeNamer } from '../store/place-namer.ts'
import { StoreError } from '../store/store-error.ts'
import { STORE_OPTIONS } from '../store/store-options.ts'
import { ensureTable } from './ensure-table.ts'
import { PostgresLink, type Query } from './postgres-link.ts'
import type { PostgresOptions } from './postgres-options.ts'
import { rowMaker } from './postgres-row.ts'
import { type PostgresEntry, PostgresWriter } from './postgres-writer.ts'
import { quoteTable } from './sql-name.ts'
import { tableLayout } from './table-layout.ts'

/** Milliseconds in which a server has to have answered at the start. */
const START = 10_000
const BATCH_BYTES = 8 * 1024 * 1024

/**
 * A pipeline that keeps every item once in PostgreSQL (14 or newer): upserts by a key, a batch a statement, durable before the page is committed. The
 * table is made if it is not there: with the `columns` that are named, or with one `jsonb` for the whole item. It needs the package `pg`. An item that
 * PostgreSQL cannot hold (a NUL character, a text for a number, no key) makes its page a dead letter.
 *
 * A server that cannot be reached, wrong credentials, a table that lacks a column and rows that share a key are errors before the crawl begins. When
 * the server goes away later, the crawl waits for it: no page is committed whose items are not stored.
 *
 * It counts `postgres/stored_count`, `postgres/retry_count` and `postgres/away_count`.
 *
 * @throws UsageError ERR_STORE_URL, ERR_PIPELINE_OPTION
 *
 * @example
 * export default defineConfig({
 *   pipelines: [
 *     postgres({
 *       url: process.env.DATABASE_URL ?? 'postgres://127.0.0.1/zhihu',
 *       table: 'users',
 *       key: 'url_token',
 *       columns: { url_token: 'text', name: 'text', follower_count: 'integer', educations: 'jsonb' },
 *     }),
 *   ],
 * })
 */
export function postgres<I extends Item = Item>(options: PostgresOptions<I>): Pipeline<I> {
  checkOptions('postgres', options, { url: 'any', table: 'place', columns: 'any', ...STORE_OPTIONS })
  const { url, key, when, update = 'set', batchSize = 500, timeout = 30, driverOptions = {}, name = 'postgres' } = options
  const { table = '%(spider)s' } = options
  const server = /^postgres(?:ql)?:\/\/(?:.*@)?([^/?]*)/s.exec(typeof url === 'string' ? url : '')?.[1]
  if (server === undefined) throw new UsageError('ERR_STORE_URL', 'postgres(): expected `url` to be postgres://host/database')
  const where = `PostgreSQL${server === '' ? '' : ` at ${server}`}`
  const deadline = timeout * 1000
  const layout = tableLayout(options)
  const rowOf = rowMaker(layout, key)
  let link: PostgresLink | undefined
  let writer: BatchWriter<PostgresEntry> | undefined
  let tableOf: (item: I) => string

  async function start({ spiderName, log, stats, clock }: PipelineContext): Promise<void> {
    const namer = placeNamer<I>('table', table, (template) => quoteTable(template, wrongTable(template), fill))
    tableOf = typeof table === 'function' ? (item) => quoted(namer.of(item)) : namer.of
    const driver = await importPeer('pg', () => import('pg'), 'postgres()')
    link = new PostgresLink(driver.default, { url, where, deadline, given: driverOptions }, clock)
    const ready = new Set<string>()
    const ensure = async (query: Query, one: string): Promise<void> => {
      if (ready.has(one)) return
      await ensureTable(query, one, layout, { where, update })
      ready.add(one)
    }
    try {
      if (
        !(await within(
          link.use((query) => query('SELECT 1')),
          START,
          clock,
        ))
      )
        throw new StoreError('ERR_STORE_SLOW', `${where} did not answer within ${START / 1000} s`)
      for (const one of namer.names) await link.use((query) => ensure(query, one))
    } catch (error) {
      if (!(error instanceof StoreError && error.transient)) throw error
      throw new StoreError('ERR_STORE_AWAY', `${error.message}. The crawl does not begin without it`, { cause: error })
    }
    const target = new PostgresWriter(link, { where, layout, update, ensure })
    writer = new BatchWriter<PostgresEntry>(
      {
        name,
        where,
        write: (entries) => target.write(entries),
        merge: (present, next) => (update === 'set' ? { ...next, cells: { ...present.cells, ...next.cells } } : next),
      },
      // longer than a write takes that is given up: to connect, and twice the deadline and the last statement
      { entries: batchSize, bytes: BATCH_BYTES, deadline: 4 * deadline + 30_000 },
      { log, stats, clock },
    )

    function fill(part: string): string {
      return part.replaceAll('%(spider)s', spiderName)
    }
  }

  return {
    name,
    async open(context) {
      try {
        await start(context)
      } catch (error) {
        await link?.close()
        throw error
      }
    },
    process(item, info) {
      if (when !== undefined && !when(item)) return item
      const row = rowOf(item, info)
      const entry: PostgresEntry = { ...row, table: tableOf(item), origin: originText(info) }
      const added = writer!.add(`${entry.table}\0${row.key}`, entry, row.bytes)
      return added === undefined ? item : added.then(() => item)
    },
    flush: () => writer?.flush(),
    async close() {
      try {
        await writer?.close()
      } finally {
        await link?.close()
      }
    },
  }
}

/** A table that a function has named, as SQL. */
function quoted(table: string): string {
  return quoteTable(table, (why) => {
    throw new StoreError('ERR_STORE_ITEM', `\`table\` gave ${JSON.stringify(table)} for the item, which ${why}`)
  })
}

function wrongTable(table: string): (why: string) => never {
  return (why) => {
    throw new UsageError('ERR_PIPELINE_OPTION', `postgres(): the name of the table ${JSON.stringify(table)} ${why}.`)
  }
}
