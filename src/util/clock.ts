/** Where time comes from. Tests pass a clock of their own, so that none of them waits. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Calls `fn` after `ms` milliseconds; the function returned cancels it. */
  after(ms: number, fn: () => void): () => void
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, fn) {
    // setTimeout fires at once for more than 2^31-1 ms; a later look is always safe
    const timer = setTimeout(fn, Math.min(ms, 2_147_483_647))
    return () => clearTimeout(timer)
  },
}
