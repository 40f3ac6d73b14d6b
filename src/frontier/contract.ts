import type { Request } from '../http/request.ts'

/**
 * What is to be fetched, what was seen, who holds what, and when each host may be contacted again.
 *
 * A backend (memory, Redis, …) keeps the state of crawls; a worker takes part in one through a **session**, which is what
 * {@link FrontierBackend.connect} returns. The rules below hold for every backend; `test/conformance/` checks them.
 *
 * - A request is in exactly one place: queued, delayed (its `notBefore` has not come), leased, done, or dead.
 * - Every method is one atomic step. A step that throws has changed nothing. Only of more than a thousand requests some come in before others, and
 *   before their page's lease goes: when its worker dies meanwhile, the page is done again, and what is in is seen.
 * - Inside a slot: higher priority first; then last in, first out, or first in, first out, as `order` says. With last in, first out the
 *   requests of `start()` (`state.seed`) are apart: they wait behind what pages gave, and the first of them goes first, as in Scrapy.
 * - A delayed request takes its place in its slot when its time has come, as if a page gave it then.
 * - Across slots: of those that may be contacted now, the one with the best priority, then the one that has waited longest.
 *   Every eighth choice goes to the one that has waited longest whatever its priority, so that no slot starves; and half-way between two
 *   of those one goes to the slot that has most queued, if none has a better priority, so that a big one keeps its pace beside many.
 * - A request that was leased `maxDeliveries` / 2 times (rounded down, once at least) without a commit is suspected of killing its workers: a
 *   session holds one of those at a time, so that what was in flight beside the guilty one is not condemned with it.
 * - A slot never has more than `concurrency` leases, nor two leases closer together than its delay.
 */
export interface Frontier {
  /** Other processes may take part in this crawl: limits, totals and control are the crawl's, and stats are to be told with commits. */
  readonly shared: boolean

  /** Which run of the crawl this is: the same for all workers and restarts, until it has finished and the next one begins. */
  readonly crawlId: string

  /**
   * Adds seeds. A request whose fingerprint was seen is not added, unless `dontFilter`; one with `dontFilter` is not marked seen.
   * `items` are what `start()` gave beside them, see {@link Commit.items}.
   */
  enqueue(requests: readonly Request[], items?: readonly string[]): Promise<Enqueued>

  /**
   * Up to `max` requests whose slots may be contacted now. An empty `leases` is no sign of an end: `state` tells.
   * `max` 0 asks for the state only.
   */
  lease(max: number): Promise<Leased>

  /**
   * Gives leases back with their results: each commit takes its lease away, records the outcome and adds the new requests in one
   * step. `stale` when the lease is no longer this session's (it was reaped): then nothing of that commit was applied.
   *
   * `tally` is what this worker counted since its last commit; it is added to the crawl's in the same step, and held against the limits.
   */
  commit(commits: readonly Commit[], tally?: Tally): Promise<Committed[]>

  /**
   * Gives leases back untouched, to the front of their slots, where they go again in the order in which they stand here. A lease that is no longer
   * this session's is left alone.
   */
  release(leases: readonly Lease[]): Promise<void>

  /** Keeps the session alive, and takes the leases of sessions that died back to the front of their slots. */
  beat(): Promise<Control>

  /** Changes how a slot is treated. What is absent from `change` stays. Takes effect with the next lease. */
  slot(name: string, change: SlotChange): Promise<void>

  /** How many requests are where, in one atomic read. */
  counts(): Promise<Counts>

  /** `true` for exactly one session of a crawl that has not been seeded yet; another may claim once that session is dead. */
  claimSeeding(): Promise<boolean>

  /** Says that all seeds are in. Until then the crawl cannot be empty. */
  seeded(): Promise<void>

  /** Ends the crawl if nothing is queued, delayed or leased and it is seeded. `true` for exactly one caller. */
  finish(): Promise<boolean>

  /** Tells every worker to end in good order, leaving the queue for another time; `lease` says `stopped` from now on. The first reason stays. */
  stop(reason: string): Promise<void>

