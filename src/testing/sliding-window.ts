/** Times that lie less than so many milliseconds back: a queue in one array that grows with what is in it. */
export class SlidingWindow {
  readonly #length: number
  #times = new Float64Array(16)
  #head = 0
  #size = 0

  constructor(length: number) {
    this.#length = length
  }

  /** How many are in the window that ends now. */
  sizeAt(now: number): number {
    const mask = this.#times.length - 1
    while (this.#size > 0 && this.#times[this.#head]! <= now - this.#length) {
      this.#head = (this.#head + 1) & mask
      this.#size--
    }
    return this.#size
  }

  /** Adds one that is not before the others; gives how many are in the window now. */
  add(now: number): number {
    if (this.sizeAt(now) === this.#times.length) this.#grow()
    this.#times[(this.#head + this.#size++) & (this.#times.length - 1)] = now
    return this.#size
  }

  /** Milliseconds until the oldest has left the window. */
  untilRoom(now: number): number {
    return this.sizeAt(now) === 0 ? 0 : this.#times[this.#head]! + this.#length - now
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2)
    times.set(this.#times.subarray(this.#head))
    times.set(this.#times.subarray(0, this.#head), this.#times.length - this.#head)
    this.#times = times
    this.#head = 0
  }
}
