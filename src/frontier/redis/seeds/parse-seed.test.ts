import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SkeinError } from '../../../errors.ts'
import { decodeRequest, encodeRequest } from '../../../http/codec.ts'
import type { Request } from '../../../http/request.ts'
import { fingerprintHex } from '../../../url/fingerprint.ts'
import { describeBadSeed, parseSeed } from './parse-seed.ts'

interface Recorded {
  readonly url: string
  readonly method: string
  readonly body: string
  readonly contentType: string | null
  readonly meta: object
  readonly dontFilter: boolean
  readonly priority: number
  readonly headers: readonly unknown[]
  readonly cookies: object
}

interface Vector {
  readonly id: string
  readonly kind: string
  readonly body?: string
  readonly bodyBase64?: string
  readonly push: readonly string[]
  readonly requests: readonly [string, string][]
  readonly expected: {
    readonly error?: string
    readonly raised?: string
    readonly requests?: readonly Recorded[]
    readonly batches: readonly (readonly string[])[]
    readonly members: readonly string[]
    readonly seen: readonly boolean[]
  }
}

const vectors = (
  JSON.parse(readFileSync(new URL('../../../../test/vectors/scrapy_redis.json', import.meta.url), 'utf8')) as {
    cases: Vector[]
  }
).cases
const ofKind = (kind: string): Vector[] => vectors.filter((vector) => vector.kind === kind)

function recorded(request: Request): Recorded {
  const { proxy, cookieJar } = request.options
  return {
    url: request.url,
    method: request.method,
    body: Buffer.from(request.body).toString(),
    contentType: request.headers.get('content-type') ?? null,
    // these are options here
    meta: {
      ...request.meta,
      ...(proxy === undefined ? {} : { proxy }),
      ...(cookieJar === undefined ? {} : { cookiejar: cookieJar }),
    },
    dontFilter: request.dontFilter,
    priority: request.priority,
    headers: [],
    cookies: {},
  }
}

/** What is thrown: it must be ERR_SEED. */
function refused(message: Uint8Array | string): string {
  try {
    parseSeed(message)
  } catch (error) {
    expect(error).toBeInstanceOf(SkeinError)
    expect((error as SkeinError).code).toBe('ERR_SEED')
    return (error as SkeinError).message
  }
  throw new Error(`this was taken for a seed: ${String(message)}`)
}

/** Scrapy makes a request of it that fails when it is downloaded: broken JSON as a URL. */
const isUrlOfBrokenJson = ({ expected }: Vector): boolean => /^(?:%EF%BB%BF)?%7B/.test(expected.requests?.[0]?.url ?? '')

describe('what scrapy-redis recorded', () => {
  it.each(ofKind('start').filter((vector) => !isUrlOfBrokenJson(vector)))('$id $body', ({ body, bodyBase64, expected }) => {
    const message = bodyBase64 === undefined ? Buffer.from(body!) : Buffer.from(bodyBase64, 'base64')
    if (expected.error !== undefined || expected.requests!.length === 0) return void refused(message)
    expect([recorded(parseSeed(message))]).toEqual(expected.requests)
    expect([recorded(parseSeed(message.toString()))]).toEqual(expected.requests)
  })

  it.each(ofKind('start').filter(isUrlOfBrokenJson))('$id $body is broken JSON, and no URL', ({ body }) => {
    // with a byte order mark in front it is whole, and means what it says
    if (body!.startsWith('\ufeff')) expect(parseSeed(body!).url).toBe('http://example.com/')
    else expect(refused(body!)).toContain('begins like JSON')
  })

  it.each(ofKind('fetch').filter(({ push }) => push.some((one) => !one.startsWith('http'))))(
    '$id $push: what is bad loses nothing else',
    ({ push, expected }) => {
      const urls = push.flatMap((message) => {
        try {
          return [parseSeed(message).url]
        } catch {
          return []
        }
      })
      const there = expected.batches.flat()
      expect(urls.slice(0, there.length)).toEqual(there)
      expect(urls).toEqual(push.filter((message) => message.startsWith('http')))
    },
  )

  it.each(ofKind('dupefilter'))('$id gives the members of the dupe filter', ({ requests, expected }) => {
    const hexes = requests.map(([url, method]) => fingerprintHex(parseSeed(JSON.stringify({ url, method }))))
    expect([...new Set(hexes)]).toEqual(expected.members)
    expect(hexes.map((hex, i) => hexes.indexOf(hex) < i)).toEqual(expected.seen)
  })
})

