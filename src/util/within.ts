import type { Clock } from './clock.ts'

/**
 * Waits for a promise, but no longer than so many milliseconds: false when the time was over before it settled. What it rejects with after that is
 * nobody's any more.
 */
export function within(promise: Promise<unknown>, ms: number, clock: Clock): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => resolve(false))
    promise.then(
      () => {
        cancel()
        resolve(true)
      },
      (error: unknown) => {
        cancel()
        reject(error)
      },
    )
  })
}
