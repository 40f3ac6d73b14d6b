/**
 * What may be held at once: bytes, pixels, places. Whoever asks for more than is left waits, in the order of asking; one that asks for more
 * than there is at all gets it once nothing else is held.
 *
 * @example
 * await budget.take(body.length)
 * try { await store(body) } finally { budget.free(body.length) }
 */
export class Budget {
  readonly #max: number
  readonly #waiting: { readonly amount: number; readonly go: () => void }[] = []
  #held = 0

  constructor(max: number) {
    this.#max = max
  }

  /** Waits until there is room for so much, and takes it. 0 waits until there is any room. */
  async take(amount: number): Promise<void> {
    if (this.#waiting.length === 0 && this.#fits(amount)) this.#held += amount
    else await new Promise<void>((go) => this.#waiting.push({ amount, go }))
  }

  /** Takes what is there already, and cannot be waited for. */
  add(amount: number): void {
    this.#held += amount
  }

  free(amount: number): void {
    this.#held -= amount
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.amount); next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#held += next.amount
      next.go()
    }
  }

  #fits(amount: number): boolean {
    return this.#held === 0 || (this.#held < this.#max && this.#held + amount <= this.#max)
  }
}
