import { describe, expect, test } from 'vitest'
import { newAttributes } from '../attributes.ts'
import { Document, Element, Text } from '../dom.ts'
import { parseHtml } from '../html-tree.ts'
import { parseXml } from '../xml-tree.ts'
import type { XPathVariable } from './types.ts'
import { AttributeNode, compileXPath, stringValue, type XPathContextNode, type XPathValue } from './xpath.ts'

const html = parseHtml(
  '<!DOCTYPE html><!-- top --><html lang="en"><body class="home"><p id="a" class="one&#12;two  three">A<b>B</b></p><a name="b" href="/x?y">link</a>' +
    '<svg xmlns:xlink="x"><use xlink:href="#i" xml:lang="de"/><circle r="1"/></svg><o:p>office</o:p><template><i>t</i></template>😀</body></html>',
)

function evaluate(query: string, node: XPathContextNode = html, variables: Record<string, XPathVariable> = {}): XPathValue {
  return compileXPath(query)(node, { variables })
}

function texts(query: string, node: XPathContextNode = html, variables: Record<string, XPathVariable> = {}): string[] {
  const value = evaluate(query, node, variables)
  if (typeof value !== 'object') throw new Error(`${query} gave ${value}`)
  return value.map(stringValue)
}

function nodes(query: string, node: XPathContextNode = html): XPathContextNode[] {
  return evaluate(query, node) as XPathContextNode[]
}

describe('HTML', () => {
  test('elements of svg are found by their plain name, and by their namespace', () => {
    expect(nodes('//svg/circle')).toHaveLength(1)
    expect(compileXPath('//s:circle/@r')(html, { namespaces: { s: 'http://www.w3.org/2000/svg' } })).toHaveLength(1)
    expect(evaluate('namespace-uri(//circle)')).toBe('http://www.w3.org/2000/svg')
  })

  test('a colon is a part of the name, but for xml: and xlink:', () => {
    expect(evaluate('local-name(//body/*[4])')).toBe('o:p')
    expect(texts('//*[name() = "o:p"]')).toEqual(['office'])
    expect(texts('//@xml:lang')).toEqual(['de'])
    expect(compileXPath('//@l:href')(html, { namespaces: { l: 'http://www.w3.org/1999/xlink' } })).toHaveLength(1)
  })

  test('the doctype is no node, comments are', () => {
    expect(nodes('/node()').map(({ type }) => type)).toEqual(['comment', 'tag'])
    expect(nodes('/comment()/following-sibling::node()')).toHaveLength(1)
    expect(nodes('/html/preceding::node()')).toHaveLength(1)
    expect(nodes('//processing-instruction()')).toEqual([])
  })

  test('what is inside of a template is found', () => {
    expect(texts('//template/i')).toEqual(['t'])
  })

  test('names match case', () => {
    expect(nodes('//P')).toEqual([])
    expect(nodes('//@CLASS')).toEqual([])
  })

  test('id() knows id, the name of a link, several at once, and the first of two', () => {
    expect(texts('id("a")/b')).toEqual(['B'])
    expect(texts('id(" b  a nobody")')).toEqual(['AB', 'link'])
    const twice = parseHtml('<p id=x>1</p><p id=x>2</p>')
    expect(texts('id("x")', twice)).toEqual(['1'])
    expect(texts('id(//p/@id)', twice)).toEqual(['1'])
  })

  test('has-class', () => {
    expect(nodes('//p[has-class("one")]')).toHaveLength(1)
    expect(nodes('//p[has-class("three", "two")]')).toHaveLength(1)
    expect(nodes('//p[has-class("two three")]')).toHaveLength(1)
    for (const none of ['"on"', '"One"', '""', '"one", "four"', '"three one"'])
      expect(nodes(`//p[has-class(${none})]`)).toEqual([])
    expect(nodes('//text()[has-class("one")]')).toEqual([])
    expect(texts('//*[has-class($c)]/b', html, { c: 'two' })).toEqual(['B'])
  })
})

