import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CloseSpider, type Config, type CrawlOptions, type HtmlResponse, Request, Spider } from '../../src/index.ts'
import { run, type Witnessed } from '../support/run.ts'
import { links, type Site, startSite } from '../support/site.ts'

let site: Site
let folder: string
/** Pages that are asked for and not answered. */
let held: ServerResponse[]
let onHeld: () => void

beforeEach(async () => {
  held = []
  onHeld = () => {}
  folder = mkdtempSync(join(tmpdir(), 'skein-closing-'))
  const page = (_: unknown, response: ServerResponse): void => void response.setHeader('content-type', 'text/html').end(links())
  site = await startSite({
    '/': links(...Array.from({ length: 30 }, (_, n) => `/page?${n}`)),
    '/page': page,
    '/held': (_, response) => {
      held.push(response.setHeader('content-type', 'text/html'))
      onHeld()
    },
  })
})
afterEach(async () => {
  await site.close()
  rmSync(folder, { recursive: true })
})

const holding = (count: number): Promise<void> =>
  new Promise((resolve) => {
    onHeld = () => {
      if (held.length === count) resolve()
    }
  })

/** Pages that link to nothing: what `parse` does is the test's. */
const crawlPages = (
  config: Config,
  parse: (page: HtmlResponse) => Iterable<object> = () => [],
  path = '/page',
  options: Omit<CrawlOptions, 'config'> = {},
): Promise<Witnessed> => {
  class Pages extends Spider {
    override *start() {
      for (let n = 0; n < 30; n++) yield this.request(`${site.url}${path}?${n}`)
    }
    override *parse(page: HtmlResponse) {
      yield* parse(page)
    }
  }
  return run(Pages, { order: 'fifo', concurrency: 4, concurrencyPerSlot: 4, ...config }, options)
}

const item = function* (page: HtmlResponse) {
  yield { url: page.url }
}
const none = () => []
const fails = (): never => {
  throw new Error('broken')
}

it('row 60: maxItems ends the crawl, with at most what is in flight beyond it', async () => {
  for (const concurrency of [1, 4]) {
    const { items, reason, ok } = await crawlPages({ maxItems: 3, concurrency }, item)
    expect({ reason, ok }).toEqual({ reason: 'closespider_itemcount', ok: true })
    expect(items.length).toBeGreaterThanOrEqual(3)
    expect(items.length).toBeLessThanOrEqual(3 + concurrency)
  }
})

it('row 61: maxPages, one at a time, is kept exactly', async () => {
  const { reason, stats } = await crawlPages({ maxPages: 3, concurrency: 1 })
  expect([reason, stats['response_received_count'], site.log.length]).toEqual(['closespider_pagecount', 3, 3])
})

it('row 61: maxErrors counts callbacks that threw', async () => {
  const { reason, stats } = await crawlPages({ maxErrors: 2, concurrency: 1 }, fails)
  expect([reason, stats['spider_exceptions/count'], site.log.length]).toEqual(['closespider_errorcount', 2, 2])
})

it('row 61: maxTime lets what is in flight finish', async () => {
  const both = holding(2)
  const started = Date.now()
  const crawling = crawlPages({ maxTime: 0.2, concurrency: 2 }, item, '/held')
  await both
  // the time is over while both hang: nothing else is started
  setTimeout(() => {
    for (const response of held) response.end(links())
  }, 300)
  const { reason, items } = await crawling
  expect(reason).toBe('closespider_timeout')
  expect(Date.now() - started).toBeGreaterThanOrEqual(200)
  expect([items.length, site.log.length]).toEqual([2, 2])
})

describe('seen from the server, with four at once', () => {
  it.each([
    ['maxPages', { maxPages: 10 }, none, 'closespider_pagecount', 10],
    ['maxItems', { maxItems: 10 }, item, 'closespider_itemcount', 10],
    ['maxErrors', { maxErrors: 10 }, fails, 'closespider_errorcount', 10],
    ['maxPagesWithoutItem', { maxPagesWithoutItem: 10 }, none, 'closespider_pagecount_no_item', 10],
  ] as const)('row 61: %s is exceeded by at most what is in flight', async (_, config, parse, reason, limit) => {
    expect((await crawlPages(config, parse)).reason).toBe(reason)
    expect(site.log.length).toBeGreaterThanOrEqual(limit)
    expect(site.log.length).toBeLessThanOrEqual(limit + 4)
  })

  it('row 61: items keep a crawl from ending for want of them', async () => {
    let pages = 0
    const sometimes = function* () {
      if (++pages === 6) yield { n: pages }
    }
    const { reason } = await crawlPages({ maxPagesWithoutItem: 10, concurrency: 1 }, sometimes)
    expect([reason, site.log.length]).toEqual(['closespider_pagecount_no_item', 16])
  })

  it('row 61: maxTimeWithoutItem ends a crawl that waits for a page, after that', async () => {
    const four = holding(4)
    const crawling = crawlPages({ maxTimeWithoutItem: 0.1 }, none, '/held')
    await four
    setTimeout(() => {
      for (const response of held) response.end(links())
    }, 200)
    expect((await crawling).reason).toBe('closespider_timeout_no_item')
    expect(site.log).toHaveLength(4)
  })
})

