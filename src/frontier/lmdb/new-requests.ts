import type { Request } from '../../http/request.ts'
import type { Enqueued, FrontierOptions } from '../contract.ts'
import type { KnownUrls } from '../known-urls.ts'
import type { Candidate, Step } from './step.ts'

/** Requests on their way into a crawl, and what became of them. */
export class NewRequests {
  readonly #candidates: (Candidate | undefined)[]
  readonly #known: KnownUrls
  readonly #duplicates: number[] = []
  readonly #overBudget: number[] = []
  /** Those before it are in; those of the step that is under way are not, until that is over. */
  #next = 0
  #end = 0
  #fresh: { duplicates: number[]; overBudget: number[] } = { duplicates: [], overBudget: [] }

  /** What is computed of them is computed here, before the step, which holds others up. */
  constructor(requests: readonly Request[], known: KnownUrls, fingerprint: FrontierOptions['fingerprint']) {
    this.#known = known
    this.#candidates = requests.map((request) => {
      if (request.dontFilter) return { request, key: undefined }
      // the key is kept beyond the step, and the fingerprint's buffer is the caller's
      return known.has(request) ? undefined : { request, key: Buffer.from(fingerprint(request).subarray(0, 8)) }
    })
  }

  get begun(): boolean {
    return this.#next > 0
  }

  get isDone(): boolean {
    return this.#next === this.#candidates.length
  }

  /** Whether the step under way adds the last of them. */
  get isLast(): boolean {
    return this.#end === this.#candidates.length
  }

  /** Positions of those that were not taken. */
  get positions(): Pick<Enqueued, 'duplicates' | 'overBudget'> {
    const duplicates = this.#duplicates
    return this.#overBudget.length === 0 ? { duplicates } : { duplicates, overBudget: this.#overBudget }
  }

  /** Adds the next of them, so many at most, in a step. */
  add(step: Step, atMost: number): void {
    this.#end = Math.min(this.#next + atMost, this.#candidates.length)
    this.#fresh = { duplicates: [], overBudget: [] }
    for (let i = this.#next; i < this.#end; i++) {
      const candidate = this.#candidates[i]
      const became = candidate === undefined ? 'duplicate' : step.add(candidate)
      if (became === 'duplicate') this.#fresh.duplicates.push(i)
      else if (became === 'budget') this.#fresh.overBudget.push(i)
    }
  }

  /** To be called when that step was taken: from now on they are known to have been seen. */
  added(): void {
    const refused = new Set(this.#fresh.overBudget)
    for (let i = this.#next; i < this.#end; i++) {
      const candidate = this.#candidates[i]
      if (candidate?.key !== undefined && !refused.has(i)) this.#known.add(candidate.request)
    }
    for (const i of this.#fresh.duplicates) this.#duplicates.push(i)
    for (const i of this.#fresh.overBudget) this.#overBudget.push(i)
    this.#next = this.#end
  }
}
