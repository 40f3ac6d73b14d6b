import { gzipSync } from 'node:zlib'
import { afterEach, expect, it } from 'vitest'
import { CrawlSpider, type HtmlResponse, SitemapSpider } from '../../src/index.ts'
import { run } from '../support/run.ts'
import { links, type Route, type Site, startSite } from '../support/site.ts'

let site: Site
afterEach(() => site.close())

it('row 52: of two rules that match a link the first has it; a rule with a callback does not follow by default', async () => {
  site = await startSite({
    '/': links('/both', '/second'),
    '/both': links('/deeper'),
    '/second': links('/deeper'),
    '/deeper': '',
  })
  const pages: string[] = []
  class Rules extends CrawlSpider {
    override startUrls = [`${site.url}/`]
    override rules = [
      { extract: { allow: '/both' }, callback: this.first },
      { extract: { allow: ['/both', '/second'] }, callback: this.second },
    ]
    first(page: HtmlResponse): void {
      pages.push(`first ${new URL(page.url).pathname}`)
    }
    second(page: HtmlResponse): void {
      pages.push(`second ${new URL(page.url).pathname}`)
    }
  }
  const { reason } = await run(Rules)
  expect(reason).toBe('finished')
  expect(pages.sort()).toEqual(['first /both', 'second /second'])
  expect(site.hits()).toEqual({ '/': 1, '/both': 1, '/second': 1 })
})

it('row 53: robots.txt leads to a list, to a zipped sitemap, to its pages; what is no XML is passed over', async () => {
  const index = (): string =>
    `<?xml version="1.0"?><sitemapindex>${['/map.xml.gz', '/map.xml.gz', '/no-map.txt']
      .map((path) => `<sitemap><loc>${site.url}${path}</loc></sitemap>`)
      .join('')}</sitemapindex>`
  const map = (): string => `<urlset>${[1, 2, 3].map((n) => `<url><loc>${site.url}/page/${n}</loc></url>`).join('')}</urlset>`
  const send =
    (type: string, body: () => string | Buffer): Route =>
    (_request, response) => {
      response.writeHead(200, { 'content-type': type })
      response.end(body())
    }
  site = await startSite({
    '/robots.txt': send('text/plain', () => `User-agent: *\nAllow: /\nSitemap: ${site.url}/index.xml\n`),
    '/index.xml': send('application/xml', index),
    '/map.xml.gz': send('application/x-gzip', () => gzipSync(map())),
    '/no-map.txt': send('text/plain', () => 'nothing'),
    '/page/1': '1',
    '/page/2': '2',
    '/page/3': '3',
  })
  class Maps extends SitemapSpider<{ url: string; depth: number }> {
    override sitemapUrls = [`${site.url}/robots.txt`]
    override parse(page: HtmlResponse) {
      return { url: page.url, depth: page.request.state.depth }
    }
  }
  const { items, stats, log } = await run(Maps)
  expect(site.hits()).toEqual({
    ...{ '/robots.txt': 1, '/index.xml': 1, '/map.xml.gz': 1, '/no-map.txt': 1 },
    ...{ '/page/1': 1, '/page/2': 1, '/page/3': 1 },
  })
  expect(items).toHaveLength(3)
  expect(items.every((item) => (item as { depth: number }).depth === 3)).toBe(true)
  expect(stats).toMatchObject({ 'dupefilter/filtered': 1, request_depth_max: 3, 'sitemap/ignored_count': 1 })
  expect(log).toContainEqual(expect.objectContaining({ level: 'warn', fields: { url: `${site.url}/no-map.txt` } }))
})