describe('XML', () => {
  const xml = parseXml(
    '<r xmlns="urn:d" xmlns:p="urn:p"><a p:k="1" k="2"/><p:a xmlns:p="urn:q" p:k="3"/><b xmlns="" xml:id="i">x</b></r>',
  )

  test('a name without prefix is in no namespace', () => {
    expect(nodes('//a', xml)).toEqual([])
    expect(nodes('//b', xml)).toHaveLength(1)
    expect(texts('//@k', xml)).toEqual(['2'])
  })

  test('the same query follows the namespaces it is called with', () => {
    const query = compileXPath('//n:a/@m:k')
    const count = (n: string, m: string): string[] =>
      (query(xml, { namespaces: { n, m } }) as XPathContextNode[]).map(stringValue)
    expect(count('urn:d', 'urn:p')).toEqual(['1'])
    expect(count('urn:q', 'urn:q')).toEqual(['3'])
    expect(count('urn:d', 'urn:p')).toEqual(['1'])
    expect(count('urn:q', 'urn:p')).toEqual([])
  })

  test('declarations are no attributes', () => {
    expect(nodes('//@xmlns', xml)).toEqual([])
    expect(nodes('/*/@*', xml)).toEqual([])
    expect(texts('//@*', xml)).toEqual(['1', '2', '3', 'i'])
  })

  test('namespace nodes are those in scope, and xmlns="" leaves none for the default', () => {
    const prefixes = (query: string): string[] =>
      (nodes(query, xml) as AttributeNode[]).map(({ name, value }) => `${name}=${value}`)
    const always = 'xml=http://www.w3.org/XML/1998/namespace'
    expect(prefixes('/*/*[2]/namespace::*').toSorted()).toEqual(['=urn:d', 'p=urn:q', always])
    expect(prefixes('//b/namespace::*').toSorted()).toEqual(['p=urn:p', always])
    expect(prefixes('//b/namespace::p | //b/namespace::node()')).toHaveLength(2)
    expect(texts('//b/namespace::p/..', xml)).toEqual(['x'])
  })

  test('id() is xml:id', () => {
    expect(texts('id("i")', xml)).toEqual(['x'])
  })

  test('a prefix of EXSLT may be another word, and re: may be taken for something else', () => {
    expect(compileXPath('rx:test("ab", "^a")')(xml, { namespaces: { rx: 'http://exslt.org/regular-expressions' } })).toBe(true)
    expect(() => compileXPath('re:test("ab", "^a")')(xml, { namespaces: { re: 'urn:mine' } })).toThrow(
      /no functions in the namespace/,
    )
  })
})

describe('attribute nodes', () => {
  test('are made for what is selected, with name, value, namespace and parent', () => {
    const [href] = nodes('//use/@*') as AttributeNode[]
    expect(href).toBeInstanceOf(AttributeNode)
    expect(href).toMatchObject({ type: 'attribute', name: 'xlink:href', value: '#i', namespace: 'http://www.w3.org/1999/xlink' })
    expect(href!.parent).toBe(nodes('//use')[0])
  })

  test('count once, however often they are reached', () => {
    expect(texts('//@id | //p/@id | //b/../@id | //p')).toEqual(['AB', 'a'])
    expect(texts('set:difference(//p/@*, //@id)')).toEqual(['one\ftwo  three'])
    expect(evaluate('set:has-same-node(//p/@id, //@*)')).toBe(true)
  })

  test('can be the context', () => {
    const [id] = nodes('//@id')
    expect(texts('../b', id)).toEqual(['B'])
    expect(evaluate('name()', id)).toBe('id')
    expect(nodes('following-sibling::node() | child::node() | @*', id)).toEqual([])
    expect(texts('//a/@href', id)).toEqual(['/x?y'])
    // XPath 1.0 §2.2: all that is after it in document order, and the children of its element are
    expect(texts('following::b', id)).toEqual(['B'])
    expect(nodes('ancestor::*', id)).toHaveLength(3)
  })

  test('a prototype is no attribute', () => {
    expect(nodes('//@constructor | //@toString | //@__proto__')).toEqual([])
  })
})

describe('variables', () => {
  test('of each type', () => {
    expect(evaluate('$a + $b', html, { a: 1, b: '2' })).toBe(3)
    expect(evaluate('$t or false()', html, { t: true })).toBe(true)
    expect(evaluate('$ns:x', html, { 'ns:x': 'v' })).toBe('v')
    expect(texts('//*[@id = $id]/b', html, { id: 'a' })).toEqual(['B'])
    expect(texts('$nodes', html, { nodes: [...nodes('//b'), ...nodes('//p'), ...nodes('//b')] })).toEqual(['AB', 'B'])
    expect(texts('$nodes/b', html, { nodes: nodes('//p') })).toEqual(['B'])
  })

  test('a number in a predicate is a position, a string is not', () => {
    expect(texts('//body/*[$n]', html, { n: 2 })).toEqual(['link'])
    expect((evaluate('//body/*[$n]', html, { n: '2' }) as XPathContextNode[]).length).toBe(5)
  })

  test('from another tree, after many walks', () => {
    const many = parseXml(`<r>${'<i><j/></i>'.repeat(200)}</r>`)
    const other = parseXml('<i><x><k/></x></i>')
    const query = '(//i | $other)[.//k]'
    expect((evaluate(query, many, { other: nodes('//i', other) }) as XPathContextNode[]).length).toBe(1)
  })

  test.each([
    ['$x', {}, 'has no value'],
    ['$toString', {}, 'has no value'],
    ['count($x)', { x: 1 }, 'is a number, a node-set is needed'],
    ['$x/a', { x: 'a' }, 'is a string, a node-set is needed'],
    ['$x', { x: null as unknown as string }, 'is null'],
    ['$x', { x: {} as string }, 'of type object'],
  ])('%s with %j fails', (query, variables, message) => {
    expect(() => evaluate(query, html, variables)).toThrow(message)
  })
})

