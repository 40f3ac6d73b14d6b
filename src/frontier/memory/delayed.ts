import { IndexedHeap } from '../../util/indexed-heap.ts'
import type { Entry } from './slot.ts'

interface Delayed {
  readonly entry: Entry
  readonly at: number
  /** Of those that are due at the same time, the one that came first goes first. */
  readonly turn: number
  place: number
}

/** Requests whose time has not come. */
export class DelayedRequests {
  readonly #heap = new IndexedHeap<'place', Delayed>('place', (a, b) => (a.at !== b.at ? a.at < b.at : a.turn < b.turn))
  #turn = 0

  get size(): number {
    return this.#heap.size
  }

  /** When the next one is due, in milliseconds since the epoch; undefined when there is none. */
  get nextAt(): number | undefined {
    return this.#heap.peek()?.at
  }

  add(entry: Entry, at: number): void {
    this.#heap.put({ entry, at, turn: ++this.#turn, place: -1 })
  }

  /** Takes one that is due; undefined when none is. */
  takeDue(now: number): Entry | undefined {
    const next = this.#heap.peek()
    if (next === undefined || next.at > now) return undefined
    this.#heap.remove(next)
    return next.entry
  }
}
