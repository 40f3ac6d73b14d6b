import type { IncomingHttpHeaders } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import type { Config, HtmlResponse, RequestInit } from '../../src/index.ts'
import { Spider } from '../../src/index.ts'
import { run, type Witnessed } from '../support/run.ts'
import { links, type Route, type Site, startSite } from '../support/site.ts'

const open: Site[] = []
afterEach(async () => {
  for (const site of open.splice(0)) await site.close()
})

async function site(routes: Record<string, Route>): Promise<Site> {
  const started = await startSite(routes)
  open.push(started)
  return started
}

/** Follows every link. */
function crawlFrom(url: string, config: Config = {}, init: RequestInit = {}, allowedDomains: string[] = []): Promise<Witnessed> {
  class Links extends Spider {
    override startUrls = [url]
    override allowedDomains = allowedDomains
    override *parse(page: HtmlResponse) {
      yield* page.followAll('a', init as object)
    }
  }
  return run(Links, config)
}

describe('depth', () => {
  /** Two links on each page, three levels below the first. */
  const tree: Record<string, Route> = {}
  const grow = (path: string, level: number): void => {
    tree[path] = level === 3 ? links() : links(`${path}a`, `${path}b`)
    if (level < 3) for (const branch of 'ab') grow(path + branch, level + 1)
  }
  grow('/', 0)

  it.each([
    [2, 7, 8],
    [1, 3, 4],
  ])('row 44: depthLimit %i: %i requests, %i ignored', async (depthLimit, requests, ignored) => {
    const server = await site(tree)
    const { stats, ends } = await crawlFrom(`${server.url}/`, { depthLimit })
    expect([server.log.length, stats['depth/request_ignored_count']]).toEqual([requests, ignored])
    expect(stats['request_depth_max']).toBe(depthLimit)
    expect(ends.filter(([, reason]) => reason === 'depth')).toHaveLength(ignored)
  })

  it('row 44: a redirect adds no depth', async () => {
    const moved: Route = (_, response) => response.writeHead(302, { location: '/b' }).end()
    const server = await site({ '/': links('/a'), '/a': moved, '/b': links('/c'), '/c': links('/d') })
    const { ends } = await crawlFrom(`${server.url}/`, { depthLimit: 2 })
    expect(server.log).toEqual(['/', '/a', '/b', '/c'])
    expect(ends.at(-2)).toEqual(['/d', 'depth'])
  })

  it('row 44: depthStats counts the requests of each depth', async () => {
    const server = await site(tree)
    const { stats } = await crawlFrom(`${server.url}/`, { depthLimit: 2, depthStats: true })
    expect([0, 1, 2, 3].map((depth) => stats[`request_depth_count/${depth}`])).toEqual([1, 2, 4, undefined])
  })
})

describe('offsite', () => {
  const port = (site: Site): string => new URL(site.url).port

  it('row 45: other hosts are not asked, links and redirects alike; a subdomain is', async () => {
    const other = await site({})
    // .localhost is this machine in every resolver that Node asks, or nowhere: what counts is that it is tried
    const moved: Route = (_, response) => response.writeHead(302, { location: `http://127.0.0.1:${port(other)}/moved` }).end()
    const away = `http://127.0.0.1:${port(other)}`
    const server = await site({
      '/': links(`${away}/1`, `${away}/2`, 'http://evil.example/', 'http://sub.localhost:1/', '/moved', '/in'),
      '/moved': moved,
      '/in': links(),
    })
    const { stats, ends } = await crawlFrom(`http://localhost:${port(server)}/`, {}, {}, ['localhost'])
    expect(other.log).toEqual([])
    expect(server.log.sort()).toEqual(['/', '/in', '/moved'])
    expect([stats['offsite/filtered'], stats['offsite/domains']]).toEqual([4, 2])
    expect(
      ends
        .filter(([, reason]) => reason === 'offsite')
        .map(([path]) => path)
        .sort(),
    ).toEqual(['/', '/1', '/2', '/moved'])
    // the one to the subdomain: nothing listens there
    expect(ends.filter(([path, reason]) => path === '/' && reason === 'failed')).toHaveLength(1)
  })

  it.each([{ dontFilter: true }, { allowOffsite: true }])('row 45: %j passes', async (init) => {
    const other = await site({ '/there': links() })
    const server = await site({ '/': links(`${other.url}/there`) })
    const { stats } = await crawlFrom(`http://localhost:${port(server)}/`, {}, init, ['localhost'])
    expect(other.log).toEqual(['/there'])
    expect(stats['offsite/filtered']).toBeUndefined()
  })
})

