import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import {
  CloseSpider,
  CrawlSpider,
  type Failure,
  type HtmlResponse,
  MemoryFrontier,
  memoryFrontierOptions,
  resolveSettings,
  type SitemapEntry,
  SitemapSpider,
  Spider,
} from '../../src/index.ts'
import { run } from '../support/run.ts'
import { links, type Route, type Site, startSite } from '../support/site.ts'

let site: Site
afterEach(() => site.close())

const send =
  (body: () => string | Buffer, type = 'application/xml'): Route =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': type })
    response.end(body())
  }
const urls = (...paths: string[]): string =>
  `<urlset>${paths.map((path) => `<url><loc>${path.startsWith('/') ? site.url : ''}${path}</loc></url>`).join('')}</urlset>`
const index = (...paths: string[]): string =>
  `<sitemapindex>${paths.map((path) => `<sitemap><loc>${site.url}${path}</loc></sitemap>`).join('')}</sitemapindex>`

interface Found {
  path: string
}

describe('CrawlSpider', () => {
  it('follows by its rules, through redirects and retries, each page with its items', async () => {
    let tries = 0
    site = await startSite({
      '/': links('/category/1', '/book/0', '/gone', '/elsewhere'),
      '/category/1': links('/category/2', '/book/1', '/book/2'),
      '/category/2': links('/category/1', '/book/3'),
      '/book/0': (_request, response) => void response.writeHead(302, { location: '/book/moved' }).end(),
      '/book/moved': links('/book/4'),
      '/book/1': (_request, response) => {
        response.writeHead(tries++ === 0 ? 503 : 200, { 'content-type': 'text/html' })
        response.end(links('/book/5'))
      },
      ...Object.fromEntries([2, 3, 4, 5].map((n) => [`/book/${n}`, links('/')])),
      '/elsewhere': links('/nowhere'),
    })
    class Shop extends CrawlSpider<Found> {
      override startUrls = [`${site.url}/`]
      override rules = [
        { extract: { allow: '/category/' } },
        { extract: { allow: '/book/' }, callback: this.parseBook, follow: true, cbArgs: { shelf: 'books' } },
        { extract: { allow: '/gone' }, callback: this.parseBook, errback: this.noPage, cbArgs: { shelf: 'gone' } },
      ]
      override parseStart(page: HtmlResponse) {
        return { path: `start ${new URL(page.url).pathname}` }
      }
      async parseBook(page: HtmlResponse, { shelf }: { shelf: string }) {
        return { path: `${shelf} ${new URL(page.url).pathname}` }
      }
      noPage({ response }: Failure, { shelf }: { shelf: string }) {
        return { path: `${shelf} ${response?.status}` }
      }
    }
    const { items, reason, counts } = await run(Shop, { retry: true, retryDelay: 0 })
    expect(reason).toBe('finished')
    expect(items.map((item) => (item as Found).path).sort()).toEqual([
      ...['books /book/1', 'books /book/2', 'books /book/3', 'books /book/4', 'books /book/5', 'books /book/moved'],
      ...['gone 404', 'start /'],
    ])
    expect(counts).toMatchObject({ queued: 0, dead: 0 })
    expect(site.hits()).toMatchObject({ '/category/1': 1, '/category/2': 1, '/book/5': 1 })
    expect(site.hits()).not.toHaveProperty('/elsewhere')
  })

  it('does not begin with a rule that is wrong', async () => {
    site = await startSite({})
    class Wrong extends CrawlSpider {
      override startUrls = [`${site.url}/`]
      override rules = [{ callback: 'parseBok' }]
      parseBook() {}
    }
    await expect(run(Wrong)).rejects.toMatchObject({
      code: 'ERR_CALLBACK',
      message: expect.stringContaining('Did you mean parseBook?'),
    })
    expect(site.log).toEqual([])
  })
})

