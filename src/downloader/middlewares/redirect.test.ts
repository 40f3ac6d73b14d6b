import { describe, expect, it } from 'vitest'
import { answer, around, downloadBench, failure } from '../../../test/support/download.ts'
import { Headers } from '../../http/headers.ts'
import { Request, type RequestInit } from '../../http/request.ts'
import { Response } from '../../http/response.ts'
import type { Settings } from '../../settings/settings.ts'
import { redirect } from './redirect.ts'

type Lines = [string, string][]

/** Latin-1 where that is possible, otherwise UTF-8: how the strings of the vectors went over the wire. */
const wire = (value: string): string => (/[^\0-\xff]/.test(value) ? Buffer.from(value).toString('latin1') : value)

function redirected(
  request: Request,
  status: number,
  location: string | Lines,
  settings: Partial<Settings> = {},
): Promise<Request | Response> {
  const headers = typeof location === 'string' ? ([['Location', location]] as Lines) : location
  // straight off the wire: a Location may hold what no request could send
  const flat = headers.flatMap(([name, value]) => [name, wire(value)])
  return around(redirect, downloadBench(settings).context, async (asked) =>
    answer(asked, status).replace({ headers: Headers.fromRaw(flat) }),
  )(request)
}

async function follow(request: Request, status: number, location: string): Promise<Request> {
  const result = await redirected(request, status, location)
  if (!(result instanceof Request)) throw new Error(`expected a request, got ${result}`)
  return result
}

describe('methods', () => {
  const body = { headers: { 'content-type': 'a/b', 'Content-Language': 'en', 'X-A': '1' }, body: 'x=1' }
  it.each([
    ['POST', 301, 'GET'],
    ['POST', 302, 'GET'],
    ['POST', 303, 'GET'],
    ['POST', 307, 'POST'],
    ['POST', 308, 'POST'],
    ['PUT', 301, 'PUT'],
    ['PUT', 302, 'PUT'],
    ['PUT', 303, 'GET'],
    ['HEAD', 303, 'HEAD'],
    ['HEAD', 302, 'HEAD'],
    ['DELETE', 303, 'GET'],
  ])('%s %i becomes %s', async (method, status, expected) => {
    const next = await follow(new Request('http://a.example/', { method, ...body }), status, '/b')
    expect(next.method).toBe(expected)
    const kept = method === expected
    expect(next.body.length).toBe(kept ? 3 : 0)
    const own = kept ? ['content-type', 'a/b', 'Content-Language', 'en', 'X-A', '1'] : ['X-A', '1']
    expect(next.headers.toFlat()).toEqual([...own, 'Referer', 'http://a.example/'])
  })
})

describe('credentials', () => {
  const headers = { Authorization: 'Basic eA==', cookie: 'a=b', 'X-A': '1' }
  it.each([
    ['https://a.example/', 'https://a.example/x', ['Authorization', 'cookie']],
    ['https://a.example/', 'https://a.example:443/x', ['Authorization', 'cookie']],
    ['https://a.example/', 'https://a.example:444/x', ['cookie']],
    ['http://a.example/', 'https://a.example/x', ['cookie']],
    ['https://a.example/', 'http://a.example/x', []],
    ['https://a.example/', 'https://b.example/x', []],
    ['https://a.example/', 'https://sub.a.example/x', []],
    ['https://a.example/', '//b.example/x', []],
  ])('%s to %s keeps %j', async (from, to, kept) => {
    const next = await follow(new Request(from, { headers }), 302, to)
    const names = [...next.headers].map(([name]) => name)
    expect(names.filter((name) => name !== 'Referer')).toEqual([...kept, 'X-A'])
  })

  it('a name and password in a Location go to its host alone', async () => {
    const next = await follow(new Request('http://a.example/', { headers }), 302, 'http://u:p@b.example/')
    expect(next.url).toBe('http://u:p@b.example/')
    expect(next.headers.has('authorization')).toBe(false)
  })
})

