import { decodeRequest } from '../../http/codec.ts'
import type { Request } from '../../http/request.ts'
import type { Lease, Leased } from '../contract.ts'
import { suspectedAfter } from '../suspected-after.ts'
import { decodeEntry, encodeEntry } from './entry-text.ts'
import { hold, takeBack } from './held.ts'
import { numberKey, readNumber } from './ordered-key.ts'
import type { SessionRecord } from './session-table.ts'
import type { Head, Slots } from './slots.ts'
import type { Step } from './step.ts'
import { endByTime } from './tally.ts'

/** Requests or slots that become due by time in one step: the rest in the next. */
const MOST_DUE = 1000
/** Requests that are put aside for other workers in one step: the rest in the next, at once. */
const MOST_HELD = 1000
/** Milliseconds of a limited rate that may be caught up on: timers fire late. */
const SLACK = 50

type Slot = ReturnType<Slots['get']>

/** What one step of leasing found. */
export interface LeasedSome extends Leased {
  /** What stood in the queue and is no request: a dead letter now. */
  readonly unreadable: readonly string[]
  /** Callbacks of requests that were put aside, as this session has them not. */
  readonly held: readonly string[]
}

/** Who leases. */
export interface Lessee {
  readonly id: number
  /** Which is not to be dead. */
  readonly session: SessionRecord
  /** The callbacks it has; undefined: any. */
  readonly can: ReadonlySet<string> | undefined
}

/** Leases up to `max` requests whose slots may be contacted now to a session. */
export function leaseSome(step: Step, lessee: Lessee, max: number): LeasedSome {
  const { crawl, settings, now } = step
  const end = endByTime(crawl, settings.limits)
  if (end !== undefined && now >= end.at) step.stop(end.reason)
  promote(step)
  const leases: Lease[] = []
  const unreadable: string[] = []
  if (crawl.state === 'finished') return { leases, unreadable, held: [], state: 'finished' }
  if (crawl.stopped) return { leases, unreadable, held: [], state: 'stopped', reason: crawl.reason }
  if (crawl.held.length > 0 && max > 0) takeBack(step, lessee.can, max)
  const leasing = new Leasing(step, lessee)
  const gap = settings.maxRequestsPerSecond > 0 ? 1000 / settings.maxRequestsPerSecond : 0
  while (leases.length < max && crawl.nextStart <= now) {
    const found = leasing.next()
    if (found === undefined) break
    if (typeof found === 'string') {
      unreadable.push(found)
      continue
    }
    leases.push(found)
    if (gap > 0) crawl.nextStart = Math.max(crawl.nextStart, now - SLACK) + gap
  }
  leasing.end()
  const nextAt = Math.min(leasing.heldMost ? now : nextWork(step), end?.at ?? Number.POSITIVE_INFINITY)
  const state = step.isEmpty ? 'empty' : 'active'
  // by the machine's clock
  return {
    leases,
    unreadable,
    held: leasing.held,
    state,
    ...(nextAt === Number.POSITIVE_INFINITY ? {} : { nextAt: nextAt - crawl.shift }),
  }
}

/** What time alone has made available takes its place. */
function promote(step: Step): void {
  const { slots, store, crawl, now } = step
  for (const name of slots.schedule.due(now, MOST_DUE)) slots.get(name)
  const due = [...store.delayed.getRange({ start: numberKey(0), end: numberKey(now, Number.MAX_VALUE), limit: MOST_DUE })]
  for (const { key, value } of due) {
    const { slot, priority, deliveries, text } = decodeEntry(value)
    store.delayed.removeSync(key)
    crawl.delayed--
    slots.push(slots.get(slot), priority, deliveries, text, 'turn')
  }
  slots.settle()
}

/** When there may be something to lease by time alone. */
function nextWork({ slots, store, crawl, now }: Step): number {
  const byTime = crawl.nextStart > now && slots.schedule.isReady ? now : (slots.schedule.nextAt ?? Number.POSITIVE_INFINITY)
  const [delayed] = store.delayed.getKeys({ limit: 1 })
  const work = Math.min(byTime, delayed === undefined ? Number.POSITIVE_INFINITY : readNumber(delayed, 0))
  return Math.max(work, crawl.nextStart)
}

/** Takes requests for one session, slot by slot. */
class Leasing {
  readonly #step: Step
  readonly #id: number
  readonly #can: Lessee['can']
  #session: SessionRecord
  /** Slots whose next request this session may not have now. */
  readonly #skipped: Slot[] = []
  /** Callbacks of requests that were put aside. */
  readonly held: string[] = []

  constructor(step: Step, { id, session, can }: Lessee) {
    this.#step = step
    this.#id = id
    this.#can = can
    this.#session = session
  }

  /** So many were put aside that the rest is for another step. */
  get heldMost(): boolean {
    return this.held.length >= MOST_HELD
  }

  /** The next lease; a text that is no request; undefined when there is nothing to have now. */
  next(): Lease | string | undefined {
    const { slots, settings, now } = this.#step
    while (!this.heldMost) {
      const name = slots.schedule.next((other) => slots.get(other).priority)
      if (name === undefined) return undefined
      const slot = slots.get(name)
      const head = slots.head(slot)
      const isSuspect = head.deliveries >= suspectedAfter(settings.maxDeliveries)
      if (isSuspect && this.#holdsSuspect()) {
        slots.schedule.remove(slot)
        this.#skipped.push(slot)
        continue
      }
      slots.take(slot, head)
      const found = this.#lease(slot, head, isSuspect)
      slots.schedule.update(slot, now, typeof found === 'object')
      if (found !== undefined) return found
    }
    return undefined
  }

  /** To be called when nothing more is wanted. */
  end(): void {
    const { slots, now, sessions } = this.#step
    for (const slot of this.#skipped) slots.schedule.update(slot, now)
    sessions.put(this.#id, this.#session)
  }

  /** The lease; a text that is no request; undefined when it was put aside for another worker. */
  #lease(slot: Slot, head: Head, isSuspect: boolean): Lease | string | undefined {
    const { crawl, store, now } = this.#step
    const { text, priority, deliveries: before } = head
    const deliveries = before + 1
    let request: Request
    try {
      request = decodeRequest(text)
    } catch (error) {
      // it must neither stop the crawl nor come again
      const problem = error instanceof Error ? error.message : String(error)
      this.#step.bury(++crawl.token, before, 'failed', problem, text)
      this.#step.count({ add: { 'request_end_count/failed': 1 }, max: {} })
      return problem
    }
    const { callback } = request
    if (callback !== undefined && this.#can?.has(callback) === false) {
      hold(this.#step, callback, slot.name, head)
      this.held.push(callback)
      return undefined
    }
    const token = ++crawl.token
    crawl.leased++
    slot.leased++
    const { delay, randomizeDelay } = slot.policy
    if (delay > 0) slot.nextAt = Math.max(slot.nextAt, now + (randomizeDelay ? delay * (0.5 + Math.random()) : delay))
    store.leases.putSync(numberKey(this.#id, token), encodeEntry({ slot: slot.name, priority, deliveries }, text))
    if (isSuspect) this.#session = { ...this.#session, suspect: token }
    return { token, request, slot: slot.name, deliveries }
  }

  #holdsSuspect(): boolean {
    const { suspect } = this.#session
    return suspect > 0 && this.#step.holds(this.#id, suspect)
  }
}
