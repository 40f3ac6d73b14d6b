import { SkeinError } from '../../errors.ts'
import type { Request } from '../../http/request.ts'
import { nextTurn } from '../../util/turns.ts'
import type {
  Commit,
  Committed,
  Control,
  Counts,
  Enqueued,
  Frontier,
  Lease,
  Leased,
  SlotChange,
  Tally,
  WorkerInfo,
} from '../contract.ts'
import { KnownUrls } from '../known-urls.ts'
import { buryHeld, countHeld } from './held.ts'
import { leaseSome } from './lease-some.ts'
import { LmdbInspector } from './lmdb-inspector.ts'
import { NewRequests } from './new-requests.ts'
import type { ProcessMark } from './process-mark.ts'
import { describeReaped, forget, type Reaped, reap } from './reap.ts'
import type { SessionRecord } from './session-table.ts'
import type { Step } from './step.ts'
import type { Steps } from './steps.ts'

/** Requests that come in in one step: some milliseconds' worth, in which nothing else of this process runs and no other process writes. */
const AT_ONCE = 1000
/**
 * Milliseconds between two looks at a crawl that other processes take part in, while there is nothing to do: they send no message. A look only
 * reads; a step would write some 30 kB.
 */
const POLL = 100
/** Milliseconds between two steps while there is nothing to do, and between two looks at whether the processes of other sessions still run. */
const LOOK = 1000

/** What a session is made of. */
export interface SessionParts {
  readonly id: number
  readonly epoch: string
  readonly steps: Steps
  readonly process: ProcessMark
  /** As in {@link WorkerInfo}. */
  readonly callbacks: WorkerInfo['callbacks']
  /** The sessions of this backend. */
  readonly siblings: ReadonlySet<LmdbSession>
  readonly onClose: (session: LmdbSession) => void
}

/** One worker's part in a crawl that is kept in a folder. */
export class LmdbSession implements Frontier {
  readonly shared = true
  readonly id: number
  readonly crawlId: string
  readonly inspect: LmdbInspector
  readonly #steps: Steps
  readonly #process: ProcessMark
  readonly #can: ReadonlySet<string> | undefined
  readonly #siblings: ReadonlySet<LmdbSession>
  readonly #onClose: (session: LmdbSession) => void
  readonly #known = new KnownUrls()
  /** Callbacks that this worker lacks, as far as that was said. */
  readonly #lacking = new Set<string>()
  #wake: (() => void) | undefined
  #stopWatching = (): void => {}
  #lookedAt = 0

  constructor({ id, epoch, steps, process, callbacks, siblings, onClose }: SessionParts) {
    this.id = id
    this.crawlId = epoch
    this.inspect = new LmdbInspector(steps, epoch)
    this.#steps = steps
    this.#process = process
    this.#can = callbacks === undefined ? undefined : new Set(callbacks)
    this.#siblings = siblings
    this.#onClose = onClose
  }

  async enqueue(requests: readonly Request[]): Promise<Enqueued> {
    const incoming = this.#incoming(requests)
    do {
      if (incoming.begun) await nextTurn()
      this.#take((step) => incoming.add(step, AT_ONCE))
      incoming.added()
    } while (!incoming.isDone)
    const positions = incoming.positions
    const added = requests.length - positions.duplicates.length - (positions.overBudget?.length ?? 0)
    if (added > 0) this.#wakeOthers()
    return { added, ...positions }
  }