describe('where it leads', () => {
  it.each([['file:///etc/passwd'], ['ftp://a.example/'], ['data:text/html,x'], ['FILE:///etc/passwd']])(
    '%j is not followed',
    async (location) => {
      expect(await redirected(new Request('http://a.example/'), 302, location)).toBeInstanceOf(Response)
    },
  )

  it.each([
    ['javascript:alert(1)'],
    ['mailto:a@b.example'],
    ['http://[::1'],
    ['http://a.example:99999/'],
    ['https:///path'],
    ['https://'],
    ['https://:80/'],
    ['https://u:p@/'],
  ])('%j ends the request', async (location) => {
    const error = await failure(redirected(new Request('http://a.example/'), 302, location))
    expect(error).toMatchObject({ code: 'ERR_IGNORED', reason: 'failed' })
  })

  it.each([
    ['//b.example/x', 'https://b.example/x'],
    ['////b.example/x', 'https://b.example/x'],
    ['', 'https://a.example/d/p?x'],
    ['?q', 'https://a.example/d/p?q'],
    ['http://b.example/;', 'http://b.example/'],
    ['../x#y', 'https://a.example/x#y'],
    ['b\u00c3\u00a9', 'https://a.example/d/b%C3%A9'],
    ['b\u00e9', 'https://a.example/d/b%E9'],
    ['https://b\u00c3\u00bccher.example/', 'https://xn--bcher-kva.example/#f'],
  ])('%j is %s', async (location, url) => {
    const fragment = url.includes('#') ? '' : '#f'
    expect((await follow(new Request('https://a.example/d/p?x#f'), 302, location)).url).toBe(url + fragment)
  })

  it('a Location of a megabyte is no reason to show it all', async () => {
    const bench = downloadBench()
    const location = (text: string): Promise<Request | Response> =>
      around(redirect, bench.context, async (asked) =>
        answer(asked, 302).replace({ headers: Headers.fromRaw(['Location', text]) }),
      )(new Request('http://a.example/'))
    const next = (await location(`/${'x'.repeat(1 << 20)}`)) as Request
    expect(next.url.length).toBeGreaterThan(1 << 20)
    const error = await failure(location(`http://[${'x'.repeat(1 << 20)}`))
    expect(error.reason).toBe('failed')
    expect(error.message.length).toBeLessThan(1000)
    await location(`file:///${'x'.repeat(1 << 20)}`)
    expect(Math.max(...bench.lines.map((line) => line.length))).toBeLessThan(1000)
  })

  it('of two Locations the last', async () => {
    const two = await redirected(new Request('http://a.example/'), 302, [
      ['Location', '/one'],
      ['location', '/two'],
    ])
    expect(two.url).toBe('http://a.example/two')
  })

  it.each([
    ['/a\x01\x02b', 'http://a.example/a%01%02b'],
    ['  /a b\t', 'http://a.example/a%20b'],
    ['/a\0', 'http://a.example/a'],
    ['/\x7f', 'http://a.example/%7F'],
  ])('control characters: %j is %s', async (location, url) => {
    expect((await follow(new Request('http://a.example/'), 302, location)).url).toBe(url)
  })

  it('a page that asks again for itself passes the filter of duplicates, others do not', async () => {
    const own = await follow(new Request('http://a.example/loop'), 302, '/loop')
    expect([own.dontFilter, own.state.redirectTimes]).toEqual([true, 1])
    const other = await follow(new Request('http://a.example/loop'), 302, '/next')
    expect(other.dontFilter).toBe(false)
    expect((await follow(other, 302, '/loop')).dontFilter).toBe(true)
  })
})

describe('limits', () => {
  it('twenty are followed, one more is not', async () => {
    let request = new Request('http://a.example/0')
    for (let i = 1; i <= 20; i++) request = await follow(request, 302, `/${i}`)
    expect([request.url, request.priority, request.state.redirectTimes]).toEqual(['http://a.example/20', 40, 20])
    const error = await failure(follow(request, 302, '/21'))
    expect(error).toMatchObject({ code: 'ERR_IGNORED', reason: 'failed' })
  })

  it('maxRedirects of the request wins; 0 follows none', async () => {
    expect((await failure(follow(new Request('http://a.example/', { maxRedirects: 0 }), 302, '/b'))).code).toBe('ERR_IGNORED')
    const far = new Request('http://a.example/', { maxRedirects: 30 }).withState({ redirectTimes: 25 })
    expect((await follow(far, 302, '/b')).state.redirectTimes).toBe(26)
  })
})

it('hands the response on where it is asked to', async () => {
  const to = (init: RequestInit, settings: Partial<Settings> = {}): Promise<Request | Response> =>
    redirected(new Request('http://a.example/', init), 302, '/b', settings)
  expect(await to({ dontRedirect: true })).toBeInstanceOf(Response)
  expect(await to({ handleStatus: true })).toBeInstanceOf(Response)
  expect(await to({}, { handleStatus: [302] })).toBeInstanceOf(Response)
  expect(await to({}, { handleStatus: true })).toBeInstanceOf(Response)
  expect(await to({}, { handleStatus: [301] })).toBeInstanceOf(Request)
  expect(redirect.create(downloadBench({ followRedirects: false }).context)).toBeUndefined()
})
