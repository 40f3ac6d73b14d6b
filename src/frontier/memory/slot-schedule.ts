import { IndexedHeap } from '../../util/indexed-heap.ts'
import type { Slot } from './slot.ts'

/** Every this many choices the slot that waited longest goes, whatever its priority, so that none starves. */
const TURN_OF_THE_PATIENT = 8
/**
 * The choice among as many at which the slot with most queued goes: going round among thousands of small hosts would keep a big one far below
 * its pace, and the crawl waits for it in the end.
 */
const TURN_OF_THE_BIGGEST = 4

/**
 * Which slot goes next. A slot with requests and a free place is either ready (in three heaps: by best priority, by waiting time, by what is queued) or
 * waits for its time (in a fourth); all others are in none. Each choice costs O(log slots).
 */
export class SlotSchedule {
  readonly #byPriority = new IndexedHeap<'byPriority', Slot>('byPriority', (a, b) =>
    a.priority !== b.priority ? a.priority > b.priority : a.waitingSince < b.waitingSince,
  )
  readonly #byWait = new IndexedHeap<'byWait', Slot>('byWait', (a, b) => a.waitingSince < b.waitingSince)
  readonly #byQueued = new IndexedHeap<'byQueued', Slot>('byQueued', (a, b) => a.queued > b.queued)
  readonly #byTime = new IndexedHeap<'byTime', Slot>('byTime', (a, b) => a.nextAt < b.nextAt)
  #choices = 0
  /** A clock of turns: slots that become ready in the same millisecond keep their order. */
  #turn = 0

  /** Says that a slot has changed: puts it where it belongs now. `served` sends it behind those that wait. */
  update(slot: Slot, now: number, served = false): void {
    const open = slot.queued > 0 && slot.hasPlace
    if (!open || slot.nextAt > now) {
      this.remove(slot)
      if (open) this.#byTime.put(slot)
      else this.#byTime.remove(slot)
      return
    }
    this.#byTime.remove(slot)
    if (served || !this.#byWait.has(slot)) slot.waitingSince = ++this.#turn
    this.#byPriority.put(slot)
    this.#byWait.put(slot)
    this.#byQueued.put(slot)
  }

  /** Whether some slot may go now. */
  isReady(now: number): boolean {
    for (let slot = this.#byTime.peek(); slot !== undefined && slot.nextAt <= now; slot = this.#byTime.peek())
      this.update(slot, now)
    return this.#byWait.size > 0
  }

  /** Leaves a slot out until `update`. */
  remove(slot: Slot): void {
    this.#byPriority.remove(slot)
    this.#byWait.remove(slot)
    this.#byQueued.remove(slot)
  }

  /** The slot that goes next; undefined when none may go now. */
  next(now: number): Slot | undefined {
    if (!this.isReady(now)) return undefined
    const turn = ++this.#choices % TURN_OF_THE_PATIENT
    if (turn === 0) return this.#byWait.peek()
    const best = this.#byPriority.peek()!
    if (turn !== TURN_OF_THE_BIGGEST) return best
    const biggest = this.#byQueued.peek()!
    return biggest.priority >= best.priority ? biggest : best
  }

  /** When the next slot becomes ready by time alone. */
  get nextAt(): number | undefined {
    return this.#byTime.peek()?.nextAt
  }
}
