import * as zlib from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { answer, downloadBench, failure, httpServer, rawServer, type TestServer } from '../../test/support/download.ts'
import { FakeClock } from '../../test/support/fake-clock.ts'
import { IgnoreRequest } from '../errors.ts'
import type { HtmlResponse } from '../http/html-response.ts'
import { Request } from '../http/request.ts'
import { Response } from '../http/response.ts'
import type { Settings } from '../settings/settings.ts'
import { systemClock } from '../util/clock.ts'
import type { DownloaderMiddlewareSpec, DownloadHandler } from './contract.ts'
import { createDownloader, type Downloader, type DownloaderParts } from './downloader.ts'

const opened: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

function make(
  settings: Partial<Settings> = {},
  parts: Partial<DownloaderParts> = {},
): Downloader & { bench: ReturnType<typeof downloadBench> } {
  const bench = downloadBench({ obeyRobotsTxt: false, ...settings }, parts.clock ?? systemClock)
  const downloader = createDownloader({ ...bench.context, ...parts })
  opened.push(downloader)
  return { ...downloader, bench }
}

async function serve(server: Promise<TestServer>): Promise<TestServer> {
  const one = await server
  opened.push(one)
  return one
}

/** A handler without a network. */
function fakeHandler(respond: (request: Request) => Response | Promise<Response>): DownloadHandler {
  return { download: async (request) => respond(request), close: async () => undefined }
}

const fake = (
  respond: (request: Request) => Response | Promise<Response> = (request) => answer(request),
): Partial<DownloaderParts> => ({
  handlers: { http: () => fakeHandler(respond) },
})

const step = (
  name: string,
  order: number,
  middleware: ReturnType<DownloaderMiddlewareSpec['create']>,
): DownloaderMiddlewareSpec => ({
  name,
  order,
  create: () => middleware,
})

describe('over the network', () => {
  it('sends the headers of Scrapy, with its own name, and decodes what comes', async () => {
    let head: string[] = []
    const server = await serve(
      httpServer((req, res) => {
        head = req.rawHeaders
        res.setHeader('Content-Type', 'text/html').setHeader('Content-Encoding', 'gzip').end(zlib.gzipSync('<p>hi</p>'))
      }),
    )
    const { download } = make()
    const page = await download(new Request(server.url))
    expect((page as HtmlResponse).text).toBe('<p>hi</p>')
    expect(head.slice(4)).toEqual([
      'Accept',
      'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
      'Accept-Language',
      'en',
      'User-Agent',
      expect.stringMatching(/^skein\/\d/),
      'Accept-Encoding',
      'gzip, deflate, br, zstd',
    ])
  })

  it('obeys robots.txt, which may be redirected and compressed', async () => {
    const asked: string[] = []
    const server = await serve(
      httpServer((req, res) => {
        asked.push(req.url!)
        if (req.url === '/robots.txt') res.writeHead(301, { Location: '/real.txt' }).end()
        else if (req.url === '/real.txt')
          res.setHeader('Content-Encoding', 'br').end(zlib.brotliCompressSync('User-agent: skein\nDisallow: /no'))
        else res.end('page')
      }),
    )
    const { download } = make({ obeyRobotsTxt: true })
    const results = await Promise.allSettled(
      [1, 2, 3, 4].map((n) => download(new Request(`${server.url}/${n % 2 === 0 ? 'no' : 'yes'}/${n}`))),
    )
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected'])
    expect(asked.slice(0, 2)).toEqual(['/robots.txt', '/real.txt'])
    expect(asked.slice(2).sort()).toEqual(['/yes/1', '/yes/3'])
  })

  it('gives a retry for a connection that breaks, and the error after the last', async () => {
    const server = await serve(rawServer((socket) => socket.destroy()))
    const { download, bench } = make()
    let request = new Request(server.url)
    for (let i = 1; i <= 2; i++) {
      const next = await download(request)
      expect(next).toBeInstanceOf(Request)
      request = next as Request
      expect(request.state.retryTimes).toBe(i)
    }
    expect((await failure(download(request))).code).toBe('ERR_RESET')
    expect(bench.stats.flat()).toMatchObject({
      'downloader/exception_count': 3,
      'downloader/exception_type_count/ERR_RESET': 3,
      'downloader/request_count': 3,
      'retry/count': 2,
      'retry/max_reached': 1,
    })
  })

  it('gives the redirect back, without credentials for another origin', async () => {
    const other = await serve(httpServer((_, res) => res.end()))
    const server = await serve(httpServer((_, res) => res.writeHead(302, { Location: `${other.url}/x` }).end()))
    const { download } = make()
    const next = (await download(new Request(server.url, { headers: { Authorization: 'Basic eA==', 'X-A': '1' } }))) as Request
    expect(next.url).toBe(`${other.url}/x`)
    expect(next.headers.has('authorization')).toBe(false)
    expect(next.headers.get('x-a')).toBe('1')
  })
})

