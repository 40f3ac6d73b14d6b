import type { Clock } from '../util/clock.ts'
import { StorageError } from './storage-error.ts'

/** Milliseconds before the second attempt; each later wait is twice as long, and a random half shorter at most. */
const FIRST_WAIT = 250

/** How long something is tried. */
export interface BackOff {
  readonly clock: Clock
  /** @default for as long as it takes */
  readonly attempts?: number
  /** The longest wait between two attempts, in milliseconds. @default 30_000 */
  readonly maxWait?: number
  /** Ends the waiting: what failed last is thrown. */
  readonly signal?: AbortSignal
  /** Hears of a failure that another attempt follows, in `wait` milliseconds. */
  readonly onRetry?: (error: StorageError, wait: number) => void
}

/**
 * Does something with a store, and again while the store is away (errors that are `transient`), with growing waits between. Other errors
 * are thrown at once.
 *
 * @example
 * await withBackOff(() => store.put(key, body), { clock, onRetry: (error) => log.warn(error.message) })
 */
export async function withBackOff<T>(action: () => Promise<T>, options: BackOff): Promise<T> {
  const { clock, attempts = Number.POSITIVE_INFINITY, maxWait = 30_000, signal, onRetry } = options
  for (let attempt = 1; ; attempt++) {
    try {
      return await action()
    } catch (error) {
      if (!(error instanceof StorageError && error.transient) || attempt >= attempts || signal?.aborted) throw error
      const whole = Math.min(FIRST_WAIT * 2 ** Math.min(attempt - 1, 20), maxWait)
      // clients that failed together do not come back together
      const wait = whole / 2 + Math.random() * (whole / 2)
      onRetry?.(error, wait)
      await pause(wait, clock, signal)
      if (signal?.aborted) throw error
    }
  }
}

function pause(ms: number, clock: Clock, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      cancel()
      signal?.removeEventListener('abort', over)
      resolve()
    }
    const cancel = clock.after(ms, over)
    signal?.addEventListener('abort', over)
  })
}
