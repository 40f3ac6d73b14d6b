import { describe, expect, it } from 'vitest'
import { SkeinError } from '../errors.ts'
import type { CallbackRef, CallbackResolver } from './callback.ts'
import { createResponse } from './create-response.ts'
import { Headers } from './headers.ts'
import { HtmlResponse } from './html-response.ts'
import { JsonResponse } from './json-response.ts'
import { Request } from './request.ts'
import { Response, type ResponseInit } from './response.ts'
import { TextResponse } from './text-response.ts'
import { XmlResponse } from './xml-response.ts'

const url = 'http://example.com/a/b.html'

function html(body: string | Uint8Array, init: Partial<ResponseInit> = {}): HtmlResponse {
  return new HtmlResponse({ url, body, ...init })
}

/** The callbacks of a spider with the one method `parseBook`. */
const callbacks: CallbackResolver = {
  resolve(ref: CallbackRef) {
    const name = typeof ref === 'string' ? ref : ref.name
    if (name !== 'parseBook') throw new SkeinError('ERR_CALLBACK', `no ${name}; there is: parseBook`)
    return name
  },
}

describe('Response', () => {
  it('has defaults', () => {
    const response = new Response({ url })
    expect(response).toMatchObject({ url, status: 200, flags: [], protocol: undefined, ipAddress: undefined, latency: undefined })
    expect(response.headers).toBe(Headers.empty)
    expect(response.body).toHaveLength(0)
    expect(response.request.url).toBe(url)
    expect(response.request).toBe(response.request)
    expect(String(response)).toBe('<200 http://example.com/a/b.html>')
  })

  it('takes bytes without copying them', () => {
    const buffer = Buffer.from('abc')
    expect(new Response({ url, body: buffer }).body).toBe(buffer)
    const bytes = new Uint8Array([0, 1, 2, 3]).subarray(1, 3)
    const { body } = new Response({ url, body: bytes })
    expect([...body]).toEqual([1, 2])
    expect(body.buffer).toBe(bytes.buffer)
  })

  it('shows the data of its request', () => {
    const request = new Request(url, { meta: { a: 1 }, cbArgs: { b: 2 } })
    const response = new Response({ url, request })
    expect(response.request).toBe(request)
    expect(response.meta).toBe(request.meta)
    expect(response.cbArgs).toBe(request.cbArgs)
  })

  it.each([
    ['url', undefined],
    ['url', new URL(url)],
    ['status', '200'],
    ['status', 200.5],
    ['body', 5],
    ['body', [1]],
    ['encoding', 'nope'],
  ])('refuses a %s of %j', (key, value) => {
    expect(() => new Response({ url, [key]: value } as never)).toThrow(
      expect.objectContaining({ code: 'ERR_RESPONSE_OPTION', message: expect.stringContaining(`\`${key}\``) as string }),
    )
  })

  it('replaces what it is told and keeps the rest and the class', () => {
    const request = new Request(url)
    const page = html('<p>é', {
      request,
      encoding: 'latin-1',
      flags: ['cached'],
      protocol: 'HTTP/1.1',
      ipAddress: '::1',
      latency: 12,
      status: 404,
      callbacks,
    })
    expect(page.text).toBe('<p>é')
    const copy = page.replace({ status: 200, body: Buffer.from('<p>\xff', 'latin1') })
    expect(copy).toBeInstanceOf(HtmlResponse)
    expect(copy).toMatchObject({
      url,
      status: 200,
      flags: ['cached'],
      protocol: 'HTTP/1.1',
      ipAddress: '::1',
      latency: 12,
      callbacks,
      request,
    })
    expect(copy.text).toBe('<p>ÿ')
    expect(page.status).toBe(404)
    expect(page.text).toBe('<p>é')
  })
})

describe('text', () => {
  it('reads a body given as text as that text', () => {
    expect(html('ascii').encoding).toBe('utf-8')
    expect(html('日本').text).toBe('日本')
    expect(html('日本', { encoding: 'shift_jis' }).body).toEqual(Buffer.from([0x93, 0xfa, 0x96, 0x7b]))
    expect(html('日本', { headers: { 'Content-Type': 'text/html; charset=latin-1' } }).text).toBe('日本')
    expect(() => html('日本', { encoding: 'latin-1' })).toThrow('cannot be written')
  })

  it('is decoded once', () => {
    const page = html(Buffer.from('<p>é'))
    const { text } = page
    page.body.fill(0)
    expect(page.text).toBe(text)
  })

  it('says the encoding that was given as it was given', () => {
    expect(html(Buffer.from('é'), { encoding: 'Latin-1' }).encoding).toBe('latin-1')
  })
})

