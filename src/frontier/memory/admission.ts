import type { Request } from '../../http/request.ts'
import { SeenSet } from '../../util/seen-set.ts'
import type { FrontierOptions } from '../contract.ts'
import { KnownUrls } from '../known-urls.ts'
import type { Slot } from './slot.ts'

/** What becomes of a request that is to be added. */
export type Admitted = 'new' | 'duplicate' | 'budget'

/** Who comes into the queue: what was seen does not, nor what a slot's budget has no room for. */
export class Admission {
  /** Some slot has a budget. */
  bounded: boolean
  readonly #fingerprint: FrontierOptions['fingerprint']
  readonly #seen = new SeenSet()
  readonly #known = new KnownUrls()
  /** Requests that slots have taken, where a budget bounds them. */
  readonly #taken = new Map<string, number>()

  constructor({ fingerprint, slot, slots }: Pick<FrontierOptions, 'fingerprint' | 'slot' | 'slots'>) {
    this.#fingerprint = fingerprint
    this.bounded = [slot, ...Object.values(slots)].some(({ budget = 0 }) => budget > 0)
  }

  /** Fingerprints that were seen. */
  get size(): number {
    return this.#seen.size
  }

  has(request: Request): boolean {
    const key = this.#fingerprint(request)
    return this.#seen.has(word(key, 0), word(key, 4))
  }

  /** Marks a request as seen; one with `dontFilter` passes by all this. */
  admit(request: Request, slotOf: (request: Request) => Slot): Admitted {
    if (request.dontFilter) return 'new'
    if (this.#known.has(request)) return 'duplicate'
    const key = this.#fingerprint(request)
    const high = word(key, 0)
    const low = word(key, 4)
    // a request that is refused is not seen: its slot may be given more room
    if (this.bounded && !this.#seen.has(high, low) && !this.#takeFromBudget(slotOf(request))) return 'budget'
    this.#known.add(request)
    return this.#seen.add(high, low) ? 'new' : 'duplicate'
  }

  #takeFromBudget({ name, policy: { budget = 0 } }: Slot): boolean {
    if (budget === 0) return true
    const taken = this.#taken.get(name) ?? 0
    if (taken >= budget) return false
    this.#taken.set(name, taken + 1)
    return true
  }
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}
