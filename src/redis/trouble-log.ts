import type { Logger } from '../log/contract.ts'

/** What hears that a link is in trouble. */
export interface Troubles {
  /** `kind` tells troubles apart; `message` says what is wrong and what happens now. Told again with each attempt that fails. */
  begin(kind: string, message: string, cause?: string): void
  /** `message` says what works again. Told after each success. */
  over(kind: string, message: string): void
}

/** Says once when something begins to be wrong, and once when it is over and how long it took, however many calls met it. */
export class TroubleLog implements Troubles {
  readonly #log: Logger
  readonly #begun = new Map<string, { readonly since: number; readonly causes: Set<string> }>()

  constructor(log: Logger) {
    this.#log = log
  }

  /** Each `cause` of one trouble is said once. */
  begin(kind: string, message: string, cause: string = kind): void {
    let trouble = this.#begun.get(kind)
    if (trouble === undefined) this.#begun.set(kind, (trouble = { since: performance.now(), causes: new Set() }))
    if (trouble.causes.has(cause)) return
    trouble.causes.add(cause)
    this.#log.warn(message)
  }

  over(kind: string, message: string): void {
    const trouble = this.#begun.get(kind)
    if (trouble === undefined) return
    this.#begun.delete(kind)
    this.#log.info(`${message} after ${((performance.now() - trouble.since) / 1000).toFixed(1)} s`)
  }
}
