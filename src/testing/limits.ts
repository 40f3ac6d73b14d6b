import type { ConcurrencyLimit, RateLimit } from './contract.ts'
import { makeRoom } from './make-room.ts'
import { SlidingWindow } from './sliding-window.ts'

/** Clients whose windows are kept. */
const CLIENTS = 10_000
/** Milliseconds that sums of times are off: one since 1970 is a number with steps of 0.00024. */
const IMPRECISION = 0.01

/** What lets requests through, one at a time. */
interface Gate {
  /** Milliseconds until one more may pass; 0: now. */
  wait(now: number): number
  pass(now: number): void
}

/** Why a request is turned away. */
export interface TurnedAway {
  readonly fault: 'rate-limit' | 'concurrency-limit'
  readonly status: number
  /** Whole seconds. */
  readonly retryAfter: number
}

/** The limits of a fake site. Whoever is turned away by one has taken nothing from the others. */
export class Limits {
  readonly #rates: readonly { readonly limit: RateLimit; readonly gates: Map<string, Gate> }[]
  readonly #concurrency: readonly ConcurrencyLimit[]

  constructor(rates: readonly RateLimit[], concurrency: readonly ConcurrencyLimit[]) {
    this.#rates = rates.map((limit) => ({ limit, gates: new Map() }))
    this.#concurrency = concurrency
  }

  /** Undefined: the request may pass, and has. `open` is how many are being answered without it. */
  enter(now: number, client: string, open: { readonly client: number; readonly all: number }): TurnedAway | undefined {
    for (const { requests, by = 'client' } of this.#concurrency) {
      if (open[by] >= requests) return { fault: 'concurrency-limit', status: 503, retryAfter: 1 }
    }
    const gates = this.#rates.map(({ limit, gates }) => gateOf(gates, limit, limit.by === 'all' ? '' : client))
    const wait = Math.max(0, ...gates.map((gate) => gate.wait(now)))
    if (wait > 0) return { fault: 'rate-limit', status: 429, retryAfter: Math.ceil(wait / 1000) }
    for (const gate of gates) gate.pass(now)
    return undefined
  }

  reset(): void {
    for (const { gates } of this.#rates) gates.clear()
  }
}

function gateOf(gates: Map<string, Gate>, limit: RateLimit, client: string): Gate {
  let gate = gates.get(client)
  if (gate !== undefined) return gate
  makeRoom(gates, CLIENTS)
  gate = limit.kind === 'token-bucket' ? tokenBucket(limit) : slidingWindow(limit)
  gates.set(client, gate)
  return gate
}

function slidingWindow({ requests, per = 1 }: RateLimit): Gate {
  const window = new SlidingWindow(per * 1000)
  return {
    wait: (now) => (window.sizeAt(now) < requests ? 0 : window.untilRoom(now)),
    pass: (now) => void window.add(now),
  }
}

/** Kept as the time at which the bucket is full again. */
function tokenBucket({ requests, per = 1 }: RateLimit): Gate {
  const each = (per * 1000) / requests
  let fullAt = Number.NEGATIVE_INFINITY
  return {
    wait(now) {
      const wait = fullAt + each - (now + per * 1000)
      return wait < IMPRECISION ? 0 : wait
    },
    pass(now) {
      fullAt = Math.max(fullAt, now) + each
    },
  }
}
