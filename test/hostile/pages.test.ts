import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type HtmlResponse, LinkExtractor, type Response } from '../../src/index.ts'
import { crawlBeside, HEALTHY_PAGES } from '../support/hostile-crawl.ts'
import { type HostileSite, startHostile } from '../support/hostile-site.ts'

let site: HostileSite

beforeEach(async () => {
  site = await startHostile()
})
afterEach(() => site.close())

/** Visits one page with everything that reads pages. */
async function read(path: string, config = {}) {
  let found:
    | { css: number; xpath: number; followed: string[]; links: string[]; title: string | undefined; deep: number }
    | undefined
  let page: HtmlResponse | undefined
  const { byPath, healthy } = await crawlBeside(
    [
      {
        url: `${site.url}/${path}`,
        visit: (response: Response) => {
          page = response as HtmlResponse
          found = {
            css: page.css('a').length,
            xpath: page.xpath('//a').length,
            followed: [...page.followAll('a')].map(({ url }) => url.replace(site.url, '')),
            links: new LinkExtractor().extractLinks(page).map(({ url }) => url.replace(site.url, '')),
            title: page.css('h1::text').get(),
            deep: page.css('b b b a, div > div a').length,
          }
        },
      },
    ],
    { maxResponseSize: 64 * 1024 * 1024, ...config },
  )
  return { end: byPath[`/${path}`], healthy, found, page }
}

describe('pages that are hard to read', () => {
  it.each(['many-tags', 'many-divs', 'many-tables', 'many-open-formats?n=3000', 'many-attributes'])(
    '%s: CSS, XPath and links give what is inside',
    async (path) => {
      const { end, healthy, found } = await read(path)
      expect(end).toBe('done')
      expect(found).toMatchObject({ css: 1, xpath: 1, links: ['/inside'] })
      expect(found!.title).toMatch(/Deep|Wide/)
      expect(healthy).toEqual({ done: HEALTHY_PAGES })
    },
    120_000,
  )

  it('an attribute of 10 MB is one attribute', async () => {
    const { end, found, healthy } = await read('large-attribute')
    expect(end).toBe('done')
    expect(found).toMatchObject({ css: 2, xpath: 2 })
    expect(found!.links.at(-1)).toBe('/other')
    expect(healthy).toEqual({ done: HEALTHY_PAGES })
  })

  it.each(['open-attribute', 'open-comment', 'open-tags'])(
    '%s: markup that never closes hides nothing that came before',
    async (path) => {
      const { end, found, healthy } = await read(path)
      expect(end).toBe('done')
      expect(found).toMatchObject({ css: 1, xpath: 1, links: ['/inside'], title: 'Open' })
      expect(healthy).toEqual({ done: HEALTHY_PAGES })
    },
  )

  it('NULs are taken out or replaced, not an end of the text', async () => {
    const { end, found } = await read('nuls')
    expect(end).toBe('done')
    expect(found!.css).toBe(2)
    expect(found!.title!.replace(/[\0\ufffd]/g, '')).toBe('NUL')
    expect(found!.links.at(-1)).toBe('/other')
  })

  it('of three encodings at once the byte order mark is right', async () => {
    const { end, found, page } = await read('three-encodings')
    expect(end).toBe('done')
    expect([page!.encoding, found!.title, found!.followed]).toEqual(['utf-16le', 'Žluťoučký 日本', ['/inside']])
  })

  it('an encoding that does not exist is none', async () => {
    const { end, found } = await read('no-encoding')
    expect(end).toBe('done')
    expect(found).toMatchObject({ title: 'Text', links: ['/inside'] })
  })
})

it('a million links are a million requests, or duplicates, and none is lost', async () => {
  const { byPath, stats, counts, healthy } = await crawlBeside(
    [
      {
        url: `${site.url}/many-links`,
        visit: (page: Response) => (page as HtmlResponse).followAll('a'),
      },
    ],
    {
      maxResponseSize: 64 * 1024 * 1024,
      // the links themselves are not to be fetched here
      slots: { '127.0.0.1': { budget: 1 } },
    },
  )
  expect(byPath['/many-links']).toBe('done')
  expect(stats['request_end_count/budget']).toBe(1_000_000)
  expect(counts).toMatchObject({ queued: 0, leased: 0 })
  expect(healthy).toEqual({ done: HEALTHY_PAGES })
}, 180_000)
