import type { Logger } from '../log/contract.ts'
import type { Clock } from '../util/clock.ts'

/** A beat that comes this much too late means that something kept the event loop from turning, and deserves a line in the log. */
const NOTICED_LAG = 5_000

/** Calls `beat` every `interval` milliseconds until the function returned is called. */
export function startHeartbeat(beat: () => Promise<void>, interval: number, clock: Clock, log: Logger): () => void {
  let cancel = () => {}
  let stopped = false
  const schedule = (): void => {
    const due = clock.now() + interval
    cancel = clock.after(interval, async () => {
      const lag = clock.now() - due
      if (lag > NOTICED_LAG) {
        log.warn(
          `The event loop stood still for ${(lag / 1000).toFixed(1)} s: a callback computes for too long, or the machine was suspended`,
        )
      }
      await beat()
      if (!stopped) schedule()
    })
  }
  schedule()
  return () => {
    stopped = true
    cancel()
  }
}
