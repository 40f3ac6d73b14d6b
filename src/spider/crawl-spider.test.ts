import { describe, expect, it } from 'vitest'
import { decodeRequest, encodeRequest } from '../http/codec.ts'
import { createResponse } from '../http/create-response.ts'
import { HtmlResponse } from '../http/html-response.ts'
import type { JsonObject, Request } from '../http/request.ts'
import type { Response } from '../http/response.ts'
import { LinkExtractor } from '../selector/links/link-extractor.ts'
import { CrawlSpider } from './crawl-spider.ts'
import type { Outputs } from './output.ts'
import type { Rule } from './rule.ts'
import { Spider } from './spider.ts'

const HREFS = ['/category/1', '/book/1', '/book/2?x', '/book/1#top', '/about', '/book/1', 'mailto:me@shop.example']
const page = (url = 'https://shop.example/', hrefs = HREFS): HtmlResponse =>
  new HtmlResponse({ url, body: hrefs.map((href) => `<a href="${href}">link to ${href}</a>`).join('') })

const quiet = { log: { debugEnabled: false, debug() {}, info() {}, warn() {}, error() {} }, stats: undefined as never }

class Shop extends CrawlSpider {
  override rules: readonly Rule[] = []
  parseBook(from: Response, args: JsonObject): Outputs {
    return { book: from.url, args }
  }
  failed() {}
}

/** A spider with these rules, on which the crawl has looked. */
function shop(rules: unknown): Shop {
  const spider = new Shop()
  spider.rules = rules as Rule[]
  Spider.attach(spider, quiet)
  return spider
}

const outputsOf = (outputs: Outputs): unknown[] => [...(outputs as Iterable<unknown>)]
const requestsOf = (spider: Shop, from: Response = page()): Request[] => outputsOf(spider.parse(from, {})) as Request[]
const short = ({ url, callback, state }: Request): string =>
  `${url.replace('https://shop.example', '')} ${callback}${state.ruleCallback === undefined ? '' : ` ${state.ruleCallback}`}`

describe('rules', () => {
  it('take each link once, the first that wants it', () => {
    const spider = shop([
      { extract: { allow: '/category/' } },
      { extract: { allow: '/book/2' }, callback: 'parseBook', follow: true },
      { extract: new LinkExtractor({ allow: '/book/' }), callback: spiderMethod },
      { errback: 'failed' },
    ])
    expect(requestsOf(spider).map(short)).toEqual([
      '/category/1 parseRule',
      '/book/2?x parseRule parseBook',
      '/book/1 parseBook',
      '/book/1#top parseBook',
      '/about parseRule',
    ])
  })
  const spiderMethod = Shop.prototype.parseBook

  it('give plain requests, which another process can run', () => {
    const spider = shop([
      { extract: { allow: '/book/2' }, callback: 'parseBook', follow: true, cbArgs: { shelf: 3 }, errback: 'failed' },
    ])
    const [request] = requestsOf(spider)
    expect(JSON.parse(encodeRequest(request!))).toEqual({
      url: 'https://shop.example/book/2?x',
      callback: 'parseRule',
      errback: 'failed',
      cbArgs: { shelf: 3 },
      state: { ruleCallback: 'parseBook' },
    })
    expect(request!.meta).toEqual({})
    const elsewhere = decodeRequest(encodeRequest(request!))
    const there = new HtmlResponse({ url: elsewhere.url, request: elsewhere, body: '<a href="/book/22">22</a>' })
    const [item, next] = outputsOf(shop(spider.rules).parseRule(there, elsewhere.cbArgs))
    expect(item).toEqual({ book: 'https://shop.example/book/2?x', args: { shelf: 3 } })
    expect(short(next as Request)).toBe('/book/22 parseRule parseBook')
  })

  it('say so when the callback of a request is gone', () => {
    const request = requestsOf(shop([{ callback: 'parseBook', follow: true }]))[0]!.withState({ ruleCallback: 'parseOld' })
    const there = new HtmlResponse({ url: request.url, request, body: '' })
    expect(() => shop([]).parseRule(there, {})).toThrow(expect.objectContaining({ code: 'ERR_CALLBACK' }))
    const bad = request.withState({ ruleCallback: 'constructor' })
    expect(() => shop([]).parseRule(new HtmlResponse({ url: bad.url, request: bad, body: '' }), {})).toThrow('constructor')
  })

  it('may look at the links, and at the requests', () => {
    const seen: unknown[] = []
    const spider = shop([
      {
        extract: { allow: '/book/' },
        callback: 'parseBook',
        processLinks(this: Shop, links: { url: string }[], from: Response) {
          seen.push(this, from.url)
          return [...links.filter(({ url }) => !url.includes('#')), ...links, { ...links[0], url: 'https://shop.example/book/9' }]
        },
        processRequest(this: Shop, request: Request) {
          if (request.url.endsWith('?x')) return undefined
          return request.replace({ priority: 5, meta: { from: 'rule' } })
        },
      },
      { processLinks: () => [] },
      { extract: { allow: 'about' } },
    ])
    const requests = requestsOf(spider)
    expect(requests.map(short)).toEqual(['/book/1 parseBook', '/book/1#top parseBook', '/book/9 parseBook', '/about parseRule'])
    expect(requests[0]).toMatchObject({ priority: 5, meta: { from: 'rule' } })
    expect(seen).toEqual([spider, 'https://shop.example/'])
  })

  it('keep the rule with a request that was changed', () => {
    const rule: Rule = { callback: 'parseBook', follow: true, processRequest: (request) => request.replace({ priority: 1 }) }
    expect(requestsOf(shop([rule])).map(({ state }) => state.ruleCallback)).toEqual(new Array(5).fill('parseBook'))
  })

  it('hold on HTML pages only', () => {
    const spider = shop([{}])
    for (const type of ['text/plain', 'application/json', 'application/xml', 'image/png']) {
      const other = createResponse({
        url: 'https://shop.example/',
        headers: { 'content-type': type },
        body: '<a href="/x">x</a>',
      })
      expect(requestsOf(spider, other)).toEqual([])
    }
  })

  it('take what finds links in its own way', () => {
    const own = {
      extractLinks: ({ url }: { url: string }) => [{ url: `${url}own`, text: '', fragment: '' as const, nofollow: false }],
    }
    expect(requestsOf(shop([{ extract: own }])).map(short)).toEqual(['/own parseRule'])
  })

  it('come behind the items of the callback, whatever shape it has', async () => {
    class Async extends Shop {
      override async *parseStart(from: Response) {
        yield { start: from.url }
      }
    }
    const spider = new Async()
    spider.rules = [{ extract: { allow: 'about' } }]
    const out: unknown[] = []
    for await (const output of spider.parse(page(), {}) as AsyncIterable<unknown>) out.push(output)
    expect(out).toEqual([{ start: 'https://shop.example/' }, expect.objectContaining({ url: 'https://shop.example/about' })])
  })

  it('may be fields that name methods, or a getter', () => {
    class ByField extends CrawlSpider<{ title: string }> {
      override rules = [{ extract: { allow: '/book/' }, callback: this.parseBook, cbArgs: { a: 1 } }, { follow: true }]
      parseBook(from: HtmlResponse) {
        return [{ title: from.url }]
      }
    }
    class ByGetter extends CrawlSpider {
      override get rules() {
        return [{ extract: { allow: '/book/' }, callback: this.parseBook }]
      }
      parseBook(from: HtmlResponse) {
        return { title: from.url }
      }
    }
    for (const spider of [new ByField(), new ByGetter()]) {
      Spider.attach(spider, quiet)
      expect(short((outputsOf(spider.parse(page(), {})) as Request[])[0]!)).toBe('/book/1 parseBook')
    }
  })
})