describe('form fields', () => {
  it('keep their order, also where a name is a number', () => {
    const json = '{"z": "1", "10": "2", "url": "http://a.b/", "2": "3", "\\u0061": {"9": "x"}, "method": "POST", "z" : "4"}'
    expect(Buffer.from(parseSeed(json).body).toString()).toBe('z=4&10=2&2=3&a=9')
  })

  it('are the query of any method but POST, in place of the one there is', () => {
    expect(parseSeed('{"url": "http://a.b/p?x=1#f", "method": "put", "k": "v w"}').url).toBe('http://a.b/p?k=v+w#f')
    expect(parseSeed('{"url": "http://a.b?x=1", "k": ["1", "2"]}').url).toBe('http://a.b/?k=1&k=2')
    expect(parseSeed('{"url": "http://a.b/?x=1", "k": []}').url).toBe('http://a.b/')
  })

  it('are what looks like options without the key $request', () => {
    expect(parseSeed('{"url": "http://a.b/", "cookies": {"a": "b"}, "headers": {"X": "1"}}').url).toBe(
      'http://a.b/?cookies=a&headers=X',
    )
    expect(parseSeed('{"url": "http://a.b/", "form": {"a": "1"}}').url).toBe('http://a.b/?form=a')
  })

  it('are written in the encoding that $request says', () => {
    expect(parseSeed('{"url": "http://a.b/", "q": "ñ", "$request": {"encoding": "latin1"}}').url).toBe('http://a.b/?q=%F1')
    expect(refused('{"url": "http://a.b/", "q": "漢", "$request": {"encoding": "latin1"}}')).toContain('漢')
  })

  it('keep the Content-Type that $request says', () => {
    const request = parseSeed(
      '{"url": "http://a.b/", "method": "POST", "a": "~ *", "$request": {"headers": {"content-type": "x/y"}}}',
    )
    expect(request.headers.getAll('content-type')).toEqual(['x/y'])
    expect(Buffer.from(request.body).toString()).toBe('a=~+%2A')
  })

  it('and a body are one too much', () => {
    expect(refused('{"url": "http://a.b/", "k": "v", "$request": {"body": "x"}}')).toContain('form fields (k)')
    expect(refused('{"url": "http://a.b/", "k": "v", "$request": {"json": {}}}')).toContain('form fields (k)')
  })

  it('named like what every object has are fields', () => {
    expect(parseSeed('{"url": "http://a.b/", "__proto__": "x", "constructor": "y"}').url).toBe(
      'http://a.b/?__proto__=x&constructor=y',
    )
  })
})

describe('$request', () => {
  it('has all that a request has', () => {
    const request = parseSeed(
      JSON.stringify({
        url: 'https://shop.example.com/a/b?x=1',
        meta: { kept: 1, won: 'there' },
        $request: {
          headers: { Accept: 'text/plain', Cookie: 'z=0' },
          cookies: { a: '1', b: 2 },
          body: 'ü',
          method: 'patch',
          priority: -7,
          callback: 'parseShop',
          errback: 'failed',
          cbArgs: { page: 2 },
          meta: { won: 'here' },
          dontFilter: false,
          slot: 'shops',
          notBefore: 1_800_000_000_000,
          encoding: 'latin1',
          timeout: 5,
          maxRetries: 0,
        },
      }),
    )
    expect(request.toJSON()).toEqual({
      url: 'https://shop.example.com/a/b?x=1',
      method: 'PATCH',
      headers: { Accept: 'text/plain', Cookie: 'z=0' },
      cookies: [
        { name: 'a', value: '1' },
        { name: 'b', value: '2' },
      ],
      bodyBase64: '/A==',
      callback: 'parseShop',
      errback: 'failed',
      cbArgs: { page: 2 },
      meta: { kept: 1, won: 'here' },
      priority: -7,
      slot: 'shops',
      notBefore: 1_800_000_000_000,
      encoding: 'latin1',
      timeout: 5,
      maxRetries: 0,
    })
  })

  it('makes a POST of json, and takes null for nothing', () => {
    const request = parseSeed(
      '{"url": "http://a.b/", "$request": {"json": {"q": 1}, "callback": null, "headers": null, "dontFilter": null}}',
    )
    expect(recorded(request)).toMatchObject({
      method: 'POST',
      body: '{"q":1}',
      contentType: 'application/json',
      dontFilter: true,
    })
    expect(parseSeed('{"url": "http://a.b/", "$request": null}').dontFilter).toBe(true)
  })

  it('keeps all cookies of a list: the jar knows which of them are for that place', () => {
    const cookies = [
      { name: 'all', value: '1' },
      { name: 'other', value: '2', domain: '.Other.example', path: '/a', secure: true },
    ]
    expect(parseSeed(JSON.stringify({ url: 'http://a.b/', $request: { cookies } })).options).toEqual({ cookies })
  })

  it.each([
    [{ priorty: 1 }, 'Did you mean `priority`?'],
    [{ dont_filter: true }, 'here it is `dontFilter`'],
    [{ url: 'http://c.d/' }, 'belongs beside it'],
    [{ priority: 1.5 }, '`priority`'],
    [{ callback: 5 }, '`callback`'],
    [{ notBefore: 'soon' }, '`notBefore`'],
    [{ encoding: 'klingon' }, '`encoding`'],
    [{ headers: { 'X Y': '1' } }, 'name of a header'],
    [{ headers: { X: 'a\r\nb: c' } }, 'line break'],
    [{ headers: 5 }, 'headers'],
    [{ cookies: 'a=b' }, '`cookies`'],
    [{ cookies: { 'a;b': 'c' } }, 'name of a cookie'],
    [{ cookies: { a: 'b; c' } }, 'the cookie a'],
    [{ cookies: { a: [] } }, 'the cookie a'],
    [{ cookies: [{ name: 'a', value: '1', secure: 1 }] }, '`secure`'],
    [{ cookies: [{ name: 'a', value: '1', domain: 5 }] }, '`domain`'],
    [{ cookies: [5] }, 'each of `cookies`'],
    [{ cookies: [{ value: 'x' }] }, 'name of a cookie'],
    [{ meta: 5 }, '`meta`'],
    [{ meta: { dont_retry: true } }, '`dontRetry`'],
    [{ dontFilter: 'no' }, '`dontFilter`'],
    [5, '`$request` is 5'],
    [[], '`$request` is an array'],
  ])('%j is refused', ($request, words) => {
    expect(refused(JSON.stringify({ url: 'http://a.b/', $request }))).toContain(words)
  })
})

