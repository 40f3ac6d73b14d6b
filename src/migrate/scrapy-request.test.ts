import { describe, expect, it } from 'vitest'
import { type Plain, pickled, recordedQueues } from '../../test/support/scrapy-redis.ts'
import { decodeRequest, encodeRequest } from '../http/codec.ts'
import type { Request } from '../http/request.ts'
import { readScrapyRequest } from './scrapy-request.ts'

const { members, pops } = recordedQueues.queues.lifo
const all = members.map((member) => readScrapyRequest(Buffer.from(member, 'base64')))
const at = (path: string): Request => all.find(({ url }) => url === `http://shop.example/${path}`)!

describe('what scrapy-redis pickled', () => {
  it.each(pops.map((pop, i) => [pop.method, pop.url, pop, all[i]!] as const))('%s %s', (_method, _url, pop, request) => {
    expect(request.url).toBe(pop.url)
    expect(request.method).toBe(pop.method)
    expect(Buffer.from(request.body).toString('base64')).toBe(pop.body)
    expect([...request.headers]).toEqual(pop.headers)
    expect(request.priority).toBe(pop.priority)
    expect(request.dontFilter).toBe(pop.dontFilter)
    expect(request.callback ?? null).toBe(pop.callback)
    expect(request.errback ?? null).toBe(pop.errback)
    expect(request.cbArgs).toEqual(pop.cbArgs)
    // what is neither Scrapy's own nor an option is as it was
    for (const key of ['none', 'big', 'set', '5', 'nested']) expect(request.meta[key]).toEqual(pop.meta[key])
    expect(encodeRequest(decodeRequest(encodeRequest(request)))).toBe(encodeRequest(request))
  })

  it('has what Scrapy noted as what is kept here', () => {
    expect(at('').state).toMatchObject({ depth: 0, seed: true })
    expect(at('').meta).toEqual({})
    expect(at('item/2').state.depth).toBe(3)
    expect(at('item/2').meta).toEqual({ none: null, big: '1180591620717411303424' })
    expect(at('item/2').options).toEqual({ proxy: 'http://p:1', cookieJar: '2' })
    expect(at('retried').state).toMatchObject({ depth: 1, retryTimes: 2 })
    // the slot is that of the host, and the time a default: nobody chose them
    expect(at('retried').slot).toBeUndefined()
    expect(at('retried').options).toEqual({ timeout: 180 })
    expect(at('retried').meta).toEqual({})
    expect(at('redirected').state).toMatchObject({
      redirectTimes: 2,
      redirectUrls: ['http://shop.example/a', 'http://shop.example/b'],
      redirectReasons: [301, 'meta refresh'],
    })
    expect(at('redirected').options).toEqual({ maxRedirects: 20 })
  })

  it('has options in place of the meta that Scrapy reads', () => {
    expect(at('options').options).toEqual({
      dontRedirect: true,
      handleStatus: [404, 410],
      maxRetries: 9,
      maxSize: 1000,
      dontObeyRobotsTxt: true,
    })
    expect(at('options').slot).toBe('slow')
    expect(at('options').meta).toEqual({})
    expect(at('flags').meta).toEqual({ set: [1], '5': 'five', nested: { a: [{ b: [{}] }] }, flags: ['partial'] })
  })

  it('has its cookies as an option', () => {
    expect(at('cookies').headers.get('cookie')).toBe('a=1')
    expect(at('cookies').options.cookies).toEqual([
      { name: 'lang', value: 'de' },
      { name: 'n', value: '1' },
    ])
    expect(at('cookies/list').options.cookies).toEqual([
      { name: 'in', value: '1', domain: 'shop.example', path: '/' },
      { name: 'out', value: '2', domain: 'other.example' },
    ])
  })
})

describe('cookies', () => {
  const read = (cookies: Plain): unknown => readScrapyRequest(pickled({ url: 'http://a.b/', cookies })).options.cookies

  it('are written as Python writes them, without those that Scrapy leaves out', () => {
    expect(read({ yes: true, no: false, n: 1.5, none: null, '': 'x' })).toEqual([
      { name: 'yes', value: 'True' },
      { name: 'no', value: 'False' },
      { name: 'n', value: '1.5' },
    ])
    expect(
      read([
        { name: 'a', value: true, secure: 1, domain: null, path: '', httpOnly: true, expires: 5 },
        { name: 'b', value: '2', secure: null },
        { name: 'c', value: null },
        { value: 'x' },
      ]),
    ).toEqual([
      { name: 'a', value: 'True', secure: true },
      { name: 'b', value: '2', secure: false },
    ])
    for (const none of [null, {}, []]) expect(read(none)).toBeUndefined()
  })
})

