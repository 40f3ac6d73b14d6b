import type { Request } from '../../http/request.ts'
import { Deque } from '../../util/deque.ts'
import type { SlotPolicy } from '../contract.ts'

/** A request in the frontier, wherever it is. */
export interface Entry {
  readonly request: Request
  /** How often it has been leased. */
  deliveries: number
}

const UNCAPPED: Slot['cap'] = { most: 0, by: { alive: false } }

/** The requests of one host, and when it may be contacted. Which slot goes next is {@link SlotSchedule}'s business. */
export class Slot {
  readonly name: string
  policy: SlotPolicy
  /** Somebody changed the policy: it is not the one that a new slot gets. */
  changed = false
  /** Requests that are leased. */
  leased = 0
  /** Before this time no request is leased: the delay since the last one, or a block. */
  nextAt = 0
  /** Requests in flight at most for the time being, as long as `by` lives; 0: as the policy says. */
  cap: { readonly most: number; readonly by: { readonly alive: boolean } } = UNCAPPED
  /** As somebody asked; part of `nextAt`. */
  blockedUntil = 0
  /** Since when this slot could have gone, for the order among slots. */
  waitingSince = 0
  /** The priority of the request that goes next. */
  priority = 0
  queued = 0
  // places in the schedule's heaps
  byPriority = -1
  byWait = -1
  byQueued = -1
  byTime = -1

  readonly #bands = new Map<number, Deque<Entry>>()
  /** Priorities that have requests, descending. */
  #priorities: number[] = []

  constructor(name: string, policy: SlotPolicy) {
    this.name = name
    this.policy = policy
  }

  /** Whether another request may be leased beside those that are. */
  get hasPlace(): boolean {
    const { most, by } = this.cap
    return this.leased < this.policy.concurrency && (most === 0 || this.leased < most || !by.alive)
  }

  /** Adds a request where its turn is: at the end, where LIFO takes from and FIFO adds. */
  push(entry: Entry): void {
    this.#band(entry.request.priority).push(entry)
    this.queued++
  }

  /** Adds a request that is the last of its priority to go. */
  pushLast(entry: Entry, order: 'lifo' | 'fifo'): void {
    const band = this.#band(entry.request.priority)
    if (order === 'lifo') band.unshift(entry)
    else band.push(entry)
    this.queued++
  }

  /** Puts a request back so that it is the next of its priority. */
  putBack(entry: Entry, order: 'lifo' | 'fifo'): void {
    const band = this.#band(entry.request.priority)
    if (order === 'lifo') band.push(entry)
    else band.unshift(entry)
    this.queued++
  }

  /** The request that goes next. Only to be called when there is one. */
  peek(order: 'lifo' | 'fifo'): Entry {
    const band = this.#bands.get(this.priority)!
    return (order === 'lifo' ? band.last : band.first)!
  }

  /** Takes the request that goes next. Only to be called when there is one. */
  take(order: 'lifo' | 'fifo'): Entry {
    const band = this.#bands.get(this.priority)!
    const entry = order === 'lifo' ? band.pop()! : band.shift()!
    this.queued--
    if (band.length === 0) {
      this.#bands.delete(this.priority)
      this.#priorities.shift()
      this.priority = this.#priorities[0] ?? 0
    }
    return entry
  }

  #band(priority: number): Deque<Entry> {
    let band = this.#bands.get(priority)
    if (band === undefined) {
      this.#bands.set(priority, (band = new Deque()))
      const at = this.#priorities.findIndex((p) => p < priority)
      this.#priorities.splice(at < 0 ? this.#priorities.length : at, 0, priority)
      this.priority = this.#priorities[0]!
    }
    return band
  }
}