describe('meta', () => {
  it("that is Scrapy's option is ours", () => {
    const { options, slot, meta } = parseSeed(
      JSON.stringify({
        url: 'http://a.b/',
        meta: {
          download_timeout: 5,
          download_slot: 's',
          dont_redirect: true,
          dont_retry: 0,
          handle_httpstatus_list: [404],
          max_retry_times: 7,
          redirect_ttl: 3,
          redirect_times: 2,
          download_maxsize: null,
          depth: 3,
          proxy: 'http://p:1',
          cookiejar: 2,
          give_up_log_level: 'WARNING',
        },
      }),
    )
    expect(options).toEqual({
      timeout: 5,
      dontRedirect: true,
      dontRetry: false,
      handleStatus: [404],
      maxRetries: 7,
      maxRedirects: 3,
      proxy: 'http://p:1',
      cookieJar: '2',
      giveUpLogLevel: 'warn',
    })
    expect(slot).toBe('s')
    expect(meta).toEqual({ redirect_times: 2, depth: 3 })
    expect(
      parseSeed('{"url":"http://a.b/","meta":{"handle_httpstatus_all":1,"handle_httpstatus_list":[]}}').options.handleStatus,
    ).toBe(true)
    expect(refused('{"url":"http://a.b/","meta":{"download_timeout":"soon"}}')).toContain('`timeout`')
  })

  it.each([null, [], '', 0, false, {}])('%j is none', (meta) => {
    expect(parseSeed(JSON.stringify({ url: 'http://a.b/', meta })).meta).toEqual({})
  })
})