describe('json', () => {
  it('is parsed once, with the type that is asked for', () => {
    const page = new JsonResponse({ url, body: '{"a": [1, 2]}' })
    const value = page.json<{ a: number[] }>()
    expect(value.a[1]).toBe(2)
    expect(page.json()).toBe(value)
    expect(new TextResponse({ url, body: 'null' }).json()).toBeNull()
  })

  it('is UTF-8 whatever the header says, and otherwise what the header says', () => {
    const headers = { 'Content-Type': 'application/json; charset=iso-8859-1' }
    expect(new JsonResponse({ url, headers, body: Buffer.from('"é"') }).json()).toBe('é')
    expect(new JsonResponse({ url, headers, body: Buffer.from('"é"', 'latin1') }).json()).toBe('é')
    expect(new JsonResponse({ url, body: Buffer.from('\ufeff"é"', 'utf16le') }).json()).toBe('é')
    expect(new JsonResponse({ url, body: Buffer.from('\ufeff"é"') }).json()).toBe('é')
  })

  it('says where there is none', () => {
    const page = new JsonResponse({ url, body: '<p>Sorry' })
    expect(() => page.json()).toThrow(expect.objectContaining({ code: 'ERR_JSON' }))
    expect(() => page.json()).toThrow(/b\.html.*<p>Sorry/)
    expect(() => page.jmespath('a')).toThrow('<p>Sorry')
  })

  it('is searched by JMESPath, whatever the response says it is', () => {
    const body = '{"books": [{"title": "A"}, {"title": "B"}]}'
    for (const Class of [JsonResponse, TextResponse, HtmlResponse]) {
      expect(new Class({ url, body }).jmespath('books[].title').getall()).toEqual(['A', 'B'])
    }
    expect(new JsonResponse({ url, body }).selector.jmespath('books[0].title').get()).toBe('A')
  })
})

describe('css and xpath', () => {
  it('search one tree, by the rules of HTML or XML', () => {
    const page = html('<P Class=a>x<p>y')
    expect(page.css('p.a::text').getall()).toEqual(['x'])
    expect(page.xpath('//p[@class = $name]/text()', { name: 'a' }).getall()).toEqual(['x'])
    expect(page.selector).toBe(page.selector)
    const xml = new XmlResponse({ url, body: '<Items><Item n="1"/></Items>' })
    expect(xml.css('Item::attr(n)').getall()).toEqual(['1'])
    expect(xml.xpath('//item').getall()).toEqual([])
  })
})

describe('baseUrl', () => {
  it.each([
    ['<base href="/x/">', 'http://example.com/x/'],
    ['<BASE target=_top HREF=/x/ >', 'http://example.com/x/'],
    ["<base\nhref = ' http://other.example/y ' />", 'http://other.example/y'],
    ['<base target=x><base href=1><base href=2>', 'http://example.com/a/1'],
    ['<base href="?a=1&amp;b=2">', 'http://example.com/a/b.html?a=1&b=2'],
    ['<!-- <base href="/x/"> -->', url],
    ['<!-- <base href="/x/"> --><base href="/y/">', 'http://example.com/y/'],
    ['<basefont href="/x/">', url],
    ['<base data-href="/x/">', url],
    ['<base>', url],
    ['<base href="http://[::1">', url],
    [`${' '.repeat(4096)}<base href="/x/">`, url],
    ['<base href="/ü/">', 'http://example.com/%C3%BC/'],
  ])('of %s', (markup, expected) => {
    expect(html(markup).baseUrl).toBe(expected)
  })

  it('is the URL of anything but HTML', () => {
    for (const Class of [Response, TextResponse, XmlResponse, JsonResponse]) {
      const page = new Class({ url, body: '<base href="/x/">' })
      expect(page.baseUrl).toBe(url)
      expect(page.urljoin('c')).toBe('http://example.com/a/c')
    }
    expect(html('<base href="/x/">').urljoin('c')).toBe('http://example.com/x/c')
  })
})

