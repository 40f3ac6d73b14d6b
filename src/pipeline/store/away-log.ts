import type { Logger } from '../../log/contract.ts'
import type { Counter, Stats } from '../../stats/stats.ts'
import type { Clock } from '../../util/clock.ts'

const MINUTE = 60_000

/** Tells of a store that went away: when it does, every minute while it stays away, and when it is back. */
export class AwayLog {
  readonly #where: string
  readonly #waiting: () => string
  readonly #log: Logger
  readonly #clock: Clock
  readonly #count: Counter
  #since: number | undefined
  #cancel = (): void => {}

  /** `name` is that of the pipeline, for the count; `where` names the store, without credentials; `waiting` says what is not stored: "2 items". */
  constructor(
    name: string,
    where: string,
    waiting: () => string,
    { log, clock, stats }: { log: Logger; clock: Clock; stats: Stats },
  ) {
    this.#where = where
    this.#waiting = waiting
    this.#log = log
    this.#clock = clock
    this.#count = stats.counter(`${name}/away_count`)
  }

  get away(): boolean {
    return this.#since !== undefined
  }

  /** It did not do what it was asked for. */
  failed(error: Error): void {
    if (this.#since !== undefined) return
    this.#since = this.#clock.now()
    this.#count.add()
    this.#log.warn(
      `${error.message}. Waiting for it: ${this.#waiting()}. No more pages are taken than may be in flight; it is tried again until it answers`,
    )
    const remind = (): void => {
      this.#cancel = this.#clock.after(MINUTE, () => {
        this.#log.warn(`${this.#where} has been away for ${this.#seconds()} s; waiting for it: ${this.#waiting()}`)
        remind()
      })
    }
    remind()
  }

  /** It took something. */
  answered(): void {
    if (this.#since === undefined) return
    this.#log.info(`${this.#where} is back after ${this.#seconds()} s; what waited is stored now`)
    this.close()
  }

  close(): void {
    this.#cancel()
    this.#since = undefined
  }

  #seconds(): string {
    return ((this.#clock.now() - (this.#since ?? 0)) / 1000).toFixed(1)
  }
}
