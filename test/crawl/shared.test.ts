import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type Commit,
  DropItem,
  type Extension,
  type Frontier,
  type FrontierBackend,
  type HtmlResponse,
  MemoryFrontier,
  memoryFrontierOptions,
  resolveSettings,
  type Settings,
  Spider,
  type Tally,
} from '../../src/index.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { run } from '../support/run.ts'
import { links, type Route, type Site, startSite } from '../support/site.ts'

/** A frontier in memory that says it is shared, on a clock of its own, and shows what it was told. */
class Shared implements FrontierBackend {
  readonly clock = new FakeClock()
  readonly memory: MemoryFrontier
  readonly sessions: Frontier[] = []
  readonly tallies: Tally[] = []
  /** Items that rode in commits that were ok, and in `enqueue`. */
  readonly items: string[] = []
  /** Calls that are not answered, as of a server that is away. */
  away: Promise<void> | undefined
  draining = false

  constructor(settings: Partial<Settings> = {}) {
    this.memory = new MemoryFrontier(memoryFrontierOptions(resolveSettings([{ name: 'test', values: settings }])), this.clock)
  }

  async connect(): Promise<Frontier> {
    const inner = await this.memory.connect()
    const note = (tally: Tally | undefined): void => {
      if (tally !== undefined) this.tallies.push(tally)
    }
    const session: Frontier = {
      ...inner,
      shared: true,
      lease: async (max) => {
        await this.away
        return { ...(await inner.lease(max)), draining: this.draining }
      },
      beat: async () => {
        await this.away
        return inner.beat()
      },
      enqueue: async (requests, items = []) => {
        this.items.push(...items)
        return inner.enqueue(requests)
      },
      commit: async (commits, tally) => {
        await this.away
        note(tally)
        const results = await inner.commit(commits, tally)
        for (const [i, { status }] of results.entries()) if (status === 'ok') this.items.push(...itemsOf(commits[i]!))
        return results
      },
      close: async (tally) => {
        note(tally)
        return inner.close(tally)
      },
      inspect: {
        ...inner.inspect,
        stats: async () => sum(this.tallies),
      },
    }
    this.sessions.push(session)
    return session
  }

  /** Takes the last session that was opened for dead. */
  async loseSession(): Promise<void> {
    const witness = await this.memory.connect()
    this.clock.advance(29_000)
    await witness.beat()
    this.clock.advance(1_000)
    await witness.beat()
    await witness.close()
  }
}

const itemsOf = ({ items = [] }: Commit): readonly string[] => items

function sum(tallies: readonly Tally[]): Record<string, number> {
  const total: Record<string, number> = {}
  for (const { add, max } of tallies) {
    for (const [name, by] of Object.entries(add)) total[name] = (total[name] ?? 0) + by
    for (const [name, value] of Object.entries(max)) total[name] = Math.max(total[name] ?? value, value)
  }
  return total
}

let site: Site
/** Pages that hang until they are let go. */
let held: { path: string; answer: () => void; gone: Promise<void> }[]
let onHeld: () => void

const hold: Route = (request, response) => {
  const gone = new Promise<void>((resolve) => response.on('close', resolve))
  held.push({
    path: request.url!,
    answer: () => void response.writeHead(200, { 'content-type': 'text/html' }).end(links()),
    gone,
  })
  onHeld()
}

beforeEach(async () => {
  held = []
  onHeld = () => {}
  site = await startSite({
    '/': links(...Array.from({ length: 10 }, (_, n) => `/slow?${n}`)),
    '/slow': hold,
    '/fast': links(),
    '/many': links(...Array.from({ length: 200 }, (_, n) => `/fast?${n}`)),
  })
})
afterEach(() => site.close())

/** Resolves when so many pages hang. */
const hanging = (count: number): Promise<void> =>
  new Promise((resolve) => {
    onHeld = () => {
      if (held.length === count) resolve()
    }
    onHeld()
  })

class Slow extends Spider {
  override startUrls = [`${site.url}/`]
  override *parse(page: HtmlResponse) {
    yield { url: page.url.slice(site.url.length) }
    yield* page.followAll('a', { errback: 'failed' })
  }
  *failed() {
    yield { failed: true }
  }
}

class Many extends Slow {
  override startUrls = [`${site.url}/many`]
}

