import { describe, expect, it } from 'vitest'
import { pageAt, scrapeBench } from '../../../test/support/scrape.ts'
import { encodeRequest } from '../../http/codec.ts'
import { Request } from '../../http/request.ts'
import type { ReferrerPolicy } from '../../settings/polite-settings.ts'
import { builtInScraperMiddlewares } from './built-in.ts'
import { depth } from './depth.ts'
import { localFiles } from './local-files.ts'
import { referer } from './referer.ts'
import { urlLength } from './url-length.ts'

describe('referer', () => {
  const refererOf = (request: Request | string): string | undefined => (request as Request).headers.get('referer')
  const page = pageAt('https://me:secret@a.example/list?p=1#top')
  const to = (url: string, init = {}): Request => new Request(url, init)

  it('names the page, without what is nobody’s business', () => {
    const { ask } = scrapeBench([referer])
    expect(refererOf(ask(to('https://b.example/'), page))).toBe('https://a.example/list?p=1')
    expect(refererOf(ask(to('http://b.example/'), page))).toBeUndefined()
  })

  it('a request that comes from no page has none, nor one that has its own', () => {
    const { ask } = scrapeBench([referer])
    const seed = to('https://a.example/')
    expect(ask(seed)).toBe(seed)
    const own = to('https://a.example/', { headers: { REFERER: 'https://own.example/' } })
    expect(ask(own, page)).toBe(own)
    const empty = to('https://a.example/', { headers: { Referer: '' } })
    expect(ask(empty, page)).toBe(empty)
  })

  it('the policy of the request, then of the page, then of the settings', () => {
    const { ask } = scrapeBench([referer], { referrerPolicy: 'origin' })
    const strict = pageAt('https://a.example/list', { 'Referrer-Policy': 'no-referrer, bogus' })
    const target = 'https://a.example/x'
    expect(refererOf(ask(to(target), page))).toBe('https://a.example/')
    expect(refererOf(ask(to(target), strict))).toBeUndefined()
    expect(refererOf(ask(to(target, { referrerPolicy: 'unsafe-url' }), strict))).toBe('https://a.example/list')
    expect(refererOf(ask(to(target, { referrerPolicy: 'no-referrer' }), page))).toBeUndefined()
    expect(refererOf(ask(to(target), pageAt('https://a.example/list', { 'Referrer-Policy': 'bogus' })))).toBe(
      'https://a.example/',
    )
  })

  it('each page has its own, in whatever order they come', () => {
    const { ask } = scrapeBench([referer], { referrerPolicy: 'strict-origin-when-cross-origin' })
    const pages = ['https://a.example/1', 'https://a.example/2', 'http://b.example/1', 'https://a.example/1'].map((url) =>
      pageAt(url),
    )
    const told = pages.flatMap((from) => [
      refererOf(ask(to('https://a.example/x'), from)),
      refererOf(ask(to('https://c.example/x'), from)),
      refererOf(ask(to('https://a.example/y'), from)),
    ])
    expect(told).toEqual([
      'https://a.example/1',
      'https://a.example/',
      'https://a.example/1',
      'https://a.example/2',
      'https://a.example/',
      'https://a.example/2',
      'http://b.example/',
      'http://b.example/',
      'http://b.example/',
      'https://a.example/1',
      'https://a.example/',
      'https://a.example/1',
    ])
    const same = pageAt('https://a.example/1', { 'Referrer-Policy': 'no-referrer' as ReferrerPolicy })
    expect(refererOf(ask(to('https://a.example/x'), same))).toBeUndefined()
  })

  it('the links of a page share one header; other headers stay where they are', () => {
    const { ask } = scrapeBench([referer])
    const [one, two] = [ask(to('https://b.example/1'), page), ask(to('https://b.example/2'), page)] as [Request, Request]
    expect(one.headers).toBe(two.headers)
    const own = ask(to('https://b.example/3', { headers: { 'X-A': '1' } }), page) as Request
    expect(own.headers.toFlat()).toEqual(['X-A', '1', 'Referer', 'https://a.example/list?p=1'])
  })

  it('no header where nothing may be told, or where it is switched off', () => {
    const { ask } = scrapeBench([referer])
    for (const url of ['data:text/html,x', 'about:blank', 'file:///home/me/a.html']) {
      expect(refererOf(ask(to('https://b.example/'), pageAt(url)))).toBeUndefined()
    }
    expect(refererOf(scrapeBench([referer], { referer: false }).ask(to('https://b.example/'), page))).toBeUndefined()
  })

  it('costs a queue little: within a site, its path', () => {
    const { ask } = scrapeBench([referer])
    const inside = ask(to('https://a.example/item/1'), pageAt('https://a.example/list?p=1')) as Request
    expect(encodeRequest(inside)).toBe('{"url":"https://a.example/item/1","referer":"/list?p=1"}')
  })
})

