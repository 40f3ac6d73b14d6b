/**
 * What an operator sees of one crawl on Redis, and may do to it, from any machine and whether workers run or not.
 *
 * Every method is made of atomic steps that are safe to repeat, and answers within the deadline it was opened with: then it rejects with
 * `ERR_REDIS_TIMEOUT`. Where the crawl must exist and does not, it rejects with `ERR_CRAWL_UNKNOWN`, which names the crawls that do.
 *
 * The shapes are what `--json` prints. Times are milliseconds since the epoch by Redis' clock, durations milliseconds.
 */
export interface Operator {
  /** `<spider>` or `<spider>.<job>`. */
  readonly crawl: string

  /** The crawl as it stands, in one atomic read; with its `leases` oldest leases. @default 10 leases */
  status(leases?: number): Promise<CrawlStatus>

  hosts(query?: HostQuery): Promise<HostPage>
  /** Changes how a slot is treated, with effect from the next lease on. What is absent from `change` stays. */
  setHost(name: string, change: HostChange): Promise<void>
  /** Drops what is queued for a slot; what is in flight or delayed is left alone. Resolves with how many requests were dropped. */
  purgeHost(name: string): Promise<number>

  deadLetters(query?: DeadQuery): Promise<DeadLetterPage>
  /**
   * Puts dead letters back into the queue, past the seen set, as if they had never been tried. A crawl that had finished is unfinished
   * then, and the next worker goes on with it.
   */
  retryDead(choice: DeadChoice): Promise<Retried>
  /** Deletes dead letters for good. Resolves with how many there were. */
  dropDead(choice: DeadChoice): Promise<number>

  /** The seeds that could not be read, oldest first. */
  deadSeeds(limit?: number): Promise<DeadSeedPage>
  /** Moves them back to where seeds are taken from, as they were; those that are no UTF-8 stay. Resolves with how many were moved. */
  retryDeadSeeds(): Promise<number>
  dropDeadSeeds(): Promise<number>

  /** `pause`, `drain` and `stop` last until they are taken back by `resume`, or the crawl ends. */
  control(word: ControlWord, reason?: string): Promise<ControlChange>

  /** Adds seeds to where workers take them from, and wakes them. The crawl need not exist yet. */
  push(seeds: Iterable<Seed> | AsyncIterable<Seed>, onProgress?: (pushed: number) => void): Promise<Pushed>

  /** Deletes the crawl, in steps. Rejects with `ERR_CRAWL_BUSY` while workers live, unless `force`. */
  purge(options?: PurgeOptions): Promise<Purged>

  /** Never hangs. */
  close(): Promise<void>
}

export type ControlWord = 'pause' | 'resume' | 'drain' | 'stop'

export interface CrawlStatus {
  readonly crawl: string
  /** `clearing`: it is being deleted, or made ready to begin anew. */
  readonly state: 'running' | 'finished' | 'clearing'
  /** What an operator asked for: '' nothing. */
  readonly control: '' | 'pause' | 'drain' | 'stop'
  /** Why it was stopped; '' if it was not. */
  readonly reason: string
  readonly seeded: boolean
  readonly startedAt: number
  /** When the status was read. */
  readonly now: number
  readonly workers: readonly WorkerStatus[]
  readonly totals: RequestTotals
  /** Summed over all workers, under Scrapy's names. */
  readonly stats: Readonly<Record<string, number>>
  /** The longest-held first. */
  readonly leases: readonly LeaseStatus[]
  readonly seeds: { readonly key: string; readonly type: string; readonly waiting: number; readonly dead: number }
  readonly redis: {
    readonly version?: string
    readonly usedMemory?: number
    /** 0: no limit. */
    readonly maxMemory?: number
  }
}

/** How many of what there are. */
export interface RequestTotals {
  readonly queued: number
  readonly delayed: number
  readonly leased: number
  readonly done: number
  readonly dead: number
  /** Waiting for a worker that has their callback. */
  readonly held: number
  readonly seen: number
  /** Slots that have something queued or leased. */
  readonly hosts: number
  /** Items waiting in the list of items. */
  readonly items: number
}

