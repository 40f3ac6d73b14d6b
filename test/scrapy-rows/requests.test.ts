import type { IncomingMessage } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { type HtmlResponse, Request, type RequestInit, Spider } from '../../src/index.ts'
import { run } from '../support/run.ts'
import { links, type Site, startSite } from '../support/site.ts'

/** What goes over the wire for a plain request, and which requests are the same one. */

let site: Site
afterEach(() => site.close())

describe('a plain GET', () => {
  /** The headers of each request, by path, with names as they came. */
  async function headersOf(config = {}): Promise<Record<string, [string, string][]>> {
    const heads: Record<string, [string, string][]> = {}
    const note = (html: string) => (request: IncomingMessage, response: import('node:http').ServerResponse) => {
      const { rawHeaders } = request
      heads[request.url!] = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [[name, rawHeaders[i + 1]!]] : []))
      response.writeHead(200, { 'content-type': 'text/html' }).end(html)
    }
    site = await startSite({ '/': note(links('/next#part')), '/next': note(links()) })
    class Two extends Spider {
      override startUrls = [`${site.url}/`]
      override *parse(page: HtmlResponse) {
        yield* page.followAll('a')
      }
    }
    await run(Two, config)
    return heads
  }

  it('row 1: carries the headers of Scrapy, and says who asks', async () => {
    const heads = await headersOf({ userAgent: 'rows/1 (+https://example.com)' })
    const first = Object.fromEntries(heads['/']!.map(([name, value]) => [name.toLowerCase(), value]))
    expect(first).toMatchObject({
      accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
      'accept-language': 'en',
      'accept-encoding': 'gzip, deflate, br, zstd',
      'user-agent': 'rows/1 (+https://example.com)',
      host: site.url.slice('http://'.length),
    })
    expect(first).not.toHaveProperty('referer')
    expect(first).not.toHaveProperty('cookie')
    // none comes twice
    expect(new Set(Object.keys(first)).size).toBe(heads['/']!.length)
  })

  it('row 1: has a Referer when it was found on a page', async () => {
    const heads = await headersOf()
    expect(Object.keys(heads)).toEqual(['/', '/next'])
    const referers = heads['/next']!.filter(([name]) => name.toLowerCase() === 'referer')
    expect(referers.map(([, value]) => value)).toEqual([`${site.url}/`])
  })
})

/** Runs these from one page, and gives what reached the server, in order. */
async function fromOnePage(requests: (url: string) => readonly [string, RequestInit?][]) {
  site = await startSite({ '/': links(), '/p': links() })
  class Variants extends Spider {
    override startUrls = [`${site.url}/`]
    override *parse(page: HtmlResponse) {
      if (page.url !== `${site.url}/`) return
      for (const [url, init] of requests(site.url)) yield this.request(new URL(url, page.url), init)
    }
  }
  return run(Variants, { handleStatus: true })
}

describe('the filter of duplicates', () => {
  it('row 6: takes 9 of these variants of a URL and the seed, and counts 8 duplicates', async () => {
    const { stats, ends } = await fromOnePage(() => [
      ['/p?a=1&b=2'],
      ['/p?b=2&a=1'],
      ['/p?a=1&b=2#part'],
      ['/p?a=1&b=2&'],
      ['/p?a=1&b=2', { headers: { 'X-Other': '1' } }],
      ['/~x'],
      ['/%7ex'],
      ['/%7Ex'],
      ['/p?a=1&b'],
      ['/p?a=1&b='],
      ['/P?a=1&b=2'],
      ['/p?a=1&b=2&c=3'],
      ['/p', { method: 'POST', body: 'a' }],
      ['/p', { method: 'POST', body: 'b' }],
      ['/p'],
      ['/p#'],
    ])
    expect(stats['scheduler/enqueued']).toBe(9)
    expect(stats['dupefilter/filtered']).toBe(8)
    expect(ends.filter(([, reason]) => reason === 'duplicate')).toHaveLength(8)
    expect(site.hits()).toEqual({
      '/': 1,
      '/p?a=1&b=2': 1,
      '/~x': 1,
      '/p?a=1&b': 1,
      '/P?a=1&b=2': 1,
      '/p?a=1&b=2&c=3': 1,
      '/p': 3,
    })
  })

  it.each([
    ['the order of the query', '/p?a=1&b=2', '/p?b=2&a=1'],
    ['a fragment', '/p', '/p#top'],
    ['an & at the end', '/p?a=1', '/p?a=1&'],
    ['an escaped ~', '/p/~x', '/p/%7ex'],
    ['a parameter without =', '/p?a=1&b', '/p?a=1&b='],
  ])('row 6: %s makes no other request', async (_, one, other) => {
    const { stats } = await fromOnePage(() => [[one], [other]])
    expect([stats['scheduler/enqueued'], stats['dupefilter/filtered']]).toEqual([2, 1])
    // what is asked for is what was written first, not its canonical form
    expect(site.log).toEqual(['/', one])
  })

  it.each([
    ['the case of the path', '/p', '/P'],
    ['another parameter', '/p?a=1', '/p?a=1&b=2'],
  ])('row 6: %s makes another request', async (_, one, other) => {
    const { stats } = await fromOnePage(() => [[one], [other]])
    expect([stats['scheduler/enqueued'], stats['dupefilter/filtered'] ?? 0]).toEqual([3, 0])
    expect(site.log.toSorted()).toEqual(['/', one, other].toSorted())
  })

  it('row 6: another body makes another request, other headers do not', async () => {
    const { stats } = await fromOnePage(() => [
      ['/p', { method: 'POST', body: 'a' }],
      ['/p', { method: 'POST', body: 'b' }],
      ['/p', { method: 'POST', body: 'b', headers: { 'X-Other': '1' } }],
    ])
    expect([stats['scheduler/enqueued'], stats['dupefilter/filtered']]).toEqual([3, 1])
  })
})

