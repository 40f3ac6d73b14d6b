/** The part of undici's Pool that is used here. */
export interface Closable {
  close(): Promise<void>
  destroy(error: Error): Promise<void>
}

/** The connections to one origin. */
export interface PoolEntry<P extends Closable> {
  readonly pool: P
  /** Requests in flight; whoever dispatches counts up and down. */
  running: number
  lastUsed: number
}

/**
 * One pool of connections for each origin, at most `max` of them: a new origin closes the pool that has been idle longest. A pool with
 * requests in flight is never closed, so that there may be more than `max` while that many origins are busy at once.
 */
export class PoolCache<P extends Closable> {
  readonly #entries = new Map<string, PoolEntry<P>>()
  readonly #max: number
  readonly #create: (origin: string) => P
  #uses = 0

  constructor(max: number, create: (origin: string) => P) {
    this.#max = Math.max(1, max)
    this.#create = create
  }

  get size(): number {
    return this.#entries.size
  }

  /** The pool of an origin, made when there is none. Throws what `create` throws. */
  get(origin: string): PoolEntry<P> {
    let entry = this.#entries.get(origin)
    if (entry === undefined) {
      entry = { pool: this.#create(origin), running: 0, lastUsed: 0 }
      this.#entries.set(origin, entry)
      if (this.#entries.size > this.#max) this.#evict(entry)
    }
    entry.lastUsed = ++this.#uses
    return entry
  }

  /** Ends all connections; requests in flight fail with `error`. */
  async destroy(error: Error): Promise<void> {
    const pools = [...this.#entries.values()]
    this.#entries.clear()
    await Promise.all(pools.map(({ pool }) => pool.destroy(error)))
  }

  /** A scan where a list in order of use would cost every request its upkeep: this runs for a new origin only. */
  #evict(fresh: PoolEntry<P>): void {
    const idle = [...this.#entries]
      .filter(([, entry]) => entry.running === 0 && entry !== fresh)
      .sort(([, a], [, b]) => a.lastUsed - b.lastUsed)
    for (const [origin, { pool }] of idle.slice(0, this.#entries.size - this.#max)) {
      this.#entries.delete(origin)
      // an idle pool has nothing to wait for; closing it cannot fail in a way that matters to anybody
      pool.close().catch(() => undefined)
    }
  }
}
