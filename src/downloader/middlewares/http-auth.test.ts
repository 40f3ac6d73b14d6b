import { describe, expect, it } from 'vitest'
import { answer, around, downloadBench } from '../../../test/support/download.ts'
import { Request, type RequestInit } from '../../http/request.ts'
import { Response } from '../../http/response.ts'
import type { Settings } from '../../settings/settings.ts'
import { httpAuth } from './http-auth.ts'

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
const me = { user: 'me', password: 'pass' }

/** What the request that goes on carries. */
async function sent(request: Request, byHost: Settings['httpAuth'] = {}): Promise<Request> {
  let passed: Request | undefined
  const download = around(httpAuth, downloadBench({ httpAuth: byHost }).context, async (r) => {
    passed = r
    return answer(r)
  })
  expect(await download(request)).toBeInstanceOf(Response)
  return passed!
}

const header = async (url: string, byHost?: Settings['httpAuth'], init: RequestInit = {}): Promise<string | undefined> =>
  (await sent(new Request(url, init), byHost)).headers.get('authorization')

describe('the setting', () => {
  it.each([
    ['http://example.com/', 'example.com', true],
    ['http://example.com:8080/', 'example.com', true],
    ['https://a.b.example.com/', 'example.com', true],
    ['http://EXAMPLE.com/', 'Example.COM', true],
    ['http://www.example.com/', '.example.com', true],
    ['http://notexample.com/', 'example.com', false],
    ['http://example.com.evil.net/', 'example.com', false],
    ['http://example.com@evil.net/', 'example.com', false],
    ['http://evil.net/?@example.com', 'example.com', false],
    ['http://evil.net/http://example.com/', 'example.com', false],
    ['http://evil.net#@example.com/', 'example.com', false],
    ['http://com/', 'example.com', false],
    ['http://example.com:8080/', 'example.com:8080', true],
    ['http://example.com:80/', 'example.com:80', true],
    ['http://example.com/', 'example.com:80', true],
    ['https://example.com/', 'example.com:443', true],
    ['https://example.com/', 'example.com:80', false],
    ['http://example.com:18080/', 'example.com:8080', false],
    ['http://www.example.com:8080/', 'example.com:8080', false],
    ['http://[::1]:8080/', '[::1]:8080', true],
    ['http://[::1]:8080/', '[::1]', true],
    ['http://[::1]/', '::1', true],
    ['http://[::1]:81/', '[::1]:8080', false],
    ['http://127.0.0.1:8080/', '127.0.0.1', true],
    ['http://10.127.0.0/', '127.0.0', false],
    ['http://xn--bcher-kva.example/', 'bücher.example', true],
    ['data:text/plain,example.com', 'example.com', false],
    ['http://example.com/', '', false],
    ['http://example.com./', '', false],
  ])('%s with credentials for %s: %s', async (url, host, wanted) => {
    expect(await header(url, { [host]: me })).toBe(wanted ? basic('me:pass') : undefined)
  })

  it('the nearest wins: the port, the host, then the domain around it', async () => {
    const byHost = {
      'example.com': { user: 'domain', password: '' },
      'a.example.com': { user: 'host', password: '' },
      'a.example.com:81': { user: 'port', password: '' },
    }
    const all = ['http://a.example.com:81/', 'http://a.example.com/', 'http://x.a.example.com:81/', 'http://example.com/']
    const headers: (string | undefined)[] = []
    for (const url of all) headers.push(await header(url, byHost))
    expect(headers).toEqual(['port:', 'host:', 'host:', 'domain:'].map(basic))
  })

  it('is found anew for each site by one and the same middleware', async () => {
    const got: (string | undefined)[] = []
    const download = around(httpAuth, downloadBench({ httpAuth: { 'a.example': me } }).context, async (r) => {
      got.push(r.headers.get('authorization'))
      return answer(r)
    })
    const hosts = ['a.example', 'b.example', 'a.example', 'a.example:81', 'ab.example']
    for (const host of hosts) await download(new Request(`http://${host}/`))
    expect(got.map(Boolean)).toEqual([true, false, true, true, false])
  })

  it('is UTF-8, and takes any character', async () => {
    const odd = { user: 'jürgen', password: 'a:b%40 \r\n\u{1f600}' }
    expect(await header('http://a.example/', { 'a.example': odd })).toBe(basic('jürgen:a:b%40 \r\n\u{1f600}'))
  })

  it('leaves an Authorization header and a name in the URL alone', async () => {
    const byHost = { 'a.example': me }
    expect(await header('http://a.example/', byHost, { headers: { authorization: 'Bearer x' } })).toBe('Bearer x')
    expect(await header('http://you:word@a.example/', byHost)).toBeUndefined()
    expect(await header('http://a.example/@', byHost)).toBe(basic('me:pass'))
  })
})

