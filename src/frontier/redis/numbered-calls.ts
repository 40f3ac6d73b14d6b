/** Calls of one verb: one after the other, and numbered, so that one that was sent twice is known. */
export class NumberedCalls {
  readonly field: string
  #last = 0
  #before: Promise<unknown> = Promise.resolve()

  constructor(field: string) {
    this.field = field
  }

  /** The number of the last call that was sent. */
  get last(): number {
    return this.#last
  }

  run<T>(call: (number: string) => Promise<T>): Promise<T> {
    const mine = this.#before.then(() => call(String(++this.#last)))
    this.#before = mine.catch(() => undefined)
    return mine
  }
}