describe('a start URL that is there twice', () => {
  it('row 7: is fetched once, and the other ends as a duplicate', async () => {
    site = await startSite({ '/': links() })
    class Twice extends Spider {
      override startUrls = [`${site.url}/`, `${site.url}/`]
      override parse() {}
    }
    const { stats, ends } = await run(Twice)
    expect(site.log).toEqual(['/'])
    expect(stats['dupefilter/filtered']).toBe(1)
    expect(ends.toSorted()).toEqual([
      ['/', 'done'],
      ['/', 'duplicate'],
    ])
  })

  it('row 7: is fetched twice with dontFilter, as Scrapy does', async () => {
    site = await startSite({ '/': links('/') })
    class Twice extends Spider {
      override *start() {
        for (let i = 0; i < 2; i++) yield this.request(`${site.url}/`, { dontFilter: true })
      }
      override parse() {}
    }
    const { stats, ends } = await run(Twice)
    expect(site.log).toEqual(['/', '/'])
    expect(stats['dupefilter/filtered'] ?? 0).toBe(0)
    expect(ends).toEqual([
      ['/', 'done'],
      ['/', 'done'],
    ])
  })

  it('row 7: does not mark its URL as seen with dontFilter', async () => {
    site = await startSite({ '/': links('/') })
    class Again extends Spider {
      override *start() {
        yield this.request(`${site.url}/`, { dontFilter: true })
      }
      override *parse(page: HtmlResponse) {
        yield* page.followAll('a')
      }
    }
    const { stats } = await run(Again)
    expect(site.log).toEqual(['/', '/'])
    expect(stats['dupefilter/filtered']).toBe(1)
  })
})

describe('an unusual URL', () => {
  it('row 79: is escaped as UTF-8, spaces as %20', async () => {
    const { counts } = await fromOnePage((url) => [[`${url}/é path`], [`${url}/p?q=é x`]])
    expect(site.log.toSorted()).toEqual(['/', '/%C3%A9%20path', '/p?q=%C3%A9%20x'])
    expect(counts.done).toBe(3)
  })

  it('row 79: with a name and a password becomes Basic authentication, and neither is shown', async () => {
    const heard: (string | undefined)[] = []
    site = await startSite({
      '/secret': (request, response) => {
        heard.push(request.headers.authorization, request.headers.host)
        response.writeHead(200, { 'content-type': 'text/html' }).end(links())
      },
    })
    const host = site.url.slice('http://'.length)
    class Secret extends Spider {
      override startUrls = [`http://user:p%40ss@${host}/secret`]
      override parse() {}
    }
    const { counts, log } = await run(Secret, { logLevel: 'debug' })
    expect(counts.done).toBe(1)
    expect(heard).toEqual([`Basic ${Buffer.from('user:p@ss').toString('base64')}`, host])
    expect(JSON.stringify(log)).not.toContain('p%40ss')
  })

  it('row 79: without a scheme is an error at once', async () => {
    site = await startSite({})
    for (const url of ['example.com/x', '/x', 'mailto:me@example.com', '']) {
      expect(() => new Request(url), url).toThrow(expect.objectContaining({ code: 'ERR_URL_INVALID' }))
    }
  })
})