describe('a wrong rule is refused when the crawl takes the spider on', () => {
  it.each([
    [{}, 'ERR_RULE', 'a list'],
    [undefined, 'ERR_RULE', 'a list'],
    [[undefined], 'ERR_RULE', 'Rule 1 is no rule'],
    [[{}, []], 'ERR_RULE', 'Rule 2 is no rule'],
    [[{ link_extractor: {} }], 'ERR_RULE', 'Did you mean `extract`?'],
    [[{ cb_kwargs: {} }], 'ERR_RULE', 'Did you mean `cbArgs`?'],
    [[{ folow: true }], 'ERR_RULE', 'Did you mean `follow`?'],
    [[{ allow: '/book/' }], 'ERR_RULE', '{ extract: { allow: … } }'],
    [[{ extract: '/book/' }], 'ERR_RULE', '`extract` of rule 1'],
    [[{ extract: { alow: '/book/' } }], 'ERR_LINK_OPTION', 'Did you mean "allow"?'],
    [[{ extract: { allow: '(' } }], 'ERR_LINK_OPTION', 'no regular expression'],
    [[{ extract: /book/ }], 'ERR_RULE', '`extract` of rule 1'],
    [[{ extract: ['/book/'] }], 'ERR_RULE', '`extract` of rule 1'],
    [[{}, { callback: undefined }], 'ERR_CALLBACK', 'callback of rule 2 is undefined'],
    [[{ errback: undefined }], 'ERR_CALLBACK', 'errback of rule 1 is undefined'],
    [[{ follow: 'yes' }], 'ERR_RULE', '`follow` of rule 1'],
    [[{ processLinks: 'clean' }], 'ERR_RULE', '`processLinks` of rule 1'],
    [[{ callback: 'parseBok' }], 'ERR_CALLBACK', 'Did you mean parseBook?'],
    [[{ callback: () => {} }], 'ERR_CALLBACK', 'inline function'],
    [[{ callback: 'start' }], 'ERR_CALLBACK', 'no method start'],
    [[{ errback: 'nobody' }], 'ERR_CALLBACK', 'no method nobody'],
    [[{ cbArgs: { when: new Date() } }], 'ERR_RULE', 'Date'],
  ])('%j', (rules, code, message) => {
    expect(() => shop(rules)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }))
  })
})
