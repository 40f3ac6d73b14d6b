import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import {
  type Config,
  createResponse,
  type DownloadError,
  type DownloaderMiddleware,
  type Failure,
  type HtmlResponse,
  IgnoreRequest,
  type Item,
  type Request,
  type Response,
  Spider,
} from '../../src/index.ts'
import { run, type Witnessed } from '../support/run.ts'
import { links, type Site, startSite } from '../support/site.ts'

let site: Site
beforeAll(async () => {
  site = await startSite({
    '/a': links(),
    '/b': links(),
    '/token': links(),
    '/private': links(),
    '/robots.txt': 'User-agent: *\nDisallow: /private\n',
    '/410': (_, response) => response.writeHead(410).end(),
    '/moved': (_, response) => response.writeHead(302, { location: '/token' }).end(),
  })
})
afterAll(() => site.close())
beforeEach(() => {
  site.log.length = 0
})

let heard: string[]
beforeEach(() => {
  heard = []
})

/** Fetches these paths; says of each whether its callback or its errback was called. */
async function fetch(paths: readonly string[], config: Config = {}, init: object = { errback: 'failed' }): Promise<Witnessed> {
  class Fetch extends Spider {
    override *start() {
      for (const path of paths) yield this.request(`${site.url}${path}`, init)
    }
    override parse(page: Response): void {
      heard.push(`callback ${page.status}`)
    }
    failed({ error, response }: Failure): void {
      const why = error instanceof IgnoreRequest ? error.reason : (error as DownloadError).code
      heard.push(`errback ${why} ${response?.status}`)
    }
  }
  return run(Fetch, { concurrency: 1, order: 'fifo', ...config })
}

it('row 41: a 404 that nobody handles is ignored, counted and visible', async () => {
  const { stats, ends, log } = await fetch(['/gone'], {}, {})
  expect(stats).toMatchObject({
    'httperror/response_ignored_count': 1,
    'httperror/response_ignored_status_count/404': 1,
    response_received_count: 1,
  })
  expect([heard, ends]).toEqual([[], [['/gone', 'http-error']]])
  expect(log.find(({ message }) => message.includes('/gone'))?.level).toBe('info')
})

it('row 41: a 404 goes to the errback where there is one', async () => {
  const { ends } = await fetch(['/gone'])
  expect([heard, ends]).toEqual([['errback http-error 404'], [['/gone', 'http-error']]])
})

it('row 42: handleStatus lets a status through to the callback, and no other', async () => {
  for (const [config, init] of [
    [{ handleStatus: [404] }, { errback: 'failed' }],
    [{}, { errback: 'failed', handleStatus: [404] }],
  ] as const) {
    heard.length = 0
    await fetch(['/gone', '/410'], config, init)
    expect(heard).toEqual(['callback 404', 'errback http-error 410'])
  }
})

it('row 42: handleStatus true lets any through', async () => {
  await fetch(['/gone', '/410', '/a'], {}, { errback: 'failed', handleStatus: true })
  expect(heard).toEqual(['callback 404', 'callback 410', 'callback 200'])
})

it('row 43: a callback that throws keeps the item and the request it gave, and the crawl goes on', async () => {
  class Throws extends Spider {
    override startUrls = [`${site.url}/a`]
    override *parse(page: HtmlResponse): Iterable<Item | Request> {
      yield { url: page.url }
      if (!page.url.endsWith('/a')) return
      yield page.follow('/b')
      throw new Error('broken')
    }
  }
  const { items, stats, reason, ok, ends } = await run(Throws)
  expect(items).toEqual([{ url: `${site.url}/a` }, { url: `${site.url}/b` }])
  expect(stats).toMatchObject({ 'spider_exceptions/count': 1, 'spider_exceptions/Error': 1 })
  expect({ reason, ok }).toEqual({ reason: 'finished', ok: true })
  expect(ends).toEqual([
    ['/a', 'failed'],
    ['/b', 'done'],
  ])
})

