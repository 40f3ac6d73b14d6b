import { describe, expect, test } from 'vitest'
import { SkeinError } from '../errors.ts'
import { Selector } from './selector.ts'

const page = new Selector({
  type: 'html',
  text: `<html lang="en"><body><ul id="list" class="items
big"><li class="item first" data-id="1">One <b>bold</b> tail</li><li class="item" data-id="2"><a href="/2">Two</a></li><li class="last">Three
<ul><li class="item inner">Four</li></ul> end</li></ul><div><p>p1<p class="x" lang="fr-CA">p2 <span>s</span></div>
<form><fieldset disabled><legend><input name="l"></legend><legend><input name="l2"></legend><input name="q"></fieldset><input type="checkbox" name="c" checked>
<select><optgroup disabled><option>1</option></optgroup><option selected>2</option></select></form><svg viewBox="0"><foreignObject></foreignObject></svg></body></html>`,
})

function find(query: string, from: Pick<Selector, 'css'> = page): (string | undefined)[] {
  return from.css(query).getall()
}

describe('what matches', () => {
  test.each<[string, string[]]>([
    ['li::attr(data-id)', ['1', '2']],
    ['LI.item.first::attr(data-id)', ['1']],
    ['.big::attr(id)', ['list']],
    ['.ITEM::attr(data-id)', []],
    ['[DATA-ID="2"] > a::text', ['Two']],
    ['[data-id=\\32 ]::attr(data-id)', ['2']],
    ['li[class~="first"]::attr(class)', ['item first']],
    ['li[class~="item first"]::attr(class)', []],
    ['li[class^="la"]::attr(class)', ['last']],
    ['li[class$="st"]::attr(class)', ['item first', 'last']],
    ['li[class*="m f"]::attr(class)', ['item first']],
    ['li[class*=""], li[class^=""], li[class$=""]', []],
    ['[lang|=fr]::attr(lang)', ['fr-CA']],
    ['li[data-id!="1"]::attr(class)', ['item', 'last', 'item inner']],
    ['li[class="LAST" i]::attr(class)', ['last']],
    ['li[class="LAST" s]::attr(class)', []],
    ['li:first-child::attr(class)', ['item first', 'item inner']],
    ['li:nth-child(2n+1)::attr(class)', ['item first', 'last', 'item inner']],
    ['li:nth-last-child( 2 )::attr(class)', ['item']],
    ['li:NTH-CHILD(ODD)::attr(class)', ['item first', 'last', 'item inner']],
    ['li:nth-child(-n + 2)::attr(class)', ['item first', 'item', 'item inner']],
    ['li:nth-child(0)', []],
    ['p:nth-of-type(2)::attr(class)', ['x']],
    ['p:last-of-type::attr(class)', ['x']],
    ['b:only-child::text, span:only-of-type::text', ['bold', 's']],
    ['li:not(.item, .last)', []],
    ['li:not(ul ul *)::attr(class)', ['item first', 'item', 'last']],
    ['li:is(.first, .last)::attr(class)', ['item first', 'last']],
    ['li:has(> a)::attr(data-id)', ['2']],
    ['li:has(+ .last)::attr(data-id)', ['2']],
    ['li:has(~ .last)::attr(data-id)', ['1', '2']],
    ['li:has(ul .inner)::attr(class)', ['last']],
    ['ul:has(.nothing), ul:has(.first .inner)', []],
    ['li:contains("Two")::attr(data-id)', ['2']],
    ['p:lang(fr)::attr(class)', ['x']],
    ['p:lang(en)::text', ['p1']],
    [':root::attr(lang)', ['en']],
    ['input:disabled::attr(name)', ['l2', 'q']],
    ['input:enabled::attr(name)', ['l', 'c']],
    [':checked::attr(name)', ['c']],
    ['option:checked::text', ['2']],
    ['option:disabled::text', ['1']],
    ['a:link::attr(href)', ['/2']],
    ['a:visited, a:hover', []],
    ['foreignObject, foreignobject', ['<foreignObject></foreignObject>']],
    ['[viewBox]::attr(viewBox)', ['0']],
    ['/* c */ b /* c */ ::text', ['bold']],
  ])('%s', (query, expected) => {
    expect(find(query)).toEqual(expected)
  })

  test('text of its own, or all inside', () => {
    expect(find('.first::text')).toEqual(['One ', ' tail'])
    expect(find('.first ::text')).toEqual(['One ', 'bold', ' tail'])
    expect(find('.first *::text')).toEqual(['One ', 'bold', ' tail'])
    expect(find('.first > ::text')).toEqual(['bold'])
    expect(find('.last::text, .last li::text')).toEqual(['Three\n', 'Four', ' end'])
    expect(find('ul ::attr(href)')).toEqual(['/2'])
    expect(find('::text', page.css('p.x'))).toEqual(['p2 ', 's'])
  })

  test('a list is in document order and has each once, attributes before what is inside', () => {
    expect(find('li::attr(data-id), b::text, li::attr(class), li::attr(data-id)').slice(0, 5)).toEqual([
      'item first',
      '1',
      'bold',
      'item',
      '2',
    ])
    expect(find('b, li.first b, b')).toEqual(['<b>bold</b>'])
    expect(find('.x::attr(class), .x *, .x::text')).toEqual(['x', 'p2 ', '<span>s</span>'])
  })
})