it('row 62: CloseSpider in a callback gives the reason; what is in flight finishes, and feeds are whole', async () => {
  const uri = join(folder, 'out.json')
  const both = holding(2)
  const crawling = crawlPages(
    { concurrency: 2, feeds: [{ uri }] },
    function* (page) {
      yield { url: page.url }
      if (page.url.endsWith('?0')) throw new CloseSpider('mine')
    },
    '/held',
  )
  await both
  held[0]!.end(links())
  setImmediate(() => held[1]!.end(links()))
  const { reason, ok, counts } = await crawling
  expect({ reason, ok, leased: counts.leased }).toEqual({ reason: 'mine', ok: true, leased: 0 })
  expect(JSON.parse(readFileSync(uri, 'utf8'))).toHaveLength(counts.done)
  expect(site.log.length).toBe(counts.done)
})

it('row 71: spiderIdle adds a request, which is fetched; keepOpen has it asked again', async () => {
  class One extends Spider {
    override startUrls = [`${site.url}/page?1`]
    override parse(): void {}
  }
  const times: number[] = []
  const { reason, ends } = await run(One, {
    extensions: [
      {
        name: 'idle',
        open: ({ signals }) =>
          signals.on('spiderIdle', async ({ enqueue, keepOpen }) => {
            times.push(Date.now())
            if (times.length === 1) keepOpen(0.1)
            if (times.length === 2) await enqueue([new Request(`${site.url}/page?2`)])
          }),
      },
    ],
  })
  expect(reason).toBe('finished')
  expect(ends.map(([path]) => path)).toEqual(['/page?1', '/page?2'])
  expect(times).toHaveLength(3)
  expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(99)
})

it('row 83: the first interrupt finishes what is in flight; items, feed and closed() are there', async () => {
  const uri = join(folder, 'once.json')
  const interrupt = new AbortController()
  const closed: string[] = []
  const both = holding(2)
  class Two extends Spider {
    override *start() {
      for (let n = 0; n < 9; n++) yield this.request(`${site.url}/held?${n}`)
    }
    override *parse(page: HtmlResponse) {
      yield { url: page.url }
    }
    override closed(reason: string): void {
      closed.push(reason)
    }
  }
  const crawling = run(Two, { concurrency: 2, feeds: [{ uri }] }, { signal: interrupt.signal })
  await both
  interrupt.abort()
  for (const response of held) response.end(links())
  const { reason, ok, counts, items } = await crawling
  expect({ reason, ok, closed }).toEqual({ reason: 'shutdown', ok: true, closed: ['shutdown'] })
  expect([items.length, site.log.length, counts.queued, counts.leased]).toEqual([2, 2, 7, 0])
  expect(JSON.parse(readFileSync(uri, 'utf8'))).toHaveLength(2)
})

it('row 83: the second ends the crawl now: feeds are whole all the same, closed() is called, nothing is lost', async () => {
  const uri = join(folder, 'twice.json')
  const [first, second] = [new AbortController(), new AbortController()]
  const hangs = holding(1)
  const closed: string[] = []
  class Two extends Spider {
    override *start() {
      yield this.request(`${site.url}/page?1`)
      yield this.request(`${site.url}/held`)
    }
    override *parse(page: HtmlResponse) {
      yield { url: page.url }
    }
    override closed(reason: string): void {
      closed.push(reason)
    }
  }
  const crawling = run(Two, { order: 'fifo', concurrency: 1, feeds: [{ uri }] }, { signal: first.signal, force: second.signal })
  await hangs
  first.abort()
  second.abort()
  const { reason, counts } = await crawling
  expect({ reason, closed }).toEqual({ reason: 'shutdown', closed: ['shutdown'] })
  expect(counts).toMatchObject({ done: 1, queued: 1, leased: 0 })
  expect(JSON.parse(readFileSync(uri, 'utf8'))).toEqual([{ url: `${site.url}/page?1` }])
})
