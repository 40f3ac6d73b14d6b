import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { type Failure, type HtmlResponse, IgnoreRequest, type Request, type Response, Spider } from '../../src/index.ts'
import { run, type Witnessed } from '../support/run.ts'
import { links, type Route, type Site, startSite } from '../support/site.ts'

/** What a server was asked. */
interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

const open: Site[] = []
afterEach(async () => {
  for (const site of open.splice(0)) await site.close()
})

/** A site that keeps what it was asked. Every path that no route names answers `here`. */
async function site(routes: Record<string, Route>): Promise<Site & { asked: Asked[] }> {
  const asked: Asked[] = []
  const note =
    (route: Route): Route =>
    (request: IncomingMessage, response: ServerResponse) => {
      let body = ''
      request.on('data', (part) => (body += part))
      request.on('end', () => {
        asked.push({ method: request.method!, path: request.url!, headers: request.headers, body })
        if (typeof route === 'function') return route(request, response)
        response.writeHead(200, { 'content-type': 'text/html' }).end(route)
      })
    }
  const noted = Object.fromEntries(Object.entries(routes).map(([path, route]) => [path, note(route)]))
  const started = await startSite(
    new Proxy(noted, { get: (all, path: string) => all[path] ?? (path.includes('?') ? undefined : note('here')) }),
  )
  open.push(started)
  return Object.assign(started, { asked })
}

const to =
  (location: string | undefined, status = 302, headers: Record<string, string> = {}): Route =>
  (_, response) => {
    response.writeHead(status, { ...headers, ...(location === undefined ? undefined : { location }) }).end()
  }

/** What became of one request. */
interface Crawled extends Witnessed {
  readonly pages: Response[]
  readonly failures: Failure[]
}

/** Crawls from this request, which is filtered as links are; `parse` sees what comes. */
async function follow(make: (spider: Spider) => Request[], config: Parameters<typeof run>[1] = {}): Promise<Crawled> {
  const pages: Response[] = []
  const failures: Failure[] = []
  class One extends Spider {
    override start(): Request[] {
      return make(this)
    }
    override parse(page: Response): undefined {
      pages.push(page)
    }
    failed(failure: Failure): undefined {
      failures.push(failure)
    }
  }
  return Object.assign(await run(One, config), { pages, failures })
}

describe('the method', () => {
  const form = { body: 'a=1', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, errback: 'failed' }
  const bodyOf = ({ method, body, headers }: Asked): unknown[] => [
    method,
    body,
    headers['content-type'],
    headers['content-length'],
  ]
  const NONE = ['GET', '', undefined, undefined]
  const KEPT = ['a=1', form.headers['Content-Type'], '3']

  async function targetOf(method: string, status: number): Promise<Asked> {
    const server = await site({ '/from': to('/to', status) })
    await follow((spider) => [spider.request(`${server.url}/from`, method === 'HEAD' ? { method } : { ...form, method })])
    expect(server.asked.map(({ path }) => path)).toEqual(['/from', '/to'])
    expect(server.asked[0]!.method).toBe(method)
    return server.asked[1]!
  }

  it('row 8: 301 and 302 make a GET of a POST, without its body', async () => {
    for (const status of [301, 302]) expect(bodyOf(await targetOf('POST', status))).toEqual(NONE)
  })

  it('row 9: 301 and 302 leave a PUT and its body', async () => {
    for (const status of [301, 302]) expect(bodyOf(await targetOf('PUT', status))).toEqual(['PUT', ...KEPT])
  })

  it('row 10: 303 makes a GET of POST and PUT, and leaves HEAD', async () => {
    for (const method of ['POST', 'PUT']) expect(bodyOf(await targetOf(method, 303))).toEqual(NONE)
    expect((await targetOf('HEAD', 303)).method).toBe('HEAD')
  })

  it('row 11: 307 and 308 leave a POST and its body', async () => {
    for (const status of [307, 308]) expect(bodyOf(await targetOf('POST', status))).toEqual(['POST', ...KEPT])
  })
})

