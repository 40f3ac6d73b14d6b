import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { pageAt, scrapeBench } from '../../../test/support/scrape.ts'
import { Request } from '../../http/request.ts'
import { offsite } from './offsite.ts'

interface Case {
  id: string
  allowedDomains: unknown
  url: string
  dontFilter?: boolean
  meta?: { allow_offsite?: boolean }
  expected: { allowed: boolean }
}

const { cases } = JSON.parse(readFileSync(new URL('../../../test/vectors/offsite.json', import.meta.url), 'utf8')) as {
  cases: Case[]
}
const to = (url: string): Request => new Request(url)

/** Domains that Scrapy takes literally, and that are read as they are meant here: another case, a dot before them, Unicode. */
const friendlier = (list: unknown): boolean =>
  Array.isArray(list) && list.some((one) => typeof one === 'string' && /^\.|[A-Z]|[^\0-\x7f]/.test(one))

describe('vectors', () => {
  for (const { id, allowedDomains, url, dontFilter = false, meta, expected } of cases) {
    if (friendlier(allowedDomains)) continue
    it(`${id} ${JSON.stringify(allowedDomains)} ${url}`, () => {
      const { ask } = scrapeBench([offsite], {}, allowedDomains as string[])
      const request = new Request(url, { dontFilter, ...(meta?.allow_offsite === true ? { allowOffsite: true } : undefined) })
      expect(ask(request)).toBe(expected.allowed ? request : 'offsite')
    })
  }
})

describe('allowedDomains', () => {
  it.each([
    ['EXAMPLE.com', 'http://sub.example.com/'],
    ['.example.com', 'http://example.com/'],
    ['bücher.example', 'http://www.xn--bcher-kva.example/'],
    ['BÜCHER.example', 'http://xn--bcher-kva.example/'],
    ['::1', 'http://[::1]:80/'],
    ['2001:DB8::1', 'http://[2001:db8::1]/'],
    ['127.0.0.1', 'http://127.0.0.1:8080/'],
  ])('%s allows %s', (domain, url) => {
    const request = to(url)
    expect(scrapeBench([offsite], {}, [domain]).ask(request)).toBe(request)
  })

  it.each([
    'example.com:80',
    'http://example.com',
    'example.com/',
    '*.example.com',
    'a@example.com',
    'example.com ',
    '',
    '.',
    '%',
  ])('%j is no domain: it matches nothing, and is warned of once', (domain) => {
    const { ask, lines } = scrapeBench([offsite], {}, [domain])
    expect([ask(to('http://example.com/')), ask(to('http://example.com:80/a')), ask(to('file:///a'))]).toEqual(
      Array(3).fill('offsite'),
    )
    expect(lines.filter((line) => line.startsWith('allowedDomains'))).toHaveLength(1)
  })

  it('a text in place of a list matches nothing, and is warned of', () => {
    const { ask, lines } = scrapeBench([offsite], {}, 'example.com' as never)
    expect(ask(to('http://example.com/'))).toBe('offsite')
    expect(lines[0]).toContain("expected a list of domains such as ['example.com']")
  })

  it.each([
    'http://notexample.com/',
    'http://example.com.evil.org/',
    'http://evil.org/example.com',
    'http://example.com@evil.org/',
  ])('%s is not at example.com', (url) => {
    expect(scrapeBench([offsite], {}, ['example.com']).ask(to(url))).toBe('offsite')
  })

  it('may change while the crawl runs: another list, or another domain in it', () => {
    const { ask, spider } = scrapeBench([offsite], {}, ['a.example'])
    const b = to('http://b.example/')
    expect(ask(b)).toBe('offsite')
    spider.allowedDomains = ['b.example']
    expect(ask(b)).toBe(b)
    const list = ['a.example']
    spider.allowedDomains = list
    expect(ask(b)).toBe('offsite')
    list.push('b.example')
    expect(ask(b)).toBe(b)
    list[1] = 'c.example'
    expect(ask(b)).toBe('offsite')
    list.length = 0
    expect(ask(b)).toBe(b)
  })

  it('a long list is looked through again for each page', () => {
    const list = Array.from({ length: 1000 }, (_, i) => `d${i}.example`)
    const { ask } = scrapeBench([offsite], {}, list)
    const request = to('http://new.example/')
    expect(ask(request, pageAt('http://d1.example/'))).toBe('offsite')
    list[500] = 'new.example'
    expect(ask(request, pageAt('http://d2.example/'))).toBe(request)
    expect(ask(to('http://d500.example/'), pageAt('http://d2.example/'))).toBe('offsite')
  })
})

it('counts requests and different domains, and says each domain once', () => {
  const { ask, stats, lines } = scrapeBench([offsite], {}, ['a.example'])
  for (const host of ['b', 'c', 'b', 'b']) ask(to(`http://${host}.example/`))
  expect([stats.get('offsite/filtered'), stats.get('offsite/domains')]).toEqual([4, 2])
  expect(lines.filter((line) => line.includes('b.example'))).toHaveLength(1)
})
