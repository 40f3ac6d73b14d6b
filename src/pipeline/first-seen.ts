import { hash } from 'node:crypto'
import { SeenSet } from '../util/seen-set.ts'
import type { ItemInfo } from './contract.ts'

/** What was seen in a stretch of time. */
interface Generation {
  readonly values: SeenSet
  /** Each value together with the key of the item that brought it first. */
  readonly owners: SeenSet
}

/**
 * Remembers values, and which item brought each of them first, as 64-bit hashes: two of n values are taken for one with a probability of
 * n²/2⁶⁵, which is one in 37 million for a million. Bounded: once `size` values have come in, those of the stretch before are forgotten. A value that
 * comes again is not remembered anew, for of an item that is a duplicate the owner is not known.
 */
export class FirstSeen {
  /** Called once, when values are forgotten for the first time. */
  onForget: () => void = () => {}
  readonly #size: number
  #present: Generation = emptyGeneration()
  #past: Generation | undefined
  #told = false

  constructor(size: number) {
    this.#size = size
  }

  /** Whether no other item has brought this value. The same item may bring it any number of times. */
  isFirst(value: string, info: Pick<ItemInfo, 'key'>): boolean {
    const [high, low] = halves(value)
    const generation = this.#present.values.has(high, low)
      ? this.#present
      : this.#past?.values.has(high, low)
        ? this.#past
        : undefined
    const [ownerHigh, ownerLow] = halves(`${info.key} ${value}`)
    if (generation !== undefined) return generation.owners.has(ownerHigh, ownerLow)
    if (this.#present.values.size >= this.#size) this.#turn()
    this.#present.values.add(high, low)
    this.#present.owners.add(ownerHigh, ownerLow)
    return true
  }

  #turn(): void {
    if (this.#past !== undefined && !this.#told) {
      this.#told = true
      this.onForget()
    }
    this.#past = this.#present
    this.#present = emptyGeneration()
  }
}

function emptyGeneration(): Generation {
  return { values: new SeenSet(), owners: new SeenSet() }
}

/** 64 bits of a hash, as two unsigned halves. */
function halves(text: string): [high: number, low: number] {
  // crypto.hash gives a string three times as fast as a buffer
  const hex = hash('sha1', text, 'hex')
  return [Number.parseInt(hex.slice(0, 8), 16), Number.parseInt(hex.slice(8, 16), 16)]
}
