import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Commit, Frontier, FrontierBackend, FrontierOptions, Lease } from '../../src/frontier/contract.ts'
import { Request } from '../../src/http/request.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { freeOptions, type MakeBackend } from './frontier.ts'

/** A request in the model: all that matters of it. */
interface Known {
  readonly request: Request
  readonly slot: string
  readonly priority: number
  /** Place in its slot: the higher goes first among equal priorities (LIFO), or last (FIFO). */
  position: number
  readonly notBefore: number
  /** Its time had not come when a session last leased. */
  delayed: boolean
  deliveries: number
}

interface ModelLease {
  readonly known: Known
  readonly session: number
  readonly token: number
}

/** The slowest frontier there is: lists, and a look at all of them for everything. */
class Model {
  readonly queued: Known[] = []
  readonly leases: ModelLease[] = []
  readonly seen = new Set<string>()
  readonly expires = new Map<number, number>()
  readonly lastLease = new Map<string, number>()
  done = 0
  dead = 0
  #position = 0
  readonly options: FrontierOptions
  readonly clock: FakeClock

  constructor(options: FrontierOptions, clock: FakeClock) {
    this.options = options
    this.clock = clock
  }

  add(request: Request): boolean {
    if (!request.dontFilter) {
      const key = `${request.method} ${request.url}`
      if (this.seen.has(key)) return false
      this.seen.add(key)
    }
    this.queue(request, request.state.seed)
    return true
  }

  queue(request: Request, seed = false): void {
    const { priority, notBefore = 0 } = request
    const delayed = notBefore > this.clock.now()
    this.queued.push({
      request,
      slot: this.options.slotOf(request),
      priority,
      position: seed && notBefore === 0 && this.options.order === 'lifo' ? -++this.#position : ++this.#position,
      notBefore,
      delayed,
      deliveries: 0,
    })
  }

  /** To the front of its slot. */
  putBack(known: Known): void {
    known.position = this.options.order === 'lifo' ? ++this.#position : -++this.#position
    this.queued.push(known)
  }

  /** Those whose time has come take their places, in the order of their times. */
  promote(): void {
    const due = this.queued.filter((known) => known.delayed && known.notBefore <= this.clock.now())
    for (const known of due.sort((a, b) => a.notBefore - b.notBefore || a.position - b.position)) {
      known.delayed = false
      known.position = ++this.#position
    }
  }

  reap(): void {
    for (const [session, expires] of this.expires) {
      if (expires > this.clock.now()) continue
      this.expires.delete(session)
      for (const lease of this.held(session).reverse()) {
        this.leases.splice(this.leases.indexOf(lease), 1)
        if (lease.known.deliveries >= this.options.maxDeliveries) this.dead++
        else this.putBack(lease.known)
      }
    }
  }

  held(session: number): ModelLease[] {
    return this.leases.filter((lease) => lease.session === session)
  }

  /** Those that a session may lease now, one for each slot: the best of it, unless it is a second one that may kill workers. */
  candidates(session: number): Known[] {
    const { slot: policy, order } = this.options
    const best = new Map<string, Known>()
    for (const known of this.queued) {
      if (known.delayed) continue
      if (this.leases.filter((lease) => lease.known.slot === known.slot).length >= policy.concurrency) continue
      if ((this.lastLease.get(known.slot) ?? Number.NEGATIVE_INFINITY) + policy.delay > this.clock.now()) continue
      const other = best.get(known.slot)
      const newer = other !== undefined && known.position > other.position
      if (
        other === undefined ||
        known.priority > other.priority ||
        (known.priority === other.priority && newer === (order === 'lifo'))
      )
        best.set(known.slot, known)
    }
    const suspected = Math.max(1, Math.floor(this.options.maxDeliveries / 2))
    // the lease itself is counted in those that are held
    const hasSuspect = this.held(session).some(({ known }) => known.deliveries > suspected)
    return [...best.values()].filter(({ deliveries }) => deliveries < suspected || !hasSuspect)
  }
}

type Step =
  | {
      readonly do: 'enqueue'
      readonly ids: readonly number[]
      readonly priority: number
      readonly dontFilter: boolean
      readonly seed: boolean
      readonly wait: number
    }
  | { readonly do: 'lease'; readonly session: number; readonly max: number }
  | {
      readonly do: 'commit'
      readonly session: number
      readonly pick: number
      readonly how: 'done' | 'retry' | 'dead'
      readonly ids: readonly number[]
      readonly twice: boolean
    }
  | { readonly do: 'release'; readonly session: number; readonly pick: number }
  | { readonly do: 'beat'; readonly session: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'reconnect'; readonly session: number; readonly politely: boolean }