describe('SitemapSpider', () => {
  class Maps extends SitemapSpider<Found> {
    override sitemapUrls = [`${site.url}/sitemap.xml`]
    override parse(page: HtmlResponse) {
      return { path: new URL(page.url).pathname }
    }
  }
  const pages = (...paths: string[]): Record<string, Route> => Object.fromEntries(paths.map((path) => [path, path]))
  const paths = (items: readonly object[]): string[] => items.map((item) => (item as Found).path).sort()

  it('does not begin with a callback that is not there, nor with a URL where a list belongs', async () => {
    class Misspelt extends Maps {
      override sitemapRules = [{ match: '/book/', callback: (this as unknown as { parseBok: undefined }).parseBok }]
    }
    class OneUrl extends Maps {
      override sitemapUrls = 'https://shop.example/sitemap.xml' as unknown as string[]
    }
    site = await startSite({})
    await expect(run(Misspelt)).rejects.toMatchObject({
      code: 'ERR_CALLBACK',
      message: expect.stringContaining('callback of rule 1 of `sitemapRules` is undefined'),
    })
    await expect(run(OneUrl)).rejects.toMatchObject({
      code: 'ERR_SITEMAP_RULE',
      message: expect.stringContaining('`sitemapUrls`'),
    })
    class OneStart extends Spider {
      override startUrls = 'https://shop.example/' as unknown as string[]
    }
    const { reason, error } = await run(OneStart)
    expect(reason).toBe('start_error')
    expect(error).toMatchObject({ code: 'ERR_START_URLS', message: expect.stringContaining('["https://shop.example/"]') })
  })

  it('reads what is zipped twice, mislabelled, broken off or damaged', async () => {
    const all = ['/1', '/2', '/3', '/4', '/5', '/6']
    const many = (from: string): string => urls(from, ...Array.from({ length: 3000 }, (_, i) => `mailto:${(i * 7919) % 3001}`))
    const half = (text: string): Buffer => gzipSync(text).subarray(0, gzipSync(text).length >> 1)
    const damaged = (text: string): Buffer => {
      const body = gzipSync(text)
      return Buffer.from(body).fill(0xff, body.length >> 1)
    }
    site = await startSite({
      '/sitemap.xml': send(() => index('/twice', '/label.xml', '/half.xml.gz', '/bad.xml.gz', '/plain.xml.gz', '/latin.xml')),
      '/twice': send(() => gzipSync(gzipSync(urls('/1'))), 'application/octet-stream'),
      '/label.xml': send(() => gzipSync(urls('/2')), 'text/xml'),
      '/half.xml.gz': send(() => half(many('/3')), 'application/x-gzip'),
      '/bad.xml.gz': send(() => damaged(many('/4')), 'application/x-gzip'),
      '/plain.xml.gz': send(() => urls('/5'), 'text/plain'),
      '/latin.xml': send(() => Buffer.from(`<?xml version="1.0" encoding="iso-8859-1"?><!--é-->${urls('/6')}`, 'latin1')),
      ...pages(...all),
    })
    const { items, stats, ends } = await run(Maps)
    expect(paths(items)).toEqual(all)
    expect(stats).toMatchObject({ 'sitemap/cut_count': 2 })
    expect(ends.filter(([, reason]) => reason === 'failed')).toEqual([])
  })

  it('follows lists of sitemaps, in circles as well, to a depth', async () => {
    site = await startSite({
      '/sitemap.xml': send(() => index('/sitemap.xml', '/1.xml', '/not.xml')),
      '/1.xml': send(() => index('/2.xml', '/sitemap.xml')),
      '/2.xml': send(() => index('/3.xml')),
      '/3.xml': send(() => urls('/deep')),
      '/deep': 'deep',
    })
    class Followed extends Maps {
      override sitemapFollow = [/\/[\d]\.xml$/, 'sitemap']
    }
    expect(paths((await run(Followed)).items)).toEqual(['/deep'])
    expect(site.hits()).not.toHaveProperty('/not.xml')
    class Shallow extends Followed {
      override sitemapMaxDepth = 2
    }
    site.log.length = 0
    const { items, stats, log } = await run(Shallow)
    expect(items).toEqual([])
    expect(stats).toMatchObject({ 'sitemap/too_deep_count': 1 })
    expect(log).toContainEqual(
      expect.objectContaining({ level: 'warn', fields: { url: `${site.url}/3.xml`, list: `${site.url}/2.xml` } }),
    )
  })

  it('sends each URL by the first rule that matches, filtered, other languages where they are wanted', async () => {
    const entry = (path: string, date: string): string =>
      `<url><loc>${site.url}${path}</loc><lastmod>${date}</lastmod><link rel="alternate" href="${site.url}${path}/de"/></url>`
    site = await startSite({
      '/sitemap.xml': send(
        () => `<urlset>${entry('/book/1', '2026-02-01')}${entry('/shop', '2026-01-31')}${entry('/book/2', '2025')}</urlset>`,
      ),
      ...pages('/book/1', '/book/1/de', '/shop', '/shop/de', '/start'),
    })
    class Ruled extends Maps {
      override startUrls = [`${site.url}/start`]
      override sitemapAlternateLinks = true
      override sitemapRules = [{ match: '/book/', callback: this.parseBook, cbArgs: { shelf: 1 } }, { match: /shop$/ }]
      override sitemapFilter({ lastmod = '' }: SitemapEntry, type: string) {
        return type === 'urlset' && lastmod >= '2026'
      }
      parseBook(page: HtmlResponse, { shelf }: { shelf: number }) {
        return { path: `${new URL(page.url).pathname} on ${shelf}` }
      }
    }
    expect(paths((await run(Ruled)).items)).toEqual(['/book/1 on 1', '/book/1/de on 1', '/shop', '/start'])
  })

  it('passes over what is no URL, and begins with what it can', async () => {
    site = await startSite({
      '/sitemap.xml': send(() => urls('/1', 'relative/2', 'javascript:alert(1)', '', 'http://', '/3')),
      ...pages('/1', '/3'),
    })
    class Some extends Maps {
      override sitemapUrls = ['sitemap.xml', `${site.url}/missing.xml`, `${site.url}/sitemap.xml`]
    }
    const { items, stats, log, ends, reason } = await run(Some)
    expect(reason).toBe('finished')
    expect(paths(items)).toEqual(['/1', '/3'])
    expect(stats['sitemap/invalid_url_count']).toBeGreaterThanOrEqual(4)
    expect(log).toContainEqual(expect.objectContaining({ level: 'error', message: expect.stringContaining('"sitemap.xml"') }))
    expect(ends).toContainEqual(['/missing.xml', 'http-error'])
  })

  it('keeps to its limits with a bomb and with a list without end, and says so', async () => {
    const long = (): string => urls(...Array.from({ length: 500 }, (_, n) => `/${n}`))
    site = await startSite({
      '/sitemap.xml': send(() => index('/long.xml', '/bomb.xml.gz')),
      '/long.xml': send(long),
      '/bomb.xml.gz': send(() => gzipSync(Buffer.concat([Buffer.from(long().slice(0, -9)), Buffer.alloc(50_000_000, ' ')]))),
    })
    class Limited extends Maps {
      override sitemapMaxUrls = 20
      override sitemapMaxSize = 1_000_000
      override sitemapFilter(entry: SitemapEntry) {
        return !entry.loc.endsWith('bomb.xml.gz')
      }
    }
    const limited = await run(Limited)
    expect(limited.ends.filter(([path]) => /^\/\d+$/.test(path))).toHaveLength(20)
    expect(limited.stats).toMatchObject({ 'sitemap/cut_count': 1 })
    class Bombed extends Limited {
      override sitemapMaxUrls = 1000
      override sitemapFilter() {
        return true
      }
      override sitemapUrls = [`${site.url}/bomb.xml.gz`]
    }
    const bombed = await run(Bombed)
    expect(bombed.ends.filter(([path]) => /^\/\d+$/.test(path))).toHaveLength(500)
    expect(bombed.log).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('more than 1000000 bytes (`sitemapMaxSize`)') }),
    )
  })

  it('passes over HTML, JSON and nothing under the name of a sitemap', async () => {
    site = await startSite({
      '/sitemap.xml': send(() => index('/html.xml', '/json.xml', '/nothing.xml', '/rss.xml', '/unzippable.xml.gz')),
      '/html.xml': send(() => '<!doctype html><html><body><url><loc>http://x/</loc></url></body></html>', 'text/html'),
      '/json.xml': send(() => '{}', 'application/json'),
      '/nothing.xml': send(() => ''),
      '/rss.xml': send(() => '<rss><channel><url>x</url></channel></rss>'),
      '/unzippable.xml.gz': send(() => Buffer.from([0x1f, 0x8b, 8, 9, 9])),
    })
    const { stats, items, ends } = await run(Maps)
    expect(items).toEqual([])
    expect(stats['sitemap/ignored_count']).toBe(5)
    expect(ends.map(([, reason]) => reason)).toEqual(new Array(6).fill('done'))
  })

  it('goes on where it was when it was stopped', async () => {
    site = await startSite({ '/sitemap.xml': send(() => urls('/1', '/2', '/3', '/4')), ...pages('/1', '/2', '/3', '/4') })
    const frontier = new MemoryFrontier(memoryFrontierOptions(resolveSettings([])))
    class Tired extends SitemapSpider<Found> {
      override sitemapUrls = [`${site.url}/sitemap.xml`]
      override *parse(page: HtmlResponse) {
        yield { path: new URL(page.url).pathname }
        throw new CloseSpider('tired')
      }
    }
    const first = await run(Tired, { concurrency: 1 }, { frontier })
    const second = await run(Maps, {}, { frontier })
    expect([first.reason, second.reason]).toEqual(['tired', 'finished'])
    expect(paths([...first.items, ...second.items])).toEqual(['/1', '/2', '/3', '/4'])
    expect(second.items.length).toBeGreaterThan(0)
    expect(Object.values(site.hits())).toEqual([1, 1, 1, 1, 1])
  })

  it.each([
    [{ sitemapRules: {} }, 'ERR_SITEMAP_RULE', '`sitemapRules` of a SitemapSpider to be a list'],
    [{ sitemapRules: [['/x', 'parse']] }, 'ERR_SITEMAP_RULE', 'Rule 1 of `sitemapRules` is no rule'],
    [{ sitemapRules: [{ mach: '/x' }] }, 'ERR_SITEMAP_RULE', 'Did you mean `match`?'],
    [{ sitemapRules: [{ match: '(' }] }, 'ERR_SITEMAP_RULE', 'no regular expression'],
    [{ sitemapRules: [{ match: 7 }] }, 'ERR_SITEMAP_RULE', 'a text or a RegExp'],
    [{ sitemapRules: [{ callback: 'parseX' }] }, 'ERR_CALLBACK', 'no method parseX'],
    [{ sitemapRules: [{ callback: () => {} }] }, 'ERR_CALLBACK', 'inline function'],
    [{ sitemapFollow: 'x' }, 'ERR_SITEMAP_RULE', '`sitemapFollow`'],
  ])('does not begin with %j', async (wrong, code, message) => {
    site = await startSite({})
    class Wrong extends Maps {
      constructor(args?: Record<string, string>) {
        super(args)
        Object.assign(this, wrong)
      }
    }
    await expect(run(Wrong)).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
  })
})