describe('numbers to text and back', () => {
  test.each([
    ['string(1e21)'.replace('1e21', '1000000000000000000000'), '1000000000000000000000'],
    ['string(0.0000001)', '0.0000001'],
    ['string(-0.00000012)', '-0.00000012'],
    ['string(123456789012345678901234567890)', '123456789012345680000000000000'],
    ['string(0.1 + 0.2)', '0.30000000000000004'],
    ['string(1 div 3)', '0.3333333333333333'],
    ['string(number("1e3"))', 'NaN'],
    ['string(number("0x10"))', 'NaN'],
    ['string(number("-"))', 'NaN'],
    ['string(number("."))', 'NaN'],
    ['string(number("\u00a05"))', 'NaN'],
    ['string(number("Infinity"))', 'NaN'],
    ['string(number("-  5"))', 'NaN'],
    ['string(number("\t-5.\n"))', '-5'],
  ])('%s is %s', (query, expected) => {
    expect(evaluate(query)).toBe(expected)
  })
})

describe('re:', () => {
  test.each<[string, XPathValue | string[]]>([
    ['re:test("Ab", "^ab$")', false],
    ['re:test("Ab", "^ab$", "i")', true],
    ['re:test("a\nB", "(?m)^b$", "i")', true],
    ['re:test("x", $p)', true],
    ['re:replace("a1b22", "\\d+", "", "#")', 'a#b22'],
    ['re:replace("a1b22", "\\d+", "g", "$&")', 'a$&b$&'],
    ['re:replace("John Smith", "(?P<f>\\w+) (?P<l>\\w+)", "", "\\g<l>, \\1\\n")', 'Smith, John\n'],
    ['re:replace("ab", "(a)|(b)", "g", "[\\1\\2]")', '[a][b]'],
    ['re:replace("aXb", "x", "i", "\\g<0>!")', 'aX!b'],
    ['re:match("2024-05", "(\\d+)-(\\d+)")', ['2024-05', '2024', '05']],
    ['re:match("a1 b2", "([a-z])(\\d)", "g")', ['a1', 'b2']],
    ['re:match("abc", "z")', []],
    ['re:match("abc", "z", "g")/..', []],
    ['re:match("ab", "[a-z]", "g")/text()', ['a', 'b']],
    ['re:match("ab", "[a-z]", "g")[2]', ['b']],
    ['//a[re:test(@href, "^/X", "i")]', ['link']],
  ])('%s', (query, expected) => {
    const value = evaluate(query, html, { p: 'x' })
    expect(typeof value === 'object' ? value.map(stringValue) : value).toEqual(expected)
  })

  test('the same pattern holds for text after text', () => {
    const list = parseXml('<r><i>ab</i><i>ab</i><i>ab</i></r>')
    expect(nodes('//i[re:test(., "b")]', list)).toHaveLength(3)
    expect(nodes('//i[re:test(., concat("b", ""))]', list)).toHaveLength(3)
    expect(nodes('//i[re:match(., "b", "g")]', list)).toHaveLength(3)
  })

  test.each([
    're:test("a", "(")',
    're:test("a", "[")',
    're:test("a", $p)',
    're:replace("a", "a", "", "\\2")',
    're:replace("a", "a", "", "\\g<x>")',
  ])('%s fails', (query) => {
    expect(() => evaluate(query, html, { p: '*' })).toThrow(expect.objectContaining({ code: 'ERR_SELECTOR' }))
  })
})

