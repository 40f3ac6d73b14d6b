import { SkeinError } from '../../errors.ts'
import { decodeRequest, encodeRequest } from '../../http/codec.ts'
import type { Request } from '../../http/request.ts'
import type { LuaScript } from '../../redis/lua-script.ts'
import type { Clock } from '../../util/clock.ts'
import type { Commit, Committed, Control, Counts, Enqueued, Frontier, Lease, Leased, SlotChange, Tally } from '../contract.ts'
import { KnownUrls } from '../known-urls.ts'
import { clearCrawl } from './clear-crawl.ts'
import { CommitBatch, readPlaces, unknownOf } from './commit-batch.ts'
import type { CrawlScripts, ScriptReply } from './crawl-scripts.ts'
import { NumberedCalls } from './numbered-calls.ts'
import { RedisInspector } from './redis-inspector.ts'
import { decodeSlot, encodeSlot } from './redis-keys.ts'
import type { RedisFrontierOptions } from './redis-options.ts'
import { RequestArguments, type RequestEncoding, tallyArguments } from './request-arguments.ts'
import { SeedIntake } from './seeds/seed-intake.ts'
import { seenKeyOfHex } from './seen-key.ts'

/** Arguments of a call after which a further page goes into the next one: Redis does nothing else meanwhile. */
const ENOUGH_ARGUMENTS = 6000
/** Requests that are enqueued in one call. */
const ENQUEUED_AT_ONCE = 500
/** Requests of a page that are committed in one call. */
const COMMITTED_AT_ONCE = 1000

/** What a session is made of. */
export interface SessionParts {
  readonly id: string
  readonly epoch: string
  /** The server's time when it was opened, in milliseconds since the epoch. */
  readonly serverTime: number
  readonly scripts: CrawlScripts
  readonly options: RedisFrontierOptions
  readonly clock: Clock
  readonly onClose: () => void
}

/** One worker's part in a crawl that is kept in Redis. */
export class RedisSession implements Frontier {
  readonly shared = true
  readonly id: string
  /** Of the run of the crawl that this session takes part in. */
  readonly epoch: string
  readonly inspect: RedisInspector
  readonly #scripts: CrawlScripts
  readonly #options: RedisFrontierOptions
  readonly #clock: Clock
  readonly #onClose: () => void
  readonly #known = new KnownUrls()
  readonly #leaseCalls = new NumberedCalls('lease')
  readonly #enqueueCalls = new NumberedCalls('enqueue')
  readonly #seedCalls = new NumberedCalls('seeds')
  readonly #commitCalls = new NumberedCalls('commit')
  readonly #freeCalls = new NumberedCalls('free')
  readonly #seeds: SeedIntake
  /** Milliseconds that the server's clock is behind this machine's, as of the last answer. */
  #skew: number
  #wake: (() => void) | undefined
  #lost = false
  #closed: Promise<void> | undefined

  get crawlId(): string {
    return this.epoch
  }

