import { decodeRequest } from '../../http/codec.ts'
import type { Request } from '../../http/request.ts'
import type { Commit, Committed, Control, Counts, Enqueued, Frontier, Lease, Leased, SlotChange, Tally } from '../contract.ts'
import { KnownUrls } from '../known-urls.ts'
import { clearCrawl } from './clear-crawl.ts'
import { readPlaces, unknownOf } from './commit-batch.ts'
import type { CrawlScripts, ScriptReply } from './crawl-scripts.ts'
import { NumberedCalls } from './numbered-calls.ts'
import { RedisInspector } from './redis-inspector.ts'
import { decodeSlot, encodeSlot } from './redis-keys.ts'
import { RequestArguments, tallyArguments } from './request-arguments.ts'
import { SeedIntake } from './seeds/seed-intake.ts'
import { seenKeyOfHex } from './seen-key.ts'
import { SessionCommits } from './session-commits.ts'
import { SessionLine, type SessionLineParts, sessionLost } from './session-line.ts'

/** Requests that are enqueued in one call. */
const ENQUEUED_AT_ONCE = 500
/** Requests of a page that are committed in one call. */
const COMMITTED_AT_ONCE = 1000

/** One worker's part in a crawl that is kept in Redis. */
export class RedisSession implements Frontier {
  readonly shared = true
  readonly inspect: RedisInspector
  readonly #line: SessionLine
  readonly #scripts: CrawlScripts
  readonly #onClose: () => void
  readonly #known = new KnownUrls()
  readonly #leaseCalls = new NumberedCalls('lease')
  readonly #enqueueCalls = new NumberedCalls('enqueue')
  readonly #seedCalls = new NumberedCalls('seeds')
  readonly #commits: SessionCommits
  readonly #seeds: SeedIntake
  #wake: (() => void) | undefined
  #closed: Promise<void> | undefined