describe('size', () => {
  const depth = 100_000

  function nestedTags(): Document {
    const tree = new Document('html')
    let parent: Document | Element = tree
    for (let i = 0; i < depth; i++) {
      const element = new Element(i % 2 === 0 ? 'a' : 'b', newAttributes(), '')
      element.parent = parent
      parent.children.push(element)
      parent = element
    }
    const text = new Text('end')
    text.parent = parent as Element
    parent.children.push(text)
    return tree
  }

  // each of these overflows the stack or takes hours when it recurses or asks every node about all the others
  test.each([
    ['//a//b//a//b', depth / 2 - 1],
    ['//a/b', depth / 2],
    ['//a[1]', depth / 2],
    ['//b/ancestor::a', depth / 2],
    ['//b/ancestor-or-self::*', depth],
    ['//a[.//zzz]', 0],
    ['//a[not(ancestor::zzz)]', depth / 2],
    ['//a/following::b | //a/preceding::b', 0],
    ['//a | //b', depth],
    ['//a/..', depth / 2],
    ['set:difference(//a, //a[b])', 0],
    ['//text()/ancestor::a[1]', 1],
  ])('%s in 100,000 nested tags', (query, count) => {
    expect(nodes(query, nested)).toHaveLength(count)
  })

  const nested = nestedTags()

  test('the text of nested tags', () => {
    expect(evaluate('string(/)', nested)).toBe('end')
  })

  const wide = parseXml(`<r>${'<i n="1"><j>x</j></i>'.repeat(30_000)}</r>`)

  test.each([
    ['//i/following-sibling::i', 29_999],
    ['//i/preceding-sibling::i', 29_999],
    ['//i/following::j', 29_999],
    ['//j/preceding::i', 29_999],
    ['//i[following::zzz]', 0],
    ['//i[preceding-sibling::zzz]', 0],
    ['//i[preceding-sibling::i]', 29_999],
    ['//i[following-sibling::i[2]]', 29_998],
    ['//i[j = //j]', 30_000],
    ['//i[@n = //i/@n]', 30_000],
    ['set:intersection(//i, //i)', 30_000],
    ['//i/following-sibling::*[1]', 29_999],
  ])('%s in 30,000 siblings', (query, count) => {
    expect(nodes(query, wide)).toHaveLength(count)
  })

  test('every existence test is the same before and after it is turned round', () => {
    const tree = parseXml(`<r>${'<s><i/><h/><i/><k><h/></k><i/></s><!-- --><x>t</x>'.repeat(40)}</r>`)
    for (const axis of [
      'ancestor',
      'ancestor-or-self',
      'descendant',
      'descendant-or-self',
      'following',
      'following-sibling',
      'preceding',
      'preceding-sibling',
    ]) {
      for (const test of ['h', 'i[not(*)]', 's', 'node()', 'text()', 'zzz']) {
        const all = nodes('//node() | //@*', tree)
        const single = all.filter((node) => evaluate(`boolean(${axis}::${test})`, node))
        expect(nodes(`(//node() | //@*)[${axis}::${test}]`, tree), `${axis}::${test}`).toEqual(single)
      }
    }
  })

  test('long queries', () => {
    expect(evaluate(`1${'+1'.repeat(20_000)}`)).toBe(20_001)
    expect(evaluate(`${'-'.repeat(20_001)}1`)).toBe(-1)
    expect(nodes(`a${'|a'.repeat(5000)}`)).toEqual([])
    expect(nodes(`a${'/a'.repeat(5000)}`)).toEqual([])
    expect(nodes(`a${'[b]'.repeat(5000)}`)).toEqual([])
    expect(evaluate(`${'('.repeat(150)}1${')'.repeat(150)}`)).toBe(1)
  })

  test('more queries than are kept', () => {
    for (let i = 0; i < 3000; i++) expect(evaluate(`${i} + 1`)).toBe(i + 1)
    const first = compileXPath('//p')
    expect(compileXPath('//p')).toBe(first)
  })
})

describe('a changed tree', () => {
  test('stays in order when a node was taken out or put in', () => {
    const tree = parseXml('<r><a/><b/><c/></r>')
    expect((nodes('//c | //a | //b', tree) as Element[]).map(({ name }) => name)).toEqual(['a', 'b', 'c'])
    const [a, b] = nodes('//a | //b', tree) as Element[]
    const added = new Element('d', newAttributes(), '')
    added.parent = a!.parent
    added.prev = a!
    added.next = b!
    a!.next = added
    b!.prev = added
    a!.parent!.children.splice(1, 0, added)
    expect((nodes('//c | //d | //b | //a', tree) as Element[]).map(({ name }) => name)).toEqual(['a', 'd', 'b', 'c'])
  })

  test('an element taken out is a root of its own', () => {
    const tree = parseXml('<r><a><b>1</b></a></r>')
    const [a] = nodes('//a', tree) as Element[]
    a!.parent = null
    expect(texts('//b | ./b | /b', a)).toEqual(['1'])
    expect(nodes('..', a)).toEqual([])
  })
})
