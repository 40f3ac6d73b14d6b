import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Config, type DownloaderMiddlewareSpec, Response, Spider } from '../src/index.ts'
import { run } from './support/run.ts'
import { WatchedFrontier } from './support/watched-frontier.ts'

/**
 * More than 10,000 requests to one site, as the site sees them: never more open in a slot than its concurrency, never closer together than its delay,
 * with retries and redirects in between.
 *
 * Of two requests the first may be longer on its way than the second, so what lies between two arrivals proves nothing on a busy machine. What must hold is
 * exact all the same: a request arrives no sooner than the delay after the one before it was *granted*. Leases are written down in the order in
 * which the frontier gives them, with the time before it was asked.
 */

const HOSTS = Array.from({ length: 9 }, (_, n) => `127.0.0.${n + 1}`)

interface Arrival {
  readonly path: string
  readonly slot: string
  readonly at: number
  /** Open in this slot at that moment, this one included. */
  readonly open: number
}

interface Granted {
  /** Before the frontier was asked, in ms. */
  readonly before: number
  readonly arrival: Arrival
}

let server: Server
let port: number
let arrivals: Arrival[] = []
/** When 429 was answered, by slot. */
let refusals: { slot: string; at: number }[] = []
const open = new Map<string, number>()
const tries = new Map<string, number>()
/** What robots.txt says everywhere. */
let robots = ''
/** The first so many of a slot are answered when all of them are there: a crawl that does not fill its places never ends. */
let fill = 0
const filling = new Map<string, (() => void)[]>()
let total = 0

/** `/page?n=1` is a page; `again=1` fails so often first; `to=…` redirects; `wait=1` asks to be left alone for a second, once. */
beforeAll(async () => {
  server = createServer((request, response) => {
    const at = Date.now()
    const url = new URL(request.url!, `http://${request.headers.host}`)
    const slot = url.searchParams.get('slot') ?? url.hostname
    const inside = (open.get(slot) ?? 0) + 1
    open.set(slot, inside)
    arrivals.push({ path: `${url.host}${request.url}`, slot, at, open: inside })
    const tried = (tries.get(url.href) ?? 0) + 1
    tries.set(url.href, tried)
    const answer = (status: number, headers: Record<string, string> = {}): void => {
      // before the last byte leaves: whoever has the answer may ask again at once
      open.set(slot, open.get(slot)! - 1)
      response.writeHead(status, { 'content-type': 'text/html', 'content-length': '3', ...headers }).end('<p>')
    }
    const to = url.searchParams.get('to')
    if (url.pathname === '/robots.txt') {
      open.set(slot, inside - 1)
      response.writeHead(200, { 'content-type': 'text/plain' }).end(robots)
      return
    }
    const respond = (): void => {
      if (url.searchParams.has('wait') && tried === 1) {
        refusals.push({ slot, at: Date.now() })
        answer(429, { 'retry-after': '1' })
      } else if (tried <= Number(url.searchParams.get('again') ?? 0)) answer(tried % 2 === 0 ? 500 : 503)
      else if (to !== null) answer(302, { location: to })
      else answer(200)
    }
    const early = filling.get(slot) ?? []
    filling.set(slot, early)
    if (early.length < fill) {
      early.push(respond)
      // one too many has the time to come
      if (early.length === fill) setTimeout(() => early.forEach((one) => void one()), 20)
    }
    // long enough for others to come meanwhile, if they are let
    else setImmediate(respond)
  })
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  port = (server.address() as AddressInfo).port
})
afterEach(() => {
  arrivals = []
  refusals = []
  open.clear()
  tries.clear()
  filling.clear()
  fill = 0
})
afterAll(() => {
  server.close()
  server.closeAllConnections()
})

const withoutScheme = (url: string): string => url.slice('http://'.length)

