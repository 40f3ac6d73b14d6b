/** Steps between two looks at the clock, which costs as much as a short step. */
const LOOK_EVERY = 16
/** Milliseconds that work of many steps holds the event loop before it lets others have a turn. */
const HELD = 20

/**
 * Divides work of many steps into turns of the event loop, so that nothing else waits for the whole of it. Work of few steps costs a count.
 *
 * @example
 * const turns = new Turns()
 * for (const step of steps) {
 *   step()
 *   if (turns.over()) await turns.next()
 * }
 */
export class Turns {
  #steps = 0
  #since: number | undefined

  /** To be asked after each step: whether it is time for `next`. */
  over(): boolean {
    if (++this.#steps % LOOK_EVERY !== 0) return false
    const now = performance.now()
    this.#since ??= now
    return now - this.#since > HELD
  }

  /** Resolves when the others have had their turn. */
  async next(): Promise<void> {
    await nextTurn()
    this.#since = undefined
  }
}

/** Resolves in the next turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
