import { randomUUID } from 'node:crypto'
import { SkeinError } from '../../errors.ts'
import type { Request } from '../../http/request.ts'
import { type Clock, systemClock } from '../../util/clock.ts'
import { nextTurn } from '../../util/turns.ts'
import type {
  Commit,
  Committed,
  Control,
  Counts,
  Enqueued,
  Frontier,
  FrontierBackend,
  FrontierInspector,
  FrontierOptions,
  Lease,
  Leased,
  SlotChange,
  Tally,
} from '../contract.ts'
import { suspectedAfter } from '../suspected-after.ts'
import { Admission } from './admission.ts'
import { CrawlLimits } from './crawl-limits.ts'
import { DeadLetters } from './dead-letters.ts'
import { DelayedRequests } from './delayed.ts'
import { Pace } from './pace.ts'
import type { Entry, Slot } from './slot.ts'
import { SlotSchedule } from './slot-schedule.ts'
import { Slots } from './slots.ts'

/** Requests that are added in one turn of the event loop: some milliseconds' worth. */
const AT_ONCE = 1000

interface Held {
  readonly entry: Entry
  readonly slot: Slot
  readonly lease: Lease
  readonly session: Session
  /** Its requests are coming in, in several turns: nobody takes it back now. */
  committing: boolean
}

interface Session {
  /** How many of its leases are suspected of killing their workers. */
  suspects: number
  readonly tokens: Set<number>
  expires: number
  alive: boolean
  seeding: boolean
  wake: (() => void) | undefined
}

/**
 * The frontier of a crawl that lives and dies with its process: nothing to set up, and the fastest. All sessions that connect to one
 * object share one crawl.
 *
 * The random numbers of randomised delays come from `random`, for tests.
 */
export class MemoryFrontier implements FrontierBackend {
  readonly #crawlId = randomUUID()
  readonly #options: FrontierOptions
  readonly #suspectedAfter: number
  readonly #clock: Clock
  readonly #random: () => number
  readonly #admission: Admission
  readonly #slots: Slots
  readonly #schedule = new SlotSchedule()
  readonly #delayed = new DelayedRequests()
  readonly #held = new Map<number, Held>()
  readonly #sessions = new Set<Session>()
  readonly #limits: CrawlLimits
  readonly #pace: Pace
  readonly #deadLetters = new DeadLetters()
  #queued = 0
  #done = 0
  #token = 0
  #seeded = false
  #finished = false
  #stopped: string | undefined

  constructor(options: FrontierOptions, clock: Clock = systemClock, random: () => number = Math.random) {
    this.#options = options
    this.#suspectedAfter = suspectedAfter(options.maxDeliveries)
    this.#clock = clock
    this.#random = random
    this.#limits = new CrawlLimits(options.limits)
    this.#admission = new Admission(options)
    this.#slots = new Slots(options, () => clock.now())
    this.#pace = new Pace(options.maxRequestsPerSecond ?? 0)
  }

  async connect(): Promise<Frontier> {
    const now = this.#clock.now()
    if (![...this.#sessions].some((session) => session.expires > now)) this.#takeUp(now)
    const expires = now + this.#options.sessionTtl
    const session: Session = { suspects: 0, tokens: new Set(), expires, alive: true, seeding: false, wake: undefined }
    this.#sessions.add(session)
    return {
      shared: false,
      crawlId: this.#crawlId,
      enqueue: async (requests) =>
        requests.length > AT_ONCE ? this.#enqueueMany(requests, session) : this.#enqueue(requests, session),
      lease: async (max) => this.#lease(max, session),
      commit: async (commits, tally) => {
        const results = commits.map((commit) =>
          (commit.requests?.length ?? 0) > AT_ONCE ? this.#commitMany(commit, session) : this.#commit(commit, session),
        )
        if (tally !== undefined) this.#count(tally)
        return Promise.all(results)
      },
      release: async (leases) => {
        this.#giveBack(
          leases.map(({ token }) => token),
          session,
        )
      },
      beat: async () => this.#beat(session),
      slot: async (name, change) => this.#changeSlot(name, change, session),
      counts: async () => this.#counts(),
      claimSeeding: async () => this.#claimSeeding(session),
      seeded: async () => {
        this.#seeded = true
        this.#wakeOthers(session)
      },
      finish: async () => {
        if (this.#state() !== 'empty') return false
        this.#finished = true
        this.#wakeOthers(session)
        return true
      },
      stop: async (reason) => this.#stop(reason),
      onWake: (listener) => {
        session.wake = listener
      },
      inspect: this.#inspect,
      close: async (tally) => {
        if (tally !== undefined) this.#count(tally)
        this.#giveBack([...session.tokens], session)
        this.#sessions.delete(session)
        session.alive = false
      },
    }
  }

  /** A crawl that nobody works on begins, or goes on where it was left: neither a stop nor a limit reached before counts any more. */
  #takeUp(now: number): void {
    this.#stopped = undefined
    this.#limits.begin(now)
  }

  #enqueue(requests: readonly Request[], session: Session): Enqueued {
    const duplicates: number[] = []
    let overBudget: number[] | undefined
    const now = this.#clock.now()
    for (let i = 0; i < requests.length; i++) {
      const request = requests[i]!
      const admitted = this.#admission.admit(request, this.#slots.of)
      if (admitted === 'new') this.#place({ request, deliveries: 0 }, now, request.state.seed)
      else if (admitted === 'duplicate') duplicates.push(i)
      else (overBudget ??= []).push(i)
    }
    const added = requests.length - duplicates.length - (overBudget?.length ?? 0)
    if (added > 0) this.#wakeOthers(session)
    return overBudget === undefined ? { added, duplicates } : { added, duplicates, overBudget }
  }

