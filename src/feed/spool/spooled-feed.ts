import { SkeinError } from '../../errors.ts'
import { maskCredentials } from '../../log/mask-credentials.ts'
import type { Item } from '../../pipeline/contract.ts'
import type { Clock } from '../../util/clock.ts'
import { isBatched } from '../check-options.ts'
import type { Feed, FeedFormatName } from '../contract.ts'
import type { BatchNames } from '../name-template.ts'
import type { SpoolNames } from './spool-names.ts'
import { SpooledDocument, type SpoolPlan } from './spooled-document.ts'

/** Batches that may wait to be put in their place before the crawl waits for them. */
const MAX_WAITING = 4
/** Documents in a row that the place refuses in the end before the rest are left to the next run: a server that is away takes its time to say so. */
const MAX_REFUSALS = 3
/** Spools that a message names. */
const MAX_NAMED = 5

/** How a feed is kept until it is whole. */
export interface SpooledFeedParts {
  readonly plan: SpoolPlan
  readonly names: SpoolNames
  readonly clock: Clock
}

/**
 * A feed whose documents come to their place as a whole: at the end, or batch for batch. Items are safe in the spool when `flush` returns;
 * a place that fails for a while (a server that is away) stops nothing, and is tried again in the end.
 */
export class SpooledFeed implements Feed {
  readonly uri: string
  readonly format: FeedFormatName
  count = 0
  readonly #parts: SpooledFeedParts
  readonly #batched: boolean
  #current: SpooledDocument
  #batch: BatchNames
  #cancelTimer: (() => void) | undefined
  /** The time of the batch is over. */
  #late = false
  /** Why the next batch could not begin; for the next flush to tell. */
  #problem: unknown
  /** Whole batches of which no flush has told yet whether they could be stored. */
  readonly #turned = new Set<SpooledDocument>()
  #waiting = 0
  #deliveries: Promise<void> = Promise.resolve()
  readonly #failed: SpooledDocument[] = []
  #closing: Promise<void> | undefined

  constructor(parts: SpooledFeedParts, first: SpooledDocument, batch: BatchNames) {
    const { options, format } = parts.plan.layout
    this.uri = options.uri
    this.format = format
    this.#parts = parts
    this.#batched = isBatched(options)
    this.#current = first
    this.#batch = batch
  }

  write(item: Item): void {
    if (this.#closing !== undefined) {
      throw new SkeinError('ERR_FEED_CLOSED', `the feed ${this.uri} was closed; nothing more can be written`)
    }
    if (this.#isFull()) this.#turn()
    this.#current.write(item)
    this.count++
    const { batchSeconds } = this.#parts.plan.layout.options
    if (batchSeconds === undefined || this.#cancelTimer !== undefined) return
    this.#cancelTimer = this.#parts.clock.after(batchSeconds * 1000, () => {
      this.#late = true
      this.#turn()
    })
  }

  async flush(): Promise<void> {
    if (this.#isFull()) this.#turn()
    const problem = this.#problem
    this.#problem = undefined
    if (problem !== undefined) throw problem
    for (const document of this.#turned) {
      await document.seal()
      this.#turned.delete(document)
    }
    await this.#current.flush()
    if (this.#waiting > MAX_WAITING) await this.#deliveries
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  abandon(): void {
    this.#closing = Promise.resolve()
    this.#cancelTimer?.()
    this.#current.abandon()
  }

  #isFull(): boolean {
    if (!this.#batched || this.#current.count === 0) return false
    const { batchItems = Number.POSITIVE_INFINITY, batchBytes = Number.POSITIVE_INFINITY } = this.#parts.plan.layout.options
    return this.#late || this.#current.count >= batchItems || this.#current.size >= batchBytes
  }

  /** The next batch takes over. When it cannot, the one in hand goes on, and the next flush tells. */
  #turn(): void {
    const now = this.#parts.clock.now()
    // no two have one time, whatever the clock does
    const time = new Date(Math.max(now, this.#batch.time.getTime() + 1))
    const batch = { id: this.#batch.id + 1, time }
    try {
      const next = SpooledDocument.create(this.#parts.plan, this.#parts.names.nameOf(batch))
      const whole = this.#current
      this.#current = next
      this.#batch = batch
      this.#late = false
      this.#cancelTimer?.()
      this.#cancelTimer = undefined
      this.#turned.add(whole)
      // the flush that comes next tells
      whole.seal().catch(() => {})
      this.#waiting++
      this.#deliveries = this.#deliveries.then(() => this.#deliver(whole))
    } catch (error) {
      this.#problem = error
    }
  }

  async #deliver(document: SpooledDocument): Promise<void> {
    try {
      await document.deliver()
    } catch (error) {
      this.#failed.push(document)
      if (this.#closing === undefined) {
        this.#parts.plan.layout.warn?.(`${maskCredentials((error as Error).message)}. It is kept, and tried again in the end`)
      }
    }
    this.#waiting--
  }

  async #close(): Promise<void> {
    this.#cancelTimer?.()
    const last = this.#current
    if (this.#batched && last.count === 0) last.discard()
    else {
      this.#waiting++
      this.#deliveries = this.#deliveries.then(() => this.#deliver(last))
    }
    await this.#deliveries
    const kept: string[] = []
    let cause: unknown
    let refusals = 0
    for (const document of this.#failed) {
      const problem = refusals < MAX_REFUSALS ? await problemOf(document.deliver()) : cause
      refusals = problem === undefined ? 0 : refusals + 1
      if (problem === undefined) continue
      cause ??= problem
      kept.push(await document.keep())
    }
    await this.#parts.plan.target.close()
    if (cause === undefined) return
    throw new SkeinError(
      'ERR_FEED_DELIVERY',
      `${maskCredentials((cause as Error).message)}. What was stored is safe in ${listed(kept)}, and the next crawl with this feed puts it in its place`,
      { cause },
    )
  }
}

function problemOf(action: Promise<void>): Promise<unknown> {
  return action.then(
    () => undefined,
    (error: unknown) => error,
  )
}

function listed(names: readonly string[]): string {
  const rest = names.length - MAX_NAMED
  return `${names.slice(0, MAX_NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}
