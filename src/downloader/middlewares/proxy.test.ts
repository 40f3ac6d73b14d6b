import { describe, expect, it } from 'vitest'
import { answer, failure } from '../../../test/support/download.ts'
import { Request } from '../../http/request.ts'
import type { Response } from '../../http/response.ts'
import { proxyMiddleware } from './proxy.ts'

interface Said {
  readonly proxy?: string
  readonly noProxy?: string[]
  readonly env?: Record<string, string>
}

/** Which proxy a request to a URL is given; `none` where there is no middleware. */
async function proxyFor(url: string, { proxy = '', noProxy = [], env = {} }: Said, own?: string): Promise<string | undefined> {
  const middleware = proxyMiddleware(proxy, noProxy, env)
  if (middleware === undefined) return 'none'
  let given: string | undefined
  await middleware(new Request(url, own === undefined ? {} : { proxy: own }), async (request) => {
    given = request.options.proxy
    return answer(request)
  })
  return given
}

const startError = async (said: Said): Promise<string> => {
  const error = await failure(proxyFor('http://a.test/', said))
  expect(error).toMatchObject({ name: 'UsageError', code: 'ERR_PROXY_URL' })
  return error.message
}

describe('the setting', () => {
  it('is for all, but for those of noProxy', async () => {
    const said = { proxy: 'http://p:1', noProxy: ['b.test'], env: { no_proxy: 'a.test', http_proxy: 'http://env:1' } }
    expect(await proxyFor('http://a.test/', said)).toBe('http://p:1')
    expect(await proxyFor('https://a.test/', said)).toBe('http://p:1')
    expect(await proxyFor('http://b.test/', said)).toBeUndefined()
  })

  it('leaves the exceptions to the environment where it names none', async () => {
    expect(await proxyFor('http://a.test/', { proxy: 'http://p:1', env: { no_proxy: 'a.test' } })).toBeUndefined()
  })

  it('may be direct, and does not look at the environment then', async () => {
    expect(await proxyFor('http://a.test/', { proxy: 'direct', env: { http_proxy: 'nonsense://x' } })).toBe('none')
  })

  it('that cannot be read is an error at start, without the password', async () => {
    expect(await startError({ proxy: 'http://me:secret@h:0' })).toMatch(/^Expected the setting `proxy` to be the URL of a proxy/)
    expect(await startError({ proxy: 'http://me:secret@h:0' })).not.toContain('secret')
  })
})

describe('the environment', () => {
  it('says nothing, and then there is no middleware', async () => {
    expect(await proxyFor('http://a.test/', { env: { no_proxy: '*', http_proxy: ' ' } })).toBe('none')
  })

  it('has a proxy for each scheme, and one for what is left', async () => {
    const env = { http_proxy: 'http://one:1', all_proxy: 'socks5://all:2' }
    expect(await proxyFor('http://a.test/', { env })).toBe('http://one:1')
    expect(await proxyFor('https://a.test/', { env })).toBe('socks5://all:2')
    expect(await proxyFor('http://a.test/', { env: { https_proxy: 'http://one:1' } })).toBeUndefined()
  })

  it('may be in capitals; the small letters win', async () => {
    expect(await proxyFor('http://a.test/', { env: { HTTP_PROXY: 'http://big:1' } })).toBe('http://big:1')
    expect(await proxyFor('http://a.test/', { env: { HTTP_PROXY: 'http://big:1', http_proxy: 'http://small:1' } })).toBe(
      'http://small:1',
    )
    expect(await proxyFor('https://a.test/', { env: { ALL_PROXY: 'http://big:1', NO_PROXY: 'a.test' } })).toBeUndefined()
  })

  it('is not believed in capitals where it comes from a CGI request', async () => {
    expect(await proxyFor('http://a.test/', { env: { REQUEST_METHOD: 'GET', HTTP_PROXY: 'http://evil:1' } })).toBe('none')
    const env = { REQUEST_METHOD: 'GET', HTTP_PROXY: 'http://evil:1', http_proxy: 'http://good:1', HTTPS_PROXY: 'http://good:2' }
    expect(await proxyFor('http://a.test/', { env })).toBe('http://good:1')
    expect(await proxyFor('https://a.test/', { env })).toBe('http://good:2')
  })

  it('may leave the scheme out', async () => {
    expect(await proxyFor('http://a.test/', { env: { http_proxy: 'me:secret@proxy.test:3128' } })).toBe(
      'http://me:secret@proxy.test:3128',
    )
  })

  it('that cannot be read is an error at start that names the variable, without the password', async () => {
    for (const value of [
      'ftp://me:secret@h',
      'me:secret@',
      'http://me:secret@h:99999',
      'http://me:secret@h/path',
      'socks4://me:secret@h',
    ]) {
      const message = await startError({ env: { HTTPS_PROXY: value } })
      expect(message).toContain('HTTPS_PROXY')
      expect(message).not.toContain('secret')
    }
    // but not where it is of no use
    const env = { all_proxy: 'socks4://h', http_proxy: 'http://a:1', https_proxy: 'http://b:1' }
    expect(await proxyFor('http://a.test/', { env })).toBe('http://a:1')
  })
})

