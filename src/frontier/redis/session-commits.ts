import { encodeRequest } from '../../http/codec.ts'
import type { Commit, Committed, Lease, Tally } from '../contract.ts'
import type { KnownUrls } from '../known-urls.ts'
import { CommitBatch, unknownOf } from './commit-batch.ts'
import { NumberedCalls } from './numbered-calls.ts'
import { tallyArguments } from './request-arguments.ts'
import type { SessionLine } from './session-line.ts'

/** Arguments of a call after which a further page goes into the next one: Redis does nothing else meanwhile. */
const ENOUGH_ARGUMENTS = 6000
const NOTHING_COUNTED = tallyArguments(undefined)

/** What commits need to know of the session. */
export interface SessionCommitsParts {
  readonly line: SessionLine
  readonly known: KnownUrls
  /** Leases are asked for beside commits. */
  readonly leaseCalls: NumberedCalls
  /** There may be work again. */
  readonly wake: () => void
}

/** Brings pages of a session to the server: in as few calls as they fit into, each safe to repeat. */
export class SessionCommits {
  readonly #line: SessionLine
  readonly #known: KnownUrls
  readonly #leaseCalls: NumberedCalls
  readonly #wake: () => void
  readonly #growing = new NumberedCalls('commit')
  readonly #free = new NumberedCalls('free')

  constructor({ line, known, leaseCalls, wake }: SessionCommitsParts) {
    this.#line = line
    this.#known = known
    this.#leaseCalls = leaseCalls
    this.#wake = wake
  }

  /** Commits these pages. Those that make the crawl grow, and those that free room in a full Redis, are calls apart, and go side by side. */
  async commit(commits: readonly Commit[], tally: Tally | undefined): Promise<Committed[]> {
    if (this.#line.lost) return commits.map(() => ({ status: 'stale', duplicates: [] }))
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
    const send = async (calls: NumberedCalls, script: 'commit' | 'commitFree', indexes: readonly number[]): Promise<void> => {
      let next = 0
      do {
        const batch = new CommitBatch(this.#line.encoding, this.#known)
        const first = next
        while (next < indexes.length && (batch.pages === 0 || batch.size < ENOUGH_ARGUMENTS)) {
          const i = indexes[next++]!
          const { lease } = commits[i]!
          // a dead letter is the request as it was leased
          batch.add(commits[i]!, sent[i]!, () => encodeRequest(lease.request))
        }
        const rest = batch.arguments(counted)
        counted = NOTHING_COUNTED
        const read = await this.#send(calls, script, batch, rest)
        for (let n = 0; n < read.length; n++) results[indexes[first + n]!] = read[n]!
      } while (next < indexes.length)
    }
    const both: Promise<void>[] = []
    // what was counted is told also where no page goes with it
    if (free.length > 0 || growing.length === 0) both.push(send(this.#free, 'commitFree', free))
    if (growing.length > 0) both.push(send(this.#growing, 'commit', growing))
    await Promise.all(both)
    return results
  }

  /** Makes a dead letter of what was leased and is no request. */
  async bury(token: number, text: string, problem: string): Promise<void> {
    const batch = new CommitBatch(this.#line.encoding, this.#known)
    const lease = { token } as Lease
    batch.add(
      { lease, outcome: { type: 'dead', reason: 'failed', error: problem } },
      { requests: [], places: [], known: [] },
      () => text,
    )
    const rest = batch.arguments(['1', 'request_end_count/failed', '1', '0'])
    await this.#send(this.#growing, 'commit', batch, rest)
  }

  #send(
    calls: NumberedCalls,
    script: 'commit' | 'commitFree',
    batch: CommitBatch,
    rest: readonly string[],
  ): Promise<Committed[]> {
    return calls.run(async (number) => {
      const leases = this.#leaseCalls.last
      const reply = await this.#line.tell(script, [this.#line.id, calls.field, number, ...rest])
      if (reply === undefined) return batch.stale()
      // a lease that was sent behind this overtook it, since the script was not known there or was refused for a while: it saw nothing of this
      if (reply[2] === 1 || (reply[3] as number) > leases) this.#wake()
      return batch.read(reply.slice(4) as string[])
    })
  }
}
