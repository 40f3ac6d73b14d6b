import type { IncomingHttpHeaders } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Config, DownloadError, type Failure, Request, type Response, Spider } from '../../src/index.ts'
import { listen, type TestServer } from '../support/download.ts'
import { httpProxy, socksProxy, type TestProxy } from '../support/proxies.ts'
import { run, type Witnessed } from '../support/run.ts'
import { type Site, startSite } from '../support/site.ts'
import { site as certificate } from '../support/tls.ts'

/** Whom a proxy is asked for, and what it is told. */

const VARIABLES = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'].flatMap((name) => [name, name.toUpperCase()])
const opened: { close(): Promise<void> }[] = []

beforeEach(() => {
  for (const name of VARIABLES) vi.stubEnv(name, undefined)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  for (const one of opened.splice(0).reverse()) await one.close()
})

async function open<T extends { close(): Promise<void> }>(one: Promise<T>): Promise<T> {
  opened.push(await one)
  return one
}

interface PlainSite extends Site {
  readonly heard: IncomingHttpHeaders[]
}

/** A site of http that keeps the headers it gets. `/to?where` redirects. */
async function plainSite(): Promise<PlainSite> {
  const heard: IncomingHttpHeaders[] = []
  const site = await open(
    startSite({
      '/': (req, res) => {
        heard.push(req.headers)
        res.end('page')
      },
      '/to': (req, res) => {
        heard.push(req.headers)
        res.writeHead(302, { location: decodeURIComponent(req.url!.replace(/.*\?/, '')) }).end()
      },
      '/robots.txt': (_, res) => res.end('User-agent: *\nAllow: /'),
    }),
  )
  return Object.assign(site, { heard })
}

async function secureSite(): Promise<TestServer & { heard: IncomingHttpHeaders[] }> {
  const heard: IncomingHttpHeaders[] = []
  const server = createTlsServer(certificate, (req, res) => {
    heard.push(req.headers)
    res.end('secret page')
  })
  return Object.assign(await open(listen(server, 'https')), { heard })
}

interface Crawled {
  readonly crawl: Witnessed
  readonly pages: Response[]
  readonly failures: Failure[]
}

async function crawled(requests: () => Request[], config: Config = {}): Promise<Crawled> {
  const pages: Response[] = []
  const failures: Failure[] = []
  class Pages extends Spider {
    override *start(): Iterable<Request> {
      for (const request of requests()) yield request.replace({ errback: 'failed' })
    }
    override parse(page: Response): void {
      pages.push(page)
    }
    failed(failure: Failure): void {
      failures.push(failure)
    }
  }
  const crawl = await run(Pages, { verifyTls: false, ...config })
  return { crawl, pages, failures }
}

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
const withAuth = (proxy: TestProxy, userinfo: string): string => proxy.url.replace('://', `://${userinfo}@`)