  async lease(max: number): Promise<Leased> {
    const { log } = this.#steps.options
    this.#stopWatching()
    const { leased, reaped } = this.#take((step) => {
      const session = this.#renew(step)
      if (session === undefined) throw sessionLost()
      const reaped = reap(step, this.#timeToLook())
      return { leased: leaseSome(step, { id: this.id, session, can: this.#can }, max), reaped }
    })
    this.#tell(reaped)
    const { unreadable, held, ...found } = leased
    for (const callback of held) this.#tellHeld(callback)
    for (const problem of unreadable) log.error(`Something in the queue is no request, and is a dead letter now: ${problem}`)
    if (found.state === 'stopped') this.#wakeOthers()
    if (found.leases.length === max || found.state === 'stopped' || found.state === 'finished' || !this.#hasStrangers(reaped))
      return found
    this.#watch(this.#steps.mark(this.crawlId))
    return { ...found, nextAt: Math.min(found.nextAt ?? Number.POSITIVE_INFINITY, this.#steps.clock.now() + LOOK) }
  }

  async commit(commits: readonly Commit[], tally?: Tally): Promise<Committed[]> {
    const results: Committed[] = []
    let counted = tally
    let next = 0
    do {
      if (next > 0) await nextTurn()
      const first = commits[next]
      if (first !== undefined && (first.requests?.length ?? 0) > AT_ONCE) {
        results.push(await this.#commitLarge(first, counted))
        next++
      } else {
        let size = 0
        const some: Commit[] = []
        while (next < commits.length && (size += commits[next]!.requests?.length ?? 0) <= AT_ONCE) some.push(commits[next++]!)
        results.push(...this.#commitPages(some, counted))
      }
      counted = undefined
    } while (next < commits.length)
    this.#wakeOthers()
    return results
  }

  async release(leases: readonly Lease[]): Promise<void> {
    if (leases.length === 0) return
    this.#take((step) => {
      for (const { token } of leases.toReversed()) step.giveBack(this.id, token, -1)
    })
    this.#wakeOthers()
  }

  async beat(): Promise<Control> {
    const { alive, reaped, buried } = this.#take((step) => {
      const alive = this.#renew(step) !== undefined
      return { alive, reaped: reap(step, this.#process), buried: buryHeld(step) }
    })
    this.#tell(reaped)
    for (const [callback, count] of buried)
      this.#steps.options.log.warn(
        `No worker has had the callback ${callback} for long: ${count === 1 ? '1 request is a dead letter' : `${count} requests are dead letters`}`,
      )
    if (buried.size > 0) this.#wakeOthers()
    return { alive }
  }

  async slot(name: string, { blockedUntil, cap, ...policy }: SlotChange): Promise<void> {
    this.#take((step) => {
      if (Object.keys(policy).length > 0) step.slots.setPolicy(name, policy)
      const slot = step.slots.get(name)
      if (cap !== undefined) {
        slot.cap = cap
        slot.cappedBy = this.id
      }
      const until = (blockedUntil ?? 0) + step.crawl.shift
      if (blockedUntil !== undefined && until > slot.blockedUntil) {
        slot.blockedUntil = until
        slot.nextAt = Math.max(slot.nextAt, until)
      }
    })
    this.#wakeOthers()
  }

  async counts(): Promise<Counts> {
    const crawl = this.#steps.look(this.crawlId)
    const { queued, delayed, leased, done, dead, seen } = crawl
    return { queued, delayed: delayed + countHeld(crawl), leased, done, dead, seen }
  }

  async claimSeeding(): Promise<boolean> {
    return this.#take((step) => {
      const { crawl } = step
      if (crawl.seeded) return false
      const { live } = reap(step, this.#process)
      if (!live.includes(this.id) || (crawl.seeding !== 0 && crawl.seeding !== this.id)) return false
      crawl.seeding = this.id
      return true
    })
  }

  async seeded(): Promise<void> {
    this.#take(({ crawl }) => {
      crawl.seeded = true
      crawl.seeding = 0
    })
    this.#wakeOthers()
  }

  async finish(): Promise<boolean> {
    const finished = this.#take((step) => {
      const { crawl } = step
      if (crawl.state === 'finished' || crawl.stopped || !step.isEmpty) return false
      crawl.state = 'finished'
      crawl.keepSeen = this.#steps.options.persist
      return true
    })
    if (finished) this.#wakeOthers()
    return finished
  }

  async stop(reason: string): Promise<void> {
    this.#take((step) => step.stop(reason))
    this.#wakeOthers()
  }

  onWake(listener: () => void): void {
    this.#wake = listener
  }

  async close(tally?: Tally): Promise<void> {
    if (!this.#siblings.has(this)) return
    this.unwatch()
    this.#onClose(this)
    this.#take((step) => {
      if (tally !== undefined) step.count(tally)
      for (const token of step.tokensOf(this.id)) step.giveBack(this.id, token, -1)
      forget(step, this.id)
    })
    this.#wakeOthers()
  }

  /** Looks at the crawl no more. */
  unwatch(): void {
    this.#stopWatching()
  }

  /** Wakes this worker as soon as the crawl is not as it was. */
  #watch(mark: string): void {
    this.#stopWatching = this.#steps.clock.after(POLL, () => {
      if (this.#steps.mark(this.crawlId) === mark) this.#watch(mark)
      else this.#wake?.()
    })
  }

  #take<T>(work: (step: Step) => T): T {
    return this.#steps.take(this.crawlId, work)
  }

  #incoming(requests: readonly Request[]): NewRequests {
    return new NewRequests(requests, this.#known, this.#steps.options.fingerprint)
  }

  #commitPages(commits: readonly Commit[], tally: Tally | undefined): Committed[] {
    const incoming = commits.map(({ requests = [] }) => this.#incoming(requests))
    const isMine = this.#take((step) => {
      if (tally !== undefined) step.count(tally)
      return commits.map((commit, i) => {
        const mine = this.#settle(step, commit)
        if (mine) incoming[i]!.add(step, AT_ONCE)
        return mine
      })
    })
    return isMine.map((mine, i) => {
      if (!mine) return { status: 'stale', duplicates: [] }
      incoming[i]!.added()
      return { status: 'ok', ...incoming[i]!.positions }
    })
  }

  /** The lease stays until all requests of the page are in: whoever looks meanwhile sees a page that is under way. */
  async #commitLarge(commit: Commit, tally: Tally | undefined): Promise<Committed> {
    const incoming = this.#incoming(commit.requests!)
    for (let counted = tally; ; counted = undefined) {
      const isMine = this.#take((step) => {
        if (counted !== undefined) step.count(counted)
        if (!step.holds(this.id, commit.lease.token)) return false
        incoming.add(step, AT_ONCE)
        if (incoming.isLast) this.#settle(step, commit)
        return true
      })
      if (!isMine) return { status: 'stale', duplicates: [] }
      incoming.added()
      if (incoming.isDone) return { status: 'ok', ...incoming.positions }
      await nextTurn()
    }
  }

  /** Takes a lease away and records its outcome; false when it is no longer this session's. */
  #settle(step: Step, { lease: { token }, outcome }: Commit): boolean {
    const lease = step.takeLease(this.id, token)
    if (lease === undefined) return false
    if (outcome.type === 'done') step.crawl.done++
    else if (outcome.type === 'retry') step.place(outcome.request)
    else step.bury(token, lease.deliveries, outcome.reason, outcome.error, lease.text)
    return true
  }

  /** A sign of life; undefined when this session is dead. */
  #renew({ sessions, now, settings }: Step): SessionRecord | undefined {
    const record = sessions.get(this.id)
    if (record === undefined) return undefined
    const renewed = { ...record, expires: now + settings.sessionTtl }
    sessions.put(this.id, renewed)
    return renewed
  }

  #timeToLook(): ProcessMark | undefined {
    const now = this.#steps.clock.now()
    if (now >= this.#lookedAt && now - this.#lookedAt < LOOK) return undefined
    this.#lookedAt = now
    return this.#process
  }

  /** Whether others take part that this process does not hear of. */
  #hasStrangers({ live }: Reaped): boolean {
    return live.length > this.#siblings.size || live.some((id) => ![...this.#siblings].some((session) => session.id === id))
  }

  #wakeOthers(): void {
    for (const session of this.#siblings) if (session !== this) session.#wake?.()
  }

  #tellHeld(callback: string): void {
    if (this.#lacking.has(callback)) return
    this.#lacking.add(callback)
    this.#steps.options.log.warn(
      `This spider has no method ${callback}, which requests in the queue name as their callback: they are held for a worker that has it, and become dead letters when none comes`,
    )
  }

  #tell({ sessions, returned, buried }: Reaped): void {
    if (sessions === 0) return
    this.#steps.options.log.warn(describeReaped(sessions, returned, buried))
    if (returned > 0) this.#wakeOthers()
  }
}

function sessionLost(): SkeinError {
  return new SkeinError(
    'ERR_SESSION_LOST',
    'This worker gave no sign of life for longer than its session lasts, and its requests went to others. It was expected to beat in time; connect again.',
  )
}