/** Crawls these paths of these hosts, and gives what arrived by slot, each with when it was granted. */
async function crawlAll(
  hosts: readonly string[],
  paths: readonly string[],
  config: Config,
): Promise<{ bySlot: Map<string, Granted[]>; watched: WatchedFrontier; toldAt: Map<string, number> }> {
  const watched = new WatchedFrontier(config)
  const toldAt = new Map<string, number>()
  class Site extends Spider {
    override *start() {
      for (const path of paths) {
        const slot = new URL(path, 'http://x').searchParams.get('slot')
        for (const host of hosts) yield this.request(`http://${host}:${port}${path}`, slot === null ? {} : { slot })
      }
    }
    override parse(): void {}
  }
  /** Outside of everything: when a 429 comes by here, the slot has been told. */
  const listener: DownloaderMiddlewareSpec = {
    name: 'listener',
    order: 1,
    create: () => async (request, next) => {
      const result = await next(request)
      if (!(result instanceof Response) && request.url.includes('wait=')) toldAt.set(slotOf(request.url), watched.calls)
      return result
    },
  }
  const settings: Config = { retry: true, retryDelay: 0, ...config }
  const result = await run(Site, { ...settings, downloaderMiddlewares: [listener] }, { frontier: watched })
  expect(result.reason).toBe('finished')
  expect(result.ends.filter(([, reason]) => !['done', 'redirected', 'duplicate'].includes(reason))).toEqual([])
  expect([...open.values()].filter((n) => n !== 0)).toEqual([])
  total += arrivals.length
  const pages = arrivals.filter(({ path }) => !path.endsWith('/robots.txt'))
  // every grant is one arrival, and nothing came that was not granted; a page that waits for robots.txt is granted once more
  if (config.obeyRobotsTxt === true) expect(watched.grants.length).toBeGreaterThanOrEqual(pages.length)
  else expect(watched.grants.length).toBe(arrivals.length)

  const arrived = new Map<string, Arrival[]>()
  for (const arrival of pages) arrived.set(arrival.path, [...(arrived.get(arrival.path) ?? []), arrival])
  const toCome = new Map<string, number>()
  for (const { url } of watched.grants) toCome.set(withoutScheme(url), (toCome.get(withoutScheme(url)) ?? 0) + 1)
  const bySlot = new Map<string, Granted[]>()
  for (const { url, before } of watched.grants) {
    const path = withoutScheme(url)
    const left = toCome.get(path)!
    toCome.set(path, left - 1)
    // of several grants the last ones are those that went out
    if (left > arrived.get(path)!.length) continue
    const arrival = arrived.get(path)!.shift()!
    const granted = bySlot.get(arrival.slot) ?? []
    bySlot.set(arrival.slot, granted)
    granted.push({ before, arrival })
  }
  return { bySlot, watched, toldAt }
}

function slotOf(url: string): string {
  const { searchParams, hostname } = new URL(url)
  return searchParams.get('slot') ?? hostname
}

function expectAtMost(granted: readonly Granted[], concurrency: number): void {
  expect(Math.max(...granted.map(({ arrival }) => arrival.open))).toBeLessThanOrEqual(concurrency)
}

function expectApart(granted: readonly Granted[], delay: number): void {
  const gaps = granted.slice(1).map(({ arrival }, i) => arrival.at - granted[i]!.before)
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(delay)
}

/** Pages, of which some fail at first, and some lead to another page of this host or of another one. */
function mixed(count: number, query = ''): string[] {
  return Array.from({ length: count }, (_, n) => {
    const page = `/page?n=${n}${query}`
    if (n % 10 === 3) return `${page}&again=${1 + (n % 2)}`
    if (n % 10 === 6) return `${page}&to=${encodeURIComponent(`/target?n=${n}${query}`)}`
    if (n % 10 === 9 && query === '')
      return `${page}&to=${encodeURIComponent(`//${HOSTS[n % HOSTS.length]}:${port}/elsewhere?n=${n}`)}`
    return page
  })
}

describe('without a delay', () => {
  for (const concurrencyPerSlot of [1, 2, 8]) {
    it(`no host has more than ${concurrencyPerSlot} open`, { timeout: 60_000 }, async () => {
      fill = concurrencyPerSlot
      const { bySlot } = await crawlAll(HOSTS, mixed(110), { concurrency: 72, concurrencyPerSlot })
      expect([...bySlot.keys()].sort()).toEqual(HOSTS)
      for (const granted of bySlot.values()) expectAtMost(granted, concurrencyPerSlot)
    })
  }

  it('one host alone has no more than its share of all places', async () => {
    const { bySlot } = await crawlAll(HOSTS.slice(0, 1), mixed(1000), { concurrency: 64, concurrencyPerSlot: 5 })
    for (const granted of bySlot.values()) expectAtMost(granted, 5)
  })
})

