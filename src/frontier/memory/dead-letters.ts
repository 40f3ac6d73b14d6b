import type { DeadLetter } from '../contract.ts'
import type { Entry } from './slot.ts'

/** Dead letters that can be looked at; older ones are only counted, so that a failing crawl does not grow (I7). */
const KEPT = 10_000

/** Requests that were given up. */
export class DeadLetters {
  readonly #letters: DeadLetter[] = []
  #count = 0

  /** How many there ever were. */
  get count(): number {
    return this.#count
  }

  /** `at`: milliseconds since the epoch. */
  add({ request, deliveries }: Entry, reason: string, error: string, at: number): void {
    this.#count++
    if (this.#letters.length === KEPT) this.#letters.shift()
    this.#letters.push({ request, reason, error, deliveries, at })
  }

  /** The last of them, the oldest first. */
  list(): DeadLetter[] {
    return [...this.#letters]
  }
}