  constructor(parts: SessionLineParts) {
    const { scripts, options, clock, epoch } = parts
    this.#line = new SessionLine(parts)
    this.#scripts = scripts
    this.#onClose = parts.onClose
    this.inspect = new RedisInspector(scripts, epoch, options)
    const wake = (): void => this.#wake?.()
    this.#commits = new SessionCommits({ line: this.#line, known: this.#known, leaseCalls: this.#leaseCalls, wake })
    this.#seeds = new SeedIntake({
      clock,
      log: options.log,
      key: scripts.keys.all[2],
      take: async (most) => (await this.#line.run('takeSeeds', [this.id, String(most)]))[2] as readonly string[],
      enqueue: (requests, bad) => this.#enqueueCall(this.#seedCalls, requests, [], bad),
      arrived: wake,
    })
  }

  get id(): string {
    return this.#line.id
  }

  get crawlId(): string {
    return this.#line.epoch
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
      if (this.#line.lost) throw sessionLost()
      const reply = await this.#line.run('lease', [this.id, number, String(max)])
      // the answer of a server that took the place of the one this session is known to
      if (this.#line.lost) throw sessionLost()
      const [, , state, reason, draining, nextAt, seeds, ...reaped] = reply
      this.#tellReaped(reaped)
      const leases = await this.#readLeases(reply)
      if (seeds === 1) this.#seeds.offer(leases.length < max)
      return {
        leases,
        state: state as Leased['state'],
        ...(nextAt === '' ? {} : { nextAt: Number(nextAt) + this.#line.skew }),
        ...(reason === '' ? {} : { reason: String(reason) }),
        ...(draining === 1 ? { draining: true } : {}),
      }
    })
  }

  async commit(commits: readonly Commit[], tally?: Tally): Promise<Committed[]> {
    const isLarge = ({ requests = [] }: Commit): boolean => requests.length > COMMITTED_AT_ONCE
    if (!commits.some(isLarge)) return this.#commits.commit(commits, tally)
    const small = commits.filter((commit) => !isLarge(commit))
    const [ofSmall, ...ofLarge] = await Promise.all([
      this.#commits.commit(small, tally),
      ...commits.filter(isLarge).map((commit) => this.#commitLarge(commit)),
    ])
    return commits.map((commit) => (isLarge(commit) ? ofLarge : ofSmall).shift()!)
  }

  /** The requests of a page that has too many for one call go ahead of its commit, which takes the last of them along. */
  async #commitLarge(commit: Commit): Promise<Committed> {
    const { requests = [] } = commit
    const last = requests.length - COMMITTED_AT_ONCE
    const ahead = await this.enqueue(requests.slice(0, last))
    const [own] = await this.#commits.commit([{ ...commit, requests: requests.slice(last) }], undefined)
    if (own!.status === 'stale') return own!
    const join = (first: readonly number[] = [], second: readonly number[] = []) => [...first, ...second.map((i) => last + i)]
    const overBudget = join(ahead.overBudget, own!.overBudget)
    const duplicates = join(ahead.duplicates, own!.duplicates)
    return overBudget.length === 0 ? { status: 'ok', duplicates } : { status: 'ok', duplicates, overBudget }
  }

  async release(leases: readonly Lease[]): Promise<void> {
    if (this.#line.lost || leases.length === 0) return
    await this.#line.run('release', [this.id, ...leases.map(({ token }) => String(token))])
  }

  async beat(): Promise<Control> {
    if (this.#line.lost) return { alive: false }
    const reply = await this.#line.tell('beat', [this.id])
    if (reply !== undefined) this.#tellReaped(reply.slice(2))
    // nobody may have sent a message for what this one gave back
    this.#wake?.()
    return { alive: !this.#line.lost }
  }

  async slot(name: string, change: SlotChange): Promise<void> {
    const { concurrency = '', delay = '', randomizeDelay, budget = '', blockedUntil, cap = '' } = change
    const randomize = randomizeDelay === undefined ? '' : Number(randomizeDelay)
    const until = blockedUntil === undefined ? '' : blockedUntil - this.#line.skew
    const args = [encodeSlot(name), concurrency, delay, randomize, budget, until, cap, this.id]
    await this.#line.run('slot', args.map(String))
  }

  async counts(): Promise<Counts> {
    const [, , queued, delayed, leased, done, dead, seen] = (await this.#line.run('counts', [])) as number[]
    return { queued: queued!, delayed: delayed!, leased: leased!, done: done!, dead: dead!, seen: seen! }
  }

  async claimSeeding(): Promise<boolean> {
    return (await this.#line.run('seeding', [this.id, 'claim']))[2] === 1
  }

  async seeded(): Promise<void> {
    await this.#line.run('seeding', [this.id, 'seeded'])
  }

  async finish(): Promise<boolean> {
    if ((await this.#line.run('end', [this.id, 'finish', '']))[2] !== 1) return false
    if (!this.#line.options.persist) await clearCrawl(this.#scripts, [this.crawlId, 'seen', this.#line.options.dedupe])
    return true
  }

  async stop(reason: string): Promise<void> {
    await this.#line.run('end', [this.id, 'stop', reason])
  }

  onWake(listener: () => void): void {
    this.#wake = listener
  }

  close(tally?: Tally): Promise<void> {
    return (this.#closed ??= this.#close(tally))
  }

  /** Marks fingerprints, as 40 hex digits, as seen; gives how many were new. Those that are no fingerprints are left out. */
  async markSeen(hexes: readonly string[]): Promise<number> {
    const keys = hexes.map((hex) => seenKeyOfHex(this.#line.options.dedupe, hex)).filter((key) => key !== undefined)
    return (await this.#line.run('markSeen', keys))[2] as number
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
    if (this.#line.lost || this.#closed !== undefined) return
    this.#line.lose()
    this.#line.options.log.warn(
      'Another Redis answers, or it was restarted: pages in flight are done again, so that none is lost',
    )
    this.#closed = this.#line.tell('close', [this.id, ...tallyArguments(undefined)]).then(
      () => undefined,
      (error: unknown) =>
        this.#line.options.log.debug('The session of before could not be closed; it runs out by itself', { error }),
    )
    this.#wake?.()
  }

  async #close(tally: Tally | undefined): Promise<void> {
    this.#onClose()
    await this.#seeds.settled()
    if (!this.#line.lost) await this.#line.run('close', [this.id, ...tallyArguments(tally)])
    this.#line.lose()
  }

  async #enqueueCall(
    calls: NumberedCalls,
    requests: readonly Request[],
    items: readonly string[],
    bad?: readonly string[],
  ): Promise<Enqueued> {
    const sent = unknownOf(requests, this.#known)
    const encoded = new RequestArguments(this.#line.encoding)
    const body: string[] = [String(sent.places.length)]
    for (const place of sent.places) encoded.add(body, requests[place]!)
    const head = [bad === undefined ? '0' : '1', String(bad?.length ?? 0), ...(bad ?? [])]
    const rest = [...head, String(encoded.names.length), ...encoded.names, ...body, String(items.length), ...items]
    return calls.run(async (number) => {
      const reply = await this.#line.run('enqueue', [this.id, calls.field, number, ...rest])
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
        // something stands in the queue that is no request: it must neither stop the crawl nor come again
        const problem = error instanceof Error ? error.message : String(error)
        this.#line.options.log.error(`Something in the queue is no request, and is a dead letter now: ${problem}`)
        await this.#commits.bury(token, text, problem)
      }
    }
    return leases
  }

  #tellReaped(reaped: ScriptReply): void {
    const [sessions = 0, returned = 0, buried = 0] = reaped as number[]
    if (sessions === 0) return
    const { log } = this.#line.options
    log.warn(
      `${sessions === 1 ? 'A worker' : `${sessions} workers`} gave no sign of life; ${returned === 1 ? '1 request goes' : `${returned} requests go`} to others` +
        (buried > 0 ? `, ${buried} have killed too many workers and are dead letters (\`skein dead list\`)` : ''),
    )
  }
}
