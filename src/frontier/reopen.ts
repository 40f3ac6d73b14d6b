import { SkeinError } from '../errors.ts'
import type { Request } from '../http/request.ts'
import type { Logger } from '../log/contract.ts'
import type {
  Commit,
  Committed,
  Enqueued,
  Frontier,
  FrontierBackend,
  FrontierInspector,
  Lease,
  Leased,
  Tally,
  WorkerInfo,
} from './contract.ts'

/** A frontier that outlives its sessions. */
export interface LastingFrontier extends Frontier {
  /**
   * Called when the session was lost, once for each and before anything is done in the next: its leases have gone to others, and whatever
   * comes of them will be `stale`.
   */
  onLost(listener: () => void): void
}

const STALE: Committed = { status: 'stale', duplicates: [] }

/**
 * Opens a session, and another one whenever it is lost: when a worker was taken for dead, or the server was restored to an earlier state.
 *
 * No call rejects with `ERR_SESSION_LOST`: it is made again in the new session, as far as it concerns no lease of the old one. Those are
 * known by their identity, not by their token, which a restored server may give again: their commits are `stale`, their release is ignored.
 *
 * Rejects when no session can be opened; so do calls later on, each of which tries again.
 */
export async function openLasting(
  backend: FrontierBackend,
  worker: WorkerInfo | undefined,
  log: Pick<Logger, 'warn'>,
): Promise<LastingFrontier> {
  const session = await backend.connect(worker)
  return new Reopening(backend, worker, log, session)
}

class Reopening implements LastingFrontier {
  readonly shared: boolean
  readonly inspect: FrontierInspector
  readonly #backend: FrontierBackend
  readonly #worker: WorkerInfo | undefined
  readonly #log: Pick<Logger, 'warn'>
  #session: Frontier
  /** Leases of this session. */
  readonly #held = new Set<Lease>()
  /** The next session, while it is being opened. */
  #opening: Promise<void> | undefined
  /** The session that was lost has been told of; what failed is opening the next. */
  #told: Frontier | undefined
  #closed = false
  #wake = (): void => {}
  readonly #listeners: (() => void)[] = []