describe('the chain', () => {
  it('stands in its order: those with a lower order see requests first and responses last', async () => {
    const seen: string[] = []
    const trace = (name: string, order: number): DownloaderMiddlewareSpec =>
      step(name, order, async (request, next) => {
        seen.push(`${name} in`)
        const result = await next(request)
        seen.push(`${name} out`)
        return result
      })
    const { download } = make({}, { ...fake(), middlewares: [trace('c', 900), trace('a', -5), trace('b', 450)] })
    await download(new Request('http://a.example/'))
    expect(seen).toEqual(['a in', 'b in', 'c in', 'c out', 'b out', 'a out'])
  })

  it('lets a middleware take the place of a built-in one, or none be there', async () => {
    const own = step('user-agent', 500, (request, next) =>
      next(request.replace({ headers: request.headers.with('User-Agent', 'own') })),
    )
    let sent: Request | undefined
    const handler = fake((request) => {
      sent = request
      return answer(request, 503)
    })
    const { download } = make({}, { ...handler, middlewares: [own, step('retry', 550, undefined)] })
    expect(await download(new Request('http://a.example/'))).toBeInstanceOf(Response)
    expect(sent?.headers.getAll('user-agent')).toEqual(['own'])
  })

  it('takes a response without a network, another request, and a refusal', async () => {
    let reached = 0
    const handler = fake((request) => {
      reached++
      return answer(request)
    })
    const by = (middleware: ReturnType<DownloaderMiddlewareSpec['create']>): Downloader =>
      make({}, { ...handler, middlewares: [step('own', 700, middleware)] })
    const request = new Request('http://a.example/')
    const short = make({}, { ...handler, middlewares: [step('own', 700, async (asked) => answer(asked, 418))] })
    expect(await short.download(request)).toMatchObject({ status: 418 })
    expect(short.bench.stats.flat()).toEqual({})
    const other = new Request('http://b.example/')
    expect(await by(async () => other).download(request)).toBe(other)
    const refusal = new IgnoreRequest('no')
    expect(await failure(by(() => Promise.reject(refusal)).download(request))).toBe(refusal)
    expect(reached).toBe(0)
  })

  it('names a middleware that returns nothing, and rejects where one throws at once', async () => {
    const forgetful = step('forgetful', 700, (async () => undefined) as never)
    const error = await failure(make({}, { ...fake(), middlewares: [forgetful] }).download(new Request('http://a.example/')))
    expect(error.code).toBe('ERR_MIDDLEWARE')
    expect(error.message).toContain('forgetful')
    const thrower = step('thrower', -1, () => {
      throw new TypeError('at once')
    })
    const { download } = make({}, { ...fake(), middlewares: [thrower] })
    const promise = download(new Request('http://a.example/'))
    expect((await failure(promise)).message).toBe('at once')
  })

  it.each([
    [[{ name: '', order: 1, create: () => undefined }]],
    [[{ name: 'a', order: Number.NaN, create: () => undefined }]],
    [
      [
        { name: 'a', order: 1, create: () => undefined },
        { name: 'a', order: 2, create: () => undefined },
      ],
    ],
  ])('refuses middlewares that have no place: %j', (middlewares) => {
    expect(() => make({}, { middlewares })).toThrow(expect.objectContaining({ code: 'ERR_MIDDLEWARE' }))
  })
})