describe('a worker that loses its session', () => {
  it('forgets its pages, ends their downloads, and does what is left with a new one; each page counts once', async () => {
    const backend = new Shared()
    const crawling = run(Slow, { concurrency: 4, concurrencyPerSlot: 4, redisItems: true }, { frontier: backend })
    await hanging(4)
    const [first, ...others] = held
    await backend.loseSession()
    // one page comes to its end, and with its commit the worker hears of it
    onHeld = () => held.at(-1)!.answer()
    first!.answer()
    const { reason, ends, counts, stats, log } = await crawling
    await Promise.all(others.map(({ gone }) => gone))
    expect(reason).toBe('finished')
    expect(backend.sessions).toHaveLength(2)
    expect(counts).toMatchObject({ done: 11, queued: 0, leased: 0, dead: 0 })
    expect(ends.filter(([, end]) => end !== 'done')).toEqual([])
    expect(ends).toHaveLength(11)
    expect(stats).toMatchObject({ 'frontier/session_lost_count': 1, 'frontier/stale_commit_count': 1 })
    // those in flight once more, and no others
    expect(site.log).toHaveLength(11 + 4)
    expect(backend.items.sort()).toEqual(
      ['/', ...Array.from({ length: 10 }, (_, n) => `/slow?${n}`)].map((url) => `{"url": "${url}"}`).sort(),
    )
    expect(log.filter(({ level }) => level === 'error')).toEqual([])
  })

  it('seeds again, and what it seeds twice is no duplicate work', async () => {
    const backend = new Shared()
    let runs = 0
    let go = (): void => {}
    const gone = new Promise<void>((resolve) => {
      go = resolve
    })
    let second = (): void => {}
    const waiting = new Promise<void>((resolve) => {
      second = resolve
    })
    class Seeds extends Spider {
      override async *start() {
        const mine = ++runs
        yield this.request(`${site.url}/fast?a`)
        if (mine === 1) {
          second()
          await gone
          // of a run that lost the right to seed
          yield this.request(`${site.url}/fast?never`)
        }
        yield this.request(`${site.url}/fast?b`)
      }
      override parse(): void {}
    }
    const crawling = run(Seeds, {}, { frontier: backend })
    await waiting
    await backend.loseSession()
    // a wake-up makes the worker look
    await (await backend.memory.connect()).enqueue([new Seeds().request(`${site.url}/fast?c`)])
    const { reason, counts } = await crawling
    go()
    expect([reason, runs]).toEqual(['finished', 2])
    expect(counts).toMatchObject({ done: 3, queued: 0 })
    expect(site.log.sort()).toEqual(['/fast?a', '/fast?b', '/fast?c'])
  })
})

describe('the totals of a crawl', () => {
  it('are what its workers counted, told with their commits and at the end', async () => {
    const backend = new Shared()
    const config = { concurrency: 4, concurrencyPerSlot: 4 }
    const [a, b] = await Promise.all([run(Many, config, { frontier: backend }), run(Many, config, { frontier: backend })])
    expect([a.reason, b.reason]).toEqual(['finished', 'finished'])
    expect(a.counts.done).toBe(201)
    for (const name of [
      'response_received_count',
      'item_scraped_count',
      'request_end_count/done',
      'scheduler/enqueued',
      'scheduler/dequeued',
    ])
      expect([name, sum(backend.tallies)[name]]).toEqual([name, Number(a.stats[name] ?? 0) + Number(b.stats[name] ?? 0)])
    expect(sum(backend.tallies)['response_received_count']).toBe(201)
    // whoever closed last saw all of it
    expect([a, b].map(({ crawlStats }) => crawlStats!['item_scraped_count'])).toContain(201)
    expect(backend.tallies.length).toBeGreaterThan(4)
  })

  it('are not asked for where nobody else takes part', async () => {
    const { crawlStats } = await run(Many)
    expect(crawlStats).toBeUndefined()
  })
})