describe('the option `auth`', () => {
  it('is for the host of the request, and says so to whatever it becomes', async () => {
    const request = await sent(new Request('http://a.example:81/', { auth: me }))
    expect(request.headers.get('authorization')).toBe(basic('me:pass'))
    expect(request.options.auth).toEqual({ ...me, domain: 'a.example' })
    for (const url of ['http://b.example/', 'http://example/', 'http://a.example.b.example/']) {
      const elsewhere = await sent(request.replace({ url, headers: {} }))
      expect(elsewhere.headers.has('authorization')).toBe(false)
    }
  })

  it('says so too where a header of its own is in the way', async () => {
    const request = await sent(new Request('http://a.example/', { auth: me, headers: { Authorization: 'Bearer x' } }))
    expect(request.headers.get('authorization')).toBe('Bearer x')
    expect(await header('http://b.example/', {}, { auth: request.options.auth })).toBeUndefined()
  })

  it('is for its domain alone, and wins over the setting and over a name in the URL', async () => {
    const auth = { ...me, domain: 'example.com' }
    const byHost = { 'example.com': { user: 'x', password: 'y' }, 'other.example': { user: 'o', password: 'p' } }
    expect(await header('http://www.example.com/', byHost, { auth })).toBe(basic('me:pass'))
    expect(await header('http://u:p@example.com/', byHost, { auth })).toBe(basic('me:pass'))
    expect(await header('http://other.example/', byHost, { auth })).toBe(basic('o:p'))
    expect(await header('http://third.example/', byHost, { auth })).toBeUndefined()
    expect(await header('http://example.com/', {}, { auth: { ...me, domain: '' } })).toBeUndefined()
  })

  it('an address is no domain: one that ends like it is another host', async () => {
    expect(await header('http://1.127.0.0.1/', {}, { auth: { ...me, domain: '127.0.0.1' } })).toBeUndefined()
  })
})

it('nothing is sent in the clear after a redirect that came from https', async () => {
  const request = new Request('http://a.example/', { auth: { ...me, domain: 'a.example' } })
  const led = request.withState({ redirectUrls: ['https://a.example/', 'http://b.example/'] })
  expect((await sent(led, { 'a.example': me })).headers.has('authorization')).toBe(false)
  const secure = led.replace({ url: 'https://a.example/2' })
  expect((await sent(secure)).headers.has('authorization')).toBe(true)
})

it('what goes back into the queue does not carry the header', async () => {
  const middleware = httpAuth.create(downloadBench({ httpAuth: { 'a.example': me } }).context)!
  const again = (request: Request): Promise<Request | Response> =>
    middleware(request, async (r) => r.withState({ retryTimes: r.state.retryTimes + 1 }))
  const next = (await again(new Request('http://a.example/', { headers: { 'X-A': '1' } }))) as Request
  expect([...next.headers]).toEqual([['X-A', '1']])
  expect(JSON.stringify(next)).not.toContain(basic('me:pass'))
  const own = (await again(new Request('http://a.example/', { headers: { Authorization: 'Bearer x' } }))) as Request
  expect(own.headers.get('authorization')).toBe('Bearer x')
})

it('a request without credentials passes as it is, without a promise of its own', () => {
  const middleware = httpAuth.create(downloadBench().context)!
  const request = new Request('http://a.example/')
  const promise = Promise.resolve(answer(request))
  let passed: Request | undefined
  const result = middleware(request, (r) => {
    passed = r
    return promise
  })
  expect(result).toBe(promise)
  expect(passed).toBe(request)
})
