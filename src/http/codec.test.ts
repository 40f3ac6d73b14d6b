import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRequest, encodeRequest } from './codec.ts'
import type { JsonObject } from './json-value.ts'
import { Request, type RequestInit } from './request.ts'

const URL_ = 'https://example.com/'

/** Everything that makes a request what it is. */
function facts(request: Request): unknown {
  return { ...request, headers: [...request.headers], body: [...request.body] }
}

describe('encodeRequest', () => {
  it('writes a plain GET as its URL and nothing else', () => {
    expect(encodeRequest(new Request(URL_))).toBe('{"url":"https://example.com/"}')
    expect(encodeRequest(new Request(URL_, { meta: {}, cbArgs: {}, priority: 0, method: 'get' }))).toBe(
      '{"url":"https://example.com/"}',
    )
    expect(encodeRequest(new Request(URL_).withState({ depth: 0, seed: false }))).toBe('{"url":"https://example.com/"}')
  })

  it('writes the rest under the names of the init', () => {
    const request = new Request(URL_, {
      method: 'POST',
      headers: { A: ['1', '2'] },
      body: 'é',
      callback: 'parseBook',
      errback: 'failed',
      cbArgs: { a: 1 },
      meta: { b: 2 },
      priority: -1,
      dontFilter: true,
      slot: 's',
      notBefore: 5,
      timeout: 3,
      encoding: 'latin-1',
    }).withState({ depth: 3, redirectUrls: ['http://x/'], redirectReasons: [302], seed: true, ruleCallback: 'parseBook' })
    expect(JSON.parse(encodeRequest(request))).toEqual({
      url: URL_,
      method: 'POST',
      headers: { A: ['1', '2'] },
      bodyBase64: '6Q==',
      callback: 'parseBook',
      errback: 'failed',
      cbArgs: { a: 1 },
      meta: { b: 2 },
      priority: -1,
      dontFilter: true,
      slot: 's',
      notBefore: 5,
      encoding: 'latin-1',
      timeout: 3,
      state: { depth: 3, redirectUrls: ['http://x/'], redirectReasons: [302], seed: true, ruleCallback: 'parseBook' },
    })
  })

  it('writes a body that is text as text', () => {
    expect(encodeRequest(new Request(URL_, { method: 'POST', body: 'q=日' }))).toContain('"body":"q=日"')
  })

  it('writes the options of a request as they were said, in their shortest form', () => {
    const request = new Request(URL_, {
      cookies: { sid: 'x', n: 1, none: null },
      cookieJar: 2,
      auth: { user: 'me', password: 'pw' },
      proxy: null,
      dontMergeCookies: false,
    })
    const text =
      '{"url":"https://example.com/","cookies":[{"name":"sid","value":"x"},{"name":"n","value":"1"}],"cookieJar":"2",' +
      '"auth":{"user":"me","password":"pw"},"proxy":"direct","dontMergeCookies":false}'
    expect(encodeRequest(request)).toBe(text)
    expect(facts(decodeRequest(text))).toEqual(facts(request))
  })

  it('keeps the order of headers that an object would lose', () => {
    for (const headers of [
      [
        ['B', '1'],
        ['2', '2'],
        ['1', '3'],
      ],
      [
        ['A', '1'],
        ['B', '2'],
        ['a', '3'],
      ],
      [['__proto__', '1']],
    ] as [string, string][][]) {
      expect([...decodeRequest(encodeRequest(new Request(URL_, { headers }))).headers]).toEqual(headers)
    }
  })
})

