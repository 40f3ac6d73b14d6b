import type { Logger } from '../../log/contract.ts'
import type { Counter, Stats } from '../../stats/stats.ts'
import type { Clock } from '../../util/clock.ts'
import { within } from '../../util/within.ts'
import { AwayLog } from './away-log.ts'
import { StoreError } from './store-error.ts'

/** Milliseconds before the second attempt; each later wait is twice as long, and a random half shorter at most. */
const FIRST_WAIT = 100
const LAST_WAIT = 30_000
/** Milliseconds that closing gives to what is still waiting. */
const PATIENCE = 5_000

/** What batches are written to. */
export interface BatchTarget<T> {
  /** Of the pipeline, for counts. */
  readonly name: string
  /** Names the store in messages, without credentials. */
  readonly where: string
  /**
   * Stores entries; they are durable when this returns. Done a second time it changes nothing. Rejects with a StoreError for what the store
   * answered: a transient one is tried again, any other ends the crawl.
   */
  write(entries: readonly T[]): Promise<void>
  /** One entry for two of the same key, the later of which is `next`. @default `next` */
  merge?(present: T, next: T): T
}

/** How much is gathered, and how long is waited. */
export interface BatchLimits {
  /** Entries of a batch. */
  readonly entries: number
  /** Bytes of a batch, as counted by `add`. */
  readonly bytes: number
  /** Milliseconds for one write; what takes longer is tried again, in halves. */
  readonly deadline: number
}

interface Waiting<T> {
  readonly entries: Map<string, T>
  bytes: number
}

/**
 * Gathers entries and writes them in batches, one batch at a time, so that of two with the same key the later one stays. While one batch is
 * written the next is gathered; when that is full too, `add` gives a promise: what is in memory is two batches at most.
 *
 * A store that is away is tried again for as long as it takes. Any other error is final: `flush` throws it from then on.
 */
export class BatchWriter<T> {
  readonly #target: BatchTarget<T>
  readonly #limits: BatchLimits
  readonly #clock: Clock
  readonly #away: AwayLog
  readonly #storedCount: Counter
  readonly #retryCount: Counter
  #waiting: Waiting<T> = { entries: new Map(), bytes: 0 }
  /** How many were ever added, stored, and asked to be flushed. */
  #added = 0
  #stored = 0
  #wanted = 0
  /** Entries of one write: fewer while the store is slow. */
  #size: number
  #running = false
  /** The last of those that wait for room, who get it in the order in which they came. */
  #line: Promise<void> | undefined
  /** Resolved, and replaced, when a batch is stored or nothing will be any more. */
  #progress: PromiseWithResolve = withResolve()
  #failed: StoreError | undefined
  #told = false
  #closing = false
  #endWait = (): void => {}

  constructor(target: BatchTarget<T>, limits: BatchLimits, parts: { log: Logger; clock: Clock; stats: Stats }) {
    this.#target = target
    this.#limits = limits
    this.#clock = parts.clock
    this.#size = limits.entries
    this.#away = new AwayLog(target.name, target.where, () => counted(this.#added - this.#stored), parts)
    this.#storedCount = parts.stats.counter(`${target.name}/stored_count`)
    this.#retryCount = parts.stats.counter(`${target.name}/retry_count`)
  }