describe('chains', () => {
  const chain = (length: number): Record<string, Route> =>
    Object.fromEntries(Array.from({ length }, (_, i) => [`/${i}`, to(`/${i + 1}`)]))

  it('row 12: twenty redirects are followed', async () => {
    const server = await site(chain(20))
    const { pages, ends } = await follow((spider) => [spider.request(`${server.url}/0`, { errback: 'failed' })])
    expect([server.asked.length, pages.length, pages[0]?.status]).toEqual([21, 1, 200])
    expect(ends.map(([, reason]) => reason)).toEqual([...Array(20).fill('redirected'), 'done'])
  })

  it('row 12: the twenty-first ends the request, and its errback hears of it', async () => {
    const server = await site(chain(30))
    const { pages, failures, ends } = await follow((spider) => [spider.request(`${server.url}/0`, { errback: 'failed' })])
    expect([server.asked.length, pages.length, failures.length]).toEqual([21, 0, 1])
    expect(failures[0]!.error).toBeInstanceOf(IgnoreRequest)
    expect(String(failures[0]!.error)).toContain('20 redirects in a row')
    expect(ends.at(-1)).toEqual(['/20', 'failed'])
  })

  it('row 13: a redirect to a page that was seen ends as duplicate, in sight', async () => {
    const server = await site({ '/': links('/seen', '/moved'), '/moved': to('/seen') })
    class Links extends Spider {
      override startUrls = [`${server.url}/`]
      override *parse(page: HtmlResponse) {
        yield* page.followAll('a')
      }
    }
    const { ends, stats } = await run(Links, { concurrency: 1, order: 'fifo' })
    expect(server.asked.map(({ path }) => path)).toEqual(['/', '/seen', '/moved'])
    expect(stats['dupefilter/filtered']).toBe(1)
    expect(ends.filter(([path]) => path !== '/').sort()).toEqual([
      ['/moved', 'redirected'],
      ['/seen', 'done'],
      ['/seen', 'duplicate'],
    ])
  })

  it('row 14: a page that sets a cookie and asks again for itself is had, as a seed and as a link', async () => {
    const loop: Route = (request, response) => {
      if (request.headers.cookie === 'been=1') response.writeHead(200, { 'content-type': 'text/html' }).end('here')
      else response.writeHead(302, { location: '/loop', 'set-cookie': 'been=1' }).end()
    }
    for (const dontFilter of [true, false]) {
      const server = await site({ '/loop': loop })
      const { pages, ends } = await follow((spider) => [spider.request(`${server.url}/loop`, { dontFilter })])
      expect([server.asked.length, pages.map(({ status }) => status)]).toEqual([2, [200]])
      expect(ends).toEqual([
        ['/loop', 'redirected'],
        ['/loop', 'done'],
      ])
    }
  })

  it('row 14: a page that asks for itself for ever ends', async () => {
    const server = await site({ '/loop': to('/loop') })
    const { ends } = await follow((spider) => [spider.request(`${server.url}/loop`)])
    expect([server.asked.length, ends.at(-1)]).toEqual([21, ['/loop', 'failed']])
  })

  it('row 17: what is known about the way, the priority, the depth and the Referer', async () => {
    const server = await site({ '/': links('/a'), '/a': to('/b', 301), '/b': to('/c') })
    const pages: Response[] = []
    class Way extends Spider {
      override startUrls = [`${server.url}/`]
      override *parse(page: HtmlResponse) {
        yield* page.followAll('a', { callback: 'last', priority: 1, meta: { mine: 'kept' } })
      }
      last(page: Response): undefined {
        pages.push(page)
      }
    }
    await run(Way)
    const { request } = pages[0]!
    expect(request.state).toMatchObject({
      redirectTimes: 2,
      redirectUrls: [`${server.url}/a`, `${server.url}/b`],
      redirectReasons: [301, 302],
      depth: 1,
    })
    expect([request.priority, request.meta]).toEqual([5, { mine: 'kept' }])
    expect(server.asked.map(({ headers }) => headers.referer)).toEqual([
      undefined,
      `${server.url}/`,
      `${server.url}/a`,
      `${server.url}/b`,
    ])
  })
})

