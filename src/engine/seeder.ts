import type { Frontier } from '../frontier/contract.ts'
import type { Request } from '../http/request.ts'
import type { Refused, Sorted } from '../scraper/scraper.ts'

/** Requests that go into the frontier together. */
const BATCH = 100
/** Requests in the queue beyond which `start()` is not asked for more: a sitemap of millions is read as the crawl needs it. */
const ENOUGH_QUEUED = 10_000

/**
 * Why `start()` is asked no more: `closing` the crawl ends, and goes on with `start()` another time · `draining` no more seeds are wanted ·
 * `lost` the session that was to seed is gone, and another does it.
 */
export type SeedStop = 'closing' | 'draining' | 'lost'

/** What seeding needs of the engine. */
export interface SeedSink {
  readonly frontier: Frontier
  /** Sorts one output of `start()`. */
  sort(output: unknown, index: number): Promise<Sorted>
  /** Says that a middleware refused these. */
  refused(refusals: readonly Refused[]): Promise<void>
  /** An errback wants the crawl closed. */
  close(reason: string): void
  /** Requests went into the queue, but for those at the positions `duplicates` and `overBudget`. */
  scheduled(requests: readonly Request[], duplicates: readonly number[], overBudget?: readonly number[]): Promise<void>
  /** Resolves when pages have been committed, or there is a reason to stop. */
  progress(): Promise<void>
  readonly stop: SeedStop | undefined
  /** What is to be called, once, when `stop` becomes a reason not to wait for an output; takes the place of the one before. */
  onStop(listener: () => void): void
}

/**
 * Runs `start()` and puts what it gives into the frontier, in batches, as the crawl needs it; a `start()` that makes us wait has what it
 * gave so far put in first. What it gave before an error stays. Rejects only when the frontier does.
 *
 * `complete` is false when the crawl was closed, or the session lost, before the end of `start()`.
 */
export async function seed(start: () => unknown, sink: SeedSink): Promise<{ complete: boolean; error?: unknown }> {
  let batch: Request[] = []
  let items: string[] = []
  const flush = async (): Promise<void> => {
    const [requests, texts] = [batch, items]
    batch = []
    items = []
    await enqueue(requests, sink, texts)
  }
  let error: unknown
  let iterator: Iterator<unknown> | AsyncIterator<unknown> | undefined
  /** The next output; the end when there is none or when `start()` threw; undefined when it is waited for no longer. */
  async function next(): Promise<IteratorResult<unknown> | undefined> {
    try {
      iterator ??= iteratorOf(start())
      const step = iterator.next()
      if (!(step instanceof Promise) || (await isSettledSoon(step))) return await step
      if (batch.length + items.length > 0) await flush()
      return await unlessStopped(step, sink)
    } catch (cause) {
      error = cause
      return END
    }
  }
  for (let index = 0; sink.stop === undefined; index++) {
    const step = await next()
    if (step === undefined) break
    if (step.done === true) {
      if (sink.stop === 'lost') break
      await flush()
      return { complete: true, error }
    }
    const { requests, refused, items: texts = [], error: problem, close } = await sink.sort(step.value, index)
    error ??= problem
    if (refused.length > 0) await sink.refused(refused)
    if (close !== undefined) sink.close(close)
    for (const request of requests) batch.push(request)
    for (const text of texts) items.push(text)
    if (batch.length + items.length < BATCH || sink.stop === 'lost') continue
    await flush()
    while (sink.stop === undefined && (await sink.frontier.counts()).queued > ENOUGH_QUEUED) await sink.progress()
  }
  // not waited for: a generator that waits for something runs its `finally` after that only
  void leave(iterator)
  if (sink.stop === 'lost') return { complete: false, error }
  await flush()
  return { complete: sink.stop === 'draining', error }
}

const END: IteratorResult<unknown> = { done: true, value: undefined }

/** Puts seeds into the frontier, and tells the end of those that were there or were too many. */
export async function enqueue(
  requests: readonly Request[],
  sink: Pick<SeedSink, 'frontier' | 'scheduled'>,
  items: readonly string[] = [],
): Promise<void> {
  if (requests.length + items.length === 0) return
  const { duplicates, overBudget } = await (items.length === 0
    ? sink.frontier.enqueue(requests)
    : sink.frontier.enqueue(requests, items))
  await sink.scheduled(requests, duplicates, overBudget)
}

function iteratorOf(outputs: unknown): Iterator<unknown> | AsyncIterator<unknown> {
  if (typeof outputs === 'object' && outputs !== null) {
    if (Symbol.asyncIterator in outputs) return (outputs as AsyncIterable<unknown>)[Symbol.asyncIterator]()
    if (Symbol.iterator in outputs) return (outputs as Iterable<unknown>)[Symbol.iterator]()
  }
  throw new TypeError('start() gave nothing to iterate over. Expected a generator, or an array of requests.')
}

/** Lets a generator run its `finally`. What fails there concerns nothing that was given. */
async function leave(iterator: Iterator<unknown> | AsyncIterator<unknown> | undefined): Promise<void> {
  try {
    await iterator?.return?.()
  } catch {}
}

/** The output when it comes; undefined when there is a reason not to wait for it. */
function unlessStopped<T>(step: Promise<T>, sink: SeedSink): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    step.then(resolve, reject)
    sink.onStop(() => resolve(undefined))
  })
}

async function isSettledSoon(promise: Promise<unknown>): Promise<boolean> {
  const soon = new Promise<false>((resolve) => setImmediate(resolve, false))
  const settled = promise.then(
    () => true,
    () => true,
  )
  return Promise.race([settled, soon])
}