  /** Takes an entry; a promise while there is no room. Entries of the same key are stored in the order in which they came. */
  add(key: string, entry: T, bytes: number): void | Promise<void> {
    if (this.#failed === undefined && (this.#line !== undefined || this.#isFull())) return this.#wait(key, entry, bytes)
    this.#take(key, entry, bytes)
  }

  #wait(key: string, entry: T, bytes: number): Promise<void> {
    const mine = this.#roomAfter(this.#line).then(() => {
      this.#take(key, entry, bytes)
      if (this.#line === mine) this.#line = undefined
    })
    this.#line = mine
    return mine
  }

  async #roomAfter(before: Promise<void> | undefined): Promise<void> {
    await before
    while (this.#failed === undefined && this.#isFull()) await this.#progress.promise
  }

  #take(key: string, entry: T, bytes: number): void {
    this.#added++
    // nothing is committed any more
    if (this.#failed !== undefined) return
    const { entries } = this.#waiting
    const present = entries.get(key)
    entries.set(key, present === undefined ? entry : (this.#target.merge?.(present, entry) ?? entry))
    this.#waiting.bytes += bytes
    if (this.#isFull()) this.#start()
  }

  /** Everything added so far is durable when this returns. Waits as long as the store is away. */
  async flush(): Promise<void> {
    const upTo = this.#added
    this.#wanted = Math.max(this.#wanted, upTo)
    while (this.#stored < upTo) {
      if (this.#failed !== undefined) {
        this.#told = true
        throw this.#failed
      }
      this.#start()
      await this.#progress.promise
    }
  }

  /**
   * Stores what is left, if the store takes it now. Does not wait for one that is away.
   *
   * @throws StoreError `ERR_STORE_CLOSED` with the number of items that are not stored, or what a write failed with that no flush has told
   */
  async close(): Promise<void> {
    // a flush that failed has told of it; one that still waits tells how it ends, and so does this
    if (this.#told) return
    this.#closing = true
    if (this.#away.away) this.#give()
    const flushed = this.flush()
    if (!(await within(flushed, PATIENCE, this.#clock).catch(() => true))) this.#give()
    this.#away.close()
    await flushed
  }

  #isFull(): boolean {
    return this.#waiting.entries.size >= this.#limits.entries || this.#waiting.bytes >= this.#limits.bytes
  }

  #start(): void {
    if (this.#running) return
    this.#running = true
    void this.#run()
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    while (this.#failed === undefined && this.#waiting.entries.size > 0 && (this.#isFull() || this.#stored < this.#wanted)) {
      const batch = [...this.#waiting.entries.values()]
      const upTo = this.#added
      this.#waiting = { entries: new Map(), bytes: 0 }
      // there is room again
      this.#tell()
      await this.#writeAll(batch)
      if (this.#failed !== undefined) break
      this.#storedCount.add(upTo - this.#stored)
      this.#stored = upTo
      this.#tell()
    }
    this.#running = false
  }

  async #writeAll(batch: readonly T[]): Promise<void> {
    let from = 0
    for (let failures = 0; from < batch.length; ) {
      const piece = batch.slice(from, from + this.#size)
      const error = await this.#attempt(piece)
      if (this.#failed !== undefined) return
      if (error === undefined) {
        from += piece.length
        failures = 0
        this.#size = Math.min(this.#limits.entries, this.#size * 2)
        this.#away.answered()
        continue
      }
      if (!error.transient) return this.#fail(error)
      if (error.code === 'ERR_STORE_SLOW') this.#size = Math.max(1, Math.floor(piece.length / 2))
      this.#away.failed(error)
      if (this.#closing) return this.#give()
      this.#retryCount.add()
      await this.#pause(failures++)
    }
  }

  async #attempt(piece: readonly T[]): Promise<StoreError | undefined> {
    const { where } = this.#target
    try {
      if (await within(this.#target.write(piece), this.#limits.deadline, this.#clock)) return undefined
      return new StoreError('ERR_STORE_SLOW', `${where} did not answer within ${this.#limits.deadline / 1000} s`)
    } catch (error) {
      if (error instanceof StoreError) return error
      return new StoreError('ERR_STORE_REFUSED', `${where} could not be written to: ${String(error)}`, { cause: error })
    }
  }

  #pause(failures: number): Promise<void> {
    const whole = Math.min(FIRST_WAIT * 2 ** Math.min(failures, 20), LAST_WAIT)
    // workers that lost the same store do not come back to it in the same instant
    const wait = whole / 2 + Math.random() * (whole / 2)
    return new Promise((resolve) => {
      const cancel = this.#clock.after(wait, resolve)
      this.#endWait = () => {
        cancel()
        resolve()
      }
    })
  }

  /** Ends all waiting: the store does not answer, and there is no more time. */
  #give(): void {
    const left = this.#added - this.#stored
    if (left === 0) return
    this.#fail(
      new StoreError(
        'ERR_STORE_CLOSED',
        `${this.#target.where} does not answer: ${counted(left)} ${left === 1 ? 'was' : 'were'} not stored. Their pages were not committed, and are done again when the crawl is gone on with`,
      ),
    )
  }

  #fail(error: StoreError): void {
    this.#failed ??= error
    this.#waiting = { entries: new Map(), bytes: 0 }
    this.#away.close()
    this.#endWait()
    this.#tell()
  }

  #tell(): void {
    const { resolve } = this.#progress
    this.#progress = withResolve()
    resolve()
  }
}

function counted(items: number): string {
  return `${items} item${items === 1 ? '' : 's'}`
}

interface PromiseWithResolve {
  readonly promise: Promise<void>
  readonly resolve: () => void
}

function withResolve(): PromiseWithResolve {
  let resolve = (): void => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