  /** Called when work may have become available earlier than the last `nextAt` said: by another session, or by a released slot. */
  onWake(listener: () => void): void

  readonly inspect: FrontierInspector

  /** Releases what this session holds and ends it. Never deletes what belongs to the crawl. `tally`: as in `commit`, the rest of it. */
  close(tally?: Tally): Promise<void>
}

/** Where crawls are kept. One backend object may serve several sessions of the same crawl. */
export interface FrontierBackend {
  /**
   * Opens a session. `worker` is who takes part; other workers and operators see it. `lost` is the session whose place this one takes: then
   * the crawl must be the one that session had, which may be finished by now, and no other is begun.
   */
  connect(worker?: WorkerInfo, lost?: Frontier): Promise<Frontier>
}

/** Who takes part in a crawl. */
export interface WorkerInfo {
  readonly host: string
  readonly pid: number
  /** Version of skein. */
  readonly version: string
  /**
   * Names of the methods this worker's spider can run. A request that names another one is kept for a worker that has it, where
   * the frontier is shared; when none has had it for twice `sessionTtl`, it is a dead letter. Undefined: any.
   */
  readonly callbacks?: readonly string[]
}

/** How a backend treats requests; the same for all sessions of a crawl. */
export interface FrontierOptions {
  /** Order inside a slot among requests of equal priority. @default 'lifo' */
  readonly order: 'lifo' | 'fifo'
  /** How slots are treated that nobody said anything about. */
  readonly slot: SlotPolicy
  /** Slots that differ, by name. */
  readonly slots: Readonly<Record<string, Partial<SlotPolicy>>>
  /** A request that was leased this often without a commit becomes a dead letter. @default 5 */
  readonly maxDeliveries: number
  /** Milliseconds without a beat after which a session is dead. @default 30000 */
  readonly sessionTtl: number
  /** The slot of a request that names none. */
  readonly slotOf: (request: Request) => string
  /** The identity of a request: 20 bytes of SHA-1. */
  readonly fingerprint: (request: Request) => Uint8Array
  /** Where the crawl ends by itself. @default none */
  readonly limits?: Limits
  /** Leases a second, of all slots together; 0: no limit. @default 0 */
  readonly maxRequestsPerSecond?: number
}

/** Where a crawl ends by itself; 0 is no limit. They hold for all workers together, since the crawl was started or taken up again. */
export interface Limits {
  /** By the stat `response_received_count`; ends the crawl as `closespider_pagecount`. */
  readonly pages: number
  /** By `item_scraped_count`; `closespider_itemcount`. */
  readonly items: number
  /** By `spider_exceptions/count`; `closespider_errorcount`. */
  readonly errors: number
  /** Milliseconds; `closespider_timeout`. */
  readonly time: number
  /** Milliseconds since the last tally that had an item, or since the crawl was started or taken up; `closespider_timeout_no_item`. @default 0 */
  readonly timeWithoutItem?: number
  /** By `response_received_count` since the last tally that had an item; `closespider_pagecount_no_item`. @default 0 */
  readonly pagesWithoutItem?: number
}

/** What was counted, by Scrapy's flat names. */
export interface Tally {
  /** To be added to what is there. */
  readonly add: Readonly<Record<string, number>>
  /** The larger of this and what is there stays. */
  readonly max: Readonly<Record<string, number>>
}

/** The pace at which a slot may be contacted. */
export interface SlotPolicy {
  /** Requests in flight at most. */
  readonly concurrency: number
  /** Milliseconds between the starts of two requests. */
  readonly delay: number
  /** Draw each delay between 0.5 and 1.5 times `delay`. */
  readonly randomizeDelay: boolean
  /** Requests that this slot takes in the whole crawl, retries and `dontFilter` apart; those beyond it end as `budget`. 0: no limit. @default 0 */
  readonly budget?: number
}

