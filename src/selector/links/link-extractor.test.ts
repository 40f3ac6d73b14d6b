import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../../errors.ts'
import { Selector } from '../selector.ts'
import type { Link, LinkPage } from './link.ts'
import { LinkExtractor } from './link-extractor.ts'
import type { LinkExtractorOptions } from './link-options.ts'

function pageOf(text: string, url = 'http://h.example/d/p'): LinkPage & { readonly trees: number } {
  let trees = 0
  return {
    url,
    text,
    encoding: 'utf-8',
    get selector() {
      trees++
      return new Selector({ text, type: 'html' })
    },
    get trees() {
      return trees
    },
  }
}

function urls(text: string, options?: LinkExtractorOptions): string[] {
  return new LinkExtractor(options).extractLinks(pageOf(text)).map(({ url }) => url)
}

describe('LinkExtractor', () => {
  test('it builds no tree for a page, unless regions are named or only a tree can tell', () => {
    const page = pageOf('<div><a href=x>1</a></div><svg><g/></svg>')
    expect(new LinkExtractor({ restrictText: '1' }).extractLinks(page)).toHaveLength(1)
    expect(page.trees).toBe(0)
    expect(new LinkExtractor({ restrictCss: 'div' }).extractLinks(page)).toHaveLength(1)
    expect(page.trees).toBeGreaterThan(0)
    const frames = pageOf('<frameset><a href=x></frameset>')
    expect(new LinkExtractor().extractLinks(frames)).toEqual([])
    expect(frames.trees).toBeGreaterThan(0)
  })

  test('the tree says the same as the scan', () => {
    const html =
      '<base href=/b/><p><a href=1 rel=nofollow>x <b>y</b></a><template><a href=2>2</a></template><area href=3><svg><a href=4>4</a></svg><a href=1>z</a>'
    const scanned = new LinkExtractor().extractLinks(pageOf(html))
    expect(new LinkExtractor({ restrictXpaths: '/html' }).extractLinks(pageOf(html))).toEqual(scanned)
    expect(scanned).toEqual([
      { url: 'http://h.example/b/1', text: 'x y', fragment: '', nofollow: true },
      { url: 'http://h.example/b/2', text: '2', fragment: '', nofollow: false },
      { url: 'http://h.example/b/3', text: '', fragment: '', nofollow: false },
      { url: 'http://h.example/b/4', text: '4', fragment: '', nofollow: false },
    ])
  })

  test.each<[string, LinkExtractorOptions, string[]]>([
    ['tags *', { tags: '*', attrs: ['href', 'src'], denyTags: 'area' }, ['a', 'i.html', 'f']],
    ['attrs *', { attrs: '*', denyAttrs: ['href'] }, ['n', 'b']],
    ['a tag of tables', { tags: ['td'], attrs: 'data-u' }, ['t']],
    ['a tag in capitals', { tags: 'AREA' }, ['b']],
    ['nothing at all', { tags: [], attrs: [] }, []],
    ['denied tag', { denyTags: ['a', 'x'] }, ['b']],
  ])('%s', (_, options, expected) => {
    const html =
      '<a href=a name=n></a><area href=b alt=b><img src=i.html><table><td data-u=t></table><form action=x><iframe src=f></iframe></form>'
    expect(urls(html, options)).toEqual(expected.map((name) => `http://h.example/d/${name}`))
  })

  test.each<[string, string[]]>([
    ['/x.pdf', []],
    ['/X.PDF?a=1', []],
    ['/x.pdf#f', []],
    ['/x.pdf;v=1', []],
    ['/x.pdf;v=1.html', []],
    ['/x.tar.gz', []],
    ['/x.gz', ['http://h.example/x.gz']],
    ['/x?f=a.pdf', ['http://h.example/x?f=a.pdf']],
    ['/x.pdf/y', ['http://h.example/x.pdf/y']],
    ['/;x/y.html;z.pdf', ['http://h.example/;x/y.html;z.pdf']],
    ['http://h.zip', ['http://h.zip']],
    ['http://h.zip/', ['http://h.zip/']],
    ['http://h.zip?x/y', ['http://h.zip/?x/y']],
    ['/.pdf', []],
    ['file:///x.html;.pdf', []],
  ])('extension of %s', (href, expected) => {
    expect(urls(`<a href="${href}">`)).toEqual(expected)
  })

  test('extensions of the user, in any case, with dots', () => {
    expect(urls('<a href=/a.HTML><a href=/b.pdf><a href=/c.min.js>', { denyExtensions: ['html', 'Min.js'] })).toEqual([
      'http://h.example/b.pdf',
    ])
    expect(urls('<a href=/b.pdf>', { denyExtensions: [] })).toHaveLength(1)
  })

  test.each<[LinkExtractorOptions, string[]]>([
    [{ allowDomains: 'H.example' }, ['http://h.example/1', 'http://s.H.example/2', 'http://h.example:81/4']],
    [{ denyDomains: ['h.example'] }, ['http://xh.example/3']],
    [{ allowDomains: 'h.example:81' }, ['http://h.example:81/4']],
  ])('domains: %j', (options, expected) => {
    const html = '<a href=/1><a href=http://s.H.example/2><a href=http://xh.example/3><a href=http://h.example:81/4>'
    expect(urls(html, options)).toEqual(expected.map((url) => url.toLowerCase()))
  })

  test('domains are told apart whatever was judged before', () => {
    const links = new LinkExtractor({ allowDomains: 'h.example', denyDomains: 'no.h.example' })
    const mine = [
      'http://h.example/a',
      'http://h.example',
      'HTTP://H.EXAMPLE/b',
      'http://h.example?x/',
      'https://h.example:81/',
      'ftp://s.h.example/',
    ]
    const theirs = [
      'http://h.example.org/',
      'http://no.h.example/',
      'http://xh.example/',
      'http://h.example@o.example/',
      'http:///h.example/',
      '/h.example/',
    ]
    for (const one of [...mine, ...theirs]) {
      for (const two of [...mine, ...theirs]) {
        expect([links.matches(one), links.matches(two)], `${one} ${two}`).toEqual([mine.includes(one), mine.includes(two)])
      }
    }
  })

  test("patterns: strings are Python's, a RegExp with g forgets where it was", () => {
    const html = '<a href=/A1><a href=/A2><a href=/b3>'
    const allow = /a\d/gi
    expect(urls(html, { allow })).toHaveLength(2)
    expect(urls(html, { allow: '(?i)(?P<x>a)\\d\\Z' })).toHaveLength(2)
    expect(urls(html, { allow: new Set(['1', /3/]) })).toHaveLength(2)
    expect(urls(html, { allow: [], deny: '' })).toEqual([])
    expect(allow.lastIndex).toBe(0)
  })

  test('matches judges an absolute URL by patterns and domains alone', () => {
    const links = new LinkExtractor({ allow: '/a', deny: 'b', allowDomains: 'h.example' })
    expect(['http://h.example/a.pdf', 'http://h.example/ab', 'http://o.example/a', 'x'].map((url) => links.matches(url))).toEqual(
      [true, false, false, false],
    )
  })

  test('duplicates: the first counts, even when a filter then leaves it out; regions are asked one by one', () => {
    const html = '<p><a href=x>1</a><a href=x>2</a></p><div><a href=x>2</a></div>'
    expect(urls(html, { restrictText: '2' })).toEqual([])
    expect(urls(html, { restrictText: '2', restrictCss: ['p', 'div'] })).toHaveLength(1)
    expect(urls(html, { unique: false })).toHaveLength(3)
    expect(urls(html, { restrictCss: ['p', 'div', 'p'], unique: false })).toHaveLength(5)
    expect(urls('<a href=x?a=1&b=2><a href=x?b=2&a=1>', { canonicalize: true })).toEqual(['http://h.example/d/x?a=1&b=2'])
  })

  test('regions inside of each other take time in proportion to the page', () => {
    // in a square, this would take a minute
    const html = Array.from({ length: 30_000 }, (_, i) => `<div><a href=${i}>x</a>`).join('')
    expect(urls(html, { restrictCss: 'div' })).toHaveLength(30_000)
    expect(urls(html, { restrictXpaths: '//div', restrictCss: 'div' })).toHaveLength(30_000)
  })

  test('a region may be the link itself; what is no element is refused', () => {
    const html = '<a href=x>1</a><a href=y>2</a>'
    expect(urls(html, { restrictXpaths: '//a[2]' })).toEqual(['http://h.example/d/y'])
    expect(() => urls(html, { restrictXpaths: '//a/@href' })).toThrow(expect.objectContaining({ code: 'ERR_LINK_OPTION' }))
    expect(() => urls(html, { restrictCss: 'a::text' })).toThrow(/select elements/)
  })

  test('process may look for links in another page', () => {
    const inner = new LinkExtractor()
    const links = new LinkExtractor({
      process: (value) => {
        inner.extractLinks(pageOf('<p><p><p><p><p><p><p><p><p><p><p><p><p>'))
        return value
      },
    })
    expect(links.extractLinks(pageOf('<a href=x><b title=">">1</b></a>')).map(({ text }) => text)).toEqual(['1'])
  })

  test('elements inside of each other do not cost the square of the page', () => {
    const html = `${Array.from({ length: 40_000 }, (_, i) => `<q href=${i}>`).join('')}x`
    const links = new LinkExtractor({ tags: ['q'] }).extractLinks(pageOf(html))
    expect(links).toHaveLength(40_000)
    expect([links[0]!.text, links[39_999]!.text]).toEqual(['x', 'x'])
  }, 10_000)

  test('a link does not keep its page', () => {
    const filler = '<p>'.padEnd(500_000, 'x')
    const kept: Link[] = []
    const before = heap()
    for (let i = 0; i < 100; i++) {
      const html = `${filler}<a href="http://other.example/a/long/path/${i}">a text of some length ${i}</a><a href="relative/path/of/some/length/${i}?a&amp;b">&lt;another text of some length</a>${i}`
      kept.push(...new LinkExtractor().extractLinks(pageOf(html)))
    }
    expect(kept).toHaveLength(200)
    // 100 pages are 50 MB
    expect(heap() - before).toBeLessThan(10_000_000)
  })

  test.each<[Record<string, unknown>, RegExp]>([
    [{ alow: 'x' }, /no option "alow"\. Did you mean "allow"\?/],
    [{ allow_domains: 'x' }, /Did you mean "allowDomains"\?/],
    [{ process_value: 'x' }, /Did you mean "process"\?/],
    [{ zzzzzzzz: 1 }, /It takes allow, deny/],
    [{ allow: 1 }, /expected allow to be a regular expression .* got number/],
    [{ deny: ['a', 2] }, /expected deny/],
    [{ allow: '(' }, /allow has "\(", which is no regular expression/],
    [{ restrictText: '[z-a]' }, /restrictText has/],
    [{ tags: null }, /expected tags to be a string or several, got null/],
    [{ unique: 'no' }, /expected unique to be true or false, got string/],
    [{ process: 'x' }, /expected process to be a function/],
    [{ denyExtensions: [1] }, /expected denyExtensions/],
  ])('a mistaken option is named: %j', (options, message) => {
    const make = (): LinkExtractor => new LinkExtractor(options as LinkExtractorOptions)
    expect(make).toThrow(UsageError)
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_LINK_OPTION' }))
    expect(make).toThrow(message)
  })

  test('undefined is no option', () => {
    expect(urls('<a href=x>', { allow: undefined, tags: undefined, unique: undefined, process: undefined })).toHaveLength(1)
  })
})

function heap(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}