  /** Very many requests come in one after the other in several turns of the event loop. */
  async #enqueueMany(requests: readonly Request[], session: Session): Promise<Enqueued> {
    const duplicates: number[] = []
    const overBudget: number[] = []
    let added = 0
    for (let first = 0; first < requests.length; first += AT_ONCE) {
      if (first > 0) await nextTurn()
      const some = this.#enqueue(requests.slice(first, first + AT_ONCE), session)
      for (const i of some.duplicates) duplicates.push(first + i)
      for (const i of some.overBudget ?? []) overBudget.push(first + i)
      added += some.added
    }
    return overBudget.length === 0 ? { added, duplicates } : { added, duplicates, overBudget }
  }

  /** Queues a request, or delays it when its time has not come. */
  #place(entry: Entry, now: number, seed = false): void {
    const { notBefore } = entry.request
    if (notBefore !== undefined && notBefore > now) {
      this.#delayed.add(entry, notBefore)
      return
    }
    const slot = this.#slots.of(entry.request)
    if (seed && notBefore === undefined) slot.pushLast(entry, this.#options.order)
    else slot.push(entry)
    this.#queued++
    this.#schedule.update(slot, now)
  }

  #lease(max: number, session: Session): Leased {
    if (!session.alive) throw sessionLost()
    const now = this.#clock.now()
    session.expires = now + this.#options.sessionTtl
    this.#reap(now)
    for (let due = this.#delayed.takeDue(now); due !== undefined; due = this.#delayed.takeDue(now)) this.#place(due, now)
    const reached = this.#limits.reached(now)
    if (reached !== undefined) this.#stop(reached)
    const leases: Lease[] = []
    const state = this.#state()
    if (state === 'finished') return { leases, state }
    if (state === 'stopped') return { leases, state, reason: this.#stopped! }
    const skipped: Slot[] = []
    while (leases.length < max && this.#pace.allows(now)) {
      const slot = this.#schedule.next(now)
      if (slot === undefined) break
      if (session.suspects > 0 && this.#isSuspect(slot.peek(this.#options.order).deliveries)) {
        this.#schedule.remove(slot)
        skipped.push(slot)
        continue
      }
      leases.push(this.#take(slot, now, session))
      this.#pace.took(now)
    }
    for (const slot of skipped) this.#schedule.update(slot, now)
    const nextAt = this.#nextAt(now)
    return nextAt === Number.POSITIVE_INFINITY ? { leases, state } : { leases, state, nextAt }
  }

  /** When it is time to ask again: for a request that time alone makes available, or for the end that time brings. */
  #nextAt(now: number): number {
    const slots = !this.#pace.allows(now) && this.#schedule.isReady(now) ? now : this.#schedule.nextAt
    const work = Math.min(this.#delayed.nextAt ?? Number.POSITIVE_INFINITY, slots ?? Number.POSITIVE_INFINITY)
    return Math.min(this.#pace.earliest(work), this.#limits.endsAt)
  }

  #take(slot: Slot, now: number, session: Session): Lease {
    const entry = slot.take(this.#options.order)
    this.#queued--
    if (this.#isSuspect(entry.deliveries)) session.suspects++
    entry.deliveries++
    slot.leased++
    const { delay, randomizeDelay } = slot.policy
    if (delay > 0) slot.nextAt = now + (randomizeDelay ? delay * (0.5 + this.#random()) : delay)
    this.#schedule.update(slot, now, true)
    const lease: Lease = { token: ++this.#token, request: entry.request, slot: slot.name, deliveries: entry.deliveries }
    this.#held.set(lease.token, { entry, slot, lease, session, committing: false })
    session.tokens.add(lease.token)
    return lease
  }

  #commit(commit: Commit, session: Session): Committed {
    const held = this.#letGo(commit.lease.token, session)
    if (held === undefined) return { status: 'stale', duplicates: [] }
    const now = this.#clock.now()
    this.#schedule.update(held.slot, now)
    const { outcome } = commit
    if (outcome.type === 'done') this.#done++
    else if (outcome.type === 'retry') this.#place({ request: outcome.request, deliveries: 0 }, now)
    else this.#deadLetters.add(held.entry, outcome.reason, outcome.error, now)
    const { duplicates, overBudget } = this.#enqueue(commit.requests ?? [], session)
    if (this.#state() === 'empty') this.#wakeOthers(session)
    return overBudget === undefined ? { status: 'ok', duplicates } : { status: 'ok', duplicates, overBudget }
  }

  /** The lease stays until all requests of the page are in: whoever looks meanwhile sees a page that is under way. */
  async #commitMany(commit: Commit, session: Session): Promise<Committed> {
    const held = this.#held.get(commit.lease.token)
    if (held === undefined || held.session !== session || held.committing) return { status: 'stale', duplicates: [] }
    held.committing = true
    try {
      const { added: _, ...positions } = await this.#enqueueMany(commit.requests!, session)
      held.committing = false
      return { ...this.#commit({ ...commit, requests: [] }, session), ...positions }
    } finally {
      held.committing = false
    }
  }

  /** Whether a request that was leased so often may be what kills its workers. */
  #isSuspect(deliveries: number): boolean {
    return deliveries >= this.#suspectedAfter
  }

  /** Takes a lease away, if it is still this session's. The slot is yet to be scheduled. */
  #letGo(token: number, session: Session): Held | undefined {
    const held = this.#held.get(token)
    if (held === undefined || held.session !== session || held.committing) return undefined
    this.#held.delete(token)
    session.tokens.delete(token)
    held.slot.leased--
    if (this.#isSuspect(held.entry.deliveries - 1)) session.suspects--
    return held
  }

  /** Puts requests back untouched, to go again in the order of their tokens here. */
  #giveBack(tokens: readonly number[], session: Session): void {
    for (const token of tokens.toReversed()) {
      const held = this.#letGo(token, session)
      if (held === undefined) continue
      held.entry.deliveries--
      this.#requeue(held)
      this.#wakeOthers(session)
    }
  }

  #requeue({ entry, slot }: Held): void {
    slot.putBack(entry, this.#options.order)
    this.#queued++
    this.#schedule.update(slot, this.#clock.now())
  }

  #beat(session: Session): Control {
    const now = this.#clock.now()
    if (session.alive) session.expires = now + this.#options.sessionTtl
    this.#reap(now)
    return { alive: session.alive }
  }

  /** Takes back what dead sessions held. */
  #reap(now: number): void {
    for (const session of this.#sessions) {
      if (session.expires > now) continue
      session.alive = false
      this.#sessions.delete(session)
      for (const token of [...session.tokens].reverse()) {
        const held = this.#letGo(token, session)
        if (held === undefined) continue
        if (held.entry.deliveries < this.#options.maxDeliveries) {
          this.#requeue(held)
          continue
        }
        this.#schedule.update(held.slot, now)
        const error = `its worker died ${held.entry.deliveries} times while it had this request`
        this.#deadLetters.add(held.entry, 'dead', error, now)
      }
    }
  }

  #claimSeeding(session: Session): boolean {
    if (this.#seeded) return false
    for (const other of this.#sessions) if (other.seeding && other !== session) return false
    session.seeding = true
    return true
  }

  #count(tally: Tally): void {
    const now = this.#clock.now()
    this.#limits.count(tally, now)
    const reached = this.#limits.reached(now)
    if (reached !== undefined) this.#stop(reached)
  }

  /** Everybody hears of it, whoever said it: the caller of a commit may be about to ask for more. */
  #stop(reason: string): void {
    if (this.#stopped !== undefined || this.#finished) return
    this.#stopped = reason
    for (const { wake } of this.#sessions) wake?.()
  }

  #changeSlot(name: string, change: SlotChange, session: Session): void {
    if ((change.budget ?? 0) > 0) this.#admission.bounded = true
    this.#schedule.update(this.#slots.change(name, change, session), this.#clock.now())
  }

  #state(): Leased['state'] {
    if (this.#finished) return 'finished'
    if (this.#stopped !== undefined) return 'stopped'
    return this.#seeded && this.#queued === 0 && this.#held.size === 0 && this.#delayed.size === 0 ? 'empty' : 'active'
  }

  #counts(): Counts {
    return {
      queued: this.#queued,
      delayed: this.#delayed.size,
      leased: this.#held.size,
      done: this.#done,
      dead: this.#deadLetters.count,
      seen: this.#admission.size,
    }
  }

  #wakeOthers(session: Session): void {
    if (this.#sessions.size < 2) return
    for (const other of this.#sessions) if (other !== session) other.wake?.()
  }

  readonly #inspect: FrontierInspector = {
    slots: async () =>
      [...this.#slots].map(({ name, queued, leased, blockedUntil, policy }) => ({
        name,
        queued,
        leased,
        blockedUntil,
        ...policy,
      })),
    leases: async () => [...this.#held.values()].map(({ lease }) => lease),
    deadLetters: async () => this.#deadLetters.list(),
    stats: async () => ({}),
    seen: async (request) => this.#admission.has(request),
  }
}

function sessionLost(): SkeinError {
  return new SkeinError(
    'ERR_SESSION_LOST',
    'This worker gave no sign of life for longer than its session lasts, and its requests went to others. It was expected to beat in time; connect again.',
  )
}