export interface WorkerStatus {
  readonly session: string
  readonly host: string
  readonly pid: number
  readonly version: string
  /** False: its session has run out, and what it holds is about to go to others. */
  readonly alive: boolean
  readonly startedAt: number
  readonly lastBeat: number
  /** Since the last sign of life. */
  readonly lag: number
  readonly pages: number
  readonly items: number
  readonly leased: number
  /** Pages a second since it started. */
  readonly rate: number
}

export interface LeaseStatus {
  readonly token: number
  readonly url: string
  readonly method: string
  readonly slot: string
  /** host:pid of the worker, or its session where that is not known. */
  readonly worker: string
  readonly deliveries: number
  readonly age: number
}

export interface HostQuery {
  /** The most first; `wait`: those that may not be contacted for longest. @default 'queued' */
  readonly sort?: 'queued' | 'leased' | 'wait'
  /** @default 50 */
  readonly limit?: number
  /** How many to leave out at the top. @default 0 */
  readonly offset?: number
}

export interface HostPage {
  /** All there are in this order. */
  readonly total: number
  /** When they were read. */
  readonly now: number
  readonly hosts: readonly HostStatus[]
}

export interface HostStatus {
  readonly name: string
  readonly queued: number
  readonly leased: number
  /** Between the starts of two requests. */
  readonly delay: number
  readonly concurrency: number
  /** Requests it takes in all; 0: no limit. */
  readonly budget: number
  /** Requests it has taken; counted only where there is a budget. */
  readonly admitted: number
  /** Its delay or concurrency or budget is not that of the crawl. */
  readonly changed: boolean
  /** 0: it is not blocked. */
  readonly blockedUntil: number
}

export interface HostChange {
  /** Milliseconds. */
  readonly delay?: number
  readonly concurrency?: number
  readonly budget?: number
  /** Milliseconds from now in which it is left alone; 0 lifts a block. */
  readonly block?: number
}

/** Which dead letters: all of these must hold. Nothing given: all of them. */
export interface DeadChoice {
  readonly ids?: readonly number[]
  readonly reason?: string
  /** A part of the URL. */
  readonly url?: string
}

export interface DeadQuery extends DeadChoice {
  /** @default 50 */
  readonly limit?: number
}

export interface DeadLetterPage {
  /** All that were asked for. */
  readonly total: number
  /** Of those asked for, by reason. */
  readonly reasons: Readonly<Record<string, number>>
  /** The latest first. */
  readonly letters: readonly DeadLetterStatus[]
}

export interface DeadLetterStatus {
  readonly id: number
  readonly at: number
  readonly url: string
  readonly method: string
  readonly reason: string
  readonly error: string
  readonly deliveries: number
}

export interface Retried {
  readonly retried: number
  /** Ids of those that are no requests, and stay. */
  readonly unreadable: readonly number[]
  /** What the crawl had seen was thrown away when it finished: pages that these lead to are visited again. */
  readonly forgotten: boolean
}

export interface DeadSeedPage {
  readonly total: number
  readonly seeds: readonly DeadSeedStatus[]
}

export interface DeadSeedStatus {
  readonly at: number
  readonly error: string
  /** As it was pushed. */
  readonly message: string
  /** `message` is base64, because it is no UTF-8. */
  readonly base64: boolean
}

export interface ControlChange {
  readonly crawl: string
  readonly before: '' | 'pause' | 'drain' | 'stop'
  readonly now: '' | 'pause' | 'drain' | 'stop'
  readonly reason: string
  /** Workers that live, and have been told. */
  readonly workers: number
  readonly leased: number
}

/** A message as workers take it: the text of a URL, or JSON. */
export interface Seed {
  readonly message: string
  /** Its score where seeds are a sorted set. @default 0 */
  readonly priority?: number
}

export interface Pushed {
  readonly key: string
  readonly type: 'list' | 'set' | 'zset'
  readonly pushed: number
  /** Already there: only a set or a sorted set knows. */
  readonly present: number
  /** How many are waiting now. */
  readonly waiting: number
  /** Workers that live. */
  readonly workers: number
}

export interface PurgeOptions {
  /** Also while workers live; they end with an error. @default false */
  readonly force?: boolean
  /** The list of items too. @default false */
  readonly items?: boolean
  /** The seeds that nobody has taken yet too. @default false */
  readonly seeds?: boolean
}

/** What there was, and is no more. */
export interface Purged {
  readonly queued: number
  readonly seen: number
  readonly dead: number
  readonly items: number
  readonly seeds: number
}