describe('where it leads', () => {
  it('row 15: a 302 without a Location, or to a file, is an http error for the errback', async () => {
    for (const location of [undefined, 'file:///etc/passwd']) {
      const server = await site({ '/from': to(location) })
      const { pages, failures, ends } = await follow((spider) => [spider.request(`${server.url}/from`, { errback: 'failed' })])
      expect([server.asked.length, pages.length, failures.length]).toEqual([1, 0, 1])
      expect(failures[0]!.response?.status).toBe(302)
      expect(ends).toEqual([['/from', 'http-error']])
    }
  })

  it('row 16: another host gets neither Authorization nor Cookie, another port no Authorization', async () => {
    const headers = { Authorization: 'Basic bWU6c2VjcmV0', Cookie: 'own=1', 'X-A': '1' }
    const other = await site({})
    for (const host of ['127.0.0.1', 'localhost']) {
      const server = await site({ '/from': to(`http://${host}:${new URL(other.url).port}/${host}`) })
      await follow((spider) => [spider.request(`${server.url}/from`, { headers, dontMergeCookies: true })])
      expect(server.asked[0]!.headers).toMatchObject({ authorization: headers.Authorization, cookie: 'own=1', 'x-a': '1' })
    }
    const got = Object.fromEntries(other.asked.map((asked) => [asked.path, asked.headers]))
    expect([got['/127.0.0.1']!.authorization, got['/127.0.0.1']!.cookie, got['/127.0.0.1']!['x-a']]).toEqual([
      undefined,
      'own=1',
      '1',
    ])
    expect([got['/localhost']!.authorization, got['/localhost']!.cookie, got['/localhost']!['x-a']]).toEqual([
      undefined,
      undefined,
      '1',
    ])
  })

  it('row 16: cookies and a password that a request brings stay at its host', async () => {
    const other = await site({})
    const port = new URL(other.url).port
    const server = await site({ '/from': to(`http://localhost:${port}/there`) })
    const auth = { user: 'me', password: 'secret' }
    await follow((spider) => [spider.request(`${server.url}/from`, { cookies: { session: 'secret' }, auth })])
    expect(server.asked[0]!.headers).toMatchObject({ cookie: 'session=secret', authorization: 'Basic bWU6c2VjcmV0' })
    expect([other.asked[0]!.headers.cookie, other.asked[0]!.headers.authorization]).toEqual([undefined, undefined])
  })
})

describe('meta refresh', () => {
  const refresh = (content: string): string => `<meta http-equiv="refresh" content="${content}">`

  it('row 18: after 0 and 99 seconds it is followed, after 100 not', async () => {
    const server = await site({
      '/0': refresh('0;url=/to0'),
      '/99': refresh('99; URL=/to99'),
      '/100': refresh('100;url=/to100'),
    })
    const { pages } = await follow((spider) => ['/0', '/99', '/100'].map((path) => spider.request(server.url + path)))
    expect(pages.map(({ url }) => url.slice(server.url.length)).sort()).toEqual(['/100', '/to0', '/to99'])
    expect(pages.find(({ url }) => url.endsWith('/to0'))!.request.state.redirectReasons).toEqual(['meta refresh'])
    expect(server.asked.find(({ path }) => path === '/to0')!.headers.referer).toBe(`${server.url}/0`)
  })

  it('row 19: not in noscript, not in a comment, not without a URL; with a base, from there', async () => {
    const server = await site({
      '/noscript': `<noscript>${refresh('0;url=/to')}</noscript>`,
      '/comment': `<!-- ${refresh('0;url=/to')} -->`,
      '/bare': refresh('0'),
      '/base': `<base href="/folder/x">${refresh('0;url=to')}`,
    })
    const paths = ['/noscript', '/comment', '/bare', '/base']
    const { pages } = await follow((spider) => paths.map((path) => spider.request(server.url + path)))
    expect(pages.map(({ url }) => url.slice(server.url.length)).sort()).toEqual(['/bare', '/comment', '/folder/to', '/noscript'])
    expect(server.asked.length).toBe(5)
  })
})
