import type { Clock } from '../../src/util/clock.ts'

/** A clock on which waits between attempts are over at once, and deadlines (45 s and more) never come. */
export class HurriedClock implements Clock {
  /** The waits, in milliseconds. */
  readonly waits: number[] = []

  now(): number {
    return Date.now()
  }

  after(ms: number, fn: () => void): () => void {
    if (ms > 45_000) return () => {}
    this.waits.push(ms)
    const immediate = setImmediate(fn)
    return () => clearImmediate(immediate)
  }
}