describe('what is no seed', () => {
  it.each([
    ['', 'empty'],
    [' \n', 'empty'],
    ['\ufeff', 'empty'],
    ['not a url', 'no scheme'],
    ['example.com', 'no scheme'],
    ['//example.com/', 'no scheme'],
    ['123', 'the JSON of 123'],
    ['null', 'the JSON of null'],
    ['true', 'the JSON of true'],
    ['"http://a.b/"', "the text 'http://a.b/'"],
    ['["http://a.b/"]', 'an array of 1'],
    ['{"nourl": 1}', 'no `url`'],
    ['{"url": null}', 'no `url`'],
    ['{"url": ""}', 'no scheme'],
    ['{"url": ["http://a.b/"]}', '`url` is an array'],
    ['{"url": "http://a.b/", "n": 5}', 'form field `n`'],
    ['{"url": "http://a.b/", "priority": 5}', 'form field `priority`'],
    ['{"url": "http://a.b/", "n": null}', 'form field `n`'],
    ['{"url": "http://a.b/", "n": ["a", 1]}', 'form field `n`'],
    ['{"url": "http://a.b/", "n": "\\ud800"}', 'form field `n`'],
    ['{"url": "http://a.b/", "method": null}', '`method`'],
    ['{"url": "http://a.b/", "method": "GET it"}', '`method`'],
    ['{"url": "http://a.b/", "meta": "x"}', '`meta`'],
    ['{"url": "http://a.b/", "meta": [["a", 1]]}', '`meta`'],
    ['{"url": "http://a.b:port/"}', 'a.b:port'],
    ['http://a.b:99999/', '99999'],
    [`{"url": "http://a.b/", "meta": {"a": ${'['.repeat(300)}${']'.repeat(300)}}}`, '200 levels'],
    ['['.repeat(1_000_000), 'begins like JSON'],
  ])('%.60s', (message, words) => {
    expect(refused(message)).toContain(words)
    expect(refused(Buffer.from(message))).toContain('Expected a URL, or a JSON object')
  })

  it('is what is not UTF-8', () => {
    expect(refused(Buffer.from('http://a.b/\xff', 'latin1'))).toContain('not UTF-8')
  })

  it('never shows a password', () => {
    for (const message of [
      '"http://me:secret@a.b/"',
      '{"url": "http://me:secret@a.b/"',
      '{"url": "http://me:secret@a.b:x/"}',
      'http://me:secret@a.b:x/',
      '{"url": "http://a.b/", "$request": {"cookies": {"session": "secret;"}}}',
      '{"url": "http://a.b/", "$request": {"cookies": {"session": ["secret"]}}}',
      '{"url": "http://a.b/", "meta": {"proxy": "ftp://me:secret@p:1"}}',
      '{"url": "http://a.b/", "meta": {"http_user": ["geheim"], "http_pass": "geheim"}}',
    ]) {
      // `secret` is the example that the message gives for `auth`
      expect(refused(message).replace("password: 'secret'", '')).not.toMatch(/secret|geheim/)
    }
  })

  it('is never anything else than a request that can be kept, or ERR_SEED', () => {
    const check = (message: Uint8Array | string): void => {
      let request: Request
      try {
        request = parseSeed(message)
      } catch (error) {
        if (!(error instanceof SkeinError) || error.code !== 'ERR_SEED') throw error
        expect(JSON.parse(describeBadSeed(message, error, 1))).toMatchObject({ at: 1, error: error.message })
        return
      }
      expect(encodeRequest(decodeRequest(encodeRequest(request)))).toBe(encodeRequest(request))
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), check), { numRuns: 500 })
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 40 }), check), { numRuns: 500 })
    fc.assert(fc.property(fc.json(), check), { numRuns: 500 })
    const url = fc.oneof(fc.webUrl(), fc.constant('http://a.b/?x'), fc.string({ unit: 'binary' }), fc.jsonValue())
    const words = [
      'headers',
      'cookies',
      'body',
      'json',
      'priority',
      'callback',
      'errback',
      'cbArgs',
      'meta',
      'dontFilter',
      'slot',
    ]
    const ofMeta = [
      'proxy',
      'cookiejar',
      'http_user',
      'bindaddress',
      'referrer_policy',
      'give_up_log_level',
      'depth_reset',
      'auth',
    ]
    const key = fc.oneof(
      fc.constantFrom(...words, 'notBefore', 'encoding', 'method', 'timeout', 'handleStatus', '__proto__', ...ofMeta),
      fc.string(),
    )
    const value = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })),
      fc.constant(true),
      fc.integer(),
    )
    const object = fc
      .tuple(url, fc.dictionary(key, value), fc.dictionary(key, value), fc.dictionary(key, value))
      .map(([at, form, meta, extra]) =>
        JSON.stringify({ ...form, url: at, meta, ...(Object.keys(extra).length > 0 ? { $request: extra } : {}) }),
      )
    fc.assert(fc.property(object, check), { numRuns: 1000 })
    // messages with a byte or two wrong
    const wrong = fc.tuple(object, fc.nat(), fc.nat(255)).map(([message, at, byte]) => {
      const bytes = Buffer.from(message)
      bytes[at % bytes.length] = byte
      return bytes
    })
    fc.assert(fc.property(wrong, check), { numRuns: 1000 })
  })
})

describe('a dead seed', () => {
  it('has the message as it was', () => {
    const error = new SkeinError('ERR_SEED', 'Not a seed: http://me:secret@a.b/')
    expect(JSON.parse(describeBadSeed('{"n": 1}', error, 17))).toEqual({
      at: 17,
      error: 'Not a seed: http://***@a.b/',
      message: '{"n": 1}',
    })
    expect(JSON.parse(describeBadSeed(Buffer.from('é'), 'odd', 17))).toEqual({ at: 17, error: 'odd', message: 'é' })
    const bytes = Buffer.from([0x68, 0xff, 0x00])
    const dead = JSON.parse(describeBadSeed(new Uint8Array(bytes), error, 17)) as { message: string; base64: boolean }
    expect(dead.base64).toBe(true)
    expect(Buffer.from(dead.message, 'base64')).toEqual(bytes)
  })
})