describe('follow', () => {
  it('makes a request for a URL, a link or what a selector found', () => {
    const page = html('<p><a href=" /n?q=1 \n">next</a> <a id=none>x</a> <link href=l> <area href=ar> <i>t</i>')
    expect(page.follow('../c').url).toBe('http://example.com/c')
    expect(page.follow(' c ').url).toBe('http://example.com/a/c')
    expect(page.follow(new URL('http://x.example/')).url).toBe('http://x.example/')
    expect(page.follow({ url: 'http://x.example/l' }).url).toBe('http://x.example/l')
    expect(page.follow(page.css('a').at(0)!).url).toBe('http://example.com/n?q=1')
    expect(page.follow(page.css('a::attr(href)').at(0)!).url).toBe('http://example.com/n?q=1')
    expect(page.follow(page.xpath('//a/@href').at(0)!).url).toBe('http://example.com/n?q=1')
    expect(page.follow(page.css('link').at(0)!).url).toBe('http://example.com/a/l')
    expect(page.follow(page.css('area').at(0)!).url).toBe('http://example.com/a/ar')
    expect(page.follow(page.css('i::text').at(0)!).url).toBe('http://example.com/a/t')
    expect(new JsonResponse({ url, body: '{"next": "/p2"}' }).follow('/p2').url).toBe('http://example.com/p2')
    const json = new JsonResponse({ url, body: '{"next": "/p2"}' })
    expect(json.follow(json.jmespath<string>('next').at(0)!).url).toBe('http://example.com/p2')
  })

  it.each(['mailto:a@b.c', 'javascript:void(0)', 'tel:1', 'http://[::1'])('refuses %s', (href) => {
    for (const page of [html(''), new Response({ url })]) {
      expect(() => page.follow(href)).toThrow(expect.objectContaining({ code: 'ERR_URL_INVALID' }))
    }
  })

  it('refuses what has no URL', () => {
    const page = html('<p><a>x</a>')
    for (const target of [page.css('a').at(0), page.css('p').at(0), page.css('a'), undefined, null, 5, {}]) {
      expect(() => page.follow(target as never)).toThrow(expect.objectContaining({ code: 'ERR_FOLLOW' }))
    }
  })

  it('passes everything on', () => {
    const request = html('').follow('/c', {
      method: 'post',
      body: 'x',
      meta: { a: 1 },
      cbArgs: { b: 2 },
      priority: 3,
      dontFilter: true,
      timeout: 4,
    })
    expect(request).toMatchObject({
      method: 'POST',
      meta: { a: 1 },
      cbArgs: { b: 2 },
      priority: 3,
      dontFilter: true,
      options: { timeout: 4 },
    })
    expect(() => html('').follow('/c', { prioritty: 1 } as never)).toThrow('Did you mean `priority`')
  })

  it('writes queries and bodies in the encoding of the page', () => {
    const page = html('<meta charset=windows-1251>', { encoding: 'windows-1251' })
    const plain = page.follow('/a', { callback: 'x' })
    expect(plain.encoding).toBe('utf-8')
    expect(page.follow('/?q=я').url).toBe('http://example.com/?q=%FF')
    expect(page.follow('/?q=я', { encoding: 'utf-8' }).url).toBe('http://example.com/?q=%D1%8F')
    const form = page.follow('/', { method: 'POST', body: 'q=я' })
    expect([...form.body]).toEqual([0x71, 0x3d, 0xff])
    expect(form.encoding).toBe('windows-1251')
    expect([...page.followAll(['/?q=я'])].map((one) => one.url)).toEqual(['http://example.com/?q=%FF'])
  })

  it('checks callbacks when the request is made', () => {
    const page = html('<a href=x>', { callbacks })
    expect(page.follow('/', { callback: 'parseBook' }).callback).toBe('parseBook')
    expect(() => page.follow('/', { callback: 'parseBok' })).toThrow('there is: parseBook')
    expect(() => page.follow('/', { errback: 'parseBok' })).toThrow('there is: parseBook')
    expect(() => page.follow('/', { callback: () => undefined })).toThrow(expect.objectContaining({ code: 'ERR_CALLBACK' }))
    // not when the first of them is taken
    expect(() => page.followAll('a', { callback: 'parseBok' })).toThrow('there is: parseBook')
    expect(() => page.followAll('a', { priority: 0.5 })).toThrow('`priority`')
    expect(() => new Response({ url, callbacks }).follow('/', { callback: 'parseBok' })).toThrow('there is: parseBook')
    expect(new Response({ url }).follow('/', { callback: 'anything' }).callback).toBe('anything')
  })
})