const SESSIONS = 3
const session = fc.integer({ min: 0, max: SESSIONS - 1 })
const ids = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 6 })
const pick = fc.nat(20)
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('enqueue'),
    ids,
    priority: fc.integer({ min: -1, max: 1 }),
    dontFilter: fc.boolean(),
    seed: fc.boolean(),
    wait: fc.constantFrom(0, 0, 700),
  }),
  fc.record({ do: fc.constant('lease'), session, max: fc.integer({ min: 0, max: 4 }) }),
  fc.record({
    do: fc.constant('commit'),
    session,
    pick,
    how: fc.constantFrom('done', 'done', 'retry', 'dead'),
    ids,
    twice: fc.boolean(),
  }),
  fc.record({ do: fc.constant('release'), session, pick }),
  fc.record({ do: fc.constant('beat'), session }),
  fc.record({ do: fc.constant('wait'), ms: fc.constantFrom(1, 100, 500, 29_000, 31_000) }),
  fc.record({ do: fc.constant('reconnect'), session, politely: fc.boolean() }),
) as fc.Arbitrary<Step>

/**
 * Random histories of several sessions, played on a frontier and on the model; after each step they must agree, and `afterStep` must not
 * throw.
 */
export function checkFrontierAgainstModel(
  name: string,
  make: MakeBackend,
  runs: number,
  afterStep: () => Promise<void> = async () => undefined,
): void {
  for (const order of ['lifo', 'fifo'] as const) {
    it(`${name} (${order}) does what the naive model does, whatever happens in whatever order`, async () => {
      const options: FrontierOptions = { ...freeOptions, order, slot: { concurrency: 2, delay: 200, randomizeDelay: false } }
      const property = fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const clock = new FakeClock()
        const history = await History.begin(await make(options, clock), new Model(options, clock))
        for (const each of steps) {
          await history.play(each)
          await afterStep()
        }
        await history.drain()
        await afterStep()
      })
      await fc.assert(property, { numRuns: runs })
    })
  }
}

class History {
  readonly #backend: FrontierBackend
  readonly #model: Model
  readonly #sessions: Frontier[]
  /** The model's number of the session behind each of the slots in `#sessions`; a new connection gets a new number. */
  readonly #ids: number[]
  readonly #leases = new Map<number, Lease>()
  /** Leases that were taken from their session one way or another. */
  readonly #lost: { lease: Lease; session: number }[] = []
  #nextId = SESSIONS

