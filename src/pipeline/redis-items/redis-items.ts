import { createHash } from 'node:crypto'
import { SkeinError, UsageError } from '../../errors.ts'
import { createItemJson } from '../../item/json-text.ts'
import type { Logger } from '../../log/contract.ts'
import { keyOfTemplate } from '../../redis/key-of-template.ts'
import type { RedisLink } from '../../redis/link.ts'
import { parseRedisUrl } from '../../redis/parse-redis-url.ts'
import { checkOptions } from '../check-options.ts'
import type { Item, Pipeline, PipelineContext } from '../contract.ts'
import { BatchWriter } from '../store/batch-writer.ts'
import { StoreError } from '../store/store-error.ts'
import { listKeys } from './list-keys.ts'
import { LIST_COMMANDS, type ListEntry, ListWriter } from './list-writer.ts'
import type { RedisItemsOptions } from './redis-items-options.ts'
import { redisStoreError } from './redis-store-error.ts'

const BATCH_BYTES = 8 * 1024 * 1024
const WEEK = 604_800
const MAX_CONNECT_TIMEOUT = 5_000
/** Milliseconds without an answer after which the link looks for the server anew. */
const MAX_SILENCE = 10_000
const BITS_63 = (1n << 63n) - 1n

/**
 * A pipeline that appends every item to a list in Redis as one JSON object, byte for byte as scrapy-redis does, durable there before the page is
 * committed. Whatever dies, an item is in the list once: Redis remembers the items' own keys, for each run of the crawl.
 *
 * It is for crawls in memory or in a folder, and for another Redis than the crawl's. In the crawl's own Redis the setting `redisItems` does the same
 * for less: there items ride in the commit of their page, and nothing has to be remembered.
 *
 * A server that cannot be reached, wrong credentials, a missing right and a key that is no list are errors before the crawl begins. When the server
 * goes away later, or is full, the crawl waits for it.
 *
 * It counts `redisItems/stored_count`, `redisItems/repeated_count` (of those, what had been appended before), `redisItems/retry_count` and
 * `redisItems/away_count`.
 *
 * @throws UsageError ERR_REDIS_URL, ERR_PIPELINE_OPTION
 *
 * @example
 * export default defineConfig({
 *   jobDir: 'crawls/%(name)s',
 *   pipelines: [redisItems({ url: process.env.ITEMS_REDIS ?? 'redis://127.0.0.1:6379' })],
 * })
 */
export function redisItems(options: RedisItemsOptions): Pipeline {
  checkOptions('redisItems', options, {
    url: 'string',
    key: 'string',
    when: 'function',
    batchSize: 'count',
    timeout: 'count',
    remember: 'count',
    ca: 'string',
    allowEviction: 'flag',
    name: 'string',
  })
  const { key = '%(spider)s:items', when, batchSize = 500, timeout = 30, remember = WEEK, name = 'redisItems' } = options
  const url = parseRedisUrl(options.url ?? '')
  const cluster = url.kind === 'cluster'
  const where = `Redis at ${url.shown.replace(/^[^:]+:\/\/(?:\*\*\*@)?/, '')}`
  const deadline = timeout * 1000
  const toJson = createItemJson({ ascii: true, indent: 0 })
  let link: RedisLink | undefined
  let writer: BatchWriter<ListEntry> | undefined

  async function connect(target: ListWriter, log: Logger): Promise<RedisLink> {
    const { openLink } = await import('../../redis/open-link.ts')
    return openLink({
      url: options.url,
      ...(options.ca === undefined ? {} : { ca: options.ca }),
      force: options.allowEviction === true,
      connectTimeout: Math.min(MAX_CONNECT_TIMEOUT, deadline),
      silence: Math.min(MAX_SILENCE, deadline),
      log,
      troubles: target,
      commands: LIST_COMMANDS,
    })
  }

  async function start({ settings, spiderName, crawlId, log, stats, clock }: PipelineContext): Promise<void> {
    const crawl = settings.job === '' ? spiderName : `${spiderName}.${settings.job}`
    const keys = listKeys(key, crawl, crawlId, cluster)
    const target = new ListWriter({ where, keys, remember: remember * 1000 })
    link = await connect(target, log)
    await target.use(link)
    if (settings.redisItems && keys.list === keyOfTemplate(settings.itemsKey, crawl, cluster)) {
      if (await hasCrawl(link, crawl, crawlId)) throw appendedTwice(keys.list)
    }
    const repeated = stats.counter(`${name}/repeated_count`)
    writer = new BatchWriter<ListEntry>(
      {
        name,
        where,
        async write(entries) {
          const missing = entries.length - (await target.write(entries))
          if (missing > 0) repeated.add(missing)
        },
        // as if the first had been appended already
        merge(present) {
          repeated.add()
          return present
        },
      },
      { entries: batchSize, bytes: BATCH_BYTES, deadline },
      { log, stats, clock },
    )
  }

  async function disconnect(): Promise<void> {
    await link?.close()
    link = undefined
  }

  return {
    name,
    async open(context) {
      try {
        await start(context)
      } catch (error) {
        await disconnect()
        throw startError(error, where)
      }
    },
    process(item, info) {
      if (when !== undefined && !when(item)) return item
      const text = toJson(item)
      const added = writer!.add(info.key, { fingerprint: fingerprintOf(info.key), text }, text.length)
      return added === undefined ? item : added.then((): Item => item)
    },
    flush: () => writer?.flush(),
    async close() {
      try {
        await writer?.close()
      } finally {
        await disconnect()
      }
    },
  }
}

/** Redis packs sets of 64-bit integers, which are signed. */
function fingerprintOf(key: string): string {
  return String(createHash('sha1').update(key).digest().readBigUInt64BE() & BITS_63)
}

/** Whether this Redis keeps the crawl itself. A user who may not see that has a Redis, or at least keys, apart from it. */
async function hasCrawl(link: RedisLink, crawl: string, run: string): Promise<boolean> {
  const key = `{${crawl}}:crawl`
  try {
    return (await link.command(key, ['HGET', key, 'epoch'])) === run
  } catch {
    return false
  }
}

function appendedTwice(list: string): UsageError {
  return new UsageError(
    'ERR_PIPELINE_OPTION',
    `The setting \`redisItems\` and the pipeline redisItems() append to the same list, ${list}: every item would be there twice. Leave out one of them; in the Redis of the crawl the setting costs less.`,
  )
}

function startError(error: unknown, where: string): Error {
  if (error instanceof SkeinError && error.code === 'ERR_REDIS_EVICTION') {
    return new StoreError(
      'ERR_STORE_REFUSED',
      `${where} has a maxmemory-policy other than noeviction: when it is full it may delete items without a word. Set it to noeviction, or take it as it is with \`allowEviction: true\``,
      { cause: error },
    )
  }
  const known = redisStoreError(error, where)
  if (!(known instanceof StoreError) || !known.transient) return known
  return new StoreError(known.code, `${known.message}. The crawl does not begin without it`, { cause: error })
}