describe('limits', () => {
  it.each([
    ['maxPages', 20, 'closespider_pagecount', 'response_received_count'],
    ['maxItems', 20, 'closespider_itemcount', 'item_scraped_count'],
  ] as const)('%s ends the crawl in good order, with no more over it than was in flight', async (limit, most, reason, stat) => {
    const result = await run(Many, { [limit]: most, concurrency: 4, concurrencyPerSlot: 4 })
    expect(result).toMatchObject({ reason, ok: true, counts: { leased: 0 } })
    expect(Number(result.stats[stat])).toBeGreaterThanOrEqual(most)
    expect(Number(result.stats[stat])).toBeLessThan(most + 8)
    expect(result.counts.done + result.counts.queued).toBe(201)
  })

  it('maxErrors ends it', async () => {
    class Throws extends Many {
      override *parse(page: HtmlResponse) {
        yield* page.followAll('a')
        if (!page.url.endsWith('many')) throw new Error('no')
      }
    }
    const { reason, ok, stats } = await run(Throws, { maxErrors: 5, concurrency: 2 })
    expect([reason, ok]).toEqual(['closespider_errorcount', true])
    expect(Number(stats['spider_exceptions/count'])).toBeLessThan(5 + 4)
  })

  it('maxTime ends a crawl that waits', async () => {
    class Later extends Spider {
      override *start() {
        yield this.request(`${site.url}/fast`, { notBefore: Date.now() + 3_600_000 })
      }
    }
    expect(await run(Later, { maxTime: 0.05 })).toMatchObject({ reason: 'closespider_timeout', ok: true, counts: { delayed: 1 } })
  })

  it('maxTime finishes the pages in flight, and starts no other', async () => {
    const backend = new Shared({ maxTime: 60 })
    const crawling = run(Slow, { concurrency: 2 }, { frontier: backend })
    await hanging(2)
    const witness = await backend.memory.connect()
    for (const session of backend.sessions) await session.beat()
    backend.clock.advance(29_000)
    for (const session of [...backend.sessions, witness]) await session.beat()
    backend.clock.advance(29_000)
    for (const session of [...backend.sessions, witness]) await session.beat()
    backend.clock.advance(2_000)
    for (const { answer } of held) answer()
    expect(await crawling).toMatchObject({ reason: 'closespider_timeout', ok: true, counts: { done: 3, queued: 8 } })
  })

  it('a budget ends what is beyond it visibly', async () => {
    const { ends, stats, counts } = await run(Many, { budgetPerSlot: 50 })
    expect(counts).toMatchObject({ done: 50, queued: 0 })
    expect(ends.filter(([, end]) => end === 'budget')).toHaveLength(151)
    expect(stats).toMatchObject({ 'request_end_count/budget': 151, 'scheduler/enqueued': 50 })
  })

  it('are taken up anew with the crawl', async () => {
    const frontier = new MemoryFrontier(memoryFrontierOptions(resolveSettings([{ name: 'test', values: { maxPages: 60 } }])))
    const reasons: string[] = []
    for (let n = 0; n < 5 && reasons.at(-1) !== 'finished'; n++) {
      const { reason } = await run(Many, { maxPages: 60, concurrency: 4, concurrencyPerSlot: 4 }, { frontier })
      reasons.push(reason)
    }
    expect(reasons.slice(0, 2)).toEqual(['closespider_pagecount', 'closespider_pagecount'])
    expect(reasons.at(-1)).toBe('finished')
    expect(site.log).toHaveLength(201)
  })
})

describe('what an operator says', () => {
  it('stop: what is in flight is finished, and the reason is that of the stop', async () => {
    const backend = new Shared()
    const crawling = run(Slow, { concurrency: 4, concurrencyPerSlot: 4 }, { frontier: backend })
    await hanging(4)
    const operator = await backend.memory.connect()
    await operator.stop('maintenance')
    for (const { answer } of held) answer()
    expect(await crawling).toMatchObject({ reason: 'maintenance', ok: true, counts: { done: 5, queued: 6, leased: 0 } })
  })

  it('drain: start() is asked no more, the queue is run dry, and nobody is asked for seeds', async () => {
    const backend = new Shared()
    let idle = 0
    let goOn = (): void => {}
    const waiting = new Promise<void>((resolve) => {
      goOn = resolve
    })
    let left = (): void => {}
    const cleaned = new Promise<void>((resolve) => {
      left = resolve
    })
    class Endless extends Spider {
      override async *start() {
        try {
          yield this.request(`${site.url}/`)
          await waiting
          yield this.request(`${site.url}/fast`)
        } finally {
          left()
        }
      }
      override *parse(page: HtmlResponse) {
        yield* page.followAll('a')
      }
    }
    const ear: Extension = { name: 'ear', open: ({ signals }) => signals.on('spiderIdle', () => void idle++) }
    const crawling = run(Endless, { concurrency: 4, concurrencyPerSlot: 4, extensions: [ear] }, { frontier: backend })
    await hanging(4)
    backend.draining = true
    onHeld = () => held.at(-1)!.answer()
    for (const { answer } of [...held]) answer()
    const { reason, ok, counts } = await crawling
    expect([reason, ok, idle]).toEqual(['finished', true, 0])
    expect(counts).toMatchObject({ queued: 0, done: 11 })
    // what start() gives after that goes nowhere, and it is let go
    goOn()
    await cleaned
    expect(site.log).not.toContain('/fast')
  })

  it('drain, before it began: the crawl ends without a seed', async () => {
    const backend = new Shared()
    backend.draining = true
    let asked = 0
    class Never extends Spider {
      override *start() {
        asked++
        yield this.request(`${site.url}/fast`)
      }
    }
    // the claim comes before the first lease says it
    const { reason, counts } = await run(Never, {}, { frontier: backend })
    expect(reason).toBe('finished')
    expect(counts.queued).toBe(0)
    expect(asked).toBeLessThanOrEqual(1)
  })
})