describe('where it begins', () => {
  const last = page.css('.last')

  test('at the element itself, and nothing above it exists', () => {
    expect(last.css('li').length).toBe(2)
    expect(last.css('li li').length).toBe(1)
    expect(last.css('ul li::attr(class)').getall()).toEqual(['item inner'])
    expect(last.css('body li, ul > li.last').length).toBe(0)
    expect(last.css(':not(body) > .inner').length).toBe(1)
  })

  test(':scope is the element', () => {
    expect(last.css(':scope > ul > li::text').getall()).toEqual(['Four'])
    expect(last.css(':scope > li').length).toBe(0)
    expect(page.css(':scope > body').length).toBe(1)
  })

  test('siblings of the scope are found when the selector leads there, and only then', () => {
    const first = page.css('.first')
    expect(first.css('li + li::attr(data-id)').getall()).toEqual(['2'])
    expect(first.css(':scope ~ li::attr(class)').getall()).toEqual(['item', 'last'])
    expect(first.css(':scope ~ li a::text').getall()).toEqual(['Two'])
    expect(first.css('li ~ li, a').length).toBe(2)
    expect(page.css('.item').css('a').length).toBe(1)
    expect(last.css('li + li').length).toBe(0)
  })

  test('each element of a list is searched for itself', () => {
    expect(page.css('ul').css('.inner').length).toBe(2)
  })
})

describe('XML', () => {
  const xml = '<r xmlns:p="u"><a/><p:a p:k="1" k="2"/><x xmlns="d" lang="q"><a/><A xml:lang="en-GB"/></x></r>'
  const feed = new Selector({ text: xml, type: 'xml', namespaces: { q: 'u', d: 'd' } })

  test.each<[string, number]>([
    ['a', 1],
    ['A', 0],
    ['*|a', 3],
    ['q|a', 1],
    ['d|*', 3],
    ['d|x > d|a', 1],
    ['[k]', 1],
    ['[q|k]', 1],
    ['[*|k="1"]', 1],
    ['[xmlns]', 1],
    ['::attr(xmlns)', 0],
    [':lang(en)', 1],
    [':enabled, :checked, :link', 0],
  ])('%s', (query, count) => {
    expect(feed.css(query).length).toBe(count)
  })

  test('an unknown prefix is an error that says which are known', () => {
    expect(() => feed.css('li:not(z|a)')).toThrow(/"z" is not known \(known: q, d\)/)
    feed.registerNamespace('z', 'u')
    expect(feed.css('z|a').length).toBe(1)
  })
})