it('row 81: a download in a callback gives the response, passes the seen set by, and is counted', async () => {
  const got: unknown[] = []
  class Inline extends Spider {
    override startUrls = [`${site.url}/a`, `${site.url}/token`]
    override async parse(page: HtmlResponse): Promise<void> {
      if (!page.url.endsWith('/a')) return
      for (const path of ['/token', '/token', '/moved', '/gone']) {
        const response = await this.download(page.follow(path))
        got.push([response.status, response.url.replace(site.url, ''), response.constructor.name])
      }
    }
  }
  const { stats, ends, counts } = await run(Inline, { concurrency: 1 })
  expect(got).toEqual([
    [200, '/token', 'HtmlResponse'],
    [200, '/token', 'HtmlResponse'],
    [200, '/token', 'HtmlResponse'],
    [404, '/gone', 'HtmlResponse'],
  ])
  expect(site.hits()).toMatchObject({ '/token': 4, '/moved': 1, '/gone': 1 })
  // two pages, and four answers
  expect(stats['response_received_count']).toBe(6)
  expect([...ends].sort()).toEqual([
    ['/a', 'done'],
    ['/token', 'done'],
  ])
  expect(counts).toMatchObject({ done: 2, seen: 2 })
})

it('row 81: a download in a callback that fails, or that robots.txt forbids, throws', async () => {
  const got: unknown[] = []
  class Inline extends Spider {
    override startUrls = [`${site.url}/a`]
    override async parse(): Promise<void> {
      const error = (url: string, init = {}) => this.download(this.request(url, init)).catch((cause: unknown) => cause)
      got.push(((await error(`${site.url}/private`)) as IgnoreRequest).reason)
      got.push(((await error('http://127.0.0.1:1/', { dontObeyRobotsTxt: true })) as DownloadError).code)
    }
  }
  const { ends } = await run(Inline, { obeyRobotsTxt: true })
  expect([got, ends]).toEqual([['robots', 'ERR_CONNECT'], [['/a', 'done']]])
})

it('row 81: a download outside of a crawl is told what is missing', async () => {
  class Alone extends Spider {}
  await expect(new Alone().download('http://a.example/')).rejects.toThrow(
    expect.objectContaining({ code: 'ERR_NO_CRAWL', message: expect.stringContaining('alone') }),
  )
})

const middleware = (own: DownloaderMiddleware): Config => ({
  downloaderMiddlewares: [{ name: 'own', order: 1, create: () => own }],
})

it('row 82: a downloader middleware that gives a Response spares the network', async () => {
  const { stats } = await fetch(
    ['/a'],
    middleware(async (request) => createResponse({ url: request.url, request, status: 200 })),
  )
  expect([heard, site.log]).toEqual([['callback 200'], []])
  expect(stats['downloader/request_count']).toBeUndefined()
  expect(stats['response_received_count']).toBe(1)
})

it('row 82: a downloader middleware that gives a Request has it scheduled, through the duplicate filter', async () => {
  const { ends, stats } = await fetch(
    ['/b', '/a', '/410'],
    middleware(async (request, next) => (request.url.endsWith('/b') ? next(request) : request.replace({ url: `${site.url}/b` }))),
  )
  expect(site.log).toEqual(['/b'])
  expect([...ends].sort()).toEqual([
    ['/410', 'redirected'],
    ['/a', 'redirected'],
    ['/b', 'done'],
    ['/b', 'duplicate'],
    ['/b', 'duplicate'],
  ])
  expect(stats['dupefilter/filtered']).toBe(2)
})

it('row 82: a downloader middleware that throws IgnoreRequest is heard of by the errback', async () => {
  const refuse = middleware(async () => {
    throw new IgnoreRequest('not wanted')
  })
  const { ends } = await fetch(['/a'], refuse)
  expect([heard, ends, site.log]).toEqual([['errback ignored undefined'], [['/a', 'ignored']], []])
})