  constructor(backend: FrontierBackend, worker: WorkerInfo | undefined, log: Pick<Logger, 'warn'>, session: Frontier) {
    this.#backend = backend
    this.#worker = worker
    this.#log = log
    this.#session = session
    this.shared = session.shared
    session.onWake(() => this.#wake())
    this.inspect = {
      slots: () => this.#ask((now) => now.inspect.slots()),
      leases: () => this.#ask((now) => now.inspect.leases()),
      deadLetters: () => this.#ask((now) => now.inspect.deadLetters()),
      seen: (request) => this.#ask((now) => now.inspect.seen(request)),
      stats: () => this.#ask((now) => now.inspect.stats()),
    }
  }

  get crawlId(): string {
    return this.#session.crawlId
  }

  onLost(listener: () => void): void {
    this.#listeners.push(listener)
  }

  onWake(listener: () => void): void {
    this.#wake = listener
  }

  async lease(max: number): Promise<Leased> {
    for (;;) {
      if (this.#opening !== undefined) await this.#opening
      const session = this.#session
      let leased: Leased
      try {
        leased = await session.lease(max)
      } catch (error) {
        if (!isLost(error)) throw error
        await this.#reopen(session)
        continue
      }
      // lost while it was on its way: another call noticed
      if (session !== this.#session || this.#opening !== undefined) continue
      for (const lease of leased.leases) this.#held.add(lease)
      return leased
    }
  }

  async commit(commits: readonly Commit[], tally?: Tally): Promise<Committed[]> {
    if (this.#opening !== undefined) await this.#opening
    const session = this.#session
    const held = this.#held
    const own = commits.every(({ lease }) => held.has(lease)) ? commits : commits.filter(({ lease }) => held.has(lease))
    if (own.length === 0 && tally === undefined) return commits.map(() => STALE)
    let results: readonly Committed[]
    try {
      results = await session.commit(own, tally)
    } catch (error) {
      if (!isLost(error)) throw error
      await this.#reopen(session)
      return commits.map(() => STALE)
    }
    for (const { lease } of own) held.delete(lease)
    if (own.length === commits.length) return results as Committed[]
    const byLease = new Map(own.map(({ lease }, i) => [lease, results[i]!]))
    return commits.map(({ lease }) => byLease.get(lease) ?? STALE)
  }

  async release(leases: readonly Lease[]): Promise<void> {
    if (this.#opening !== undefined) await this.#opening
    const own = leases.filter((lease) => this.#held.has(lease))
    if (own.length === 0) return
    const session = this.#session
    try {
      await session.release(own)
    } catch (error) {
      if (!isLost(error)) throw error
      await this.#reopen(session)
      return
    }
    for (const lease of own) this.#held.delete(lease)
  }

  /** Only in the session that seeded: what it had put in may be gone with it, and whoever claims next says this again. */
  async seeded(): Promise<void> {
    if (this.#opening !== undefined) return this.#opening
    const session = this.#session
    try {
      await session.seeded()
    } catch (error) {
      if (!isLost(error)) throw error
      await this.#reopen(session)
    }
  }

  async beat(): Promise<{ readonly alive: boolean }> {
    if (this.#opening !== undefined) await this.#opening
    const session = this.#session
    const control = await session.beat()
    if (!control.alive) await this.#reopen(session)
    return { ...control, alive: true }
  }

  readonly enqueue = (requests: readonly Request[], items?: readonly string[]): Promise<Enqueued> =>
    this.#ask((now) => now.enqueue(requests, items))

  readonly slot: Frontier['slot'] = (name, change) => this.#ask((now) => now.slot(name, change))
  readonly counts: Frontier['counts'] = () => this.#ask((now) => now.counts())
  readonly claimSeeding: Frontier['claimSeeding'] = () => this.#ask((now) => now.claimSeeding())
  readonly finish: Frontier['finish'] = () => this.#ask((now) => now.finish())
  readonly stop: Frontier['stop'] = (reason) => this.#ask((now) => now.stop(reason))

  async close(tally?: Tally): Promise<void> {
    this.#closed = true
    // one that cannot be opened has nothing to close
    await this.#opening?.catch(() => {})
    this.#held.clear()
    try {
      await this.#session.close(tally)
    } catch (error) {
      if (!isLost(error)) throw error
    }
  }

  /** Makes a call that concerns no lease; once more in the next session where this one is lost. */
  async #ask<T>(call: (session: Frontier) => Promise<T>): Promise<T> {
    for (;;) {
      if (this.#opening !== undefined) await this.#opening
      const session = this.#session
      try {
        return await call(session)
      } catch (error) {
        if (!isLost(error)) throw error
        await this.#reopen(session)
      }
    }
  }

  /** Opens the next session in place of `lost`, unless that has been done. */
  #reopen(lost: Frontier): Promise<void> {
    if (lost !== this.#session) return Promise.resolve()
    // begun in a later tick: a listener that calls something finds that the next session is being opened
    this.#opening ??= Promise.resolve()
      .then(() => this.#openNext(lost))
      .finally(() => {
        this.#opening = undefined
      })
    return this.#opening
  }

  async #openNext(lost: Frontier): Promise<void> {
    if (this.#closed) throw new SkeinError('ERR_SESSION_LOST', 'The session was lost while the crawl was closing.')
    this.#held.clear()
    if (this.#told !== lost) {
      this.#told = lost
      this.#log.warn(
        'The session of this worker is lost: it was taken for dead, or the server went back to an earlier state. Its pages are left to others, and it goes on with a new session',
      )
      for (const listener of this.#listeners) listener()
    }
    const next = await this.#backend.connect(this.#worker, lost)
    next.onWake(() => this.#wake())
    this.#session = next
    // it has nothing left to give back; what fails here concerns nobody
    lost.close().catch(() => {})
  }
}

function isLost(error: unknown): boolean {
  return error instanceof SkeinError && error.code === 'ERR_SESSION_LOST'
}
