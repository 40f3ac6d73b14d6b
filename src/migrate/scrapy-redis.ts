import { UsageError } from '../errors.ts'
import type { RedisLink } from '../redis/link.ts'
import type { ImportProblem, ImportProgress, ImportReport, ImportTarget, QueueOrder } from './contract.ts'
import { countFingerprints, importFingerprints } from './import-fingerprints.ts'
import { importRequests } from './import-requests.ts'
import { openScrapyRedisQueue } from './scrapy-redis-queue.ts'

/** Problems that are told; the others are counted. */
const TOLD = 20

/** Which crawl of scrapy-redis, and where it goes. */
export interface ScrapyRedisImport {
  /** To the Redis that the crawl is in. */
  readonly source: RedisLink
  /** Its queue, by default `<spider>:requests` there. */
  readonly requestsKey: string
  /** Its dupe filter, by default `<spider>:dupefilter` there; undefined: it is left out. */
  readonly dupefilterKey: string | undefined
  /** Must be given when the queue is a list. */
  readonly order?: QueueOrder
  /** How the crawl here takes requests of equal priority: its setting `order`. */
  readonly crawlOrder: 'lifo' | 'fifo'
  /** Opened when the source is known to be readable. Undefined: it is read only, to see what would come. */
  readonly openTarget: (() => Promise<ImportTarget>) | undefined
  /** Delete the keys of the source when all of it has been brought. @default false */
  readonly deleteSource?: boolean
  /** Aborted: the import ends at the next page. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: ImportProgress) => void
}

/**
 * Brings a stopped crawl of scrapy-redis into a crawl here: its queue, in the order in which it would have been crawled, and its dupe filter.
 * The source is only read, in pages, and stays as it is unless `deleteSource` says otherwise; what cannot be read is told and left there.
 *
 * An import that was interrupted may be begun again: what was brought is not brought twice, save for the last page's requests with `dont_filter`
 * when the process was killed between two answers.
 *
 * Throws `ERR_IMPORT_SOURCE` when there is nothing to import, or something else, and `ERR_IMPORT_ORDER` when it must be said how a list is read.
 */
export async function importScrapyRedis(options: ScrapyRedisImport): Promise<ImportReport> {
  const { source, requestsKey, dupefilterKey, crawlOrder, signal, onProgress } = options
  const queue = await openScrapyRedisQueue(source, requestsKey, options.order)
  const known = dupefilterKey === undefined ? undefined : await countFingerprints(source, dupefilterKey)
  if (queue === undefined && known === undefined) throw nothingThere(requestsKey, dupefilterKey)

  const problems: ImportProblem[] = []
  const common = {
    target: await options.openTarget?.(),
    signal,
    onProblem: (problem: ImportProblem): void => {
      if (problems.length < TOLD) problems.push(problem)
    },
  }
  const tell =
    (what: ImportProgress['what']) =>
    (done: number, total: number): void =>
      onProgress?.({ what, done, total })

  let requests: ImportReport['requests'] = { read: 0, added: 0, present: 0, overBudget: 0, unreadable: 0 }
  let changed = false
  if (queue !== undefined)
    ({ counts: requests, changed } = await importRequests(queue, { ...common, crawlOrder, onProgress: tell('requests') }))
  // after the requests, which would not be added if they were known
  let fingerprints: ImportReport['fingerprints'] = { read: 0, added: 0, present: 0, unreadable: 0 }
  if (dupefilterKey !== undefined && known !== undefined && signal?.aborted !== true) {
    fingerprints = await importFingerprints(source, dupefilterKey, known, { ...common, onProgress: tell('fingerprints') })
    changed ||= (await countFingerprints(source, dupefilterKey)) !== known
  }

  const interrupted = signal?.aborted === true
  const whole = !interrupted && !changed && requests.unreadable + requests.overBudget + fingerprints.unreadable === 0
  const deleted: string[] = []
  if (options.deleteSource === true && whole && common.target !== undefined) {
    for (const key of [requestsKey, dupefilterKey]) {
      if (key !== undefined && (await source.command(key, ['UNLINK', key])) === 1) deleted.push(key)
    }
  }
  return {
    requestsKey,
    dupefilterKey: dupefilterKey ?? '',
    order: queue?.order,
    requests,
    fingerprints,
    problems,
    changed,
    interrupted,
    deleted,
  }
}

function nothingThere(requestsKey: string, dupefilterKey: string | undefined): UsageError {
  return new UsageError(
    'ERR_IMPORT_SOURCE',
    `There is nothing to import: neither ${requestsKey}${dupefilterKey === undefined ? '' : ` nor ${dupefilterKey}`} exists on this Redis. A scrapy-redis crawl without SCHEDULER_PERSIST deletes both when it closes; if it has other keys (SCHEDULER_QUEUE_KEY, SCHEDULER_DUPEFILTER_KEY), name them with --requests-key and --dupefilter-key.`,
  )
}