  constructor({ id, epoch, serverTime, scripts, options, clock, onClose }: SessionParts) {
    this.id = id
    this.epoch = epoch
    this.#scripts = scripts
    this.#options = options
    this.#clock = clock
    this.#skew = clock.now() - serverTime
    this.#onClose = onClose
    this.inspect = new RedisInspector(scripts, epoch, options)
    this.#seeds = new SeedIntake({
      clock,
      log: options.log,
      key: scripts.keys.all[2],
      take: async (most) => (await this.#run(scripts.scripts.takeSeeds, [this.id, String(most)]))[2] as readonly string[],
      enqueue: (requests, bad) => this.#enqueueCall(this.#seedCalls, requests, [], bad),
      arrived: () => this.#wake?.(),
    })
  }

  async enqueue(requests: readonly Request[], items: readonly string[] = []): Promise<Enqueued> {
    const duplicates: number[] = []
    const overBudget: number[] = []
    let added = 0
    let first = 0
    do {
      const some = requests.slice(first, first + ENQUEUED_AT_ONCE)
      const result = await this.#enqueueCall(this.#enqueueCalls, some, first === 0 ? items : [])
      added += result.added
      for (const i of result.duplicates) duplicates.push(first + i)
      for (const i of result.overBudget ?? []) overBudget.push(first + i)
      first += ENQUEUED_AT_ONCE
    } while (first < requests.length)
    return overBudget.length === 0 ? { added, duplicates } : { added, duplicates, overBudget }
  }

  lease(max: number): Promise<Leased> {
    return this.#leaseCalls.run(async (number) => {
      if (this.#lost) throw sessionLost()
      const reply = await this.#run(this.#scripts.scripts.lease, [this.id, number, String(max)])
      // the answer of a server that took the place of the one this session is known to
      if (this.#lost) throw sessionLost()
      const [, , state, reason, draining, nextAt, seeds, ...reaped] = reply
      this.#tellReaped(reaped)
      const leases = await this.#readLeases(reply)
      if (seeds === 1) this.#seeds.offer(leases.length < max)
      return {
        leases,
        state: state as Leased['state'],
        ...(nextAt === '' ? {} : { nextAt: Number(nextAt) + this.#skew }),
        ...(reason === '' ? {} : { reason: String(reason) }),
        ...(draining === 1 ? { draining: true } : {}),
      }
    })
  }

  async commit(commits: readonly Commit[], tally?: Tally): Promise<Committed[]> {
    const isLarge = ({ requests = [] }: Commit): boolean => requests.length > COMMITTED_AT_ONCE
    if (!commits.some(isLarge)) return this.#commitPages(commits, tally)
    const small = commits.filter((commit) => !isLarge(commit))
    const [ofSmall, ...ofLarge] = await Promise.all([
      this.#commitPages(small, tally),
      ...commits.filter(isLarge).map((commit) => this.#commitLarge(commit)),
    ])
    return commits.map((commit) => (isLarge(commit) ? ofLarge : ofSmall).shift()!)
  }

  /** The requests of a page that has too many for one call go ahead of its commit, which takes the last of them along. */
  async #commitLarge(commit: Commit): Promise<Committed> {
    const { requests = [] } = commit
    const last = requests.length - COMMITTED_AT_ONCE
    const ahead = await this.enqueue(requests.slice(0, last))
    const [own] = await this.#commitPages([{ ...commit, requests: requests.slice(last) }], undefined)
    if (own!.status === 'stale') return own!
    const join = (first: readonly number[] = [], second: readonly number[] = []) => [...first, ...second.map((i) => last + i)]
    const overBudget = join(ahead.overBudget, own!.overBudget)
    const duplicates = join(ahead.duplicates, own!.duplicates)
    return overBudget.length === 0 ? { status: 'ok', duplicates } : { status: 'ok', duplicates, overBudget }
  }

  async #commitPages(commits: readonly Commit[], tally: Tally | undefined): Promise<Committed[]> {
    if (this.#lost) return commits.map(() => ({ status: 'stale', duplicates: [] }))
    const results: Committed[] = new Array(commits.length)
    const growing: number[] = []
    const free: number[] = []
    const sent = commits.map(({ requests = [] }) => unknownOf(requests, this.#known))
    for (let i = 0; i < commits.length; i++) {
      const { outcome, items = [] } = commits[i]!
      const grows = outcome.type !== 'done' || items.length > 0 || sent[i]!.places.length > 0
      ;(grows ? growing : free).push(i)
    }
    let counted = tallyArguments(tally)
    const { commit, commitFree } = this.#scripts.scripts
    const send = async (calls: NumberedCalls, script: LuaScript, indexes: readonly number[]): Promise<void> => {
      let next = 0
      do {
        const batch = new CommitBatch(this.#encoding, this.#known)
        const first = next
        while (next < indexes.length && (batch.pages === 0 || batch.size < ENOUGH_ARGUMENTS)) {
          const i = indexes[next++]!
          const { lease } = commits[i]!
          // a dead letter is the request as it was leased
          batch.add(commits[i]!, sent[i]!, () => encodeRequest(lease.request))
        }
        const rest = batch.arguments(counted)
        counted = ['0', '0']
        const read = await calls.run((number) => this.#commitCall(script, batch, [this.id, calls.field, number, ...rest]))
        for (let n = 0; n < read.length; n++) results[indexes[first + n]!] = read[n]!
      } while (next < indexes.length)
    }
    const both: Promise<void>[] = []
    // what was counted is told also where no page goes with it
    if (free.length > 0 || growing.length === 0) both.push(send(this.#freeCalls, commitFree, free))
    if (growing.length > 0) both.push(send(this.#commitCalls, commit, growing))
    await Promise.all(both)
    return results
  }

  async release(leases: readonly Lease[]): Promise<void> {
    if (this.#lost || leases.length === 0) return
    await this.#run(this.#scripts.scripts.release, [this.id, ...leases.map(({ token }) => String(token))])
  }

  async beat(): Promise<Control> {
    if (this.#lost) return { alive: false }
    const reply = await this.#scripts.run(this.#scripts.scripts.beat, [this.epoch, this.id])
    if (reply[0] === -2) this.#lose()
    else this.#tellReaped(reply.slice(2))
    // nobody may have sent a message for what this one gave back
    this.#wake?.()
    return { alive: !this.#lost }
  }

  async slot(name: string, change: SlotChange): Promise<void> {
    const { concurrency = '', delay = '', randomizeDelay, budget = '', blockedUntil, cap = '' } = change
    const randomize = randomizeDelay === undefined ? '' : Number(randomizeDelay)
    const until = blockedUntil === undefined ? '' : blockedUntil - this.#skew
    const args = [encodeSlot(name), concurrency, delay, randomize, budget, until, cap, this.id]
    await this.#run(this.#scripts.scripts.slot, args.map(String))
  }

  async counts(): Promise<Counts> {
    const [, , queued, delayed, leased, done, dead, seen] = (await this.#run(this.#scripts.scripts.counts, [])) as number[]
    return { queued: queued!, delayed: delayed!, leased: leased!, done: done!, dead: dead!, seen: seen! }
  }

  async claimSeeding(): Promise<boolean> {
    return (await this.#run(this.#scripts.scripts.seeding, [this.id, 'claim']))[2] === 1
  }

  async seeded(): Promise<void> {
    await this.#run(this.#scripts.scripts.seeding, [this.id, 'seeded'])
  }

  async finish(): Promise<boolean> {
    if ((await this.#run(this.#scripts.scripts.end, [this.id, 'finish', '']))[2] !== 1) return false
    if (!this.#options.persist) await clearCrawl(this.#scripts, [this.epoch, 'seen', this.#options.dedupe])
    return true
  }

  async stop(reason: string): Promise<void> {
    await this.#run(this.#scripts.scripts.end, [this.id, 'stop', reason])
  }

  onWake(listener: () => void): void {
    this.#wake = listener
  }

  close(tally?: Tally): Promise<void> {
    return (this.#closed ??= this.#close(tally))
  }

  /** Marks fingerprints, as 40 hex digits, as seen; gives how many were new. Those that are no fingerprints are left out. */
  async markSeen(hexes: readonly string[]): Promise<number> {
    const keys = hexes.map((hex) => seenKeyOfHex(this.#options.dedupe, hex)).filter((key) => key !== undefined)
    return (await this.#run(this.#scripts.scripts.markSeen, keys))[2] as number
  }

  /** A message says that there may be work. */
  wake(): void {
    this.#wake?.()
  }

  /**
   * Another server answers from now on, which may not know of what was written last. What this session believes to hold may be queued
   * again, and what it knows to have been seen may be new: it ends, and leaves what the server still has of it to others.
   */
  serverChanged(): void {
    if (this.#lost || this.#closed !== undefined) return
    this.#lose()
    this.#options.log.warn('Another Redis answers, or it was restarted: pages in flight are done again, so that none is lost')
    this.#closed = this.#scripts.run(this.#scripts.scripts.close, [this.epoch, this.id, '0', '0']).then(
      () => undefined,
      (error: unknown) => this.#options.log.debug('The session of before could not be closed; it runs out by itself', { error }),
    )
    this.#wake?.()
  }

  async #close(tally: Tally | undefined): Promise<void> {
    this.#onClose()
    await this.#seeds.settled()
    if (!this.#lost) await this.#run(this.#scripts.scripts.close, [this.id, ...tallyArguments(tally)])
    this.#lost = true
  }

  get #encoding(): RequestEncoding {
    const { slotOf, fingerprint, dedupe } = this.#options
    return { slotOf, fingerprint, dedupe, skew: this.#skew }
  }

  /** Runs a script for this session. What is not dead has status 0; a dead session throws. */
  async #run(script: LuaScript, args: readonly string[]): Promise<ScriptReply> {
    const reply = await this.#scripts.run(script, [this.epoch, ...args])
    if (reply[0] === -2) {
      this.#lose()
      throw sessionLost()
    }
    this.#skew = this.#clock.now() - (reply[1] as number)
    return reply
  }

  async #commitCall(script: LuaScript, batch: CommitBatch, args: readonly string[]): Promise<Committed[]> {
    const leases = this.#leaseCalls.last
    const reply = await this.#scripts.run(script, [this.epoch, ...args])
    if (reply[0] === -2) {
      this.#lose()
      return batch.stale()
    }
    // a lease that was sent behind this overtook it, since the script was not known there or was refused for a while: it saw nothing of this
    if (reply[2] === 1 || (reply[3] as number) > leases) this.#wake?.()
    return batch.read(reply.slice(4) as string[])
  }

  async #enqueueCall(
    calls: NumberedCalls,
    requests: readonly Request[],
    items: readonly string[],
    bad?: readonly string[],
  ): Promise<Enqueued> {
    const sent = unknownOf(requests, this.#known)
    const encoded = new RequestArguments(this.#encoding)
    const body: string[] = [String(sent.places.length)]
    for (const place of sent.places) encoded.add(body, requests[place]!)
    const head = [bad === undefined ? '0' : '1', String(bad?.length ?? 0), ...(bad ?? [])]
    const rest = [...head, String(encoded.names.length), ...encoded.names, ...body, String(items.length), ...items]
    return calls.run(async (number) => {
      const reply = await this.#run(this.#scripts.scripts.enqueue, [this.id, calls.field, number, ...rest])
      return { added: reply[2] as number, ...readPlaces(sent, String(reply[3]), String(reply[4]), this.#known) }
    })
  }

  async #readLeases(reply: ScriptReply): Promise<Lease[]> {
    const leases: Lease[] = []
    for (let i = 10; i < reply.length; i += 4) {
      const [token, deliveries, slot, text] = [
        reply[i] as number,
        reply[i + 1] as number,
        String(reply[i + 2]),
        String(reply[i + 3]),
      ]
      try {
        leases.push({ token, request: decodeRequest(text), slot: decodeSlot(slot), deliveries })
      } catch (error) {
        await this.#bury(token, text, error)
      }
    }
    return leases
  }

  /** Something stands in the queue that is no request: it must neither stop the crawl nor come again. */
  async #bury(token: number, text: string, error: unknown): Promise<void> {
    const problem = error instanceof Error ? error.message : String(error)
    this.#options.log.error(`Something in the queue is no request, and is a dead letter now: ${problem}`)
    const batch = new CommitBatch(this.#encoding, this.#known)
    const lease = { token } as Lease
    batch.add(
      { lease, outcome: { type: 'dead', reason: 'failed', error: problem } },
      { requests: [], places: [], known: [] },
      () => text,
    )
    const rest = batch.arguments(['1', 'request_end_count/failed', '1', '0'])
    await this.#commitCalls.run((number) =>
      this.#commitCall(this.#scripts.scripts.commit, batch, [this.id, 'commit', number, ...rest]),
    )
  }

  #lose(): void {
    this.#lost = true
    this.#onClose()
  }

  #tellReaped(reaped: ScriptReply): void {
    const [sessions = 0, returned = 0, buried = 0] = reaped as number[]
    if (sessions === 0) return
    const { log } = this.#options
    log.warn(
      `${sessions === 1 ? 'A worker' : `${sessions} workers`} gave no sign of life; ${returned === 1 ? '1 request goes' : `${returned} requests go`} to others` +
        (buried > 0 ? `, ${buried} have killed too many workers and are dead letters (\`skein dead list\`)` : ''),
    )
  }
}

function sessionLost(): SkeinError {
  return new SkeinError(
    'ERR_SESSION_LOST',
    'This worker gave no sign of life for longer than its session lasts, or Redis was restarted; its requests went to others. Connect again.',
  )
}
