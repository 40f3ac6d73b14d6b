import type { Clock } from '../../util/clock.ts'

/** A body that is being received. */
export interface Receiving {
  /** Bytes of it so far. */
  readonly size: number
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** It was told to wait, and may go on. */
  readOn(): void
}

/** A body below this share of all there is room for, or below this many bytes, never waits. */
const SMALL_SHARE = 1 / 64
const SMALL = 128 * 1024
/** Milliseconds after which the lead is passed on by one that got less than so many bytes in them. */
const TURN = 1000
const SLOW = 64 * 1024

/**
 * Bounds the bytes of bodies that are being received at once. Beyond `max` all bodies but one, the leader, stop being read until there is room
 * again: what is in memory stays near `max` and one whole body, and the servers wait. The leader is who has been receiving longest.
 *
 * Small bodies are never stopped: the pages of healthy hosts go on while one sends gigabytes, at a cost of a 64th of `max` each at most. And a leader
 * whose server dawdles passes the lead on, so that the others do not wait until its deadline; not beyond twice `max` though, or servers that
 * dawdle one after the other could fill the memory.
 *
 * A body that comes while there is room costs an addition.
 */
export class BodyBudget<T extends Receiving> {
  readonly #max: number
  readonly #small: number
  readonly #clock: Clock
  readonly #receivers: Iterable<T>
  #held = 0
  #leader: T | undefined
  #leaderHad = 0
  /** Those that were told to wait, the longest waiting first. */
  readonly #waiting = new Set<T>()
  #cancelTurn: (() => void) | undefined

  /** `receivers`: all that are under way, now and later. */
  constructor(max: number, clock: Clock, receivers: Iterable<T>) {
    this.#max = max
    this.#small = Math.min(SMALL, max * SMALL_SHARE)
    this.#clock = clock
    this.#receivers = receivers
  }

  /** Bytes of all bodies that are being received. */
  get held(): number {
    return this.#held
  }

  /** So many bytes came, `receiver.size` has them in already. `false`: it is to be read no further until `readOn`. */
  take(receiver: T, bytes: number): boolean {
    this.#held += bytes
    return this.#held <= this.#max || this.#mayGoOn(receiver)
  }

  /** A body is whole or given up: it is not counted any more. To be called once for each. */
  release(receiver: T): void {
    this.#held -= receiver.size
    if (this.#leader !== undefined) this.#leave(receiver)
  }

  #mayGoOn(receiver: T): boolean {
    if (receiver.size <= this.#small) return true
    if (this.#leader === undefined) this.#lead(this.#longest(receiver))
    if (this.#leader === receiver) return true
    this.#waiting.add(receiver)
    this.#cancelTurn ??= this.#clock.after(TURN, () => this.#turn())
    return false
  }

  #longest(receiver: T): T {
    let longest = receiver
    for (const other of this.#receivers) {
      if (other.size > this.#small && other.startedAt < longest.startedAt) longest = other
    }
    return longest
  }

  #leave(receiver: T): void {
    this.#waiting.delete(receiver)
    if (this.#held <= this.#max) {
      this.#leader = undefined
      this.#cancelTurn?.()
      this.#cancelTurn = undefined
      const all = [...this.#waiting]
      this.#waiting.clear()
      for (const one of all) one.readOn()
    } else if (this.#leader === receiver) {
      this.#leader = undefined
      this.#passOn()
    }
  }

  /** The lead goes to who has waited longest; while nobody waits, to the next that would have to. */
  #passOn(): void {
    const [next] = this.#waiting
    if (next === undefined) return
    this.#waiting.delete(next)
    this.#lead(next)
    next.readOn()
  }

  #lead(receiver: T): void {
    this.#leader = receiver
    this.#leaderHad = receiver.size
  }

  #turn(): void {
    this.#cancelTurn = undefined
    if (this.#leader === undefined || this.#waiting.size === 0) return
    if (this.#leader.size - this.#leaderHad < SLOW && this.#held < 2 * this.#max) this.#passOn()
    else this.#leaderHad = this.#leader.size
    this.#cancelTurn = this.#clock.after(TURN, () => this.#turn())
  }
}