describe('an http proxy with a name and a password', () => {
  it('row 76: fetches pages of http, asked in absolute form with the decoded name and password', async () => {
    const [site, proxy] = [await plainSite(), await open(httpProxy({ auth: 'user:p@ss' }))]
    const { pages, crawl } = await crawled(() => [new Request(`${site.url}/`)], { proxy: withAuth(proxy, 'user:p%40ss') })
    expect(pages.map((page) => page.body.toString())).toEqual(['page'])
    expect(proxy.asked).toEqual([`GET ${site.url}/`])
    expect(proxy.heard[0]).toMatchObject({ host: site.url.slice(7), 'proxy-authorization': basic('user:p@ss') })
    expect(site.heard[0]).not.toHaveProperty('proxy-authorization')
    // nobody knows the address of the site, and the page does not carry the password on
    expect(pages[0]!.ipAddress).toBeUndefined()
    expect(pages[0]!.request.options.proxy).toBeUndefined()
    expect(JSON.stringify(crawl.log)).not.toContain('p%40ss')
  })

  it('row 76: opens a way to pages of https, where the password does not come', async () => {
    const [site, proxy] = [await secureSite(), await open(httpProxy({ auth: 'user:p@ss' }))]
    const config = { proxy: withAuth(proxy, 'user:p%40ss') }
    const { pages } = await crawled(() => [new Request(site.url), new Request(`${site.url}/2`)], config)
    expect(pages.map((page) => page.body.toString())).toEqual(['secret page', 'secret page'])
    expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${site.url.slice(8)}`]))
    expect(proxy.heard[0]!['proxy-authorization']).toBe(basic('user:p@ss'))
    for (const headers of site.heard) expect(headers).not.toHaveProperty('proxy-authorization')
  })

  it('row 76: that refuses a way (407) is asked three times, and ends the page with ERR_PROXY', async () => {
    const [site, proxy] = [await secureSite(), await open(httpProxy({ auth: 'user:right' }))]
    const config = { proxy: withAuth(proxy, 'user:wr0ng'), retry: true, retryDelay: 0 }
    const { failures, crawl } = await crawled(() => [new Request(site.url)], config)
    expect(proxy.asked).toEqual(Array(3).fill(`CONNECT ${site.url.slice(8)}`))
    expect(failures).toHaveLength(1)
    const { error } = failures[0]!
    expect(error).toBeInstanceOf(DownloadError)
    expect(error).toMatchObject({ code: 'ERR_PROXY' })
    expect(String(error)).toContain(
      `the proxy ${proxy.url} did not open the way: it answered 407: it does not take the name and password`,
    )
    expect(crawl.stats).toMatchObject({ 'downloader/exception_count': 3, 'downloader/exception_type_count/ERR_PROXY': 3 })
    expect(JSON.stringify(crawl.log) + String((error as Error).stack)).not.toContain('wr0ng')
    expect(site.heard).toEqual([])
  })

  it('row 76: that does not fetch (407) ends the page with ERR_PROXY as well', async () => {
    const [site, proxy] = [await plainSite(), await open(httpProxy({ auth: 'user:right' }))]
    const { failures } = await crawled(() => [new Request(`${site.url}/`)], { proxy: proxy.url })
    expect(failures.map(({ error }) => (error as DownloadError).code)).toEqual(['ERR_PROXY'])
    expect(String(failures[0]!.error)).toContain('it wants a name and a password; put them in its URL')
  })
})

describe('which proxy', () => {
  it('row 76: is what the environment says', async () => {
    const [site, secure] = [await plainSite(), await secureSite()]
    const [one, two] = [await open(httpProxy()), await open(httpProxy())]
    vi.stubEnv('http_proxy', one.url)
    vi.stubEnv('HTTPS_PROXY', two.url)
    const { pages } = await crawled(() => [new Request(`${site.url}/`), new Request(secure.url)])
    expect(pages).toHaveLength(2)
    expect([one.asked, two.asked]).toEqual([[`GET ${site.url}/`], [`CONNECT ${secure.url.slice(8)}`]])
  })

  it('row 76: is none where the request says so, or another', async () => {
    const [site, usual, other] = [await plainSite(), await open(httpProxy()), await open(httpProxy())]
    const { pages } = await crawled(
      () => [
        new Request(`${site.url}/`, { proxy: null }),
        new Request(`${site.url}/?a`, { proxy: 'direct' }),
        new Request(`${site.url}/?b`, { proxy: other.url }),
        new Request(`${site.url}/?c`),
      ],
      { proxy: usual.url },
    )
    expect(pages).toHaveLength(4)
    expect([usual.asked, other.asked]).toEqual([[`GET ${site.url}/?c`], [`GET ${site.url}/?b`]])
  })

  it('row 76: may be said by a request where nothing else says any', async () => {
    const [site, proxy] = [await plainSite(), await open(httpProxy())]
    const { pages } = await crawled(() => [new Request(`${site.url}/`, { proxy: proxy.url })])
    expect([pages.length, proxy.asked]).toEqual([1, [`GET ${site.url}/`]])
  })

  it('row 76: is judged anew after a redirect', async () => {
    const [site, other, proxy] = [await plainSite(), await plainSite(), await open(httpProxy({ auth: 'u:p' }))]
    const { port } = new URL(other.url)
    const config = { proxy: withAuth(proxy, 'u:p'), noProxy: [`127.0.0.1:${port}`] }
    const { pages } = await crawled(() => [new Request(`${site.url}/to?${encodeURIComponent(`${other.url}/`)}`)], config)
    expect(pages.map(({ url }) => url)).toEqual([`${other.url}/`])
    expect(proxy.asked).toHaveLength(1)
    for (const headers of [...site.heard, ...other.heard]) expect(headers).not.toHaveProperty('proxy-authorization')
  })

  it('row 76: holds for robots.txt too', async () => {
    const [site, proxy] = [await plainSite(), await open(httpProxy())]
    const { pages } = await crawled(() => [new Request(`${site.url}/`)], { proxy: proxy.url, obeyRobotsTxt: true })
    expect([pages.length, proxy.asked]).toEqual([1, [`GET ${site.url}/robots.txt`, `GET ${site.url}/`]])
  })

  it('row 76: is asked for no page that noProxy names', async () => {
    const [site, proxy] = [await plainSite(), await open(httpProxy())]
    vi.stubEnv('no_proxy', '127.0.0.0/8')
    const { pages } = await crawled(() => [new Request(`${site.url}/`)], { proxy: proxy.url })
    expect([pages.length, proxy.asked]).toEqual([1, []])
  })

  it('row 76: that cannot be is an error at start, without the password', async () => {
    const site = await plainSite()
    vi.stubEnv('http_proxy', 'ftp://me:secret@proxy.test')
    const start = crawled(() => [new Request(`${site.url}/`)])
    await expect(start).rejects.toMatchObject({
      code: 'ERR_PROXY_URL',
      message: expect.stringContaining('the environment variable http_proxy'),
    })
    await expect(start).rejects.not.toMatchObject({ message: expect.stringContaining('secret') })
    expect(site.log).toEqual([])
  })
})

it('row 25: an unknown name and a closed port are tried three times each, then the errback hears of it once', async () => {
  const gone = await startSite({})
  await gone.close()
  for (const [url, code] of [
    [`${gone.url}/`, 'ERR_CONNECT'],
    ['http://nobody.invalid/', 'ERR_DNS'],
  ] as const) {
    const dnsServers = ['127.0.0.1:9']
    const { failures, crawl } = await crawled(() => [new Request(url)], { retry: true, retryDelay: 0, dnsServers, dnsTimeout: 1 })
    expect(failures.map(({ error }) => (error as DownloadError).code)).toEqual([code])
    expect(crawl.stats).toMatchObject({
      'downloader/exception_count': 3,
      [`downloader/exception_type_count/${code}`]: 3,
      'retry/count': 2,
      'retry/max_reached': 1,
    })
  }
})

describe('other proxies', () => {
  it('row 76: of https serve pages of both kinds', async () => {
    const [site, secure] = [await plainSite(), await secureSite()]
    const proxy = await open(httpProxy({ tls: certificate, auth: 'a:b' }))
    const { pages } = await crawled(() => [new Request(`${site.url}/`), new Request(secure.url)], {
      proxy: withAuth(proxy, 'a:b'),
    })
    expect(pages.map((page) => page.body.toString()).sort()).toEqual(['page', 'secret page'])
    expect(proxy.asked.sort()).toEqual([`CONNECT ${secure.url.slice(8)}`, `GET ${site.url}/`])
  })

  it('row 76: of SOCKS5 look names up themselves', async () => {
    const [site, secure, proxy] = [await plainSite(), await secureSite(), await open(socksProxy({ auth: 'us:p@' }))]
    const named = (url: string): string => url.replace('127.0.0.1', 'site.test')
    const { pages } = await crawled(() => [new Request(`${named(site.url)}/`), new Request(named(secure.url))], {
      proxy: withAuth(proxy, 'us:p%40'),
      dnsServers: ['127.0.0.1:9'],
    })
    expect(pages.map((page) => page.body.toString()).sort()).toEqual(['page', 'secret page'])
    expect(proxy.asked.sort()).toEqual([`socks ${named(site.url).slice(7)}`, `socks ${named(secure.url).slice(8)}`].sort())
  })
})