describe('a request', () => {
  it('wins with what it says', async () => {
    const said = { proxy: 'http://p:1' }
    expect(await proxyFor('http://a.test/', said, 'socks5://own:1')).toBe('socks5://own:1')
    expect(await proxyFor('http://a.test/', said, 'direct')).toBe('direct')
  })

  it('of another scheme goes by', async () => {
    expect(await proxyFor('file:///etc/hostname', { proxy: 'http://p:1' })).toBeUndefined()
  })

  it('is itself in the response, and a failure is handed on', async () => {
    const middleware = proxyMiddleware('http://me:secret@p:1', [], {})!
    const request = new Request('http://a.test/', { meta: { a: 1 } })
    const page = (await middleware(request, async (sent) => answer(sent, 203, {}, 'x'))) as Response
    expect(page.request).toBe(request)
    expect([page.status, page.body.toString()]).toEqual([203, 'x'])
    expect((await failure(middleware(request, () => Promise.reject(new Error('no'))))).message).toBe('no')
  })
})

describe('hosts without a proxy', () => {
  const excepted = async (url: string, list: string): Promise<boolean> =>
    (await proxyFor(url, { env: { all_proxy: 'http://p:1', no_proxy: list } })) === undefined

  it.each([
    ['http://example.com/', 'example.com'],
    ['http://EXAMPLE.com/', 'Example.COM'],
    ['http://www.example.com/', 'example.com'],
    ['http://www.example.com/', '.example.com'],
    ['http://example.com/', '.example.com'],
    ['http://www.example.com/', '*.example.com'],
    ['http://example.com./', 'example.com'],
    ['http://u:p@example.com:81/', 'other.test, example.com'],
    ['http://example.com:8080/', 'example.com:8080'],
    ['http://example.com/', 'example.com:80'],
    ['https://example.com/', 'example.com:443'],
    ['https://anything.test/', '*'],
    ['https://anything.test/', 'a.test,*'],
    ['http://10.1.2.3/', '10.1.2.3'],
    ['http://10.1.2.3:8080/', '10.0.0.0/8'],
    ['http://10.1.2.3:8080/', '10.1.2.3:8080'],
    ['http://[fd00::1]/', 'fd00::1'],
    ['http://[fd00::1]/', '[fd00::1]'],
    ['http://[fd00::1]:81/', '[fd00::1]:81'],
    ['http://[fd00::1]/', 'fd00::/8'],
    ['http://xn--mnchen-3ya.test/', 'münchen.test'],
    ['http://a.test/', 'b.test a.test'],
  ])('%s is excepted by %s', async (url, list) => {
    expect(await excepted(url, list)).toBe(true)
  })

  it.each([
    ['http://badexample.com/', 'example.com'],
    ['http://example.com.evil.test/', 'example.com'],
    ['http://example.com:81/', 'example.com:80'],
    ['https://example.com/', 'example.com:80'],
    ['http://11.1.2.3/', '10.0.0.0/8'],
    ['http://110.1.2.3/', '10.1.2.3'],
    ['http://10.1.2.3/', '2.3'],
    ['http://10.1.2.3/', '10.0.0.0/99'],
    ['http://10.1.2.3/', '10.0.0.0/8/8'],
    ['http://example.com/', ', ,.,:80,[]'],
    ['http://[fd00::1]/', 'fe00::/8'],
    ['http://a.test/', ''],
  ])('%s is not excepted by %s', async (url, list) => {
    expect(await excepted(url, list)).toBe(false)
  })

  it('are judged site by site', async () => {
    const middleware = proxyMiddleware('http://p:1', ['b.test'], {})!
    const given: (string | undefined)[] = []
    for (const url of [
      'http://a.test/1',
      'http://a.test/2',
      'http://b.test/',
      'http://a.test:81/',
      'http://b.test/2',
      'http://a.test',
    ])
      await middleware(new Request(url), async (request) => {
        given.push(request.options.proxy)
        return answer(request)
      })
    expect(given).toEqual(['http://p:1', 'http://p:1', undefined, 'http://p:1', undefined, 'http://p:1'])
  })
})