describe('a Referer', () => {
  const text = (url: string, referer: string, more: [string, string][] = []): string =>
    encodeRequest(new Request(url, { headers: [['Referer', referer], ...more] }))

  it.each([
    ['https://a.example/x', 'https://a.example/list?p=2', '/list?p=2'],
    ['https://a.example:8443/x', 'https://a.example:8443/', '/'],
    ['https://a.example', 'https://a.example/', '/'],
    ['https://a.example/x', 'https://a.example', 'https://a.example'],
    ['https://a.example/x', 'https://a.example.evil.example/', 'https://a.example.evil.example/'],
    ['https://a.example/x', 'https://b.example/x', 'https://b.example/x'],
    ['https://u:p@a.example/x', 'https://a.example/x', 'https://a.example/x'],
    ['https://a.example/x', '', ''],
    ['http://a.example/x', 'http:/x', 'http:/x'],
    ['http://a.example/x', 'http:', 'http:'],
    ['http://a.example?x', 'http://a.example/', '/'],
    ['data:text/html,x', 'https://a.example/x', 'https://a.example/x'],
  ])('of a request for %s, %s, is %j in the queue', (url, referer, written) => {
    const json = text(url, referer)
    expect(JSON.parse(json)).toEqual({ url: new Request(url).url, referer: written })
    expect(decodeRequest(json).headers.toFlat()).toEqual(['Referer', referer])
  })

  it('is one of the headers where there are others, or where it would not come back the same', () => {
    for (const headers of [
      [
        ['Referer', 'https://a.example/'],
        ['X-A', '1'],
      ],
      [['referer', 'https://a.example/']],
      [['Referer', '/list']],
    ] as [string, string][][]) {
      const json = encodeRequest(new Request('https://a.example/x', { headers }))
      expect(JSON.parse(json)).not.toHaveProperty('referer')
      expect([...decodeRequest(json).headers]).toEqual(headers)
    }
  })

  it('is read wherever it stands; its value is checked', () => {
    expect(decodeRequest('{"referer":"/a","headers":{"X-A":"1"},"url":"http://x.example/b"}').headers.toFlat()).toEqual([
      'X-A',
      '1',
      'Referer',
      'http://x.example/a',
    ])
    for (const referer of ['1', '"/a\\r\\nX: 1"', 'null']) {
      expect(() => decodeRequest(`{"url":"http://x.example/","referer":${referer}}`)).toThrow(
        expect.objectContaining({ code: 'ERR_REQUEST_DECODE' }),
      )
    }
  })
})

