import { afterEach, describe, expect, it } from 'vitest'
import { type HtmlResponse, type Link, LinkExtractor, type LinkExtractorOptions, Spider } from '../../src/index.ts'
import { run } from '../support/run.ts'
import { type Site, startSite } from '../support/site.ts'

/** Where links lead, and which ones are links. */

let site: Site
afterEach(() => site.close())

/** What a callback makes of a page that came over the wire. */
async function onPage<T>(html: string, callback: (page: HtmlResponse) => T): Promise<T> {
  site = await startSite({ '/dir/page': html })
  const got: T[] = []
  class One extends Spider {
    override startUrls = [`${site.url}/dir/page?x=1`]
    override parse(page: HtmlResponse): void {
      got.push(callback(page))
    }
  }
  const { ends } = await run(One)
  expect(ends).toEqual([['/dir/page?x=1', 'done']])
  return got[0]!
}

const relative = (url: string): string => url.replace(site.url, '')

describe('following', () => {
  const targets = ['next', '/top', '?q=1', '#part', '//other.example/x', '  /spaces \n', '../up', 'a b', 'http://h.example']

  it('row 50: resolves against the page', async () => {
    const urls = await onPage('<p>', (page) => targets.map((target) => page.follow(target).url))
    expect(urls.map(relative)).toEqual([
      '/dir/next',
      '/top',
      '/dir/page?q=1',
      '/dir/page?x=1#part',
      'http://other.example/x',
      '/spaces',
      '/up',
      '/dir/a%20b',
      'http://h.example',
    ])
  })

  it('row 50: resolves against <base href>, itself relative or not', async () => {
    const absolute = await onPage('<head><base href="http://base.example/deep/"></head>', (page) =>
      targets.map((target) => page.follow(target).url),
    )
    expect(absolute).toEqual([
      'http://base.example/deep/next',
      'http://base.example/top',
      'http://base.example/deep/?q=1',
      'http://base.example/deep/#part',
      'http://other.example/x',
      'http://base.example/spaces',
      'http://base.example/up',
      'http://base.example/deep/a%20b',
      'http://h.example',
    ])
    await site.close()
    const own = await onPage('<base href="/b/">', (page) => page.follow('x').url)
    expect(relative(own)).toBe('/b/x')
  })

  it('row 50: does the same for the elements of a page', async () => {
    const html = '<base href="/b/"><a href=" x ">1</a><a>none</a><a href="mailto:me@h.example">2</a><a href="?q">3</a>'
    const urls = await onPage(html, (page) => [...page.followAll('a')].map(({ url }) => url))
    expect(urls.map(relative)).toEqual(['/b/x', '/b/?q'])
  })
})

describe('the link extractor', () => {
  const page = `<base href="/dir/page"><link href="/style">
    <a href="javascript:go()">1</a><a href="mailto:me@h.example">2</a><a href="tel:123">3</a><a>4</a><a href="http://[bad/">5</a>
    <a href="/x.pdf">6</a><a href="/x.PDF?a=1">7</a>
    <a href="">self</a><a href="#top">top</a><a href="/nofollow" rel="nofollow">8</a><a href="ftp://h.example/f">9</a>
    <a href="/p2">10</a><a href="/p2#f">11</a><area href="/area">`
  const extracted = (options?: LinkExtractorOptions): Promise<Link[]> =>
    onPage(page, (response) => [...new LinkExtractor(options).extractLinks(response)])

  it('row 51: skips what is no page, and keeps the rest in order', async () => {
    const links = await extracted()
    expect(links.map(({ url }) => relative(url))).toEqual([
      '/dir/page',
      '/dir/page#top',
      '/nofollow',
      'ftp://h.example/f',
      '/p2',
      '/p2#f',
      '/area',
    ])
    expect(links.map(({ text }) => text)).toEqual(['self', 'top', '8', '9', '10', '11', ''])
  })

  it('row 51: tells nofollow, and does not enforce it', async () => {
    const links = await extracted()
    expect(links.filter(({ nofollow }) => nofollow).map(({ url }) => relative(url))).toEqual(['/nofollow'])
  })

  it('row 51: takes a fragment for no other page when URLs are canonical', async () => {
    const links = await extracted({ canonicalize: true })
    expect(links.map(({ url }) => relative(url))).toEqual(['/dir/page', '/nofollow', 'ftp://h.example/f', '/p2', '/area'])
  })
})
