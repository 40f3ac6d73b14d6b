import type { Logger } from '../log/contract.ts'
import type { Clock } from '../util/clock.ts'

/** A timer that comes this much too late means that something kept the event loop from turning, and deserves a line in the log. */
const NOTICED_LAG = 5_000

/** What a heart needs. */
export interface HeartbeatParts {
  /** Resolves when the session is known to live. Must not reject. */
  readonly beat: () => Promise<void>
  /** Milliseconds between two beats. */
  readonly interval: number
  /** Milliseconds after which a session that was not heard of is dead. */
  readonly ttl: number
  /** No beat was answered for `ttl`: whoever hands out the work takes this worker for dead by now. Called once until one is answered. */
  readonly cutOff: () => void
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Beats until the function returned is called. One beat is under way at a time; whether it is answered is watched by a timer of its own.
 *
 * A process that stood still itself (a callback that computes, a suspended machine) has not been cut off: it beats at once, and the answer says
 * whether its session still lives. Only when that does not come within an interval it counts as cut off.
 */
export function startHeartbeat({ beat, interval, ttl, cutOff, clock, log }: HeartbeatParts): () => void {
  let stopped = false
  let cancelBeat = () => {}
  let cancelWatch = () => {}
  /** When the last beat that was answered had been sent. */
  let heardOf = clock.now()
  let isCutOff = false

  function scheduleBeat(due: number): void {
    cancelBeat = clock.after(Math.max(0, due - clock.now()), async () => {
      const sent = clock.now()
      const lag = sent - due
      if (lag > NOTICED_LAG) {
        log.warn(
          `The event loop stood still for ${(lag / 1000).toFixed(1)} s: a callback computes for too long, or the machine was suspended`,
        )
      }
      await beat()
      if (stopped) return
      // whether it was heard when it was sent or when it was answered is not known; after a cut it was sent again and again, until now
      heardOf = isCutOff ? clock.now() : sent
      if (isCutOff) watch(heardOf + ttl)
      isCutOff = false
      scheduleBeat(sent + interval)
    })
  }

  function watch(due: number): void {
    cancelWatch = clock.after(Math.max(0, due - clock.now()), () => {
      const now = clock.now()
      if (now - heardOf < ttl) watch(heardOf + ttl)
      else if (now - due > interval) watch(now + interval)
      else {
        isCutOff = true
        cutOff()
      }
    })
  }

  scheduleBeat(heardOf + interval)
  watch(heardOf + ttl)
  return () => {
    stopped = true
    cancelBeat()
    cancelWatch()
  }
}
