import { spawnSync } from 'node:child_process'
import { inspect } from 'node:util'
import { buildSync } from 'esbuild'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { SkeinError, UsageError } from '../errors.ts'
import { parseHtml } from './html-tree.ts'
import { type JsonValue, Selector, SelectorList } from './selector.ts'

const page = new Selector({
  text: '<ul><li class="a" id="x">One <b>1</b></li><li>Two</li><li>Three</li></ul><script id="d">{"n": 1}</script>',
  type: 'html',
})

function codeOf(fn: () => unknown): string | undefined {
  try {
    fn()
  } catch (error) {
    if (error instanceof SkeinError) return error.code
    throw error
  }
  return undefined
}

describe('a selector', () => {
  test('gives its content as text', () => {
    expect(page.css('b').at(0)?.get()).toBe('<b>1</b>')
    expect(page.css('b').at(0)?.getall()).toEqual(['<b>1</b>'])
    expect(String(page.css('b::text').at(0))).toBe('1')
    expect(inspect(page.css('b').at(0))).toBe('<Selector "<b>1</b>">')
  })

  test.each<[string, unknown, string]>([
    ['count(//li)', 3, '3.0'],
    ['count(//li) = 3', true, '1'],
    ['false()', false, '0'],
    ['1 div 3', 1 / 3, '0.3333333333333333'],
    ['1 div 0', Number.POSITIVE_INFINITY, 'inf'],
    ['-1 div 0', Number.NEGATIVE_INFINITY, '-inf'],
    ['0 div 0', Number.NaN, 'nan'],
    ['-0', -0, '-0.0'],
    ['10000000000000000', 1e16, '1e+16'],
    ['123456789012345680000', 123456789012345680000, '1.2345678901234568e+20'],
    ['0.0001', 0.0001, '0.0001'],
    ['0.00001', 0.00001, '1e-05'],
    ['string(//b)', '1', '1'],
  ])('of a computed value has it as root, and Python writing as text: %s', (query, root, text) => {
    const found = page.xpath(query)
    expect(found.length).toBe(1)
    expect(found.at(0)?.root).toBe(root)
    expect(found.get()).toBe(text)
    expect(found.css('li').length).toBe(0)
    expect(found.xpath('.').getall()).toEqual([text])
    expect(found.xpath('//li').length).toBe(0)
  })

  test('has attributes', () => {
    expect(page.css('li').at(0)?.attrib).toEqual({ class: 'a', id: 'x' })
    expect(page.css('li::text').at(0)?.attrib).toEqual({})
    const odd = new Selector({ text: '<p __proto__=x constructor=y>', type: 'html' }).css('p').attrib
    expect(Object.entries(odd)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
    expect(new Selector({ text: '<a xmlns="u" xmlns:p="v" p:x="1"/>', type: 'xml' }).attrib).toEqual({ 'p:x': '1' })
  })

  test('takes variables and namespaces into XPath', () => {
    expect(page.xpath('//li[. = $text]', { text: 'Two' }).get()).toBe('<li>Two</li>')
    expect(page.css('ul').xpath('li[position() = $n]/text()', { n: 3 }).get()).toBe('Three')
    const feed = new Selector({ text: '<r xmlns:x="u"><x:a>1</x:a></r>', type: 'xml' })
    expect(codeOf(() => feed.xpath('//y:a'))).toBe('ERR_SELECTOR')
    expect(feed.xpath('//y:a/text()', {}, { namespaces: { y: 'u' } }).get()).toBe('1')
    expect(codeOf(() => feed.xpath('//y:a'))).toBe('ERR_SELECTOR')
    feed.registerNamespace('y', 'u')
    expect(feed.css('r').xpath('y:a/text()').get()).toBe('1')
    feed.removeNamespaces()
    expect(feed.get()).toBe('<r><a>1</a></r>')
    expect(feed.xpath('//a').css('a::text').get()).toBe('1')
  })

  test('on HTML has no namespaces to remove', () => {
    const html = new Selector({ text: '<o:p>x</o:p><svg viewBox=0></svg>', type: 'html' })
    const before = html.get()
    html.removeNamespaces()
    expect(html.get()).toBe(before)
  })

  test('takes a node as root', () => {
    const document = parseHtml('<p>x')
    expect(new Selector({ root: document }).css('p::text').get()).toBe('x')
    expect(new Selector({ root: document }).type).toBe('html')
  })

  test.each<[string, string]>([
    ['<p>', 'html'],
    ['', 'html'],
    [' <?xml version="1.0"?><a/>', 'xml'],
    ['\ufeff{"a": 1}', 'html'],
    [' [1]', 'json'],
    ['{"a": 1}', 'json'],
    ['{a', 'html'],
    ['1', 'html'],
  ])('finds out the type of %j', (text, type) => {
    expect(new Selector({ text }).type).toBe(type)
  })

  test('needs a text or a root', () => {
    expect(() => new Selector({})).toThrow(UsageError)
    expect(() => new Selector({ text: '', root: 'x' })).toThrow(UsageError)
    expect(() => new Selector({ text: 1 as unknown as string })).toThrow('must be a string, not number')
  })
})

describe('a list', () => {
  const items = page.css('li')

  test('is like an array of selectors', () => {
    expect(items.length).toBe(3)
    expect(items.at(-1)?.get()).toBe('<li>Three</li>')
    expect(items.at(3)).toBeUndefined()
    expect(items.at(-4)).toBeUndefined()
    expect([...items].map((item) => item.css('::text').get())).toEqual(['One ', 'Two', 'Three'])
    expect(items.map((item, i) => `${i}${item.attrib['id'] ?? ''}`)).toEqual(['0x', '1', '2'])
    expect(items.filter((item, i) => i > 0 && item.css('::text').get() === 'Two').getall()).toEqual(['<li>Two</li>'])
    expect(items.slice(1, -1).getall()).toEqual(['<li>Two</li>'])
    expect(inspect(items)).toContain('SelectorList of 3')
    expect(inspect(page.css('nothing'))).toBe('<SelectorList of 0>')
  })

  test('gives the first, or what it is told to', () => {
    expect(items.css('::text').get()).toBe('One ')
    expect(page.css('nothing').get()).toBeUndefined()
    expect(page.css('nothing').get('none')).toBe('none')
    expect(page.css('li').get('none')).toContain('One')
    expect(page.css('nothing').attrib).toEqual({})
    expect(page.css('nothing').getall()).toEqual([])
  })

  test('searches in each, one after the other', () => {
    expect(items.css('b, ::text').getall()).toEqual(['One ', '<b>1</b>', '1', 'Two', 'Three'])
    expect(items.xpath('count(*)').getall()).toEqual(['1.0', '0.0', '0.0'])
    expect(items.xpath('..').length).toBe(3)
    expect(items.re('T\\w+')).toEqual(['Two', 'Three'])
    expect(items.reFirst('T(w)')).toBe('w')
    expect(items.reFirst('x{9}')).toBeUndefined()
    expect(items.reFirst(/x{9}/, 'none')).toBe('none')
    expect(page.reFirst('&amp;', 'none', { replaceEntities: false })).toBe('none')
  })

  test('has types that say what comes out', () => {
    expectTypeOf(items.get()).toEqualTypeOf<string | undefined>()
    expectTypeOf(items.get('')).toEqualTypeOf<string>()
    expectTypeOf(items.getall()).toEqualTypeOf<string[]>()
    expectTypeOf(items.at(0)).toEqualTypeOf<Selector | undefined>()
    expectTypeOf(items.reFirst('a', '')).toEqualTypeOf<string>()
    expectTypeOf(page.jmespath('a').get()).toEqualTypeOf<JsonValue | undefined>()
    expectTypeOf(page.jmespath<number>('a').getall()).toEqualTypeOf<number[]>()
    expect(items).toBeInstanceOf(SelectorList)
  })
})

describe('JSON', () => {
  const json = new Selector({ text: '{"a": [1, null, {"b": "<p>x</p>"}], "s": "text", "o": {"k": true}}', type: 'json' })

  test('is selected by JMESPath', () => {
    expect(json.jmespath('a').getall()).toEqual([1, null, { b: '<p>x</p>' }])
    expect(json.jmespath('a[2].b').css('p::text').getall()).toEqual(['x'])
    expect(json.jmespath('o').jmespath('k').get()).toBe(true)
    expect(json.jmespath('missing').length).toBe(0)
    expect(json.jmespath('s').re('e(x)')).toEqual(['x'])
    expect(json.jmespath('o').re('t\\w+')).toEqual(['true'])
    expect(codeOf(() => json.jmespath('a['))).toBe('ERR_SELECTOR')
    expect(json.attrib).toEqual({})
  })

  test('inside of HTML too', () => {
    expect(page.css('#d::text').jmespath('n').getall()).toEqual([1])
    expect(page.css('#d').jmespath('n').getall()).toEqual([1])
    expect(page.css('li').jmespath('n').getall()).toEqual([])
  })

  test('knows no css and no xpath, except in its strings', () => {
    expect(() => json.css('p')).toThrow('css() needs HTML, XML or a text, and this is an object of JSON')
    expect(codeOf(() => json.xpath('//p'))).toBe('ERR_SELECTOR')
    expect(json.jmespath('s').xpath('//text()').getall()).toEqual(['text'])
  })

  test('that is none has nothing in it', () => {
    const broken = new Selector({ text: '{oops', type: 'json' })
    expect(broken.root).toBeUndefined()
    expect(broken.jmespath('a').getall()).toEqual([])
    expect(broken.re('o')).toEqual([])
  })
})

describe('dropping', () => {
  test('takes elements out and joins what was around them', () => {
    const tree = new Selector({ text: '<p>a<b>x</b>c<!-- d -->e<i>f</i></p>', type: 'html' })
    tree.css('b').drop()
    tree.xpath('//comment()').drop()
    expect(tree.css('p').get()).toBe('<p>ace<i>f</i></p>')
    expect(tree.css('p::text').getall()).toEqual(['ace'])
    expect(tree.xpath('//i/preceding-sibling::node()').getall()).toEqual(['ace'])
    expect(tree.xpath('//p/text() | //i').getall()).toEqual(['ace', '<i>f</i>'])
  })

  test('twice, or what cannot be dropped, is an error', () => {
    const tree = new Selector({ text: '<p>a<b>x</b></p>', type: 'html' })
    expect(codeOf(() => tree.css('p::text').drop())).toBe('ERR_SELECTOR')
    expect(codeOf(() => tree.css('p::attr(x), p').at(0)?.drop())).toBeUndefined()
    expect(codeOf(() => tree.xpath('count(//p)').drop())).toBe('ERR_SELECTOR')
    expect(codeOf(() => tree.drop())).toBe('ERR_SELECTOR')
    const body = tree.css('body').at(0)!
    body.drop()
    expect(codeOf(() => body.drop())).toBe('ERR_SELECTOR')
  })
})

// XML is cut out of its text in slices, HTML may be one day
test.each(['html', 'xml'])('what leaves a page of %s keeps nothing of it alive', (type) => {
  const entry = new URL('selector.ts', import.meta.url).pathname
  const program = `
    import { Selector } from ${JSON.stringify(entry)}
    const kept = []
    for (let i = 0; i < 100; i++) {
      const text = '<r a="some longer value ' + i + '">a longer text with the number ' + i + '<!--' + 'x'.repeat(400_000) + i + '--></r>'
      const page = new Selector({ text, type: ${JSON.stringify(type)} })
      const r = page.css('r')
      kept.push(r.css('::text').get(), r.css('::attr(a)').getall(), r.attrib, r.re('longer.*?number'), r.re(/some .*?"/))
      kept.push(page.xpath('string(//r)').get(), page.xpath('substring(//r/@a, 3)').get(), page.xpath('//r/@a').get(), page.xpath('//r/text()').reFirst('text.*'))
    }
    globalThis.gc()
    globalThis.gc()
    console.log(process.memoryUsage().heapUsed, kept.length)
  `
  const { outputFiles } = buildSync({
    stdin: { contents: program, resolveDir: process.cwd() },
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    write: false,
  })
  const run = spawnSync(process.execPath, ['--expose-gc', '--input-type=module'], {
    input: outputFiles[0]!.text,
    encoding: 'utf8',
  })
  expect(run.stderr).toBe('')
  const [heap, kept] = run.stdout.split(' ').map(Number)
  expect(kept).toBe(900)
  // 100 pages are 40 MB
  expect(heap).toBeLessThan(20e6)
})
