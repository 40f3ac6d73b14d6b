import type { Request } from '../../http/request.ts'
import type { FrontierOptions, SlotChange } from '../contract.ts'
import { Slot } from './slot.ts'

/** Beyond this many slots, those that have no requests and whose pace nobody changed are forgotten. */
const IDLE_SLOTS_KEPT = 10_000

/** The slots of a crawl by name, made as they are asked for. */
export class Slots {
  readonly #options: FrontierOptions
  readonly #now: () => number
  readonly #slots = new Map<string, Slot>()

  constructor(options: FrontierOptions, now: () => number) {
    this.#options = options
    this.#now = now
  }

  /** That of a request. */
  readonly of = (request: Request): Slot => this.named(request.slot ?? this.#options.slotOf(request))

  named(name: string): Slot {
    let slot = this.#slots.get(name)
    if (slot === undefined) {
      if (this.#slots.size >= IDLE_SLOTS_KEPT && (this.#slots.size & (this.#slots.size - 1)) === 0) this.#forgetIdle()
      slot = new Slot(name, { ...this.#options.slot, ...this.#options.slots[name] })
      this.#slots.set(name, slot)
    }
    return slot
  }

  /** Changes how a slot is treated, as `by` asks; it is yet to be scheduled. */
  change(name: string, { blockedUntil, cap, ...policy }: SlotChange, by: { readonly alive: boolean }): Slot {
    const slot = this.named(name)
    if (cap !== undefined) slot.cap = { most: cap, by }
    if (Object.keys(policy).length > 0) {
      slot.policy = { ...slot.policy, ...policy }
      slot.changed = true
    }
    if (blockedUntil !== undefined && blockedUntil > slot.blockedUntil) {
      slot.blockedUntil = blockedUntil
      slot.nextAt = Math.max(slot.nextAt, blockedUntil)
    }
    return slot
  }

  [Symbol.iterator](): IterableIterator<Slot> {
    return this.#slots.values()
  }

  /** Runs when the number of slots has doubled, so that looking at all of them costs O(1) for each that is made. */
  #forgetIdle(): void {
    const now = this.#now()
    for (const slot of this.#slots.values()) {
      if (slot.queued === 0 && slot.leased === 0 && slot.nextAt <= now && !slot.changed) this.#slots.delete(slot.name)
    }
  }
}