describe('decodeRequest', () => {
  const json = fc.object({
    values: [
      fc.string({ unit: 'binary' }),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    ],
    maxDepth: 3,
  }) as fc.Arbitrary<JsonObject>
  const headers = fc.array(
    fc.tuple(fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/), fc.stringMatching(/^[\x21-\x7e\x80-\xff]*$/)),
  )
  const cookieName = fc.string({ unit: 'binary', minLength: 1 }).filter((name) => !/[\0-\x20\x7f;=,]/.test(name))
  const cookieText = fc.string({ unit: 'binary' }).filter((text) => !/[\0-\x1f\x7f;]/.test(text))
  const options = fc.record(
    {
      method: fc.constantFrom('GET', 'POST', '', 'PATCH'),
      headers: fc.oneof(
        headers,
        fc.record({ Referer: fc.oneof(fc.webUrl(), fc.constant('http://a.example/'), fc.constant('/')) }),
      ),
      body: fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array()),
      callback: fc.stringMatching(/^[a-zA-Z]\w+$/),
      errback: fc.stringMatching(/^[a-zA-Z]\w+$/),
      cbArgs: json,
      meta: json,
      priority: fc.maxSafeInteger(),
      dontFilter: fc.boolean(),
      slot: fc.string({ minLength: 1, unit: 'binary' }),
      notBefore: fc.nat(),
      encoding: fc.constantFrom('utf-8', 'UTF-8', 'utf8'),
      timeout: fc.double({ min: 0.001, max: 1e6, noNaN: true }),
      maxSize: fc.nat(),
      handleStatus: fc.oneof(fc.constant(true as const), fc.array(fc.integer({ min: 100, max: 999 }))),
      dontRedirect: fc.boolean(),
      maxRedirects: fc.nat(),
      dontRetry: fc.boolean(),
      maxRetries: fc.nat(),
      dontObeyRobotsTxt: fc.boolean(),
      allowOffsite: fc.boolean(),
      failOnDataLoss: fc.boolean(),
      warnSize: fc.nat(),
      cookies: fc.oneof(
        fc.dictionary(cookieName, fc.oneof(cookieText, fc.integer(), fc.boolean(), fc.constant(null))),
        fc.array(
          fc.record(
            { name: cookieName, value: cookieText, domain: cookieText, path: cookieText, secure: fc.boolean() },
            { requiredKeys: ['name', 'value'] },
          ),
        ),
      ),
      cookieJar: fc.oneof(fc.string({ minLength: 1, unit: 'binary' }), fc.integer()),
      dontMergeCookies: fc.boolean(),
      auth: fc.record(
        { user: fc.string({ unit: 'binary' }), password: fc.string({ unit: 'binary' }), domain: fc.string() },
        { requiredKeys: ['user', 'password'] },
      ),
      proxy: fc.constantFrom('direct', null, 'http://me:p%40ss@p.example:3128', 'socks5://127.0.0.1:1080'),
      localAddress: fc.oneof(fc.ipV4(), fc.ipV6()),
      referrerPolicy: fc.constantFrom('scrapy-default', 'no-referrer', 'strict-origin-when-cross-origin'),
      retryPriority: fc.maxSafeInteger(),
      giveUpLogLevel: fc.constantFrom('debug', 'info', 'warn', 'error'),
      dontThrottle: fc.boolean(),
      depthReset: fc.boolean(),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<RequestInit>
  const state = fc.record(
    {
      depth: fc.nat(),
      retryTimes: fc.nat(),
      redirectTimes: fc.nat(),
      redirectUrls: fc.array(fc.webUrl()),
      redirectReasons: fc.array(fc.oneof(fc.nat(), fc.string())),
      seed: fc.boolean(),
    },
    { requiredKeys: [] },
  )
  const url = fc.webUrl({ withFragments: true, withQueryParameters: true })

  it.each([
    ['{"cookies":"a=b"}', '`cookies`'],
    ['{"cookies":[{"name":"a b","value":"x"}]}', 'name of a cookie'],
    ['{"cookies":{"a":"geheim;"}}', 'the cookie a'],
    ['{"cookieJar":""}', '`cookieJar`'],
    ['{"auth":{"user":"geheim"}}', '`auth`'],
    ['{"proxy":"geheim"}', '`proxy`'],
    ['{"localAddress":"eth0"}', '`localAddress`'],
    ['{"referrerPolicy":"never"}', '`referrerPolicy`'],
    ['{"giveUpLogLevel":"loud"}', '`giveUpLogLevel`'],
    ['{"retryPriority":0.5}', '`retryPriority`'],
    ['{"warnSize":-1}', '`warnSize`'],
    ['{"dontThrottle":1}', '`dontThrottle`'],
    ['{"depthReset":null}', '`depthReset`'],
  ])('refuses %s, and shows no credential', (part, words) => {
    const call = (): unknown => decodeRequest(`{"url":"${URL_}",${part.slice(1)}`)
    expect(call).toThrow(expect.objectContaining({ code: 'ERR_REQUEST_DECODE' }))
    expect(call).toThrow(words)
    expect(call).not.toThrow('geheim')
  })

  it('gives back what was encoded', () => {
    fc.assert(
      fc.property(url, options, state, (from, init, kept) => {
        const request = new Request(from, init).withState(kept)
        const text = encodeRequest(request)
        const back = decodeRequest(text)
        // JSON has one zero
        expect(JSON.parse(JSON.stringify(facts(back)))).toEqual(JSON.parse(JSON.stringify(facts(request))))
        expect(encodeRequest(back)).toBe(text)
      }),
    )
  })

  it('refuses any damage or reads a request: it never does anything else', () => {
    fc.assert(
      fc.property(url, options, fc.nat(), fc.string({ maxLength: 3 }), (from, init, at, noise) => {
        const text = encodeRequest(new Request(from, init))
        const cut = at % text.length
        const damaged = text.slice(0, cut) + noise + text.slice(cut + 1)
        try {
          expect(decodeRequest(damaged)).toBeInstanceOf(Request)
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_REQUEST_DECODE' })
        }
      }),
    )
  })

  it('refuses any JSON that is no request', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(() => decodeRequest(JSON.stringify(value))).toThrow(expect.objectContaining({ code: 'ERR_REQUEST_DECODE' }))
      }),
    )
  })

  it.each([
    ['', 'as JSON'],
    ['{"url":"https://example.com/"', 'as JSON'],
    ['null', 'JSON object'],
    ['["https://example.com/"]', 'JSON object'],
    ['{}', '`url`'],
    ['{"url":5}', '`url`'],
    ['{"url":"/a"}', '`url`'],
    ['{"url":"javascript:alert(1)"}', '`url`'],
    ['{"url":"http://x/\\r\\nHost: y"}', '`url`'],
    ['{"url":"http://x/ y"}', '`url`'],
    ['{"url":"http://x/","method":"GET / HTTP/1.1\\r\\n"}', '`method`'],
    ['{"url":"http://x/","headers":{"A":"1\\r\\nB: 2"}}', 'line break'],
    ['{"url":"http://x/","headers":"A"}', '`headers`'],
    ['{"url":"http://x/","headers":[["A"]]}', 'pair'],
    ['{"url":"http://x/","headers":{"A":5}}', 'header A'],
    ['{"url":"http://x/","body":5}', '`body`'],
    ['{"url":"http://x/","bodyBase64":"a"}', '`bodyBase64`'],
    ['{"url":"http://x/","bodyBase64":"a_b="}', '`bodyBase64`'],
    ['{"url":"http://x/","callback":""}', '`callback`'],
    ['{"url":"http://x/","callback":{}}', '`callback`'],
    ['{"url":"http://x/","meta":[]}', '`meta`'],
    ['{"url":"http://x/","cbArgs":null}', '`cbArgs`'],
    ['{"url":"http://x/","priority":1.5}', '`priority`'],
    ['{"url":"http://x/","priority":1e300}', '`priority`'],
    ['{"url":"http://x/","dontFilter":1}', '`dontFilter`'],
    ['{"url":"http://x/","slot":""}', '`slot`'],
    ['{"url":"http://x/","notBefore":"now"}', '`notBefore`'],
    ['{"url":"http://x/","encoding":"nope"}', '`encoding`'],
    ['{"url":"http://x/","timeout":-1}', '`timeout`'],
    ['{"url":"http://x/","state":[]}', '`state`'],
    ['{"url":"http://x/","state":{"depth":-1}}', '`state.depth`'],
    ['{"url":"http://x/","state":{"redirectUrls":[5]}}', '`state.redirectUrls`'],
    ['{"url":"http://x/","state":{"redirectReasons":[null]}}', '`state.redirectReasons`'],
    ['{"url":"http://x/","state":{"ruleCallback":7}}', '`state.ruleCallback`'],
    ['{"url":"http://x/","state":{"ruleCallback":""}}', '`state.ruleCallback`'],
    ['{"url":"http://x/","state":{"seed":1}}', '`state.seed`'],
    ['{"url":"http://x/","state":{"more":1}}', '`state.more`'],
    ['{"url":"http://x/","dont_filter":true}', '`dontFilter`'],
    ['{"url":"http://x/","__proto__":{"priority":5}}', '`__proto__`'],
  ])('refuses %s and says why', (text, why) => {
    expect(() => decodeRequest(text)).toThrow(expect.objectContaining({ code: 'ERR_REQUEST_DECODE' }))
    expect(() => decodeRequest(text)).toThrow(why)
  })

  it('keeps hostile keys in data as data', () => {
    const request = decodeRequest('{"url":"http://x/","meta":{"__proto__":{"polluted":1},"constructor":2}}')
    expect(Object.keys(request.meta)).toEqual(['__proto__', 'constructor'])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(request.replace({ priority: 1 }).meta).toBe(request.meta)
  })

  it('does not make a URL safe again', () => {
    expect(decodeRequest('{"url":"http://x/%7E%zz"}').url).toBe('http://x/%7E%zz')
  })

  it('reads megabytes of body without a stack of them', () => {
    const body = new Uint8Array(3_000_000).fill(0xff)
    const back = decodeRequest(encodeRequest(new Request(URL_, { method: 'POST', body })))
    expect(Buffer.compare(back.body, body)).toBe(0)
  })
})