/** A change to a slot. */
export interface SlotChange extends Partial<SlotPolicy> {
  /** Milliseconds since the epoch before which the slot is left alone (Retry-After, Crawl-delay); never moves backwards. */
  readonly blockedUntil?: number
  /**
   * Requests in flight at most for the time being, however many `concurrency` allows (a host that fails); 0: no cap. Forgotten when the slot has
   * nothing queued or leased, and when the session that said it ends: whoever takes over knows nothing of it, and would never lift it.
   */
  readonly cap?: number
}

/** The right to fetch one request. */
export interface Lease {
  /** Unique in a crawl, and never given twice: it fences late commits off. */
  readonly token: number
  readonly request: Request
  readonly slot: string
  /** How often this request has been leased, this time included: 1 at first. */
  readonly deliveries: number
}

/** What `enqueue` did. */
export interface Enqueued {
  readonly added: number
  /** Positions, in the array given, of the requests that had been seen. Ascending. */
  readonly duplicates: readonly number[]
  /** Positions of those whose slot has taken all that its budget allows. Ascending. Absent: none. */
  readonly overBudget?: readonly number[]
}

/** What `lease` found. */
export interface Leased {
  readonly leases: readonly Lease[]
  /** Milliseconds since the epoch when to ask again: a request may become available by time alone, or a limit of time is reached. */
  readonly nextAt?: number
  /**
   * `active`: something is queued, delayed or leased, or seeding is not over · `empty`: nothing is, `finish` will succeed ·
   * `finished`: somebody called `finish` · `stopped`: somebody called `stop`, or a limit was reached; `reason` says which.
   */
  readonly state: 'active' | 'empty' | 'finished' | 'stopped'
  /** Why the crawl was stopped. */
  readonly reason?: string
  /** No more seeds are wanted: the crawl is to run dry. Absent: false. */
  readonly draining?: boolean
}

/** The result of one page. */
export interface Commit {
  readonly lease: Lease
  readonly outcome: Outcome
  /** Requests found on the page; they pass the seen set as in `enqueue`. */
  readonly requests?: readonly Request[]
  /** Items of the page as JSON, for a frontier that keeps items itself; others ignore them. */
  readonly items?: readonly string[]
}

/** What became of a leased request. */
export type Outcome =
  | { readonly type: 'done' }
  /** `request` takes the place of the leased one: past the seen set, delayed until its `notBefore`. */
  | { readonly type: 'retry'; readonly request: Request }
  /** Kept as a dead letter. */
  | { readonly type: 'dead'; readonly reason: string; readonly error: string }

/** What became of one commit. */
export interface Committed {
  readonly status: 'ok' | 'stale'
  /** Positions in `requests` of those that had been seen. Ascending; empty when stale. */
  readonly duplicates: readonly number[]
  /** As in {@link Enqueued}. */
  readonly overBudget?: readonly number[]
}

/** What a beat brings back. */
export interface Control {
  /** False when this session was reaped: its leases are gone, and a new session is needed. */
  readonly alive: boolean
}

/** How many requests are where. */
export interface Counts {
  readonly queued: number
  readonly delayed: number
  readonly leased: number
  readonly done: number
  readonly dead: number
  /** Fingerprints that were enqueued. */
  readonly seen: number
}

/** What an operator may ask. */
export interface FrontierInspector {
  slots(): Promise<readonly SlotInfo[]>
  leases(): Promise<readonly Lease[]>
  deadLetters(): Promise<readonly DeadLetter[]>
  /** Whether a request of this identity was enqueued. */
  seen(request: Request): Promise<boolean>
  /** The tallies of all workers put together, by Scrapy's flat names. Empty where the frontier is not shared: the worker's own stats say it. */
  stats(): Promise<Readonly<Record<string, number>>>
}

/** One slot, as it stands. */
export interface SlotInfo extends SlotPolicy {
  readonly name: string
  readonly queued: number
  readonly leased: number
  readonly blockedUntil: number
}

/** A request that failed for good. */
export interface DeadLetter {
  readonly request: Request
  readonly reason: string
  readonly error: string
  readonly deliveries: number
  /** Milliseconds since the epoch. */
  readonly at: number
}
