import { CloseSpider } from '../errors.ts'
import type { Ends } from './ends.ts'
import type { EngineParts } from './engine-parts.ts'
import { type SeedSink, type SeedStop, seed } from './seeder.ts'

/** What seeding tells the engine. */
export interface SeedingListener {
  /** Requests went into the queue. */
  scheduled: SeedSink['scheduled']
  /** `start()` wants the crawl closed. */
  close(reason: string): void
}

/** One run of `start()`. */
interface Run {
  stop: SeedStop | undefined
  interrupt: () => void
}

/**
 * This worker's part in seeding the crawl: exactly one worker runs `start()`, and another takes over when that one dies. So whoever did not
 * get to do it asks again from time to time.
 */
export class Seeding {
  readonly #parts: EngineParts
  readonly #ends: Ends
  readonly #listener: SeedingListener
  /** The run of `start()` that is under way. */
  #run: Run | undefined
  #claiming = false
  /** This worker has said that all seeds are in. */
  #over = false
  #stop: Exclude<SeedStop, 'lost'> | undefined
  #error: unknown
  #waiting: (() => void)[] = []

  constructor(parts: EngineParts, ends: Ends, listener: SeedingListener) {
    this.#parts = parts
    this.#ends = ends
    this.#listener = listener
  }

  /** Whether `start()` is being run. */
  get active(): boolean {
    return this.#run !== undefined
  }

  /** What `start()` threw. */
  get error(): unknown {
    return this.#error
  }

  /** Runs `start()`, if it falls to this worker and is not over. Rejects when the frontier does. */
  async claim(): Promise<void> {
    if (this.#claiming || this.#run !== undefined || this.#over || this.#stop === 'closing') return
    this.#claiming = true
    try {
      if (!(await this.#parts.frontier.claimSeeding())) return
    } finally {
      this.#claiming = false
    }
    await this.#seed()
  }

  /** No more seeds are wanted. */
  async drain(): Promise<void> {
    if (this.#stop !== undefined) return
    this.#stop = 'draining'
    this.#run?.interrupt()
    this.progressed()
    await this.claim()
  }

  /** The crawl ends. A `start()` that makes us wait is not interrupted: it may be about to give what it has. */
  close(): void {
    this.#stop = 'closing'
    this.progressed()
  }

  /** The session is lost, and with it the right to seed. */
  forget(): void {
    const run = this.#run
    this.#run = undefined
    this.#over = false
    if (run === undefined) return
    run.stop = 'lost'
    run.interrupt()
    this.progressed()
  }

  /** Pages have been committed: there may be room for more seeds. */
  progressed(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  async #seed(): Promise<void> {
    const { frontier, scraper, start, log } = this.#parts
    const run: Run = { stop: undefined, interrupt: () => {} }
    this.#run = run
    const seeding = this
    const { complete, error } = await seed(start, {
      frontier,
      sort: scraper.seed,
      refused: (refusals) => this.#ends.refused(refusals),
      close: (reason) => this.#listener.close(reason),
      scheduled: this.#listener.scheduled,
      progress: () => new Promise((resolve) => this.#waiting.push(resolve)),
      get stop() {
        return run.stop ?? seeding.#stop
      },
      onStop(listener) {
        run.interrupt = listener
        if (run.stop === 'lost' || seeding.#stop === 'draining') listener()
      },
    })
    if (run.stop === 'lost') return
    if (error instanceof CloseSpider) this.#listener.close(error.reason)
    else if (error !== undefined) {
      this.#error = error
      log.error('start() failed; what it gave before is crawled', { error })
    }
    if (complete) {
      await frontier.seeded()
      this.#over = true
    }
    if (this.#run === run) this.#run = undefined
  }
}