describe('what is no selector', () => {
  test.each<[string, string]>([
    ['', 'at character 1: expected a selector, found the end'],
    ['li >', 'at character 5: expected a selector, found the end'],
    ['> li', ':scope'],
    ['li,', 'at character 4'],
    ['li,,a', 'at character 4: expected a selector, found ",a"'],
    ['li > > a', 'at character 6'],
    ['li:first', 'at character 3: expected a known pseudo-class (:first is none'],
    ['li:fist-child', 'did you mean :first-child?'],
    ['li:eq(1)', ':eq() is none'],
    ['li:nth-child(x)', 'at character 14: expected odd, even'],
    ['li:nth-child(2n+1', 'expected )'],
    ['li:not()', 'at character 8'],
    ['li:not(a::text)', 'pseudo-element cannot be inside'],
    ['li[', 'the name of an attribute'],
    ['li[a', ']'],
    ['li[a=1]', 'a string in quotes or an identifier'],
    ['li[a="x]', 'the closing "'],
    ['li[a="x" k]', ']'],
    ['li[a%=x]', ']'],
    ['[*=x]', '| after *'],
    ['li..a', 'the name of a class'],
    ['li.1a', 'the name of a class'],
    ['li#', 'an id'],
    ['li::foo', '::text or ::attr(name)'],
    ['li::text()', '::text or ::attr(name)'],
    ['li::attr', '::text or ::attr(name)'],
    ['li::attr()', 'the name of an attribute'],
    ['li::attr(a b)', ')'],
    ['li::attr(a|b)', ')'],
    ['li::text a', 'a comma or the end after ::text'],
    ['li::text::text', 'a comma or the end after ::text'],
    ['li:before', '::text or ::attr(name)'],
    ['li)', 'found ")"'],
    ['li $ a', 'found "$ a"'],
    ['constructor:constructor', ':constructor is none'],
    [':is('.repeat(500), 'at most 64'],
  ])('%s', (query, problem) => {
    let error: unknown
    try {
      page.css(query)
    } catch (caught) {
      error = caught
    }
    expect(error).toBeInstanceOf(SkeinError)
    expect((error as SkeinError).code).toBe('ERR_SELECTOR')
    expect((error as SkeinError).message).toContain(problem)
  })
})

describe('hostile pages take time in proportion to their size', () => {
  // in a square, each of these would take minutes
  const deep = new Selector({ text: '<div>'.repeat(100_000) })
  const wide = new Selector({ text: `<ul>${'<li><b></b>'.repeat(100_000)}</ul>` })

  test.each<[string, number]>([
    ['.x div', 0],
    ['.x div div > div .y div', 0],
    ['div:not(.x div)', 100_000],
    ['div:has(.x)', 0],
    ['div:has(p div)', 0],
    ['div div:has(div)', 99_998],
    ['div ::text', 0],
    ['* + div, .x ~ div', 0],
    ['div:lang(en)', 0],
  ])('nested: %s', (query, count) => {
    expect(deep.css(query).length).toBe(count)
  })

  test('nested side by side', () => {
    const steps = new Selector({ text: '<b></b><div>'.repeat(100_000) })
    expect(steps.css('b + div').length).toBe(100_000)
    expect(steps.css('b ~ div').length).toBe(100_000)
  })

  test.each<[string, number]>([
    ['.x ~ li', 0],
    ['li:has(~ .x)', 0],
    ['li:nth-child(2n)', 50_000],
    ['li:nth-last-of-type(1)', 1],
    ['li:last-of-type', 1],
    ['li + li, b::text, li::attr(x)', 99_999],
  ])('side by side: %s', (query, count) => {
    expect(wide.css(query).length).toBe(count)
  })
})

test('selectors made out of data do not pile up', () => {
  for (let i = 0; i < 5000; i++) expect(page.css(`li[data-id="${i}"]`).length).toBe(i === 1 || i === 2 ? 1 : 0)
})
