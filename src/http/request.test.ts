import { describe, expect, it } from 'vitest'
import { fingerprintHex } from '../url/fingerprint.ts'
import { Headers } from './headers.ts'
import { Request, type RequestInit } from './request.ts'

const URL_ = 'https://example.com/a'

function make(init: unknown): Request {
  return new Request(URL_, init as RequestInit)
}

describe('a plain request', () => {
  it('has the defaults, shared with all others', () => {
    const a = new Request(URL_)
    const b = new Request('https://example.com/b', {})
    expect(a).toMatchObject({ url: URL_, method: 'GET', priority: 0, dontFilter: false, encoding: 'utf-8' })
    expect([a.callback, a.errback, a.slot, a.notBefore]).toEqual([undefined, undefined, undefined, undefined])
    expect(a.headers).toBe(Headers.empty)
    expect(a.body).toHaveLength(0)
    expect([b.body, b.meta, b.cbArgs, b.options, b.state]).toEqual([a.body, a.meta, a.cbArgs, a.options, a.state])
    for (const shared of ['body', 'meta', 'cbArgs', 'options', 'state'] as const) expect(b[shared]).toBe(a[shared])
    expect(Object.isFrozen(a.meta) && Object.isFrozen(a.options) && Object.isFrozen(a.state)).toBe(true)
  })

  it('says what it is', () => {
    expect(String(make({ method: 'post' }))).toBe('<POST https://example.com/a>')
    expect(JSON.stringify(new Request(URL_))).toBe('{"url":"https://example.com/a"}')
  })

  it('takes undefined for not said', () => {
    expect(make({ method: undefined, body: undefined, meta: undefined, timeout: undefined, json: undefined })).toEqual(
      new Request(URL_),
    )
  })
})

describe('the URL', () => {
  it('is made safe', () => {
    expect(new Request(' http://EXAMPLE.com/a b?q=é#f ').url).toBe('http://example.com/a%20b?q=%C3%A9#f')
    expect(new Request('http://example.com/?q=é', { encoding: 'latin-1' }).url).toBe('http://example.com/?q=%E9')
    expect(new Request(new URL('http://example.com/x')).url).toBe('http://example.com/x')
    expect(new Request('data:,x').url).toBe('data:,x')
    expect(new Request('about:blank').url).toBe('about:blank')
  })

  it.each([
    '',
    '/a',
    'example.com/a',
    '//example.com/',
    'javascript:alert(1)',
    'mailto:a@b.c',
    'tel:1',
    '/go?u=http://x/',
    '?a',
    '#f',
    'http://[::1',
  ])('refuses %j', (url) => {
    expect(() => new Request(url)).toThrow(expect.objectContaining({ code: 'ERR_URL_INVALID' }))
  })

  it.each([undefined, null, 5, {}, []])('refuses %j for a URL', (url) => {
    expect(() => new Request(url as unknown as string)).toThrow(/URL.*(got|no scheme)/)
  })

  it('keeps its userinfo, which is part of the fingerprint, and does not show it', () => {
    const request = new Request('http://us%65r:p%40:s@example.com:8080/a@b?c@d')
    expect(request.url).toBe('http://user:p%40%3As@example.com:8080/a@b?c@d')
    expect(request.headers.size).toBe(0)
    expect(String(request)).toBe('<GET http://example.com:8080/a@b?c@d>')
    expect(String(new Request('http://example.com/@a'))).toBe('<GET http://example.com/@a>')
    expect(fingerprintHex(request)).not.toBe(fingerprintHex(new Request('http://example.com:8080/a@b?c@d')))
  })
})

describe('method and body', () => {
  it('upper-cases the method and keeps an empty one', () => {
    expect(make({ method: 'post' }).method).toBe('POST')
    expect(make({ method: '' }).method).toBe('')
    expect(() => make({ method: 'GET /x HTTP/1.1\r\n' })).toThrow('HTTP method')
    expect(() => make({ method: 5 })).toThrow('got 5')
  })

  it('encodes text, by its encoding', () => {
    expect([...make({ body: 'é' }).body]).toEqual([0xc3, 0xa9])
    expect([...make({ body: 'é', encoding: 'latin-1' }).body]).toEqual([0xe9])
    expect([...make({ encoding: 'windows-1251', body: 'я' }).body]).toEqual([0xff])
    expect(make({ body: '' }).body).toBe(new Request(URL_).body)
  })

  it('refuses text that the encoding lacks, naming the character', () => {
    expect(() => make({ body: 'abc 日本', encoding: 'latin-1' })).toThrow("'日' cannot be written in 'latin-1'")
    expect(() => make({ body: 'a😀', encoding: 'cp1252' })).toThrow("'😀'")
  })

  it('keeps bytes of its own', () => {
    const bytes = Uint8Array.of(1, 2, 3)
    const request = make({ method: 'PUT', body: bytes })
    bytes[0] = 9
    expect([...request.body]).toEqual([1, 2, 3])
    expect([...make({ body: Buffer.from('abc').subarray(1) }).body]).toEqual([98, 99])
  })

  it('makes JSON of json', () => {
    const request = make({ json: { q: 'gänse', n: [1, null, true] } })
    expect(request.method).toBe('POST')
    expect(request.headers.get('content-type')).toBe('application/json')
    expect(Buffer.from(request.body).toString()).toBe('{"q":"gänse","n":[1,null,true]}')
    expect(make({ json: 0 }).body).toEqual(new TextEncoder().encode('0'))
    expect(make({ json: null }).body).toEqual(new TextEncoder().encode('null'))
  })

  it('lets the request say otherwise than json does', () => {
    const request = make({ json: {}, method: 'put', headers: { 'content-type': 'application/ld+json' } })
    expect(request.method).toBe('PUT')
    expect([...request.headers]).toEqual([['content-type', 'application/ld+json']])
    expect(make({ json: {}, method: 'GET' }).method).toBe('GET')
    expect(() => make({ json: {}, body: '' })).toThrow('either `body` or `json`')
  })
})

