import type { MongoClient } from 'mongodb'
import { UsageError } from '../../errors.ts'
import { within } from '../../util/within.ts'
import { checkOptions } from '../check-options.ts'
import type { Item, Pipeline, PipelineContext } from '../contract.ts'
import { originText } from '../origin-text.ts'
import { BatchWriter } from '../store/batch-writer.ts'
import { placeNamer } from '../store/place-namer.ts'
import { StoreError } from '../store/store-error.ts'
import { STORE_OPTIONS } from '../store/store-options.ts'
import { connectMongo } from './connect-mongo.ts'
import { MAX_DOCUMENT, mongoDocument } from './mongo-document.ts'
import { keyReader } from './mongo-key.ts'
import { collectionName, databaseName } from './mongo-name.ts'
import type { MongoOptions } from './mongo-options.ts'
import { type MongoEntry, MongoWriter } from './mongo-writer.ts'
import { ensureUniqueIndex } from './unique-index.ts'

/** Milliseconds that closing the connection may take. */
const PATIENCE = 2_000
const BATCH_BYTES = 8 * 1024 * 1024

/**
 * A pipeline that keeps every item once in MongoDB, or what speaks its language: bulk upserts by a key, durable before the page is committed.
 * It needs the package `mongodb`. An item that MongoDB cannot hold (over 16 MB, a field name with `$`, no key) makes its page a dead letter.
 *
 * A server that cannot be reached, wrong credentials and existing documents that share a key are errors before the crawl begins. When the server
 * goes away later, the crawl waits for it: no page is committed whose items are not stored.
 *
 * It counts `mongo/stored_count`, `mongo/retry_count` and `mongo/away_count`.
 *
 * @throws UsageError ERR_STORE_URL, ERR_PIPELINE_OPTION
 *
 * @example
 * export default defineConfig({
 *   pipelines: [mongo({ url: process.env.MONGODB_URL ?? 'mongodb://127.0.0.1/zhihu', collection: 'users', key: 'urlToken' })],
 * })
 */
export function mongo<I extends Item = Item>(options: MongoOptions<I>): Pipeline<I> {
  checkOptions('mongo', options, { url: 'any', database: 'string', collection: 'place', ...STORE_OPTIONS })
  const { url, key, when, update = 'set', batchSize = 500, timeout = 30, driverOptions = {}, name = 'mongo' } = options
  const hosts = /^mongodb(?:\+srv)?:\/\/(?:.*@)?([^/?]+)/s.exec(typeof url === 'string' ? url : '')?.[1]
  if (hosts === undefined) {
    throw new UsageError('ERR_STORE_URL', 'mongo(): expected `url` to be mongodb://host/database or mongodb+srv://…')
  }
  const where = `MongoDB at ${hosts}`
  const deadline = timeout * 1000
  const keys = keyReader(key)
  let client: MongoClient | undefined
  let writer: BatchWriter<MongoEntry> | undefined
  let collectionOf: (item: I) => string
  let dots = true
  let sizeOf = (_fields: object): number => 0

  async function start({ spiderName, log, stats, clock }: PipelineContext): Promise<void> {
    const fill = (template: string): string => template.replaceAll('%(spider)s', spiderName)
    const namer = placeNamer<I>('collection', options.collection ?? '%(spider)s', (template) =>
      collectionName(fill(template), wrongName('collection')),
    )
    collectionOf = typeof options.collection === 'function' ? (item) => collectionName(namer.of(item), noCollection) : namer.of
    const connection = await connectMongo(url, where, deadline, driverOptions, clock)
    const { driver } = connection
    client = connection.client
    dots = connection.dots
    sizeOf = (fields) => driver.BSON.calculateObjectSize(fields)
    const database = databaseName(fill(options.database ?? databaseOf(url) ?? '%(spider)s'), wrongName('database'))
    const db = client.db(database)
    const concern = client.options.writeConcern
    const parts = { where, driver, deadline }
    const indexed = new Set<string>()
    const ensure = async (collection: string): Promise<void> => {
      if (keys.fields.length === 0 || indexed.has(collection)) return
      await ensureUniqueIndex(db, collection, keys.fields, parts)
      indexed.add(collection)
    }
    for (const collection of namer.names) await ensure(collection)
    const target = new MongoWriter(db, driver, {
      where,
      update,
      // as safe as a commit of the frontier: on the disk of most servers
      writeConcern: concern === undefined ? { w: 'majority', j: true } : concern,
      deadline,
    })
    writer = new BatchWriter<MongoEntry>(
      {
        name,
        where,
        async write(entries) {
          // collections that a function names are first met here
          for (const { collection } of entries) await ensure(collection)
          await target.write(entries)
        },
        merge: (present, next) => (update === 'set' ? { ...next, fields: { ...present.fields, ...next.fields } } : next),
      },
      // longer than the driver's own deadlines, after which nothing is on its way any more
      { entries: batchSize, bytes: BATCH_BYTES, deadline: 3 * deadline },
      { log, stats, clock },
    )
  }

  async function disconnect({ clock }: PipelineContext): Promise<void> {
    const closing = client?.close()
    client = undefined
    if (closing !== undefined) await within(closing, PATIENCE, clock)
  }
  let opened: PipelineContext | undefined

  return {
    name,
    async open(context) {
      opened = context
      try {
        await start(context)
      } catch (error) {
        await disconnect(context)
        throw error
      }
    },
    process(item, info) {
      if (when !== undefined && !when(item)) return item
      const { fields, bytes } = mongoDocument(item, dots)
      const { filter, text } = keys.of(item, fields, info)
      const collection = collectionOf(item)
      const entry: MongoEntry = { collection, filter, fields, origin: `${originText(info)} (${text})` }
      if (bytes > MAX_DOCUMENT) checkSize(fields)
      const added = writer!.add(`${collection}\0${text}`, entry, bytes)
      return added === undefined ? item : added.then(() => item)
    },
    flush: () => writer?.flush(),
    async close() {
      try {
        await writer?.close()
      } finally {
        if (opened !== undefined) await disconnect(opened)
      }
    },
  }

  function checkSize(fields: Readonly<Record<string, unknown>>): void {
    const size = sizeOf(fields)
    if (size <= MAX_DOCUMENT) return
    throw new StoreError(
      'ERR_STORE_ITEM',
      `MongoDB cannot hold the item: it has ${size.toLocaleString('en')} bytes, and a document may have ${MAX_DOCUMENT.toLocaleString('en')}. Store its large field elsewhere, for example as a file`,
    )
  }
}

/** The database that a URL names. */
function databaseOf(url: string): string | undefined {
  const path = /^mongodb(?:\+srv)?:\/\/(?:.*@)?[^/?]+\/([^?]+)/s.exec(url)?.[1]
  return path === undefined ? undefined : decodeURIComponent(path)
}

function wrongName(option: 'database' | 'collection'): (why: string) => never {
  return (why) => {
    throw new UsageError(
      'ERR_PIPELINE_OPTION',
      `mongo(): the name of the ${option} ${why}. Choose another one with \`${option}\`.`,
    )
  }
}

function noCollection(why: string): never {
  throw new StoreError('ERR_STORE_ITEM', `\`collection\` gave a name for the item that ${why}`)
}
