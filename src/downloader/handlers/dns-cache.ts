import type { Clock } from '../../util/clock.ts'

/** Where a name leads. */
export interface Address {
  readonly address: string
  readonly family: 4 | 6
}

/** What a resolver found. */
export interface Answer {
  /** At least one, in the order in which they are to be tried. */
  readonly addresses: readonly Address[]
  /** Seconds that they hold; Infinity where the resolver does not say. */
  readonly ttl: number
}

/** A question under way. */
export interface Asked {
  readonly answer: Promise<Answer>
  /** Nobody waits any more. True: it was dropped, and `answer` never settles. False: it goes on, and its answer is as good as any. */
  cancel(): boolean
}

/** Finds the addresses of a name, with no memory of its own. */
export interface Resolver {
  ask(name: string): Asked
  close(): void
}

/** What a {@link DnsCache} is made of. */
export interface DnsCacheOptions {
  readonly clock: Clock
  readonly resolver: Resolver
  /** Seconds that an answer is believed at most; 0: nothing is kept. */
  readonly ttl: number
  /** @default 10000 */
  readonly maxNames?: number
}

interface Known {
  readonly outcome: readonly Address[] | Error
  /** Milliseconds since the epoch. */
  readonly expires: number
}

interface Pending {
  readonly asked: Asked
  readonly result: Promise<readonly Address[]>
  waiting: number
}

/** Seconds that a failure is believed: long enough for a burst of requests to one dead name, short enough for a resolver that was away. */
const FAILURE_TTL = 5

/** The addresses of names: one question per name however many wait for it, and a bounded memory of what was answered. */
export class DnsCache {
  readonly #options: DnsCacheOptions
  readonly #maxNames: number
  /** In the order in which they were learnt. */
  readonly #known = new Map<string, Known>()
  readonly #pending = new Map<string, Pending>()

  constructor(options: DnsCacheOptions) {
    this.#options = options
    this.#maxNames = options.maxNames ?? 10_000
  }

  /** How many names are remembered. */
  get size(): number {
    return this.#known.size
  }

  /** The addresses of a name, at least one. Rejects with what the resolver said, or with the signal's reason when that is aborted first. */
  async resolve(host: string, signal: AbortSignal): Promise<readonly Address[]> {
    const name = host.toLowerCase()
    const known = this.#known.get(name)
    if (known !== undefined) {
      if (known.expires > this.#options.clock.now()) {
        if (known.outcome instanceof Error) throw known.outcome
        return known.outcome
      }
      this.#known.delete(name)
    }
    let pending = this.#pending.get(name)
    if (pending === undefined) this.#pending.set(name, (pending = this.#ask(name)))
    return this.#wait(name, pending, signal)
  }

  /** Forgets everything, and asks no more. */
  close(): void {
    this.#known.clear()
    this.#options.resolver.close()
  }

  #ask(name: string): Pending {
    const asked = this.#options.resolver.ask(name)
    const result = asked.answer.then(
      ({ addresses, ttl }) => {
        this.#learn(name, addresses, Math.min(ttl, this.#options.ttl))
        return addresses
      },
      (error: Error) => {
        this.#learn(name, error, Math.min(FAILURE_TTL, this.#options.ttl))
        throw error
      },
    )
    // those who asked may have left
    result.catch(() => undefined)
    return { asked, result, waiting: 0 }
  }

  #wait(name: string, pending: Pending, signal: AbortSignal): Promise<readonly Address[]> {
    pending.waiting++
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        reject(signal.reason)
        if (--pending.waiting === 0 && pending.asked.cancel()) this.#pending.delete(name)
      }
      signal.addEventListener('abort', leave, { once: true })
      pending.result.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
    })
  }

  #learn(name: string, outcome: readonly Address[] | Error, seconds: number): void {
    this.#pending.delete(name)
    if (seconds <= 0) return
    if (this.#known.size >= this.#maxNames) {
      const oldest = this.#known.keys().next()
      if (oldest.done !== true) this.#known.delete(oldest.value)
    }
    this.#known.set(name, { outcome, expires: this.#options.clock.now() + seconds * 1000 })
  }
}