describe('callbacks', () => {
  class Spider {
    parseBook() {}
    callback() {}
    arrow = () => {}
  }
  const spider = new Spider()

  it('are named by a method or its name', () => {
    expect(make({ callback: spider.parseBook, errback: 'failed' })).toMatchObject({ callback: 'parseBook', errback: 'failed' })
    expect(make({ callback: spider.parseBook.bind(spider) }).callback).toBe('parseBook')
    expect(make({ callback: spider.arrow }).callback).toBe('arrow')
    expect(make({ callback: spider.callback }).callback).toBe('callback')
  })

  it.each([
    ['an arrow', { callback: () => 1 }],
    ['an arrow of one parameter', { callback: (page: unknown) => page }],
    ['an async arrow', { callback: async () => 1 }],
    // biome-ignore lint/complexity/useArrowFunction: it is what is tested
    ['a function', { errback: function () {} }],
    [
      'a function without a name',
      {
        callback: (
          () => () =>
            1
        )(),
      },
    ],
    ['an empty name', { callback: '' }],
    ['a number', { callback: 1 }],
    ['null', { errback: null }],
  ])('refuses %s', (_, init) => {
    expect(() => make(init)).toThrow(expect.objectContaining({ code: 'ERR_CALLBACK' }))
  })

  it('refuses private methods, which have no name outside', () => {
    class Secret {
      #parse() {}
      make() {
        return make({ callback: this.#parse })
      }
    }
    expect(() => new Secret().make()).toThrow('private method #parse')
  })
})

describe('meta and cbArgs', () => {
  it('are a private copy', () => {
    const meta = { list: [1, { deep: 'x' }], none: undefined, no: null, yes: true }
    const request = make({ meta, cbArgs: meta })
    meta.list.push(2)
    expect(request.meta).toEqual({ list: [1, { deep: 'x' }], no: null, yes: true })
    expect(Object.keys(request.meta)).not.toContain('none')
    expect(request.cbArgs).toEqual(request.meta)
  })

  it.each([
    ['meta.when', { when: new Date(0) }, 'a Date: pass its toISOString()'],
    ['meta.url', { url: new URL('http://x/') }, 'an URL: pass its href'],
    ['meta.fn', { fn: () => 1 }, 'a function'],
    ['meta.n', { n: Number.NaN }, 'NaN'],
    ['meta.n', { n: Number.POSITIVE_INFINITY }, 'Infinity'],
    ['meta.big', { big: 1n }, '1: pass it as a string'],
    ['meta.s', { s: Symbol('x') }, 'Symbol(x)'],
    ['meta.map', { map: new Map() }, 'a Map: pass an object or an array'],
    ['meta.a[1].b', { a: [0, { b: new (class Book {})() }] }, 'a Book: pass the plain data in it'],
    ['meta.a[0]', { a: [undefined] }, 'undefined: pass null'],
    ['meta', [], 'an array of 0'],
    ['meta', 'x', "'x'"],
    ['meta', null, 'null'],
  ])('refuses what is no JSON, with its path: %s', (path, meta, what) => {
    expect(() => make({ meta })).toThrow(
      expect.objectContaining({ code: 'ERR_REQUEST_OPTION', message: expect.stringContaining(`\`${path}\``) as string }),
    )
    expect(() => make({ meta })).toThrow(what)
  })

  it('refuses what contains itself', () => {
    const loop: Record<string, unknown> = {}
    loop['self'] = { loop }
    expect(() => make({ cbArgs: loop })).toThrow('contains itself')
    const list: unknown[] = []
    list.push(list)
    expect(() => make({ json: list })).toThrow('contains itself')
  })

  it('is not fooled by __proto__', () => {
    const request = make({ meta: JSON.parse('{"__proto__": {"polluted": true}, "a": {"__proto__": 1}}') as unknown })
    expect((request.meta as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(JSON.stringify(request.meta)).toBe('{"__proto__":{"polluted":true},"a":{"__proto__":1}}')
  })

  it('takes objects without a prototype', () => {
    expect(make({ meta: Object.assign(Object.create(null) as object, { a: 1 }) }).meta).toEqual({ a: 1 })
  })

  it('answers the meta keys of Scrapy that are options here', () => {
    expect(() => make({ meta: { download_timeout: 5 } })).toThrow('`timeout`')
    expect(() => make({ meta: { handle_httpstatus_list: [404] } })).toThrow('`handleStatus`')
    expect(make({ meta: { depth: 1, proxy: 'x', data: 1 } }).meta).toEqual({ depth: 1, proxy: 'x', data: 1 })
  })
})

describe('options', () => {
  it('are kept when they say something', () => {
    const options = {
      timeout: 0.5,
      maxSize: 0,
      handleStatus: [404, 503],
      dontRedirect: true,
      maxRetries: 0,
      failOnDataLoss: false,
    }
    expect(make(options).options).toEqual(options)
    expect(make({ handleStatus: true }).options.handleStatus).toBe(true)
  })

  it.each([
    ['timeout', [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '5', null]],
    ['maxSize', [-1, 1.5, '1', true]],
    ['maxRedirects', [-1, Number.NaN]],
    ['maxRetries', [null, 0.1]],
    ['handleStatus', [404, false, ['404'], [99], [1000], [404.5]]],
    ['dontRedirect', [1, 'true', null]],
    ['allowOffsite', [0]],
    ['priority', [1.5, '1', Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]],
    ['dontFilter', [1, 'no']],
    ['slot', ['', 5]],
    ['notBefore', ['now', Number.NaN, new Date(Number.NaN)]],
    ['encoding', ['utf-9', 5, '', 'base64', 'utf-7']],
    ['body', [5, {}, new ArrayBuffer(1), ['a']]],
  ])('refuses a %s it cannot have', (key, values) => {
    for (const value of values) {
      expect(() => make({ [key]: value })).toThrow(
        expect.objectContaining({ code: 'ERR_REQUEST_OPTION', message: expect.stringContaining(`\`${key}\``) as string }),
      )
    }
  })

  it.each([
    ['priorty', 'Did you mean `priority`?'],
    ['dont_filter', '`dontFilter`'],
    ['cb_kwargs', '`cbArgs`'],
    ['formdata', 'URLSearchParams'],
    ['url', 'first argument'],
    ['constructor', 'no `constructor`'],
    ['zzzzzzzzzzzz', 'there are: method, headers'],
  ])('refuses the unknown %s and helps', (key, help) => {
    expect(() => make({ [key]: 1 })).toThrow(expect.objectContaining({ code: 'ERR_REQUEST_OPTION' }))
    expect(() => make({ [key]: 1 })).toThrow(help)
  })

  it.each([null, 5, 'x'])('refuses %j for an init', (init) => {
    expect(() => make(init)).toThrow('an object')
  })

  it('reads times', () => {
    expect(make({ notBefore: new Date(5000) }).notBefore).toBe(5000)
    expect(make({ notBefore: 0 }).notBefore).toBeUndefined()
    expect(make({ notBefore: -5 }).notBefore).toBeUndefined()
  })
})

describe('replace', () => {
  const request = make({ method: 'POST', body: 'x', meta: { a: 1 }, timeout: 5, dontRetry: true, headers: { A: '1' } }).withState(
    {
      depth: 2,
      redirectTimes: 1,
    },
  )

  it('changes what it is told and keeps the rest, state included', () => {
    const copy = request.replace({ priority: 7, maxRetries: 1 })
    expect(copy).toEqual(
      Object.assign(Object.create(Request.prototype) as object, request, {
        priority: 7,
        options: { ...request.options, maxRetries: 1 },
      }),
    )
    expect(copy).not.toBe(request)
    expect(request.priority).toBe(0)
    expect(request.options).toEqual({ timeout: 5, dontRetry: true })
    expect(copy.state).toEqual({ ...new Request(URL_).state, depth: 2, redirectTimes: 1 })
  })

  it('makes a new URL safe and refuses a bad one', () => {
    expect(request.replace({ url: 'http://x/ü' }).url).toBe('http://x/%C3%BC')
    expect(() => request.replace({ url: '/x' })).toThrow('no scheme')
    expect(() => request.replace({ prioritty: 1 } as never)).toThrow('Did you mean')
  })

  it('can take a time away, and gives JSON the method it needs only where none was set', () => {
    expect(request.replace({ notBefore: 9 }).replace({ notBefore: 0 }).notBefore).toBeUndefined()
    expect(new Request(URL_).replace({ json: {} }).method).toBe('POST')
    expect(make({ method: 'PUT' }).replace({ json: {} }).method).toBe('PUT')
  })
})
