import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type Config,
  type DownloaderMiddlewareSpec,
  type Failure,
  IgnoreRequest,
  Request,
  type Response,
  Spider,
} from '../../src/index.ts'
import { startRedis } from '../support/redis-server.ts'
import { run, type Witnessed } from '../support/run.ts'
import { type Route, type Site, startSite } from '../support/site.ts'

/** What robots.txt allows, and how it is asked for. */

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const site of open.splice(0)) await site.close()
})

async function siteWith(routes: Record<string, Route>): Promise<Site> {
  const site = await startSite(routes)
  open.push(site)
  return site
}

/** A crawl of these URLs. */
async function visit(urls: readonly string[], config: Config = {}): Promise<Witnessed & { failures: Failure[] }> {
  const failures: Failure[] = []
  class Visitor extends Spider {
    override *start() {
      for (const url of urls) yield new Request(url, { errback: 'failed' })
    }
    override parse(_page: Response): void {}
    failed(failure: Failure): void {
      failures.push(failure)
    }
  }
  const crawl = await run(Visitor, { obeyRobotsTxt: true, retry: true, retryDelay: 0, ...config })
  expect(crawl.reason).toBe('finished')
  return { ...crawl, failures }
}

const text =
  (status: number, body: string): Route =>
  (_, response) =>
    void response.writeHead(status, { 'content-type': 'text/plain' }).end(body)

const ends = ({ ends }: Witnessed): Record<string, string> => Object.fromEntries([...ends].sort())

it('row 37: what robots.txt forbids is not asked for, and its errback hears of it', async () => {
  const site = await siteWith({
    '/robots.txt': 'User-agent: *\nDisallow: /private\n',
    '/a': 'a',
    '/b': 'b',
    '/private/x': 'x',
  })
  const crawl = await visit(['/a', '/private/x', '/b'].map((path) => site.url + path))
  expect([...site.log].sort()).toEqual(['/a', '/b', '/robots.txt'])
  expect(ends(crawl)).toEqual({ '/a': 'done', '/b': 'done', '/private/x': 'robots' })
  expect(crawl.failures.map(({ request, error }) => [request.url, (error as IgnoreRequest).reason])).toEqual([
    [`${site.url}/private/x`, 'robots'],
  ])
  expect(crawl.failures[0]!.error).toBeInstanceOf(IgnoreRequest)
  expect(crawl.stats).toMatchObject({
    'robotstxt/request_count': 1,
    'robotstxt/response_count': 1,
    'robotstxt/response_status_count/200': 1,
    'robotstxt/forbidden': 1,
    // a robots.txt is no page: a difference that docs/differences.md tells
    response_received_count: 2,
    'downloader/response_count': 3,
  })
})

it('row 38: the longest rule wins, Allow a tie, and * and $ are what they are elsewhere', async () => {
  const rules = ['Disallow: /a', 'Allow: /a/b', 'Disallow: /a/b/c', 'Disallow: /*.pdf$', 'Allow: /tie', 'Disallow: /tie']
  const paths = ['/a', '/a/b', '/a/b/c', '/x.pdf', '/x.pdf?y', '/tie', '/d/e.pdf', '/'].sort()
  const site = await siteWith({
    '/robots.txt': `User-agent: *\n${rules.join('\n')}\n`,
    ...Object.fromEntries(paths.map((p) => [p, p])),
  })
  const crawl = await visit(paths.map((path) => site.url + path))
  expect(ends(crawl)).toEqual({
    '/': 'done',
    '/a': 'robots',
    '/a/b': 'done',
    '/a/b/c': 'robots',
    '/d/e.pdf': 'robots',
    '/tie': 'done',
    '/x.pdf': 'robots',
    '/x.pdf?y': 'done',
  })
})