describe('handlers', () => {
  it('are made when their scheme is met first, once', async () => {
    let made = 0
    const factory = async (): Promise<DownloadHandler> => {
      made++
      return fakeHandler((request) => answer(request))
    }
    const { download } = make({}, { handlers: { http: factory, https: factory } })
    expect(made).toBe(0)
    await Promise.all(['http://a.example/', 'http://a.example/2', 'https://a.example/'].map((url) => download(new Request(url))))
    await download(new Request('http://a.example/3'))
    expect(made).toBe(1)
  })

  it('that cannot be made fail the download, and are tried again', async () => {
    let made = 0
    const factory = (): DownloadHandler => {
      if (made++ === 0) throw new Error('not today')
      return fakeHandler((request) => answer(request))
    }
    const { download } = make({ retry: false }, { handlers: { http: factory } })
    expect((await failure(download(new Request('http://a.example/')))).message).toBe('not today')
    expect(await download(new Request('http://a.example/'))).toBeInstanceOf(Response)
  })

  it('a scheme that nobody speaks: ERR_SCHEME, once, with those there are', async () => {
    const { download, bench } = make()
    const error = await failure(download(new Request('gopher://a.example/')))
    expect(error.code).toBe('ERR_SCHEME')
    expect(error.message).toMatch(/gopher.*http, https/)
    expect(bench.stats.get('retry/count')).toBeUndefined()
  })

  it('are closed once each; a download afterwards is aborted', async () => {
    let closed = 0
    const factory = (): DownloadHandler => ({
      download: async (request) => answer(request),
      close: async () => {
        closed++
      },
    })
    const downloader = make({}, { handlers: { http: factory, https: factory } })
    await downloader.download(new Request('http://a.example/'))
    await downloader.download(new Request('https://a.example/'))
    await downloader.close()
    expect(closed).toBe(1)
    const never = make()
    await never.close()
    expect((await failure(never.download(new Request('http://a.example/')))).code).toBe('ERR_ABORTED')
  })

  it('that fail to close do not keep the others open', async () => {
    let closed = 0
    const { download, close } = make(
      {},
      {
        handlers: {
          http: () => ({ download: async (r) => answer(r), close: () => Promise.reject(new Error('stuck')) }),
          https: () => ({
            download: async (r) => answer(r),
            close: async () => {
              closed++
            },
          }),
        },
      },
    )
    await download(new Request('http://a.example/'))
    await download(new Request('https://a.example/'))
    await expect(close()).rejects.toThrow('stuck')
    expect(closed).toBe(1)
    opened.pop()
  })
})

describe('beside the queue', () => {
  it('follows redirects and waits for retries', async () => {
    const clock = new FakeClock()
    const asked: string[] = []
    const handler = fake((request) => {
      asked.push(request.url)
      if (request.url.endsWith('/1')) return answer(request, 302, { Location: '/2' })
      return asked.length < 4 ? answer(request, 503) : answer(request, 200, {}, 'there')
    })
    const { downloadInline } = make({}, { ...handler, clock })
    const running = downloadInline(new Request('http://a.example/1'))
    for (let tries = 2; tries <= 4; tries++) {
      while (asked.length < tries) await new Promise((resolve) => setImmediate(resolve))
      if (tries < 4) {
        while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve))
        clock.advance(3_600_000)
      }
    }
    expect((await running).body.toString()).toBe('there')
    expect(asked).toEqual(['http://a.example/1', 'http://a.example/2', 'http://a.example/2', 'http://a.example/2'])
  })

  it('does not wait on when it is closed', async () => {
    const clock = new FakeClock()
    const downloader = make({}, { ...fake((request) => answer(request, 503)), clock })
    const running = failure(downloader.downloadInline(new Request('http://a.example/')))
    while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve))
    await downloader.close()
    expect((await running).code).toBe('ERR_ABORTED')
    expect(clock.pending).toBe(0)
  })
})
