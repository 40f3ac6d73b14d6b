import type { Clock } from '../../util/clock.ts'

/** Something that must be over at a certain time. */
export interface Timed {
  /** Milliseconds since the epoch. */
  readonly deadline: number
  /** Its place in the list; {@link Deadlines} keeps it. */
  place: number
  /** Called once when the deadline has passed. */
  expire(): void
}

/**
 * The downloads under way and their deadlines, behind one timer. It is set to the earliest deadline that was known when it was set; when
 * it fires, those that are late expire and it is set anew. With timeouts far longer than downloads take it hardly ever fires, and a
 * download costs a push and a pop.
 *
 * A list in which each item knows its place, and no Set: a Set makes itself a new table every few dozen removals, and what was in the old one
 * then outlives young collections with all it refers to. That was measured at 36 full collections for 15,000 bodies of 23 KB, against one.
 */
export class Deadlines<T extends Timed> {
  readonly #clock: Clock
  readonly #running: T[] = []
  #timerAt = Number.POSITIVE_INFINITY
  #cancel: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How many are under way. */
  get size(): number {
    return this.#running.length
  }

  add(item: T): void {
    item.place = this.#running.push(item) - 1
    if (item.deadline < this.#timerAt) this.#arm(item.deadline)
  }

  /** Does nothing for an item that is not in the list. */
  delete(item: T): void {
    const { place } = item
    if (this.#running[place] !== item) return
    const last = this.#running.pop()!
    if (last !== item) {
      this.#running[place] = last
      last.place = place
    }
    item.place = -1
  }

  /** Stops the timer and gives back what is still under way. */
  close(): T[] {
    this.#cancel?.()
    this.#cancel = undefined
    this.#timerAt = Number.POSITIVE_INFINITY
    return this.#running.splice(0)
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
    const late: T[] = []
    for (const item of this.#running) {
      if (item.deadline <= now) late.push(item)
      else if (item.deadline < next) next = item.deadline
    }
    for (const item of late) {
      this.delete(item)
      item.expire()
    }
    if (next < this.#timerAt) this.#arm(next)
  }
}
