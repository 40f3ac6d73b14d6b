import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SitemapEntry } from './sitemap-entry.ts'
import { SitemapReader } from './sitemap-reader.ts'

interface Read {
  readonly type: string | undefined
  readonly entries: SitemapEntry[]
  readonly isWhole: boolean
}

function read(text: string, size = 65_536): Read {
  const reader = new SitemapReader()
  const entries: SitemapEntry[] = []
  for (let at = 0; at < text.length; at += size) entries.push(...reader.read(text.slice(at, at + size)))
  const { isWhole } = reader
  entries.push(...reader.end())
  return { type: reader.type, entries, isWhole }
}

const urlset = (...urls: string[]): string => `<urlset>${urls.map((url) => `<url>${url}</url>`).join('')}</urlset>`
const locs = (text: string): string[] => read(text).entries.map(({ loc }) => loc)

describe('SitemapReader', () => {
  it('reads the same in pieces of any size', () => {
    const part = fc.constantFrom(
      ...['<urlset>', '</urlset>', '<url>', '</url>', '<loc>', '</loc>', '<sitemap>', '<x:link href="a>b"/>', "<link href='é'>"],
      ...[
        '<!-- <url> -',
        '-->',
        '<![CDATA[',
        ']]>',
        ']',
        '<?pi',
        '?>',
        '<!DOCTYPE r [<!ENTITY e "v">',
        ']>',
        '<!x',
        '>',
        '<',
        '&',
        ';',
      ],
      ...[
        '&amp;',
        '&e;',
        '&#65;',
        '&nbsp;',
        'http://e.com/',
        '"',
        "'",
        ' ',
        '\n',
        '/',
        '\0',
        'é',
        '<a',
        '</',
        '<loc/>',
        '<lastmod>2026',
      ],
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), fc.integer({ min: 1, max: 9 }), (parts, size) => {
        const text = parts.join('')
        expect(read(text, size)).toEqual(read(text))
      }),
      { numRuns: 2000 },
    )
  })

  it('never expands an entity, nor fetches one', () => {
    const doctype =
      '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd"><!-- don\'t -->]>'
    expect(
      locs(`${doctype}${urlset('<loc>&b;</loc>', '<loc>http://e.com/&f;x</loc>', '<loc>http://e.com/&amp;</loc>')}`),
    ).toEqual(['', 'http://e.com/', 'http://e.com/&'])
    const link = `${doctype}${urlset('<loc>l</loc><link href="http://e.com/&f;"/>')}`
    expect(read(link).entries).toEqual([{ loc: 'l', alternate: ['http://e.com/'] }])
  })

  it('a link that leads nowhere is none', () => {
    expect(read(urlset('<loc>l</loc><link href=""/><link/><link href="m"/>')).entries).toEqual([{ loc: 'l', alternate: ['m'] }])
  })

  it('has no use for namespaces, whatever they are', () => {
    const text =
      '<s:urlset xmlns:s="x"><s:url><s:loc> http://e.com/1 </s:loc></s:url><o:url><loc>http://e.com/2</loc></o:url></s:urlset>'
    expect(read(text)).toMatchObject({
      type: 'urlset',
      entries: [{ loc: 'http://e.com/1' }, { loc: 'http://e.com/2' }],
      isWhole: true,
    })
  })

  it('joins text around comments and CDATA, and takes none from behind an element', () => {
    const text = urlset('<loc>http://<!-- x -->e.com/<![CDATA[?a=1&b=2]]>&amp;c</loc>', '<loc>a<b>c</b>d</loc>')
    expect(locs(text)).toEqual(['http://e.com/?a=1&b=2&c', 'a'])
  })

  it('makes the best of what is broken, and half a URL of nothing', () => {
    const broken =
      '<urlset><url><loc>http://e.com/1</loc></url><url><loc>http://e.com/2</url></x><url><loc>http://e.com/3</loc><loc>http://e.com/4'
    expect(read(broken)).toEqual({
      type: 'urlset',
      entries: [{ loc: 'http://e.com/1' }, { loc: 'http://e.com/2' }, { loc: 'http://e.com/3' }],
      isWhole: false,
    })
    expect(locs(urlset('<loc>http://e.com/?a&b<c</loc'))).toEqual(['http://e.com/?a&b'])
    expect(read('{"no": "xml"}')).toEqual({ type: undefined, entries: [], isWhole: true })
    expect(read('')).toEqual({ type: undefined, entries: [], isWhole: true })
  })

  it('does not stumble over names that objects have', () => {
    const [entry] = read(urlset('<loc>l</loc><__proto__>p</__proto__><constructor>c</constructor>')).entries
    expect(Object.keys(entry!)).toEqual(['loc', '__proto__', 'constructor'])
    expect(Object.getPrototypeOf(entry)).toBe(Object.prototype)
  })

  it('holds no more than a limit of anything', () => {
    const long = 'x'.repeat(100_000)
    expect(locs(urlset(`<loc>${long}</loc>`, '<loc>fine</loc>', `<loc a="${long}">tag</loc>`, '<loc>fine too</loc>'))).toContain(
      'fine too',
    )
    expect(locs(urlset(`<loc>${long}</loc>`))).toEqual([])
    const deep = `${'<a>'.repeat(200_000)}${'</a>'.repeat(200_000)}`
    expect(locs(`<urlset>${deep}<url><loc>after</loc></url></urlset>`)).toEqual(['after'])
    const fields = Array.from({ length: 5000 }, (_, i) => `<f${i}>x</f${i}>`).join('')
    expect(Object.keys(read(urlset(`<loc>l</loc>${fields}`)).entries[0]!)).toHaveLength(100)
    expect(read(urlset(`<loc>l</loc>${'<link href="a"/>'.repeat(5000)}`)).entries[0]!.alternate).toHaveLength(1000)
  })

  it.each([
    ['open tags', '<a '],
    ['quotes', '<a \'<a "'],
    ['brackets', '<'],
    ['comments', '<!--'],
    ['CDATA', '<![CDATA['],
    ['ampersands', '&'],
    ['end tags', '</a>'],
    ['doctypes', '<!DOCTYPE ['],
    ['nested entries', '<url>'],
    ['entities', '&a;'],
  ])('comes through four million characters of %s', (_name, part) => {
    const text = `<urlset><url><loc>${part.repeat(Math.floor(4_000_000 / part.length))}`
    expect(read(text).entries.length).toBeLessThan(2)
  })
})