describe('with a delay', () => {
  for (const concurrencyPerSlot of [1, 2, 8]) {
    for (const randomizeDelay of [false, true]) {
      it(`of 8 ms${randomizeDelay ? ', drawn,' : ''} nothing comes too soon, with ${concurrencyPerSlot} at once`, async () => {
        const config = { delay: 0.008, randomizeDelay, concurrency: 40, concurrencyPerSlot }
        const { bySlot } = await crawlAll(HOSTS, mixed(70), config)
        for (const granted of bySlot.values()) {
          expectAtMost(granted, concurrencyPerSlot)
          expectApart(granted, randomizeDelay ? 4 : 8)
        }
      })
    }
  }
})

describe('slots by name', () => {
  it('each keep to their own settings, on one host and beside it', async () => {
    const slots = {
      narrow: { concurrency: 1 },
      wide: { concurrency: 12 },
      slow: { delay: 0.02, randomizeDelay: false },
      drawn: { delay: 0.02, randomizeDelay: true },
      '127.0.0.1': { concurrency: 2, delay: 0.005, randomizeDelay: false },
    }
    const paths = [
      ...mixed(400, '&slot=narrow'),
      ...mixed(1000, '&slot=wide'),
      ...mixed(40, '&slot=slow'),
      ...mixed(40, '&slot=drawn'),
      ...mixed(400, '&slot=other'),
      ...Array.from({ length: 100 }, (_, n) => `/page?n=${n}`),
    ]
    const { bySlot } = await crawlAll(HOSTS.slice(0, 1), paths, { concurrency: 40, concurrencyPerSlot: 3, slots })
    expect([...bySlot.keys()].sort()).toEqual(['127.0.0.1', 'drawn', 'narrow', 'other', 'slow', 'wide'])
    const most = { narrow: 1, wide: 12, slow: 3, drawn: 3, other: 3, '127.0.0.1': 2 }
    for (const [slot, concurrency] of Object.entries(most)) expectAtMost(bySlot.get(slot)!, concurrency)
    expectApart(bySlot.get('slow')!, 20)
    expectApart(bySlot.get('drawn')!, 10)
    expectApart(bySlot.get('127.0.0.1')!, 5)
  })
})

describe('a host that answers 429', () => {
  for (const concurrencyPerSlot of [1, 8]) {
    it(`is left alone as long as it asks, with ${concurrencyPerSlot} at once, and the others are not`, async () => {
      const refusing = HOSTS.slice(0, 2)
      const paths = mixed(60).map((path, n) => (n === 40 ? '/page?n=40&wait=1' : path))
      const quiet = HOSTS.slice(2, 4).map((host) => `/page?slot=${host}`)
      const { watched, bySlot, toldAt } = await crawlAll(refusing, [...paths, ...quiet], { concurrency: 40, concurrencyPerSlot })
      expect(refusals.map(({ slot }) => slot).sort()).toEqual(refusing)
      let held = 0
      for (const { url, before, call } of watched.grants) {
        const refusal = refusals.find(({ slot }) => slot === slotOf(url))
        if (refusal === undefined || call <= toldAt.get(refusal.slot)!) continue
        held++
        expect(before).toBeGreaterThanOrEqual(refusal.at + 1000)
      }
      expect(held).toBeGreaterThan(0)
      for (const granted of bySlot.values()) expectAtMost(granted, concurrencyPerSlot)
    })
  }
})

describe('a Crawl-delay', () => {
  it('is kept from the first page on, by the pages that waited for robots.txt too', async () => {
    robots = 'User-agent: *\nCrawl-delay: 0.02'
    const { bySlot } = await crawlAll(HOSTS, mixed(20), { obeyRobotsTxt: true, concurrency: 72 })
    expect(arrivals.filter(({ path }) => path.endsWith('/robots.txt'))).toHaveLength(HOSTS.length)
    for (const granted of bySlot.values()) expectApart(granted, 20)
  })

  it('has no effect where nobody wants it to', async () => {
    robots = 'User-agent: *\nCrawl-delay: 60'
    const config = { obeyRobotsTxt: true, obeyCrawlDelay: false, concurrencyPerSlot: 2 }
    const { bySlot } = await crawlAll(HOSTS.slice(0, 2), mixed(20), config)
    for (const granted of bySlot.values()) expectAtMost(granted, 2)
  })
})

it('these were more than 10,000 requests', () => {
  expect(total).toBeGreaterThan(10_000)
})
