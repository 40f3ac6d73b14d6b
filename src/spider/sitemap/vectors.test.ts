import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createResponse } from '../../http/create-response.ts'
import type { Request } from '../../http/request.ts'
import { SitemapSpider } from '../sitemap-spider.ts'
import { robotsSitemaps } from './robots-sitemaps.ts'
import type { SitemapEntry } from './sitemap-entry.ts'
import { SitemapReader } from './sitemap-reader.ts'

interface Expected {
  readonly type?: string
  readonly entries?: readonly object[]
  readonly responseClass?: string
  readonly requests?: readonly { readonly url: string; readonly callback: string }[]
  readonly urls?: readonly string[]
  readonly error?: string
}

interface Case {
  readonly id: string
  readonly kind: 'parse' | 'spider' | 'robots'
  readonly url: string
  readonly body?: string
  readonly bodyBase64?: string
  readonly headers: [string, string][]
  readonly options: { sitemap_rules?: [string, string][]; sitemap_follow?: string[]; sitemap_alternate_links?: boolean }
  readonly note?: string
  readonly parserSensitive?: boolean
  readonly expected: Expected
  readonly expectedScrapy28?: Expected
}

const file = new URL('../../../test/vectors/sitemap.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] }

/** Judged better: gzip under the type of XML is unzipped all the same, and gives what is in it. */
const UNZIPPED: Readonly<Record<string, readonly string[]>> = {
  'sitemap-6d78498edfc9': ['http://e.com/1', 'http://e.com/2'],
}

const CALLBACKS: Readonly<Record<string, string>> = {
  _parse_sitemap: 'parseSitemap',
  parse_one: 'parseOne',
  parse_two: 'parseTwo',
}
const ours = (callback: string): string => CALLBACKS[callback] ?? callback

class Recorded extends SitemapSpider {
  override parse() {}
  parseOne() {}
  parseTwo() {}
}

const bytesOf = ({ body, bodyBase64 }: Case): Buffer =>
  bodyBase64 === undefined ? Buffer.from(body ?? '') : Buffer.from(bodyBase64, 'base64')

/** Read in pieces of that many characters. */
function read(text: string, size: number): { type: string | undefined; entries: SitemapEntry[] } {
  const reader = new SitemapReader()
  const entries: SitemapEntry[] = []
  for (let at = 0; at < text.length; at += size) entries.push(...reader.read(text.slice(at, at + size)))
  entries.push(...reader.end())
  return { type: reader.type, entries }
}

async function requestsOf(one: Case): Promise<object[]> {
  const { sitemap_rules: rules, sitemap_follow: follow, sitemap_alternate_links: alternate } = one.options
  const spider = new Recorded()
  if (rules !== undefined) spider.sitemapRules = rules.map(([match, callback]) => ({ match, callback: ours(callback) }))
  if (follow !== undefined) spider.sitemapFollow = follow
  if (alternate !== undefined) spider.sitemapAlternateLinks = alternate
  const page = createResponse({ url: one.url, headers: one.headers, body: bytesOf(one) })
  if (one.expected.responseClass !== undefined) expect(page.constructor.name).toBe(one.expected.responseClass)
  const requests: object[] = []
  for await (const request of spider.parseSitemap(page)) {
    const { url, callback } = request as Request
    requests.push({ url, callback })
  }
  return requests
}

describe('sitemaps as Scrapy reads them', () => {
  const byKind = (kind: Case['kind']): [string, Case][] =>
    cases.filter((one) => one.kind === kind).map((one) => [`${one.id} ${one.note ?? ''}`, one])

  it.each(byKind('parse'))('%s', (_name, one) => {
    const text = bytesOf(one).toString()
    const whole = read(text, text.length)
    for (const size of [1, 2, 3, 7, 50]) expect(read(text, size)).toEqual(whole)
    if (one.parserSensitive === true) return
    if (one.expected.error === undefined) expect(whole).toEqual(one.expected)
    else expect(['urlset', 'sitemapindex']).not.toContain(whole.type)
  })

  it.each(byKind('spider'))('%s', async (_name, one) => {
    const requests = await requestsOf(one)
    if (one.parserSensitive === true) return
    const unzipped = UNZIPPED[one.id]
    if (unzipped !== undefined) expect(requests).toEqual(unzipped.map((url) => ({ url, callback: 'parse' })))
    else expect(requests).toEqual((one.expected.requests ?? []).map(({ url, callback }) => ({ url, callback: ours(callback) })))
  })

  it.each(byKind('robots'))('%s', (_name, one) => {
    expect(robotsSitemaps(bytesOf(one), one.url)).toEqual(one.expected.urls)
  })

  it('are all there', () => {
    expect(cases).toHaveLength(36)
  })
})
