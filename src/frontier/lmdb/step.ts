import { encodeRequest } from '../../http/codec.ts'
import type { Request } from '../../http/request.ts'
import type { FrontierOptions, Tally } from '../contract.ts'
import type { CrawlSettings } from './crawl-settings.ts'
import type { CrawlState } from './crawl-state.ts'
import type { CrawlStore } from './crawl-store.ts'
import { decodeEntry, encodeEntry } from './entry-text.ts'
import { NUMBER_SIZE, numberKey, readNumber, writeNumber } from './ordered-key.ts'
import { SessionTable } from './session-table.ts'
import { Slots } from './slots.ts'
import { addTally } from './tally.ts'

const CRAWL = Buffer.from('crawl')
const SETTINGS = Buffer.from('settings')

/** A request that is to be added, with its key in the seen set; none with `dontFilter`. */
export interface Candidate {
  readonly request: Request
  readonly key: Buffer | undefined
}

/** One step of a crawl, inside a transaction of its store. What it changes of the crawl and its slots is written by `save`. */
export class Step {
  readonly store: CrawlStore
  readonly crawl: CrawlState
  readonly settings: CrawlSettings
  readonly slots: Slots
  readonly sessions: SessionTable
  /** By the crawl's time, which does not go back when the machine's clock does. */
  readonly now: number
  readonly #slotOf: FrontierOptions['slotOf']

  constructor(store: CrawlStore, crawl: CrawlState, settings: CrawlSettings, clock: number, slotOf: FrontierOptions['slotOf']) {
    if (clock + crawl.shift < crawl.clock) crawl.shift = crawl.clock - clock
    this.store = store
    this.crawl = crawl
    this.settings = settings
    this.now = crawl.clock = clock + crawl.shift
    this.slots = new Slots(store, crawl, settings, this.now)
    this.sessions = new SessionTable(store.sessions)
    this.#slotOf = slotOf
  }

  /** What is in the store of the crawl; undefined before it has begun. */
  static read(store: CrawlStore): CrawlState | undefined {
    const text = store.meta.get(CRAWL)
    return text === undefined ? undefined : (JSON.parse(text) as CrawlState)
  }

  static readSettings(store: CrawlStore): CrawlSettings {
    return JSON.parse(store.meta.get(SETTINGS)!) as CrawlSettings
  }

  static writeSettings(store: CrawlStore, settings: CrawlSettings): void {
    store.meta.putSync(SETTINGS, JSON.stringify(settings))
  }

  save(): void {
    this.slots.save()
    this.store.meta.putSync(CRAWL, JSON.stringify(this.crawl))
  }

  /** Whether the crawl, once its leases are committed, is over. */
  get isEmpty(): boolean {
    const { seeded, queued, leased, delayed, held } = this.crawl
    return seeded && queued === 0 && leased === 0 && delayed === 0 && held.length === 0
  }

  /** Adds a request, unless it was seen or its slot's budget has no room. */
  add({ request, key }: Candidate): 'added' | 'duplicate' | 'budget' {
    if (key !== undefined) {
      // a request that is refused is not seen: its slot may be given more room
      if (this.crawl.bounded && !this.store.isSeen(key) && !this.slots.takeFromBudget(this.slots.get(this.slotOf(request))))
        return 'budget'
      if (!this.store.see(key)) return 'duplicate'
      this.crawl.seen++
    }
    this.place(request, request.state.seed)
    return 'added'
  }

  /** Queues a request, or delays it when its time has not come. A seed is the last of its priority to go. */
  place(request: Request, seed = false): void {
    const { notBefore, priority } = request
    const name = this.slotOf(request)
    const text = encodeRequest(request)
    // a time that was given by the machine's clock
    if (notBefore !== undefined && notBefore + this.crawl.shift > this.now) {
      this.crawl.delayed++
      this.store.delayed.putSync(
        numberKey(notBefore + this.crawl.shift, ++this.crawl.sequence),
        encodeEntry({ slot: name, priority, deliveries: 0 }, text),
      )
    } else this.slots.push(this.slots.get(name), priority, 0, text, seed && notBefore === undefined ? 'back' : 'turn')
  }

  slotOf(request: Request): string {
    return request.slot ?? this.#slotOf(request)
  }

  holds(session: number, token: number): boolean {
    return this.store.leases.get(numberKey(session, token)) !== undefined
  }

  /** Takes a lease away; undefined when the session has it no more. */
  takeLease(session: number, token: number): ReturnType<typeof decodeEntry> | undefined {
    const key = numberKey(session, token)
    const entry = this.store.leases.get(key)
    if (entry === undefined) return undefined
    this.store.leases.removeSync(key)
    const lease = decodeEntry(entry)
    this.crawl.leased--
    this.slots.get(lease.slot).leased--
    return lease
  }

  /** Puts a leased request back as the next of its priority. */
  giveBack(session: number, token: number, deliveries = 0): boolean {
    const lease = this.takeLease(session, token)
    if (lease === undefined) return false
    this.slots.push(this.slots.get(lease.slot), lease.priority, lease.deliveries + deliveries, lease.text, 'front')
    return true
  }

  bury(token: number, deliveries: number, reason: string, error: string, text: string): void {
    this.crawl.dead++
    this.store.dead.putSync(
      numberKey(token),
      JSON.stringify({ reason, error, deliveries, at: this.now - this.crawl.shift, text }),
    )
  }

  /** Tokens of what a session has leased, the newest first. */
  tokensOf(session: number): number[] {
    const start = numberKey(session)
    const end = Buffer.allocUnsafe(NUMBER_SIZE + 1).fill(0xff)
    writeNumber(end, session, 0)
    return [...this.store.leases.getKeys({ start, end })].map((key) => readNumber(key, NUMBER_SIZE)).reverse()
  }

  /** Adds what a worker counted, and stops the crawl where a limit is reached. */
  count(tally: Tally): void {
    const reached = addTally(tally, this.store.stats, this.crawl, this.settings.limits, this.now)
    if (reached !== undefined) this.stop(reached)
  }

  /** Tells all workers to end in good order. The first reason stays. */
  stop(reason: string): boolean {
    if (this.crawl.stopped || this.crawl.state === 'finished') return false
    this.crawl.stopped = true
    this.crawl.reason = reason
    return true
  }
}
