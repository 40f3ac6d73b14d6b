import type { Request } from '../../http/request.ts'
import type { Commit, Committed } from '../contract.ts'
import type { KnownUrls } from '../known-urls.ts'
import { RequestArguments, type RequestEncoding } from './request-arguments.ts'

const STALE: Committed = { status: 'stale', duplicates: [] }

/** What separates the parts of a dead letter must not be in them. */
const oneLine = (text: string): string => text.replaceAll(/[\t\n\r]+/g, ' ')

/** Requests that are sent, out of those that were given. */
interface Sent {
  readonly requests: readonly Request[]
  /** The place of each one that is sent among those that were given. */
  readonly places: readonly number[]
  /** The places of those that need not be sent: they are known to have been seen. */
  readonly known: readonly number[]
}

/** Leaves out what is known to have been seen: most links of a page are the site's navigation. */
export function unknownOf(requests: readonly Request[], knownUrls: KnownUrls): Sent {
  const places: number[] = []
  const known: number[] = []
  for (let i = 0; i < requests.length; i++) {
    const request = requests[i]!
    if (!request.dontFilter && knownUrls.has(request)) known.push(i)
    else places.push(i)
  }
  return { requests, places, known }
}

/** What became of requests that were sent, by the places they were given at; those that are in the seen set now are known from now on. */
export function readPlaces(sent: Sent, duplicates: string, overBudget: string, knownUrls: KnownUrls): Omit<Committed, 'status'> {
  const over = overBudget === '' ? [] : overBudget.split(',').map((i) => sent.places[Number(i)]!)
  for (const place of sent.places) {
    const request = sent.requests[place]!
    if (!request.dontFilter && !over.includes(place)) knownUrls.add(request)
  }
  const repeated = duplicates === '' ? [] : duplicates.split(',').map((i) => sent.places[Number(i)]!)
  const all = sent.known.length === 0 ? repeated : [...sent.known, ...repeated].sort((a, b) => a - b)
  return over.length === 0 ? { duplicates: all } : { duplicates: all, overBudget: over }
}

/** Pages that are committed in one call of the script. */
export class CommitBatch {
  readonly #requests: RequestArguments
  readonly #known: KnownUrls
  readonly #body: string[] = []
  readonly #sent: Sent[] = []

  constructor(encoding: RequestEncoding, known: KnownUrls) {
    this.#requests = new RequestArguments(encoding)
    this.#known = known
  }

  /** How many arguments it takes: a measure of the time that Redis will spend on it. */
  get size(): number {
    return this.#body.length
  }

  get pages(): number {
    return this.#sent.length
  }

  add({ lease, outcome, requests = [], items = [] }: Commit, sent: Sent, leasedText: () => string): void {
    const body = this.#body
    body.push(String(lease.token))
    if (outcome.type === 'done') body.push('d')
    else if (outcome.type === 'retry') {
      body.push('r')
      this.#requests.addWhere(body, outcome.request)
    } else body.push('x', oneLine(outcome.reason), oneLine(outcome.error), leasedText())
    body.push(String(sent.places.length))
    for (const place of sent.places) this.#requests.add(body, requests[place]!)
    body.push(String(items.length))
    for (const item of items) body.push(item)
    this.#sent.push(sent)
  }

  /** The arguments behind those that say who calls. */
  arguments(tally: readonly string[]): string[] {
    const { names } = this.#requests
    return [String(names.length), ...names, ...tally, String(this.#sent.length), ...this.#body]
  }

  /** What became of each page, from the lines of the reply. */
  read(lines: readonly string[]): Committed[] {
    return lines.map((line, i) => {
      if (line === 'S') return STALE
      const [duplicates = '', overBudget = ''] = line.split(';')
      return { status: 'ok', ...readPlaces(this.#sent[i]!, duplicates, overBudget, this.#known) }
    })
  }

  /** What is said of every page when the session has been lost. */
  stale(): Committed[] {
    return this.#sent.map(() => STALE)
  }
}