describe('url-length', () => {
  const long = (length: number): Request => new Request('http://a.example/'.padEnd(length, 'x'))

  it('ends what is longer, of pages, seeds and redirects alike', () => {
    const { ask, stats } = scrapeBench([urlLength])
    expect(ask(long(2083))).toBeInstanceOf(Request)
    expect(ask(long(2084))).toBe('url-length')
    expect(ask(long(2084), pageAt('http://a.example/'))).toBe('url-length')
    expect(stats.get('urllength/request_ignored_count')).toBe(2)
  })

  it('data: may be long; 0 is no limit', () => {
    expect(scrapeBench([urlLength]).ask(new Request(`data:,${'x'.repeat(5000)}`))).toBeInstanceOf(Request)
    expect(scrapeBench([urlLength], { urlLengthLimit: 0 }).ask(long(1 << 20))).toBeInstanceOf(Request)
  })
})

describe('local-files', () => {
  const file = new Request('FILE:///etc/passwd')

  it.each(['http://a.example/', 'https://a.example/', 'data:text/html,x', 'ftp://a.example/', 'about:blank'])(
    'a page at %s cannot have a file read',
    (url) => {
      expect(scrapeBench([localFiles]).ask(file, pageAt(url))).toBe('ignored')
    },
  )

  it('a seed and a local page can; a redirect cannot', () => {
    const { ask } = scrapeBench([localFiles])
    expect(ask(file)).toBe(file)
    expect(ask(file, pageAt('file:///home/me/a.html'))).toBe(file)
    expect(ask(file.withState({ redirectUrls: ['http://a.example/'] }))).toBe('ignored')
  })

  it('another middleware of that name takes its place', () => {
    const own = { name: 'local-files', order: 400, create: () => undefined }
    expect(scrapeBench([...builtInScraperMiddlewares, own]).ask(file, pageAt('http://a.example/'))).toBeInstanceOf(Request)
    expect(scrapeBench(builtInScraperMiddlewares).ask(file, pageAt('http://a.example/'))).toBe('ignored')
  })
})

describe('depth', () => {
  const from = (level: number) => pageAt('http://a.example/', {}, new Request('http://a.example/').withDepth(level))
  const to = (init = {}): Request => new Request('http://a.example/x', init)

  it('depthReset begins anew', () => {
    const { ask } = scrapeBench([depth], { depthLimit: 2, depthPriority: 1 })
    expect(ask(to(), from(2))).toBe('depth')
    const reset = ask(to({ depthReset: true, priority: 5 }), from(2)) as Request
    expect([reset.state.depth, reset.priority]).toEqual([0, 5])
    const next = ask(to(), pageAt('http://a.example/', {}, reset)) as Request
    expect([next.state.depth, next.priority]).toEqual([1, -1])
  })

  it('depthStats counts by depth: seeds when they come back, links when they are found', () => {
    const { ask, chain, stats } = scrapeBench([depth], { depthStats: true, depthLimit: 2 })
    const seed = to()
    ask(seed)
    expect(stats.get('request_depth_count/0')).toBeUndefined()
    const page = pageAt('http://a.example/', {}, seed)
    chain.response(page)
    for (let i = 0; i < 3; i++) ask(to(), page)
    chain.response(from(1))
    ask(to(), from(1))
    ask(to(), from(2))
    const reset = ask(to({ depthReset: true }), from(2)) as Request
    chain.response(pageAt('http://a.example/', {}, reset))
    expect([0, 1, 2, 3].map((level) => stats.get(`request_depth_count/${level}`))).toEqual([2, 3, 1, undefined])
    expect(stats.get('request_depth_max')).toBe(2)
  })

  it('a trap does not fill the table of counts', () => {
    const { ask, stats } = scrapeBench([depth], { depthStats: true })
    for (let level = 0; level < 2000; level++) ask(to(), from(level))
    expect(Object.keys(stats.flat()).length).toBeLessThan(1010)
    expect(stats.get('request_depth_max')).toBe(2000)
  })

  it('not without depthStats', () => {
    const { ask, stats } = scrapeBench([depth])
    ask(to(), from(0))
    expect(stats.get('request_depth_count/1')).toBeUndefined()
  })
})
