import type { EndReason } from '../errors.ts'
import type { Frontier } from '../frontier/contract.ts'
import type { Request } from '../http/request.ts'
import type { Sorted } from '../scraper/scraper.ts'

/** Requests that go into the frontier together. */
const BATCH = 100
/** Requests in the queue beyond which `start()` is not asked for more: a sitemap of millions is read as the crawl needs it. */
const ENOUGH_QUEUED = 10_000

/** What seeding needs of the engine. */
export interface SeedSink {
  readonly frontier: Frontier
  /** Sorts one output of `start()`. */
  sort(output: unknown, index: number): Promise<Sorted>
  end(request: Request, reason: EndReason, error?: unknown): void | Promise<void>
  /** Requests went into the queue, but for those at the positions `duplicates`. */
  scheduled(requests: readonly Request[], duplicates: readonly number[]): Promise<void>
  /** Resolves when pages have been committed, or the crawl is closing. */
  progress(): Promise<void>
  readonly closing: boolean
}

/**
 * Runs `start()` and puts what it gives into the frontier, in batches, as the crawl needs it; a `start()` that makes us wait has what it
 * gave so far put in first. What it gave before an error stays. Rejects only when the frontier does.
 *
 * `complete` is false when the crawl was closed before the end of `start()`.
 */
export async function seed(start: () => unknown, sink: SeedSink): Promise<{ complete: boolean; error?: unknown }> {
  let batch: Request[] = []
  const flush = async (): Promise<void> => {
    const requests = batch
    batch = []
    await enqueue(requests, sink)
  }
  let error: unknown
  /** The next output; the end when there is none or when `start()` threw. */
  async function next(): Promise<IteratorResult<unknown>> {
    try {
      iterator ??= iteratorOf(start())
      const step = iterator.next()
      if (batch.length > 0 && step instanceof Promise && !(await isSettledSoon(step))) await flush()
      return await step
    } catch (cause) {
      error = cause
      return { done: true, value: undefined }
    }
  }
  let iterator: Iterator<unknown> | AsyncIterator<unknown> | undefined
  for (let index = 0; ; index++) {
    const step = await next()
    if (step.done === true) break
    const { requests, refused, error: problem } = await sink.sort(step.value, index)
    error ??= problem
    for (const refusal of refused) await sink.end(refusal.request, refusal.error.reason, refusal.error)
    batch.push(...requests)
    if (batch.length < BATCH) continue
    await flush()
    while (!sink.closing && (await sink.frontier.counts()).queued > ENOUGH_QUEUED) await sink.progress()
    if (!sink.closing) continue
    await iterator?.return?.()
    return { complete: false }
  }
  await flush()
  return { complete: true, error }
}

/** Puts seeds into the frontier, and tells the end of those that were there. */
export async function enqueue(requests: readonly Request[], sink: Pick<SeedSink, 'frontier' | 'scheduled'>): Promise<void> {
  if (requests.length === 0) return
  const { duplicates } = await sink.frontier.enqueue(requests)
  await sink.scheduled(requests, duplicates)
}

function iteratorOf(outputs: unknown): Iterator<unknown> | AsyncIterator<unknown> {
  if (typeof outputs === 'object' && outputs !== null) {
    if (Symbol.asyncIterator in outputs) return (outputs as AsyncIterable<unknown>)[Symbol.asyncIterator]()
    if (Symbol.iterator in outputs) return (outputs as Iterable<unknown>)[Symbol.iterator]()
  }
  throw new TypeError('start() gave nothing to iterate over. Expected a generator, or an array of requests.')
}

async function isSettledSoon(promise: Promise<unknown>): Promise<boolean> {
  const soon = new Promise<false>((resolve) => setImmediate(resolve, false))
  const settled = promise.then(
    () => true,
    () => true,
  )
  return Promise.race([settled, soon])
}
