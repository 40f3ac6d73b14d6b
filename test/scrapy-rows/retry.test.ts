import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type Config,
  type Failure,
  type IgnoreRequest,
  Request,
  type RequestInit,
  type Response,
  Spider,
} from '../../src/index.ts'
import { rawServer, type TestServer } from '../support/download.ts'
import { run, type Witnessed } from '../support/run.ts'
import { type Site, startSite } from '../support/site.ts'

/** What is tried again, how often and when. */

let site: Site | TestServer
afterEach(() => site.close())

interface Tried {
  readonly crawl: Witnessed
  /** Statuses that came to the callback. */
  readonly pages: number[]
  readonly failures: Failure[]
}

/** Asks for pages of the site, with an errback. */
async function tried(config: Config = {}, init: RequestInit = {}, paths = ['/']): Promise<Tried> {
  const pages: number[] = []
  const failures: Failure[] = []
  const { url } = site
  class One extends Spider {
    override *start() {
      for (const path of paths) yield new Request(`${url}${path}`, { errback: 'failed', ...init })
    }
    override parse(page: Response): void {
      pages.push(page.status)
    }
    failed(failure: Failure): void {
      failures.push(failure)
    }
  }
  const crawl = await run(One, { retry: true, retryDelay: 0, ...config })
  expect(crawl.reason).toBe('finished')
  return { crawl, pages, failures }
}

/** When each request came, in ms. */
const arrivals: { at: number; path: string; body: string; method: string }[] = []
afterEach(() => void (arrivals.length = 0))

/** Answers with these statuses in turn, the last one for ever. */
async function answers(...statuses: [status: number, headers?: Record<string, string>][]): Promise<void> {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const at = performance.now()
    let body = ''
    request.on('data', (data) => (body += data))
    request.on('end', () => {
      arrivals.push({ at, path: request.url!, body, method: request.method! })
      const [status, headers] = statuses.length > 1 ? statuses.shift()! : statuses[0]!
      response.writeHead(status, headers).end()
    })
  }
  site = await startSite({ '/': answer, '/other': answer })
}

const gaps = (): number[] => arrivals.slice(1).map(({ at }, i) => at - arrivals[i]!.at)

describe('always 503', () => {
  it('row 20: three requests, then the errback', async () => {
    await answers([503])
    const { crawl, pages, failures } = await tried()
    expect(arrivals).toHaveLength(3)
    expect(crawl.stats).toMatchObject({
      'retry/count': 2,
      'retry/reason_count/503 Service Unavailable': 2,
      'retry/max_reached': 1,
      response_received_count: 1,
      'downloader/response_status_count/503': 3,
      'request_end_count/http-error': 1,
    })
    expect(pages).toEqual([])
    expect(failures).toHaveLength(1)
    expect(failures[0]!.response!.status).toBe(503)
    expect((failures[0]!.error as IgnoreRequest).reason).toBe('http-error')
    expect(crawl.ends).toEqual([['/', 'http-error']])
  })

  it('row 20: waits longer before each try, unless retryDelay is 0', async () => {
    await answers([503])
    await tried({ retryDelay: 0.2 })
    const [first, second] = gaps()
    expect(first).toBeGreaterThanOrEqual(100 - 2)
    expect(second).toBeGreaterThanOrEqual(200 - 2)
  })

  it('row 20: the end is logged at giveUpLogLevel, of the request first, and says how many tries it took', async () => {
    for (const [settings, init, level] of [
      [{}, {}, 'error'],
      [{ giveUpLogLevel: 'warn' }, {}, 'warn'],
      [{ giveUpLogLevel: 'warn' }, { giveUpLogLevel: 'info' }, 'info'],
    ] as const) {
      await answers([503])
      const { crawl } = await tried(settings, init)
      const lines = crawl.log.filter(({ message }) => message.includes('after 3 tries'))
      expect(lines.map((line) => line.level)).toEqual([level])
      expect(lines[0]!.message).toContain(`<GET ${site.url}/> ended as http-error after 3 tries`)
      await site.close()
    }
  })

  it('row 20: a site that is overloaded is left alone as a whole', async () => {
    await answers([503], [200])
    await tried({ retryDelay: 0.2, concurrency: 1 }, {}, ['/', '/other'])
    expect(arrivals).toHaveLength(3)
    // whichever page it is, the next one comes after the back-off
    expect(gaps()[0]).toBeGreaterThanOrEqual(100 - 2)
  })
})

describe('429 with Retry-After', () => {
  it('row 21: waits as long as the site asks, with all that is for it', async () => {
    await answers([429, { 'Retry-After': '1' }], [200])
    const { crawl, pages } = await tried({ concurrency: 1 }, {}, ['/', '/other'])
    expect(gaps()[0]).toBeGreaterThanOrEqual(1000 - 2)
    expect(pages).toEqual([200, 200])
    expect(crawl.stats).toMatchObject({ 'retry/count': 1, 'retry/reason_count/429 Too Many Requests': 1 })
  })

  it('row 21: at once with the preset scrapy', async () => {
    await answers([429, { 'Retry-After': '3600' }])
    const { crawl } = await tried({ preset: 'scrapy', retryDelay: 0, maxTime: 20 })
    expect(arrivals).toHaveLength(3)
    expect(crawl.stats).toMatchObject({ 'retry/count': 2, 'retry/max_reached': 1 })
  })
})