describe('followAll', () => {
  const page = html(
    '<a href=1>1</a><a>none</a><a href="mailto:x@y">m</a><p>p</p><a href=" 2 ">2</a><a href="http://[::1">bad</a><a href=1>again</a>',
  )
  const urls = (requests: Iterable<Request>) => [...requests].map((request) => request.url)
  const found = ['http://example.com/a/1', 'http://example.com/a/2', 'http://example.com/a/1']

  it('takes selectors and passes over elements that lead nowhere', () => {
    expect(urls(page.followAll('a'))).toEqual(found)
    expect(urls(page.followAll({ css: 'a, p' }))).toEqual(found)
    expect(urls(page.followAll({ xpath: '//a/@href' }))).toEqual(found)
    expect(urls(page.followAll(page.css('a')))).toEqual(found)
    expect(urls(page.followAll('nav'))).toEqual([])
    expect(() => page.followAll('a[')).toThrow(expect.objectContaining({ code: 'ERR_SELECTOR' }))
  })

  it('takes URLs and links, and says which of them cannot be fetched', () => {
    expect(urls(page.followAll(['x', new URL('http://x.example/'), { url: 'http://y.example/' }]))).toEqual([
      'http://example.com/a/x',
      'http://x.example/',
      'http://y.example/',
    ])
    const taken: string[] = []
    expect(() => {
      for (const request of page.followAll(['x', 'mailto:a@b', 'y'])) taken.push(request.url)
    }).toThrow('mailto:')
    expect(taken).toEqual(['http://example.com/a/x'])
  })

  it('gives all of them what was said', () => {
    const requests = [...page.followAll('a', { headers: { A: '1' }, meta: { m: 1 }, priority: 2, callback: 'parseBook' })]
    expect(requests).toHaveLength(3)
    for (const request of requests) {
      expect(request).toMatchObject({ meta: { m: 1 }, priority: 2, callback: 'parseBook' })
      expect([...request.headers]).toEqual([['A', '1']])
    }
  })

  it.each([undefined, null, 5, {}, { xpath: 5 }, { css: undefined }])('refuses %j', (target) => {
    expect(() => page.followAll(target as never)).toThrow(SkeinError)
  })
})

describe('createResponse', () => {
  it('keeps everything it is given', () => {
    const request = new Request(url)
    const headers = Headers.fromRaw(['content-type', 'text/html; charset=koi8-r'])
    const page = createResponse({
      url,
      request,
      headers,
      status: 404,
      body: Buffer.from([0xc1]),
      protocol: 'HTTP/1.1',
      flags: ['x'],
      callbacks,
    })
    expect(page).toBeInstanceOf(HtmlResponse)
    expect(page).toMatchObject({ url, request, status: 404, protocol: 'HTTP/1.1', flags: ['x'], callbacks })
    expect(page.headers).toBe(headers)
    expect((page as HtmlResponse).text).toBe('а')
  })

  it.each([
    [{ headers: { 'Content-Type': 'TEXT/HTML ;x' } }, HtmlResponse],
    [{ headers: { 'Content-Type': 'text/html', 'Content-Encoding': 'gzip' }, body: '\x1f\x8b\x08' }, Response],
    [{ headers: { 'Content-Type': 'text/html', 'Content-Encoding': '' } }, HtmlResponse],
    [{ headers: { 'Content-Disposition': 'attachment; filename="a.JSON"' } }, JsonResponse],
    [{ headers: { 'Content-Disposition': 'attachment; filename="a.bin"' }, url: 'http://x/a.xml' }, XmlResponse],
    [{ url: 'http://example.pl' }, TextResponse],
    [{ url: 'http://example.html', body: '\x01' }, Response],
    [{ url: 'http://x/a.html?b', body: '\x01' }, Response],
    [{ url: 'data:application/json,[]' }, JsonResponse],
    [{ body: `${'x'.repeat(4994)}<HTML>` }, HtmlResponse],
    [{ body: `${'x'.repeat(4995)}<HTML>` }, TextResponse],
    [{ body: '<?XML?><html>' }, HtmlResponse],
    [{ body: `${'x'.repeat(5000)}\x01` }, TextResponse],
    [{ headers: { 'Content-Type': 'constructor' } }, TextResponse],
    [{}, TextResponse],
  ])('chooses a class for %j', (init, Class) => {
    expect(createResponse({ url: 'http://x/', ...init }).constructor).toBe(Class)
  })
})