describe('items in the commit', () => {
  it('are those that passed the pipelines, as JSON, once; those of start() come with the seeds', async () => {
    class Items extends Spider {
      override *start() {
        yield { seed: 'é' }
        yield this.request(`${site.url}/fast?1`)
        yield this.request(`${site.url}/missing`, { errback: 'failed' })
      }
      override *parse() {
        yield { n: 1 }
        yield { n: 2 }
        yield { n: 3 }
      }
      *failed() {
        yield { n: 4 }
      }
    }
    const backend = new Shared()
    const judge = {
      name: 'judge',
      process(item: { n?: number }) {
        if (item.n === 1) throw new DropItem('not one')
        return item.n === 2 ? [{ n: 21 }, { n: 22 }] : item
      },
    }
    await run(Items, { redisItems: true, pipelines: [judge] }, { frontier: backend })
    // as Scrapy's encoder writes them
    expect(backend.items.sort()).toEqual(['{"n": 21}', '{"n": 22}', '{"n": 3}', '{"n": 4}', '{"seed": "\\u00e9"}'].sort())
  })

  it('that have no form in JSON fail with their page, and are in no feed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'skein-shared-'))
    class Odd extends Spider {
      override startUrls = [`${site.url}/fast`]
      override *parse() {
        yield { fine: 1 }
        yield { map: new Map() }
      }
    }
    const backend = new Shared()
    const uri = join(folder, 'out.csv')
    const { ends, counts } = await run(Odd, { redisItems: true, feeds: [{ uri }] }, { frontier: backend })
    expect(ends).toEqual([['/fast', 'failed']])
    expect(counts.dead).toBe(1)
    expect(backend.items).toEqual(['{"fine": 1}'])
    expect(readFileSync(uri, 'utf8').trim().split('\r\n')).toEqual(['fine', '1'])
    rmSync(folder, { recursive: true })
  })

  it('cannot be wanted where there is no Redis', async () => {
    const before = site.log.length
    await expect(run(Many, { redisItems: true })).rejects.toMatchObject({ code: 'ERR_SETTING_INVALID' })
    const frontier = new MemoryFrontier(memoryFrontierOptions(resolveSettings([])))
    await expect(run(Many, { redisItems: true }, { frontier })).rejects.toThrow('Set `redis` to its URL')
    expect(site.log).toHaveLength(before)
  })
})

describe('a crawl that cannot begin', () => {
  it('leaves nothing open: an extension that throws finds pipelines, feeds and the frontier closed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'skein-shared-'))
    const closed: string[] = []
    const backend = new Shared()
    const connect = backend.connect.bind(backend)
    backend.connect = async () => {
      const session = await connect()
      return { ...session, close: async () => void closed.push('session') }
    }
    const before = site.log.length
    const crawling = run(
      Many,
      {
        pipelines: [{ name: 'store', process: (item) => item, close: () => void closed.push('pipeline') }],
        feeds: [{ uri: join(folder, 'out.json') }],
        extensions: [
          { name: 'first', open: () => () => void closed.push('extension') },
          {
            name: 'second',
            open() {
              throw new Error('no licence')
            },
          },
        ],
      },
      { frontier: backend },
    )
    await expect(crawling).rejects.toThrow('no licence')
    expect(closed).toEqual(['extension', 'pipeline', 'session'])
    // closed: a document
    expect(JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8'))).toEqual([])
    expect(site.log).toHaveLength(before)
    rmSync(folder, { recursive: true })
  })

  it('because its frontier cannot be reached opens nothing', async () => {
    const opened: string[] = []
    const frontier: FrontierBackend = {
      connect: async () => {
        throw new Error('refused')
      },
    }
    const pipelines = [{ name: 'store', open: () => void opened.push('store'), process: (item: object) => item }]
    await expect(run(Many, { pipelines }, { frontier })).rejects.toThrow('refused')
    expect(opened).toEqual([])
  })
})
