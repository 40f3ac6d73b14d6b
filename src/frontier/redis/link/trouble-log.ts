import type { Logger } from '../../../log/contract.ts'

/** Says once when something begins to be wrong, and once when it is over and how long it took, however many calls met it. */
export class TroubleLog {
  readonly #log: Logger
  readonly #since = new Map<string, number>()

  constructor(log: Logger) {
    this.#log = log
  }

  /** `kind` tells troubles apart; `message` says what is wrong and what happens now. */
  begin(kind: string, message: string): void {
    if (this.#since.has(kind)) return
    this.#since.set(kind, performance.now())
    this.#log.warn(message)
  }

  /** `message` says what works again. */
  over(kind: string, message: string): void {
    const since = this.#since.get(kind)
    if (since === undefined) return
    this.#since.delete(kind)
    this.#log.info(`${message} after ${((performance.now() - since) / 1000).toFixed(1)} s`)
  }
}
