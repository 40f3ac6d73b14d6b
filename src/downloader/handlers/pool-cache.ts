/** The part of undici's Pool that is used here. */
export interface Closable {
  close(): Promise<void>
  destroy(error: Error): Promise<void>
}

/** The connections to one origin, by one way. */
export interface PoolEntry<P extends Closable> {
  readonly pool: P
  /** Requests in flight; whoever dispatches counts up and down. */
  running: number
  lastUsed: number
}

/**
 * One pool of connections for each key (an origin, and how to get there), at most `max` of them: a new one closes the pool that has been idle longest. A pool with
 * requests in flight is never closed, so that there may be more than `max` while that many origins are busy at once.
 */
export class PoolCache<P extends Closable, R = never> {
  readonly #entries = new Map<string, PoolEntry<P>>()
  readonly #max: number
  readonly #create: (key: string, route?: R) => P
  #uses = 0

  constructor(max: number, create: (key: string, route?: R) => P) {
    this.#max = Math.max(1, max)
    this.#create = create
  }

  get size(): number {
    return this.#entries.size
  }

  /** The pool of a key, made of it and `route` when there is none. Throws what `create` throws. */
  get(key: string, route?: R): PoolEntry<P> {
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      entry = { pool: this.#create(key, route), running: 0, lastUsed: 0 }
      this.#entries.set(key, entry)
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
    for (const [key, { pool }] of idle.slice(0, this.#entries.size - this.#max)) {
      this.#entries.delete(key)
      // an idle pool has nothing to wait for; closing it cannot fail in a way that matters to anybody
      pool.close().catch(() => undefined)
    }
  }
}