it('row 46: a URL of 2083 characters is fetched, one of 2084 is not, whoever asks for it', async () => {
  const long = (start: string, length: number): string => start.padEnd(length, 'x')
  const server = await site({})
  const fine = long(`${server.url}/`, 2083)
  const page = await site({
    '/': links(fine, `${fine}y`, '/moved'),
    '/moved': (_, response) => response.writeHead(302, { location: `${fine}redirected` }).end(),
  })
  class Seeds extends Spider {
    override startUrls = [`${page.url}/`, `${fine}seed`]
    override *parse(found: HtmlResponse) {
      yield* found.followAll('a')
    }
  }
  const { stats, ends } = await run(Seeds)
  expect(server.log).toEqual([fine.slice(server.url.length)])
  expect(stats['urllength/request_ignored_count']).toBe(3)
  expect(
    ends
      .filter(([, reason]) => reason === 'url-length')
      .map(([path]) => path.length + server.url.length)
      .sort(),
  ).toEqual([2084, 2087, 2093])
})

describe('Referer', () => {
  const seen: { host: string; referer: string | undefined }[] = []
  const leaf: Route = (request, response) => {
    seen.push({ host: request.headers.host!, referer: (request.headers as IncomingHttpHeaders).referer })
    response.writeHead(200, { 'content-type': 'text/html' }).end()
  }

  /** What a link to the page's own site and one to another are asked with; `{here}` is the page's origin. */
  async function told(
    config: Config = {},
    init: RequestInit = {},
    headers: Record<string, string> = {},
  ): Promise<(string | undefined)[]> {
    seen.length = 0
    const other = await site({ '/leaf': leaf })
    const server = await site({
      '/list?p=1': (_, response) =>
        response.writeHead(200, { 'content-type': 'text/html', ...headers }).end(links('/leaf', `${other.url}/leaf`)),
      '/leaf': leaf,
    })
    await crawlFrom(`${server.url}/list?p=1#top`, config, init)
    expect(seen).toHaveLength(2)
    const of = (site: Site): string | undefined =>
      seen.find(({ host }) => `http://${host}` === site.url)!.referer?.replace(server.url, '{here}')
    return [of(server), of(other)]
  }

  const FULL = '{here}/list?p=1'
  it.each([
    ['scrapy-default', FULL, FULL],
    ['no-referrer', undefined, undefined],
    ['no-referrer-when-downgrade', FULL, FULL],
    ['same-origin', FULL, undefined],
    ['origin', '{here}/', '{here}/'],
    ['strict-origin', '{here}/', '{here}/'],
    ['origin-when-cross-origin', FULL, '{here}/'],
    ['strict-origin-when-cross-origin', FULL, '{here}/'],
    ['unsafe-url', FULL, FULL],
  ] as const)('row 47: %s: own site %s, other site %s', async (referrerPolicy, own, other) => {
    expect(await told({ referrerPolicy })).toEqual([own, other])
    expect(await told({}, { referrerPolicy })).toEqual([own, other])
    expect(await told({}, {}, { 'Referrer-Policy': `bogus, ${referrerPolicy}` })).toEqual([own, other])
  })

  it('row 47: by default the full URL, to other sites too, without the fragment; none with a seed', async () => {
    expect(await told()).toEqual([FULL, FULL])
    const server = await site({ '/leaf': leaf })
    seen.length = 0
    await crawlFrom(`${server.url}/leaf`)
    expect(seen.map(({ referer }) => referer)).toEqual([undefined])
  })

  it('row 47: a header of the request’s own is left alone; referer: false sends none', async () => {
    expect(await told({}, { headers: { Referer: 'http://own.example/' } })).toEqual([
      'http://own.example/',
      'http://own.example/',
    ])
    expect(await told({ referer: false })).toEqual([undefined, undefined])
  })
})