describe('a robots.txt that cannot be had', () => {
  const body = 'User-agent: *\nDisallow: /no\n'
  const cases: [
    what: string,
    route: Route | undefined,
    ours: [yes: string, no: string],
    scrapys: [yes: string, no: string],
    asked: number,
  ][] = [
    ['404', undefined, ['done', 'done'], ['done', 'done'], 1],
    ['403 with a body', text(403, body), ['done', 'done'], ['done', 'robots'], 1],
    ['500 with a body', text(500, body), ['robots', 'robots'], ['done', 'robots'], 3],
    [
      'a redirect',
      (_, response) => void response.writeHead(302, { location: '/elsewhere' }).end(),
      ['done', 'robots'],
      ['done', 'robots'],
      1,
    ],
    ['a connection that breaks', (request) => void request.socket.destroy(), ['robots', 'robots'], ['done', 'done'], 3],
  ]

  it.each(cases)('row 39: %s', async (_, route, ours, scrapys, asked) => {
    for (const [robotsErrors, [yes, no]] of [
      ['rfc9309', ours],
      ['scrapy', scrapys],
    ] as const) {
      const routes: Record<string, Route> = { '/yes': 'x', '/no': 'x', '/elsewhere': text(200, body) }
      if (route !== undefined) routes['/robots.txt'] = route
      const site = await siteWith(routes)
      const crawl = await visit([`${site.url}/yes`, `${site.url}/no`], { robotsErrors })
      expect(ends(crawl)).toEqual({ '/yes': yes, '/no': no })
      // the http client itself asks once more on a connection that was closed under it
      expect(site.hits()['/robots.txt']).toBeGreaterThanOrEqual(asked)
      expect(crawl.stats['robotstxt/request_count']).toBe(1)
    }
  })

  it('row 39: a closed port', async () => {
    const site = await siteWith({})
    await site.close()
    expect(ends(await visit([`${site.url}/`]))).toEqual({ '/': 'robots' })
    const scrapys = await visit([`${site.url}/`], { robotsErrors: 'scrapy' })
    // allowed, but there is no page either
    expect(ends(scrapys)).toEqual({ '/': 'failed' })
    expect(scrapys.stats['robotstxt/exception_count/ERR_CONNECT']).toBe(1)
  })

  it('row 39: no answer within its time: the pages that wait end as robots', async () => {
    const site = await siteWith({ '/robots.txt': () => undefined, '/1': 'x', '/2': 'x' })
    const crawl = await visit([`${site.url}/1`, `${site.url}/2`], { downloadTimeout: 0.2, maxRetries: 1 })
    expect(ends(crawl)).toEqual({ '/1': 'robots', '/2': 'robots' })
    expect(site.log).toEqual(['/robots.txt', '/robots.txt'])
    expect(crawl.stats['robotstxt/exception_count/ERR_TIMEOUT']).toBe(1)
  })
})

describe('eight first requests', () => {
  it('row 40: one fetch of robots.txt', async () => {
    const site = await siteWith({ '/robots.txt': '', '/p': 'x' })
    await visit(Array.from({ length: 8 }, (_, i) => `${site.url}/p?${i}`))
    expect(site.log[0]).toBe('/robots.txt')
    expect(site.hits()['/robots.txt']).toBe(1)
    expect(site.log).toHaveLength(9)
  })

  it('row 40: those that wait when the crawl is aborted are given back, and none is lost', async () => {
    const force = new AbortController()
    const site = await siteWith({ '/robots.txt': () => force.abort() })
    class Waiting extends Spider {
      override startUrls = Array.from({ length: 8 }, (_, i) => `${site.url}/${i}`)
      override parse(): void {}
    }
    const crawl = await run(Waiting, { obeyRobotsTxt: true }, { force: force.signal })
    expect(crawl.reason).toBe('shutdown')
    expect(crawl.ends).toEqual([])
    expect(crawl.counts).toMatchObject({ leased: 0, done: 0, dead: 0 })
    expect(site.log).toEqual(['/robots.txt'])
  })
})