describe('a proxy', () => {
  const read = (meta: Record<string, Plain>, headers: Record<string, string[]>): unknown => {
    const request = readScrapyRequest(pickled({ url: 'http://a.b/', meta, headers }))
    return [request.options.proxy, [...request.headers]]
  }

  it('has the name and password that Scrapy put into a header', () => {
    const authorization = (text: string): Record<string, string[]> => ({
      'Proxy-Authorization': [`Basic ${Buffer.from(text, 'latin1').toString('base64')}`],
      Accept: ['*/*'],
    })
    const accept = [['Accept', '*/*']]
    expect(read({ proxy: 'http://p:1' }, authorization('me:p@ss:w\xe9'))).toEqual(['http://me:p%40ss%3Aw%E9@p:1', accept])
    expect(read({ proxy: 'http://p:1', _auth_proxy: 'http://p:1' }, authorization('me'))).toEqual(['http://me:@p:1', accept])
    expect(read({ proxy: 'http://own:pw@p:1' }, authorization('me:x'))).toEqual(['http://own:pw@p:1', accept])
    // where there is no proxy it is nobody's business
    expect(read({}, authorization('me:x'))).toEqual([undefined, accept])
    expect(read({ proxy: null }, authorization('me:x'))).toEqual(['direct', accept])
    expect(read({ proxy: 'http://p:1' }, { 'proxy-authorization': ['Digest x'] })).toEqual(['http://p:1', []])
  })

  it('of the environment is that of the machine it came from', () => {
    expect(read({ proxy: 'http://p:1', _scheme_proxy: true }, {})).toEqual([undefined, []])
  })
})

describe('what is no request', () => {
  const codes: Readonly<Record<string, [code: string, words: string]>> = {
    'a datetime in meta': ['ERR_PICKLE_UNSAFE', 'datetime.datetime'],
    'a Decimal in cb_kwargs': ['ERR_PICKLE_UNSAFE', 'decimal.Decimal'],
    'bytes that are no text in meta': ['ERR_IMPORT_DATA', '`meta.raw`'],
    'a number that JSON has not': ['ERR_IMPORT_DATA', '`meta.n` has the number NaN'],
    'no url': ['ERR_IMPORT_DATA', 'no request'],
    'no dict': ['ERR_IMPORT_DATA', 'no request'],
    'a URL without a scheme': ['ERR_URL_INVALID', 'no scheme'],
    'a header with a line break': ['ERR_HEADER_INVALID', 'line break'],
    JSON: ['ERR_PICKLE', '0x7b'],
    'something cut off': ['ERR_PICKLE', 'cut off'],
    'what would run a command': ['ERR_PICKLE_UNSAFE', 'os.system'],
  }
  it.each(Object.entries(recordedQueues.bad))('%s', (why, member) => {
    const [code, words] = codes[why]!
    const call = (): unknown => readScrapyRequest(Buffer.from(member, 'base64'))
    expect(call).toThrow(expect.objectContaining({ code }))
    expect(call).toThrow(words)
  })

  it.each([
    [{ url: 'http://a.b/', headers: 'x' }, '`headers`'],
    [{ url: 'http://a.b/', body: 5 }, '`body`'],
    [{ url: 'http://a.b/', meta: 'x' }, '`meta`'],
    [{ url: 'http://a.b/', cb_kwargs: 5 }, '`cb_kwargs`'],
    [{ url: 'http://a.b/', callback: 5 }, '`callback`'],
    [{ url: 'http://a.b/', priority: 'high' }, '`priority`'],
    [{ url: 'http://a.b/', method: 5 }, '`method`'],
    [{ url: 'http://a.b/', cookies: 'a=b' }, '`cookies`'],
    [{ url: 5 }, '`url`'],
  ])('%j', (fields, words) => {
    expect(() => readScrapyRequest(pickled(fields as never))).toThrow(words)
  })
})

it('takes what an old Scrapy leaves out for the defaults', () => {
  expect(readScrapyRequest(pickled({ url: 'http://a.b/', encoding: 'klingon' })).toJSON()).toEqual({ url: 'http://a.b/' })
  expect(readScrapyRequest(pickled({ url: 'http://a.b/', priority: 3 }), -4).priority).toBe(-4)
})
