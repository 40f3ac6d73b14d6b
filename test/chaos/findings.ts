import type { Reply } from '../support/redis-server.ts'
import type { Arena } from './arena.ts'
import { checksumOf } from './site.ts'

/** How a row went, as it is told. */
export interface Findings {
  /** How often the fault was made. */
  readonly times: number
  /** Pages that were to be crawled. */
  readonly pages: number
  /** Of those, how many have no item. */
  readonly lost: number
  /** Requests for pages beyond one each. */
  readonly fetchedTwice: number
  /** Pages that were committed, or items that were stored, beyond one each. */
  readonly committedTwice: number
  /** What should not be; none: the row passes. */
  readonly problems: readonly string[]
  /** What was measured. */
  readonly notes: readonly string[]
}

/** What a row expects of the end of its crawl. */
export interface Expected {
  /** How often the row made its fault. @default 1 */
  readonly times?: number
  /** Pages that must have been crawled. @default all of the site */
  readonly pages?: readonly number[]
  /** Pages that must be dead letters, and have no item. @default none */
  readonly dead?: readonly number[]
  /** Requests that are done and have no page of the site. @default 0 */
  readonly others?: number
  /** Requests at once per host. @default the 4 of the arena's settings; 0: not looked at */
  readonly concurrency?: number
  /** Milliseconds between two requests to a host. @default the 20 of the arena's settings; 0: not looked at */
  readonly delay?: number
  /** What was measured. */
  readonly notes?: readonly string[]
  /** What the row itself found wrong. */
  readonly problems?: readonly string[]
}

/**
 * A host is contacted when the server grants a lease, and on a machine with more to do than it has processors the request that follows may be
 * late: the next one is not, and the second in between has more. This part more than the pace allows is put down to that.
 */
const LATE = 1.25

/** Looks at a crawl from outside, when it is over: the log of the site, the items, the keys, and how the workers ended. */
export async function examine(arena: Arena, expected: Expected = {}): Promise<Findings> {
  const { site } = arena
  const problems: string[] = [...(expected.problems ?? []), ...arena.troubles]
  const dead = new Set(expected.dead ?? [])
  const pages = (expected.pages ?? Array.from({ length: site.pages }, (_, i) => i)).filter((page) => !dead.has(page))

  // I1: each page at least once at the site, its item exactly once in the list
  const stored = await itemsOf(arena)
  const wrong = stored.filter(({ page, checksum }) => !pages.includes(page) || checksum !== checksumOf(page))
  if (wrong.length > 0) problems.push(`${wrong.length} wrong items, the first ${JSON.stringify(wrong[0])}`)
  const count = new Map<number, number>()
  for (const { page } of stored) count.set(page, (count.get(page) ?? 0) + 1)
  const missing = pages.filter((page) => !count.has(page))
  if (missing.length > 0) problems.push(`lost ${missing.length} pages: ${missing.slice(0, 10).join(', ')}`)
  const neverAsked = pages.filter((page) => site.fetches[page] === 0)
  if (neverAsked.length > 0) problems.push(`never asked for ${neverAsked.length} pages: ${neverAsked.slice(0, 10).join(', ')}`)
  const itemsTwice = [...count.values()].reduce((sum, n) => sum + n - 1, 0)
  if (itemsTwice > 0) problems.push(`${itemsTwice} items more than once`)
  if (site.strangers.length > 0)
    problems.push(`asked for ${site.strangers.length} paths that nobody linked: ${site.strangers[0]}`)

  // I2, I4, I5: every request is done, once, and the crawl knows
  const now = await arena.snapshot()
  problems.push(...now.problems)
  const done = pages.length + (expected.others ?? 0)
  const commitsTwice = Math.max(0, now.done - done)
  if (now.done !== done) problems.push(`${now.done} requests are done, expected ${done}`)
  if (now.dead !== dead.size) problems.push(`${now.dead} dead letters, expected ${dead.size}`)
  const left = now.queued + now.delayed + now.leased + now.held
  if (left > 0) problems.push(`${left} requests are left: ${arena.describe(now)}`)
  if (now.state !== 'finished') problems.push(`the crawl is ${now.state || 'not there'}, expected finished`)

  problems.push(...truthOf(arena), ...limitsOf(arena, expected.concurrency ?? 4, expected.delay ?? 20))
  const fetches = pages.reduce((sum, page) => sum + site.fetches[page]!, 0)
  return {
    times: expected.times ?? 1,
    pages: pages.length,
    lost: missing.length,
    fetchedTwice: fetches - (pages.length - neverAsked.length),
    committedTwice: Math.max(itemsTwice, commitsTwice),
    problems: [...new Set(problems)],
    notes: expected.notes ?? [],
  }
}

/** The items that workers left in Redis. */
export async function itemsOf(
  arena: Arena,
): Promise<{ readonly page: number; readonly checksum: string; readonly pid: number }[]> {
  const texts = (await arena.command('LRANGE', arena.itemsKey, 0, -1)) as readonly Reply[]
  return texts.map((text) => JSON.parse(String(text)) as { page: number; checksum: string; pid: number })
}

/** I6: every worker that was not killed ended by itself, with 0, and said that the crawl is finished. */
export function truthOf(arena: Arena, reason = 'finished'): string[] {
  return arena.workers.flatMap(({ pid, ended, doomed }) => {
    if (doomed) return []
    if (ended === undefined) return [`worker ${pid} did not end`]
    const said = new RegExp(`Spider \\S+ closed \\(${reason}\\)`).test(ended.stderr)
    if (ended.code === 0 && said) return []
    const lines = ended.stderr.trimEnd().split('\n')
    const last = [...lines.filter((line) => /error/i.test(line)).slice(0, 2), ...lines.slice(-3)].join(' / ')
    return [`worker ${pid} ended with ${ended.code ?? ended.signal}${said ? '' : ` and did not say ${reason}`}: ${last}`]
  })
}

/** I3: what every host saw, at the server. */
function limitsOf({ site }: Arena, concurrency: number, delay: number): string[] {
  const problems: string[] = []
  for (const [name, { peak, starts }] of site.hosts) {
    if (concurrency > 0 && peak > concurrency) problems.push(`${name} had ${peak} requests at once, allowed are ${concurrency}`)
    const most = busiestSecond(starts)
    if (delay > 0 && most > (1000 / delay) * LATE + 1)
      problems.push(`${name} had ${most} requests in a second, allowed are ${1000 / delay}`)
  }
  return problems
}

/** Requests in the busiest second. */
export function busiestSecond(starts: readonly number[]): number {
  let most = 0
  let first = 0
  for (let last = 0; last < starts.length; last++) {
    while (starts[last]! - starts[first]! >= 1000) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}