describe('robots.txt has no way of its own to a site', () => {
  interface Seen {
    readonly arrivals: number[]
    readonly paths: string[]
    peak: number
  }

  /** Two origins of one host, seen together. Their robots.txt is a redirect and answers 503 first. */
  async function twoOrigins(latency: number): Promise<{ urls: string[]; seen: Seen }> {
    const seen: Seen = { arrivals: [], paths: [], peak: 0 }
    const urls: string[] = []
    let active = 0
    for (let i = 0; i < 2; i++) {
      let asked = 0
      const server = createServer((request, response) => {
        seen.arrivals.push(performance.now())
        seen.paths.push(request.url!)
        seen.peak = Math.max(seen.peak, ++active)
        setTimeout(() => {
          active--
          if (request.url === '/robots.txt' && asked++ === 0) response.writeHead(503).end()
          else if (request.url === '/robots.txt') response.writeHead(301, { location: '/moved.txt' }).end()
          else response.end(request.url === '/moved.txt' ? 'User-agent: *\nDisallow: /no' : 'page')
        }, latency)
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      open.push({
        close: () =>
          new Promise((resolve) => {
            server.close(() => resolve())
            server.closeAllConnections()
          }),
      })
      urls.push(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    }
    return { urls, seen }
  }

  it.each([
    [1, 10],
    [4, 150],
  ])('row 40: with concurrency %i and a delay, each request of it takes a turn', async (concurrencyPerSlot, latency) => {
    const { urls, seen } = await twoOrigins(latency)
    const pages = urls.flatMap((url) => [`${url}/1`, `${url}/2`, `${url}/no`])
    const sent: number[] = []
    const watch: DownloaderMiddlewareSpec = {
      name: 'watch',
      order: 900,
      create: () => (request, next) => {
        sent.push(performance.now())
        return next(request)
      },
    }
    const crawl = await visit(pages, {
      delay: 0.15,
      randomizeDelay: false,
      concurrencyPerSlot,
      retryDelay: 0.02,
      downloaderMiddlewares: [watch],
    })
    expect(crawl.stats).toMatchObject({
      'request_end_count/done': 4,
      'request_end_count/robots': 2,
      'robotstxt/request_count': 2,
    })
    expect([...seen.paths].sort()).toEqual([
      '/1',
      '/1',
      '/2',
      '/2',
      '/moved.txt',
      '/moved.txt',
      ...Array.from({ length: 4 }, () => '/robots.txt'),
    ])
    expect(seen.peak).toBeLessThanOrEqual(concurrencyPerSlot)
    const least = (times: number[]): number => Math.min(...times.slice(1).map((at, i) => at - times[i]!))
    expect(sent).toHaveLength(seen.paths.length)
    expect(least(sent)).toBeGreaterThanOrEqual(150 - 2)
    // at the site the line and a busy machine count too; a request out of its turn would come some 30 ms after another at most
    expect(least(seen.arrivals)).toBeGreaterThanOrEqual(50)
  })

  it('row 40: two workers on Redis ask for it once each, in turn with their pages', async () => {
    const redis = await startRedis()
    open.push({ close: () => redis.stop() })
    const { urls, seen } = await twoOrigins(10)
    const pages = urls.flatMap((url) => [`${url}/1`, `${url}/2`, `${url}/3`, `${url}/no`])
    const config: Config = { redis: redis.url, delay: 0.1, randomizeDelay: false, concurrencyPerSlot: 1, retryDelay: 0 }
    const crawls = await Promise.all([visit(pages, config), visit(pages, config)])
    const ended = crawls.flatMap((crawl) => crawl.ends.filter(([, reason]) => reason !== 'duplicate'))
    expect(ended.map(([path]) => path).sort()).toEqual(['/1', '/1', '/2', '/2', '/3', '/3', '/no', '/no'])
    for (const { stats } of crawls) expect(stats['robotstxt/request_count'] ?? 0).toBeLessThanOrEqual(2)
    expect(seen.peak).toBe(1)
    const gaps = seen.arrivals.slice(1).map((at, i) => at - seen.arrivals[i]!)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(40)
  })

  it('row 40: without a delay it is within the concurrency', async () => {
    const { urls, seen } = await twoOrigins(20)
    await visit(
      urls.flatMap((url) => [`${url}/1`, `${url}/2`]),
      { concurrencyPerSlot: 1 },
    )
    expect(seen.paths).toHaveLength(10)
    expect(seen.peak).toBe(1)
  })
})
