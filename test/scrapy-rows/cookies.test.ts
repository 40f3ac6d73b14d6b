import { afterEach, describe, expect, it } from 'vitest'
import { type Config, Request, type RequestInit, Spider } from '../../src/index.ts'
import { run } from '../support/run.ts'
import { type Route, type Site, startSite } from '../support/site.ts'

/** What of a site's cookies comes back to it. */

let site: Site
afterEach(() => site.close())

type Visit = readonly [path: string, init?: RequestInit]

/** Visits one after the other, and gives the Cookie header the server saw at each path, null for none. */
async function visit(
  setCookie: Readonly<Record<string, readonly string[]>>,
  visits: readonly Visit[],
  config: Config = {},
  moved: Readonly<Record<string, string>> = {},
): Promise<[path: string, cookie: string | null][]> {
  const seen: [string, string | null][] = []
  const answer: Route = (request, response) => {
    const path = request.url!
    seen.push([path, request.headers.cookie ?? null])
    const to = moved[path]
    response.writeHead(to === undefined ? 200 : 302, {
      'content-type': 'text/html',
      ...(setCookie[path] === undefined ? {} : { 'set-cookie': [...setCookie[path]] }),
      ...(to === undefined ? {} : { location: to }),
    })
    response.end('<p>page</p>')
  }
  const routes: Record<string, Route> = {}
  site = await startSite(new Proxy(routes, { get: () => answer }))
  class Visitor extends Spider {
    override *start() {
      yield this.#visit(0)
    }
    override *parse(_page: unknown, { next }: { next: number }) {
      if (next < visits.length) yield this.#visit(next)
    }
    #visit(nth: number): Request {
      const [path, init] = visits[nth]!
      return new Request(`${site.url}${path}`, { ...init, dontFilter: true, cbArgs: { next: nth + 1 } })
    }
  }
  const { ends } = await run(Visitor, config)
  expect(ends.filter(([, reason]) => reason === 'done')).toHaveLength(visits.length)
  return seen
}

describe('cookies', () => {
  it('row 33: only plain ones come back, and those of a path below it', async () => {
    const set = [
      'plain=1',
      'deep=2; path=/x',
      'tls=3; Secure',
      'gone=4; Max-Age=0',
      'old=5; Expires=Wed, 01 Jan 2003 00:00:00 GMT',
      'other=6; Domain=other.example',
      'suffix=7; Domain=com',
    ]
    expect(await visit({ '/set': set }, [['/set'], ['/'], ['/x'], ['/x/y'], ['/xy']])).toEqual([
      ['/set', null],
      ['/', 'plain=1'],
      ['/x', 'deep=2; plain=1'],
      ['/x/y', 'deep=2; plain=1'],
      ['/xy', 'plain=1'],
    ])
  })

  it('row 33: those of a redirect, an error and robots.txt count', async () => {
    const set = { '/robots.txt': ['robot=1'], '/moved': ['moved=2'] }
    const seen = await visit(set, [['/moved'], ['/after']], { obeyRobotsTxt: true }, { '/moved': '/there' })
    expect(seen).toEqual([
      ['/robots.txt', null],
      ['/moved', 'robot=1'],
      ['/there', 'robot=1; moved=2'],
      ['/after', 'robot=1; moved=2'],
    ])
  })

  it('row 33: what a request brings does not follow it to another host', async () => {
    const seen = await visit({}, [['/from', { cookies: { a: '1' } }], ['/']], {}, { '/from': '/to' })
    expect(seen).toEqual([
      ['/from', 'a=1'],
      ['/to', 'a=1'],
      ['/', 'a=1'],
    ])
    await site.close()
    // the same server by another name
    const other: [string, string | null][] = []
    const second = await startSite({
      '/to': (request, response) => {
        other.push(['/to', request.headers.cookie ?? null])
        response.end('x')
      },
    })
    await visit({}, [['/from', { cookies: { a: '1' } }]], {}, { '/from': `${second.url.replace('127.0.0.1', 'localhost')}/to` })
    await second.close()
    expect(other).toEqual([['/to', null]])
  })

  it('row 34: jars are apart, and a request that names none has the crawl’s own', async () => {
    const seen = await visit({ '/login': ['session=1'] }, [
      ['/login', { cookieJar: 1 }],
      ['/a', { cookieJar: 1 }],
      ['/b', { cookieJar: 2 }],
      ['/c'],
      ['/d', { cookieJar: 1 }],
    ])
    expect(seen.slice(1)).toEqual([
      ['/a', 'session=1'],
      ['/b', null],
      ['/c', null],
      ['/d', 'session=1'],
    ])
  })

  it('row 35: cookies of a request stay for the next', async () => {
    expect(await visit({}, [['/', { cookies: { a: 1 } }], ['/next']])).toEqual([
      ['/', 'a=1'],
      ['/next', 'a=1'],
    ])
  })

  it('row 36: a Cookie header of its own is dropped while cookies are kept', async () => {
    const headers = { Cookie: 'own=1' }
    expect(
      await visit({ '/': ['a=1'] }, [
        ['/', { headers }],
        ['/', { headers }],
      ]),
    ).toEqual([
      ['/', null],
      ['/', 'a=1'],
    ])
  })

  it('row 36: it is kept with dontMergeCookies, and the jar is neither sent nor filled', async () => {
    const init = { headers: { Cookie: 'own=1' }, cookies: { c: 1 }, dontMergeCookies: true }
    expect(await visit({ '/': ['a=1'] }, [['/', init], ['/b']])).toEqual([
      ['/', 'own=1'],
      ['/b', null],
    ])
  })

  it('row 36: it is kept with cookies off, and the option cookies has no effect', async () => {
    const init = { headers: { Cookie: 'own=1' }, cookies: { c: 1 } }
    expect(await visit({ '/': ['a=1'] }, [['/', init], ['/b']], { cookies: false })).toEqual([
      ['/', 'own=1'],
      ['/b', null],
    ])
  })
})