  constructor(backend: FrontierBackend, model: Model, sessions: Frontier[]) {
    this.#backend = backend
    this.#model = model
    this.#sessions = sessions
    this.#ids = sessions.map((_, i) => i)
    for (const id of this.#ids) this.#touch(id)
  }

  static async begin(backend: FrontierBackend, model: Model): Promise<History> {
    const sessions: Frontier[] = []
    for (let i = 0; i < SESSIONS; i++) sessions.push(await backend.connect())
    return new History(backend, model, sessions)
  }

  async play(each: Step): Promise<void> {
    const model = this.#model
    if (each.do === 'wait') model.clock.advance(each.ms)
    else if (each.do === 'enqueue') await this.#enqueue(each)
    else if (each.do === 'lease') await this.#lease(each.session, each.max)
    else if (each.do === 'commit') await this.#commit(each)
    else if (each.do === 'release') await this.#release(each.session, each.pick)
    else if (each.do === 'beat') {
      const alive = this.#isAlive(each.session)
      if (alive) this.#touch(this.#ids[each.session]!)
      model.reap()
      expect(await this.#sessions[each.session]!.beat()).toEqual({ alive })
    } else await this.#reconnect(each.session, each.politely)
    await this.#compare()
  }

  /** To the end: everything that was ever added is done or dead. */
  async drain(): Promise<void> {
    for (let i = 0; i < SESSIONS; i++) await this.#reconnect(i, true)
    // those that fell silent are found out
    this.#model.clock.advance(this.#model.options.sessionTtl)
    for (let guard = 0; this.#model.queued.length + this.#model.leases.length > 0; guard++) {
      expect(guard).toBeLessThan(10_000)
      await this.#lease(0, 10)
      for (const { token } of this.#model.held(this.#ids[0]!))
        await this.#commit({ do: 'commit', session: 0, pick: token, how: 'done', ids: [], twice: false })
      this.#model.clock.advance(200)
    }
    const counts = await this.#sessions[0]!.counts()
    expect(counts).toMatchObject({ queued: 0, delayed: 0, leased: 0 })
    await this.#sessions[0]!.seeded()
    expect(await this.#sessions[0]!.finish()).toBe(true)
  }

  async #enqueue({ ids, priority, dontFilter, seed, wait }: Extract<Step, { do: 'enqueue' }>): Promise<void> {
    const notBefore = wait > 0 ? { notBefore: this.#model.clock.now() + wait } : {}
    const requests = ids.map((id) => new Request(urlOf(id), { priority, dontFilter, ...notBefore }).withState({ seed }))
    const duplicates = requests.flatMap((request, i) => (this.#model.add(request) ? [] : [i]))
    expect(await this.#sessions[0]!.enqueue(requests)).toEqual({ added: requests.length - duplicates.length, duplicates })
  }

  async #lease(index: number, max: number): Promise<void> {
    const model = this.#model
    const id = this.#ids[index]!
    if (!this.#isAlive(index)) {
      await expect(this.#sessions[index]!.lease(max)).rejects.toMatchObject({ code: 'ERR_SESSION_LOST' })
      return
    }
    this.#touch(id)
    model.reap()
    model.promote()
    const { leases } = await this.#sessions[index]!.lease(max)
    for (const lease of leases) {
      const known = model
        .candidates(id)
        .find((candidate) => candidate.request.url === lease.request.url && candidate.slot === lease.slot)
      expect(known, `${lease.request} is not the one whose turn it is in its slot`).toBeDefined()
      model.queued.splice(model.queued.indexOf(known!), 1)
      known!.deliveries++
      expect(lease.deliveries).toBe(known!.deliveries)
      expect(this.#leases.has(lease.token) || this.#lost.some((lost) => lost.lease.token === lease.token)).toBe(false)
      model.leases.push({ known: known!, session: id, token: lease.token })
      model.lastLease.set(lease.slot, model.clock.now())
      this.#leases.set(lease.token, lease)
    }
    if (leases.length < max) expect(model.candidates(id)).toEqual([])
  }

  async #commit({ session: index, pick: choice, how, ids, twice }: Extract<Step, { do: 'commit' }>): Promise<void> {
    const model = this.#model
    const id = this.#ids[index]!
    const held = model.held(id)
    const lost = this.#lost.filter((each) => each.session === id)
    const pool = [...held.map((lease) => this.#leases.get(lease.token)!), ...lost.map(({ lease }) => lease)]
    const lease = held.some((each) => each.token === choice) ? this.#leases.get(choice) : pool[choice % pool.length]
    if (lease === undefined) return
    const requests = ids.map((n) => new Request(urlOf(n)))
    const outcome: Commit['outcome'] =
      how === 'retry'
        ? { type: how, request: lease.request }
        : how === 'dead'
          ? { type: how, reason: 'failed', error: 'x' }
          : { type: how }
    const commit: Commit = { lease, outcome, requests }
    const expected = []
    for (let i = 0; i < (twice ? 2 : 1); i++) {
      const mine = model.leases.findIndex((each) => each.token === lease.token && each.session === id)
      if (mine < 0) {
        expected.push({ status: 'stale', duplicates: [] })
        continue
      }
      model.leases.splice(mine, 1)
      this.#lose(lease, id)
      if (how === 'done') model.done++
      else if (how === 'dead') model.dead++
      else model.queue(lease.request)
      expected.push({ status: 'ok', duplicates: requests.flatMap((request, n) => (model.add(request) ? [] : [n])) })
    }
    expect(await this.#sessions[index]!.commit(twice ? [commit, commit] : [commit])).toEqual(expected)
  }

  async #release(index: number, choice: number): Promise<void> {
    const held = this.#model.held(this.#ids[index]!)
    if (held.length === 0) return
    const chosen = held[choice % held.length]!
    this.#takeBack(chosen)
    await this.#sessions[index]!.release([
      this.#leases.get(chosen.token) ?? this.#lost.find((lost) => lost.lease.token === chosen.token)!.lease,
    ])
  }

  #takeBack(chosen: ModelLease): void {
    this.#model.leases.splice(this.#model.leases.indexOf(chosen), 1)
    chosen.known.deliveries--
    this.#model.putBack(chosen.known)
    this.#lose(this.#leases.get(chosen.token)!, chosen.session)
  }

  /** Politely: the session gives back what it has. Otherwise it falls silent, and a new one takes its place. */
  async #reconnect(index: number, politely: boolean): Promise<void> {
    const id = this.#ids[index]!
    if (politely) {
      for (const lease of this.#model.held(id).toReversed()) this.#takeBack(lease)
      this.#model.expires.delete(id)
      await this.#sessions[index]!.close()
    }
    this.#sessions[index] = await this.#backend.connect()
    this.#ids[index] = this.#nextId++
    this.#touch(this.#ids[index]!)
  }

  async #compare(): Promise<void> {
    const model = this.#model
    expect(await this.#sessions[0]!.counts()).toEqual({
      queued: model.queued.filter((known) => !known.delayed).length,
      delayed: model.queued.filter((known) => known.delayed).length,
      leased: model.leases.length,
      done: model.done,
      dead: model.dead,
      seen: model.seen.size,
    })
  }

  #lose(lease: Lease, session: number): void {
    this.#leases.delete(lease.token)
    this.#lost.push({ lease, session })
  }

  /** A session that is overdue lives on if nobody has noticed before it gives a sign of life. */
  #isAlive(index: number): boolean {
    return this.#model.expires.has(this.#ids[index]!)
  }

  #touch(id: number): void {
    this.#model.expires.set(id, this.#model.clock.now() + this.#model.options.sessionTtl)
  }
}

function urlOf(id: number): string {
  return `http://host-${id % 3}.example/${id}`
}
