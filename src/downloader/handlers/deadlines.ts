import type { Clock } from '../../util/clock.ts'

/** Something that must be over at a certain time. */
export interface Timed {
  /** Milliseconds since the epoch. */
  readonly deadline: number
  /** Called once when the deadline has passed. */
  expire(): void
}

/**
 * The downloads under way and their deadlines, behind one timer. It is set to the earliest deadline that was known when it was set; when
 * it fires, those that are late expire and it is set anew. With timeouts far longer than downloads take it hardly ever fires, and a
 * download costs an insertion into a set and a removal.
 */
export class Deadlines<T extends Timed> {
  readonly #clock: Clock
  readonly #running = new Set<T>()
  #timerAt = Number.POSITIVE_INFINITY
  #cancel: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How many are under way. */
  get size(): number {
    return this.#running.size
  }

  add(item: T): void {
    this.#running.add(item)
    if (item.deadline < this.#timerAt) this.#arm(item.deadline)
  }

  delete(item: T): void {
    this.#running.delete(item)
  }

  /** Stops the timer and gives back what is still under way. */
  close(): T[] {
    this.#cancel?.()
    this.#cancel = undefined
    this.#timerAt = Number.POSITIVE_INFINITY
    const left = [...this.#running]
    this.#running.clear()
    return left
  }

  #arm(at: number): void {
    this.#cancel?.()
    this.#timerAt = at
    this.#cancel = this.#clock.after(Math.max(0, at - this.#clock.now()), () => this.#sweep())
  }

  #sweep(): void {
    this.#cancel = undefined
    this.#timerAt = Number.POSITIVE_INFINITY
    const now = this.#clock.now()
    let next = Number.POSITIVE_INFINITY
    for (const item of this.#running) {
      if (item.deadline <= now) {
        this.#running.delete(item)
        item.expire()
      } else if (item.deadline < next) next = item.deadline
    }
    if (next < this.#timerAt) this.#arm(next)
  }
}