it('row 22: 503 twice and then 200: the callback runs once', async () => {
  await answers([503], [503], [200])
  const { crawl, pages, failures } = await tried()
  expect(arrivals).toHaveLength(3)
  expect([pages, failures]).toEqual([[200], []])
  expect(crawl.stats).toMatchObject({ 'retry/count': 2 })
  expect(crawl.stats['retry/max_reached']).toBeUndefined()
  expect(crawl.ends).toEqual([['/', 'done']])
})

it.each([501, 404, 410])('row 23: %i is not tried again', async (status) => {
  await answers([status])
  const { crawl, failures } = await tried()
  expect(arrivals).toHaveLength(1)
  expect(failures.map(({ response }) => response?.status)).toEqual([status])
  expect(crawl.stats['retry/count']).toBeUndefined()
  expect(crawl.log.find(({ message }) => message.includes('ended as'))?.level).toBe('info')
})

describe('POST answered 500', () => {
  it('row 24: three POSTs, each with its body', async () => {
    await answers([500])
    await tried({}, { method: 'POST', body: 'a=1' })
    expect(arrivals.map(({ method, body }) => [method, body])).toEqual(Array.from({ length: 3 }, () => ['POST', 'a=1']))
  })

  it('row 24: one with retryUnsafe off, while GET is tried again', async () => {
    await answers([500])
    const { crawl, failures } = await tried({ retryUnsafe: false }, { method: 'POST', body: 'a=1' })
    expect([arrivals.length, failures.length]).toEqual([1, 1])
    expect(crawl.stats['retry/count']).toBeUndefined()
    await tried({ retryUnsafe: false })
    expect(arrivals).toHaveLength(4)
  })
})

describe('no answer', () => {
  it('row 25: a connection that is reset each time is tried three times, and the errback runs once', async () => {
    let asked = 0
    site = await rawServer((socket) => {
      asked++
      socket.resetAndDestroy()
    })
    const { crawl, failures } = await tried()
    expect(asked).toBeGreaterThanOrEqual(3)
    expect(crawl.stats).toMatchObject({
      'retry/count': 2,
      'retry/max_reached': 1,
      'retry/reason_count/ERR_RESET': 2,
      'downloader/exception_count': 3,
      'downloader/exception_type_count/ERR_RESET': 3,
    })
    expect(failures.map(({ error }) => (error as { code?: string }).code)).toEqual(['ERR_RESET'])
    const ends = crawl.log.filter(({ message }) => message.includes('ended as failed after 3 tries'))
    expect(ends.map(({ level }) => level)).toEqual(['error'])
  })

  it('row 25: a closed port is tried three times, or as retryErrors says', async () => {
    site = await startSite({})
    await site.close()
    const { crawl, failures } = await tried()
    expect(crawl.stats).toMatchObject({ 'retry/reason_count/ERR_CONNECT': 2, 'downloader/exception_count': 3 })
    expect(failures).toHaveLength(1)
    const once = await tried({ retryErrors: ['ERR_TIMEOUT'] })
    expect(once.crawl.stats['downloader/exception_count']).toBe(1)
    expect(once.failures).toHaveLength(1)
  })
})

describe('a callback that wants its page once more', () => {
  it('gets it as a retry, at the same depth, until maxRetries', async () => {
    let served = 0
    site = await startSite({ '/': '<a href="/list">x</a>', '/list': (_, response) => void response.end(String(++served)) })
    const { url } = site
    const seen: [body: string, tries: number, depth: number, dontFilter: boolean][] = []
    class Moody extends Spider {
      override startUrls = [`${url}/`]
      override *parse(page: Response) {
        yield page.follow('/list', { callback: 'list' })
      }
      *list(page: Response) {
        const { state, dontFilter } = page.request
        seen.push([page.body.toString(), state.retryTimes, state.depth, dontFilter])
        yield this.retry(page.request, 'empty list')
      }
    }
    const crawl = await run(Moody, { retryDelay: 0, depthLimit: 1 })
    expect(seen).toEqual([
      ['1', 0, 1, false],
      ['2', 1, 1, true],
      ['3', 2, 1, true],
    ])
    expect(crawl.stats).toMatchObject({ 'retry/count': 2, 'retry/max_reached': 1, 'retry/reason_count/empty list': 2 })
    expect(crawl.log.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
      `<GET ${url}/list> is not tried again after 3 tries: empty list`,
    ])
    expect(crawl.stats['request_end_count/done']).toBe(4)
  })
})
