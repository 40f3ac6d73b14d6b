import { hash } from 'node:crypto'
import { SkeinError } from '../errors.ts'
import type { Request } from '../http/request.ts'
import { maskCredentials } from '../log/mask-credentials.ts'
import type { ImportProblem, ImportReport, ImportTarget } from './contract.ts'
import type { QueueMember, ScrapyRedisQueue } from './scrapy-redis-queue.ts'
import { readScrapyRequest } from './scrapy-request.ts'

/** Members that are read at once: some 70 kB, a few milliseconds of Redis' time. */
const PAGE = 200

/** How requests are brought over. */
export interface RequestImport {
  /** Undefined: they are read only. */
  readonly target: ImportTarget | undefined
  /** Which of two requests of equal priority the crawl takes first: the one that came last, or first. */
  readonly crawlOrder: 'lifo' | 'fifo'
  readonly signal: AbortSignal | undefined
  readonly onProblem: (problem: ImportProblem) => void
  readonly onProgress: (done: number, total: number) => void
}

/** What became of the requests. */
export interface RequestsImported {
  readonly counts: ImportReport['requests']
  readonly changed: boolean
}

/** A request, and what it is called in the ledger. */
interface Arrival {
  readonly request: Request
  /** Of one that passes the seen set; others are known by their fingerprint. */
  readonly id: string | undefined
}

/**
 * Brings the requests of a queue into a crawl, in such an order that the crawl takes those of a slot in the order in which scrapy-redis would
 * have. Lists ignore priorities there, so that theirs is 0 here.
 */
export async function importRequests(queue: ScrapyRedisQueue, options: RequestImport): Promise<RequestsImported> {
  const { target, crawlOrder, signal, onProblem, onProgress } = options
  const counts = { read: 0, added: 0, present: 0, overBudget: 0, unreadable: 0 }
  const copies = new Map<string, number>()
  const total = await queue.length()
  const page = (number: number): Promise<QueueMember[]> => readPage(queue, total, number, crawlOrder)
  const pages = Math.ceil(total / PAGE)

  let next = page(0)
  for (let number = 0; number < pages && signal?.aborted !== true; number++) {
    const members = await next
    // the next one is on its way while these are brought
    next = number + 1 < pages ? page(number + 1) : Promise.resolve([])
    next.catch(() => undefined)
    const arrivals: Arrival[] = []
    for (const member of members) {
      try {
        const request = readScrapyRequest(member.pickle, priorityOf(queue, member))
        arrivals.push({ request, id: request.dontFilter ? idOf(member, copies) : undefined })
      } catch (error) {
        if (!(error instanceof SkeinError)) throw error
        counts.unreadable++
        onProblem({ place: member.place, reason: maskCredentials(error.message) })
      }
    }
    counts.read += members.length
    if (target !== undefined) await bring(arrivals, target, counts)
    onProgress(counts.read, total)
  }
  return { counts, changed: (await queue.length()) !== total || (signal?.aborted !== true && counts.read !== total) }
}

/** A page, in the order in which it is enqueued: what is taken first comes last into a crawl that takes the newest. */
async function readPage(queue: ScrapyRedisQueue, total: number, number: number, order: 'lifo' | 'fifo'): Promise<QueueMember[]> {
  const start = number * PAGE
  const count = Math.min(PAGE, total - start)
  if (order === 'fifo') return queue.read(start, count)
  return (await queue.read(total - start - count, count)).reverse()
}

function priorityOf(queue: ScrapyRedisQueue, { score }: QueueMember): number | undefined {
  if (queue.order !== 'priority') return 0
  // a fraction is nobody's priority; the request's own is the nearest there is
  return score !== undefined && Number.isSafeInteger(score) ? 0 - score : undefined
}

/** The same member may stand in a list several times, and each of them is a request. */
function idOf({ pickle }: QueueMember, copies: Map<string, number>): string {
  const name = hash('sha1', pickle, 'base64url').slice(0, 16)
  const copy = copies.get(name) ?? 0
  copies.set(name, copy + 1)
  return copy === 0 ? name : `${name} ${copy}`
}

async function bring(
  arrivals: readonly Arrival[],
  target: ImportTarget,
  counts: { added: number; present: number; overBudget: number },
): Promise<void> {
  const ids = arrivals.flatMap(({ id }) => (id === undefined ? [] : [id]))
  const there = await target.brought(ids)
  const brought = new Set(ids.filter((_, i) => there[i]))
  const fresh = arrivals.filter(({ id }) => id === undefined || !brought.has(id))
  counts.present += arrivals.length - fresh.length
  if (fresh.length === 0) return
  // the order is that of the queue they come from, where start requests have no place of their own
  const requests = fresh.map(({ request }) => (request.state.seed ? request.withState({ seed: false }) : request))
  const { added, duplicates, overBudget = [] } = await target.enqueue(requests)
  await target.bring(fresh.flatMap(({ id }) => (id === undefined ? [] : [id])))
  counts.added += added
  counts.present += duplicates.length
  counts.overBudget += overBudget.length
}
