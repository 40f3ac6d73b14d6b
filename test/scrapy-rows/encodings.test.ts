import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HtmlResponse, JsonResponse, Response, Spider, TextResponse, XmlResponse } from '../../src/index.ts'
import { run } from '../support/run.ts'
import { type Route, type Site, startSite } from '../support/site.ts'

/** What bytes and headers become: of which class a response is, and what its text is. */

interface Sent {
  readonly headers?: Record<string, string>
  readonly status?: number
  readonly body?: Buffer
}

const answers: Record<string, Sent> = {}
let site: Site
beforeAll(async () => {
  const answer: Route = (request, response) => {
    const { status = 200, headers = {}, body = Buffer.alloc(0) } = answers[request.url!]!
    // with its length, or without a body at all: nothing is guessed by the server
    response.writeHead(status, { ...headers, ...(status === 204 ? {} : { 'content-length': String(body.length) }) }).end(body)
  }
  const routes: Record<string, Route> = {}
  site = await startSite(new Proxy(routes, { get: () => answer }))
})
afterAll(() => site.close())

/** The page as a callback gets it, over a real connection. */
async function fetched(path: string, sent: Sent): Promise<Response> {
  answers[path] = sent
  let got: Response | undefined
  class One extends Spider {
    override startUrls = [`${site.url}${path}`]
    override parse(page: Response): void {
      got = page
      // text is asked for while the page is there, as a callback does
      if (page instanceof TextResponse) void page.text
    }
  }
  const { ends } = await run(One, { handleStatus: true })
  expect(ends).toEqual([[path, 'done']])
  return got!
}

const html = (charset?: string, text = 'x'): string =>
  `<html><head>${charset === undefined ? '' : `<meta charset="${charset}">`}</head><body>${text}</body></html>`
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
const type = (value: string): Record<string, string> => ({ 'content-type': value })

describe('the text of a page', () => {
  const cases: [string, Sent, encoding: string, text: string][] = [
    [
      'the header wins over the markup, and latin-1 means cp1252',
      { headers: type('text/html; charset=latin-1'), body: latin1(html('utf-8', 'caf\xe9 \x80')) },
      'windows-1252',
      'café €',
    ],
    [
      'a byte order mark wins over the header',
      {
        headers: type('text/html; charset=iso-8859-1'),
        body: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(html(undefined, 'café'))]),
      },
      'utf-8',
      'café',
    ],
    [
      'bytes that are UTF-8 are that',
      { headers: type('text/html'), body: Buffer.from(html(undefined, 'café')) },
      'utf-8',
      'café',
    ],
    [
      'bytes that are ASCII are cp1252',
      { headers: type('text/html'), body: latin1(html(undefined, 'cafe')) },
      'windows-1252',
      'cafe',
    ],
    [
      'gb2312 means gb18030',
      {
        headers: type('text/html; charset=gb2312'),
        // 中文, and a character that gb18030 has and gb2312 has not
        body: Buffer.concat([
          latin1('<html><body>'),
          Buffer.from([0xd6, 0xd0, 0xce, 0xc4, 0x81, 0x30, 0x81, 0x30]),
          latin1('</body></html>'),
        ]),
      },
      'gb18030',
      '中文\x80',
    ],
    [
      'shift_jis means cp932',
      {
        headers: type('text/html; charset=shift_jis'),
        // 日本, and a circled digit that cp932 has and shift_jis has not
        body: Buffer.concat([
          latin1('<html><body>'),
          Buffer.from([0x93, 0xfa, 0x96, 0x7b, 0x87, 0x40]),
          latin1('</body></html>'),
        ]),
      },
      'shift_jis',
      '日本①',
    ],
    [
      'a name that nobody knows is as none',
      { headers: type('text/html; charset=no-such-thing'), body: Buffer.from(html(undefined, 'café')) },
      'utf-8',
      'café',
    ],
    [
      'a byte order mark of UTF-16',
      {
        headers: type('text/html'),
        body: Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(html(undefined, 'café'), 'utf16le')]),
      },
      'utf-16le',
      'café',
    ],
    [
      'the markup, where nothing else says it',
      { headers: type('text/html'), body: latin1(html('iso-8859-2', '\xe8')) },
      'iso-8859-2',
      'č',
    ],
  ]
  it.each(cases.map((one, i) => [...one, i] as const))('row 48: %s', async (_, sent, encoding, text, i) => {
    const page = (await fetched(`/encoding-${i}`, sent)) as HtmlResponse
    expect(page).toBeInstanceOf(HtmlResponse)
    expect(page.encoding).toBe(encoding)
    expect(page.css('body::text').get()).toBe(text)
  })
})

describe('the class of a response', () => {
  const page = Buffer.from('<html><body><p>x</p></body></html>')
  const cases: [string, Sent, new (init: never) => Response][] = [
    ['text/html', { headers: type('text/html'), body: page }, HtmlResponse],
    ['application/xhtml+xml', { headers: type('application/xhtml+xml'), body: page }, HtmlResponse],
    ['application/rss+xml', { headers: type('application/rss+xml'), body: Buffer.from('<rss/>') }, XmlResponse],
    ['text/xml', { headers: type('text/xml'), body: Buffer.from('<a/>') }, XmlResponse],
    ['application/json', { headers: type('application/json; charset=utf-8'), body: Buffer.from('{"a":1}') }, JsonResponse],
    ['application/ld+json', { headers: type('application/ld+json'), body: Buffer.from('{"a":1}') }, TextResponse],
    ['octets with <html> in them', { headers: type('application/octet-stream'), body: page }, HtmlResponse],
    ['binary', { headers: type('application/octet-stream'), body: Buffer.from([1, 2, 3, 0, 255]) }, Response],
    [
      'a file name in Content-Disposition',
      {
        headers: { ...type('application/octet-stream'), 'content-disposition': 'attachment; filename=x.html' },
        body: Buffer.from([60, 1, 2]),
      },
      HtmlResponse,
    ],
  ]
  it.each(cases.map((one, i) => [...one, i] as const))('row 49: %s', async (_, sent, Class, i) => {
    const response = await fetched(`/type-${i}`, sent)
    expect(response.constructor).toBe(Class)
    expect(response.body).toEqual(sent.body)
  })

  it('row 49: a 204 is empty, and comes to the callback', async () => {
    const response = await fetched('/nothing', { status: 204 })
    expect([response.status, response.body.length]).toEqual([204, 0])
  })

  it('row 49: JSON of any type can be read as such', async () => {
    const response = await fetched('/ld', { headers: type('application/ld+json'), body: Buffer.from('{"a":[1]}') })
    expect((response as TextResponse).json()).toEqual({ a: [1] })
  })
})
