/** What SIGINT and SIGTERM mean to a crawl. */
export interface StopSignals {
  /** Aborted by the first signal: end in good order. */
  readonly signal: AbortSignal
  /** Aborted by the second: end now. */
  readonly force: AbortSignal
  /** As the first signal would. */
  begin(): void
  /** Leaves the signals to Node again. */
  close(): void
}

/**
 * Listens for SIGINT and SIGTERM, and says each time what happens. The third leaves no choice: the process exits with 130 even if the crawl
 * hangs.
 */
export function listenForStop(say: (message: string) => void, graceSeconds: number): StopSignals {
  const graceful = new AbortController()
  const force = new AbortController()

  const begin = (): void => {
    if (graceful.signal.aborted) return
    say(`stopping: pages in flight get ${graceSeconds} s to finish. Press Ctrl-C again to stop at once.`)
    graceful.abort()
  }
  const onSignal = (): void => {
    if (!graceful.signal.aborted) begin()
    else if (force.signal.aborted) process.exit(130)
    else {
      say('stopping at once: pages in flight are given back.')
      force.abort()
    }
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    signal: graceful.signal,
    force: force.signal,
    begin,
    close() {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}
