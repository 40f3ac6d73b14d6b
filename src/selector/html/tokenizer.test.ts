import fc from 'fast-check'
import { parse } from 'parse5'
import { expect, test } from 'vitest'
import type { Document, Node } from '../dom.ts'
import { parseHtml } from '../html-tree.ts'
import { leanTreeAdapter } from '../tree-adapter.ts'

/** The first difference between our tree of a text and that of parse5 with its own tokenizer. Also checks the links between our nodes. */
function difference(text: string): string | undefined {
  const pairs: [Node, Node][] = [[parseHtml(text), parse(text, { treeAdapter: leanTreeAdapter, scriptingEnabled: false })]]
  // parse5 makes one U+FFFD of several NULs in foreign content
  const collapse = text.includes('\0')
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const [ours, theirs] = pair.map((node) => describe(node, collapse))
    if (ours !== theirs) return `${ours} instead of ${theirs}`
    const [mine, other] = pair
    if (!('children' in mine) || !('children' in other)) continue
    for (const [i, child] of mine.children.entries()) {
      const linked =
        child.parent === mine && child.prev === (mine.children[i - 1] ?? null) && child.next === (mine.children[i + 1] ?? null)
      if (!linked) return `wrong links at child ${i} of ${ours}`
      pairs.push([child, other.children[i]!])
    }
  }
  return undefined
}

function describe(node: Node, collapse: boolean): string {
  const data = 'data' in node && (collapse ? node.data.replace(/\ufffd+/g, '\ufffd') : node.data)
  const name = 'name' in node && node.name
  const attributes = 'attribs' in node && Object.entries(node.attribs)
  return JSON.stringify([node.type, name, data, attributes, 'children' in node && node.children.length])
}

const pieces = [
  ...'<p>|</p>|<b>|</b>|<i class=x>|</i>|<a href=1>|</a>|<nobr>|<font color=red>|<div id=a>|<br>|</br>|<br/>|<ul>|<li>|</ul>|<dd>|<h1>|</h2>'.split(
    '|',
  ),
  ...'<table>|</table>|<tr>|<td>|</td>|<caption>|<colgroup>|<col>|<tbody>|<select>|<option>|</select>|<input type=hidden>|<input type=HIDDEN >'.split(
    '|',
  ),
  ...'<textarea>|</textarea>|<pre>|<listing>|</pre>|<title>|</title>|</title |</TITLE\n>|<style>|</style>|<xmp>|<iframe>|<noembed>|<noframes>'.split(
    '|',
  ),
  ...'<script>|</script>|</script|</SCRIPT x=">">|<!--<script>|<script|</noframes>|<noscript>|</noscript>|<plaintext>|<button>|<object>'.split(
    '|',
  ),
  ...'<svg viewbox=0 xlink:href=#>|</svg>|<foreignObject>|<desc>|<math definitionurl=x>|<mi>|<annotation-xml encoding=text/html>|</math>'.split(
    '|',
  ),
  ...'<![CDATA[|]]>|]]|]|<template>|</template>|<frameset>|<frame>|</frameset>|<html lang=x>|<head>|</head>|<body class=b>|</body>|</html>'.split(
    '|',
  ),
  ...'<!-- c -->|<!--|-->|--!>|--|-|!|<!-->|<!--->|<!|<?|<?php x ?>|</|</>|</ |<|>|"|\'|=|/'.split('|'),
  ...'<!doctype html>|<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 3.2//EN" "s">|<!doctype|<!doctype html system \'x\' y|<!doctype a PUBLIC "b'.split(
    '|',
  ),
  ...'&amp;|&amp|&ampx|&notit;|&notin;|&not=|&#65;|&#x41|&#x;|&#|&#0;|&#x80;|&#13;|&#32;|&#1114112;|&#xD800;|&Tab;|&semi;|&|&;'.split(
    '|',
  ),
  ...'<DIV CLASS=A>|<a href="x&amp;y&ampz&amp=&lt">|<p a=1 a=2 A=3 b>|<p a="x>y" b=\'z\' c=d/ e = f>|<p =x =>|<p/a/b/>|<p a="1"b=2>'.split(
    '|',
  ),
  ...[
    '<p a\0b="\0" c=\0>',
    '<x\0y>',
    '<p __proto__=1 constructor=2 7=8>',
    '<K>',
    '\0',
    '\0\0',
    '\r',
    '\r\n',
    '\n\r',
    '\n',
    ' ',
    '\t\f',
  ],
  ...['\ud800', '\udc00', '\ud83d\ude00', 'é', '中文', 'text', 'a b c', ' x '],
]
const piece = fc.constantFrom(...pieces)
const torn = fc.tuple(piece, fc.nat(12), fc.nat(12)).map(([text, from, length]) => text.slice(from, from + length))
const soup = fc
  .array(fc.oneof({ weight: 8, arbitrary: piece }, { weight: 2, arbitrary: torn }, fc.string()), { maxLength: 24 })
  .map((parts) => parts.join(''))

test('makes the tree that parse5 makes, of any soup', () => {
  fc.assert(
    fc.property(soup, (text) => {
      expect(difference(text)).toBeUndefined()
    }),
    { numRuns: 5000 },
  )
})

const page = `<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" 'http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd' x>\r\n<HTML Lang=en>
<head><title>a &lt; b</title ><meta charset=utf-8 /><style>p > a { content: "</b>" }</style>
<script>if (a<b) "<!--" + '<script>' + "</script>" // --></script></SCRIPT\n></head>
<body onload='x("&quot;>")'><!-- a -- b --!><!-- <!-- --><p>one<br/>two &copy &amp;c; &#x20AC;&unknown; <b><i>x</b>y</i></p>
<table><tr><td>1<th>2</table><![CDATA[no]]><svg viewbox="0 0 1 1"><![CDATA[<yes>]]]]><path d=M0/></svg><textarea>\n\n</p></textarea>
<pre>\n x</pre><select><option>1<option selected>2</select><? php ?></ x><a href=/a/b?c=d&e=f/ title="">q</a></body></html> `

test('makes the same tree of a page that ends anywhere', () => {
  for (let end = 0; end <= page.length; end++)
    expect(difference(page.slice(0, end)), JSON.stringify(page.slice(0, end))).toBeUndefined()
})

test.each([
  ['<script><!--</script>x', 1],
  ['<script><!--<script></script>x', 0],
  ['<script><!--<script></script></script>x', 1],
  ['<script><!-->x</script>x', 1],
  ['<script><!--<script>--></script>x', 1],
  ['<script><!--<scripts></script>x', 1],
  ['<title></titles></title>x', 1],
  ['<style></style/>x', 1],
  ['<xmp></xmp', 0],
])('%s: is there text in the body? %d', (text, expected) => {
  expect(difference(text)).toBeUndefined()
  expect(body(parseHtml(text)).filter((node) => node.type === 'text').length).toBe(expected)
})

test('every NUL in foreign content is one U+FFFD, as in the standard', () => {
  expect(body(parseHtml('<svg>a\0\0b'))).toMatchObject([{ children: [{ data: 'a\ufffd\ufffdb' }] }])
})

function body(document: Document): Node[] {
  const root = document.children.at(-1) as { children: { children: Node[] }[] } & Node
  return root.children[1]!.children
}

// a tokenizer that looks from each character to the end needs minutes for these
test.each([
  ['nested tags', () => '<div>'.repeat(2e5)],
  ['<', () => '<'.repeat(2e5)],
  ['</', () => '</'.repeat(2e5)],
  ['&', () => '&'.repeat(1e6)],
  ['names without a semicolon', () => '&amp'.repeat(2e5)],
  ['references that are none', () => Array.from({ length: 5e4 }, (_, i) => `&a${i};`).join('')],
  ['a number of 1 MB', () => `&#${'1'.repeat(1e6)};`],
  ['an attribute of 1 MB', () => `<p a="${'x&'.repeat(1e5)}">`],
  ['an attribute that is never closed', () => '<p a="x>'.repeat(2e5)],
  ['200,000 attributes', () => `<p ${Array.from({ length: 2e5 }, (_, i) => `a${i}`).join(' ')}>`],
  ['200,000 times the same attribute', () => `<p ${'a=1 '.repeat(2e5)}>`],
  ['an open comment', () => `<!--${'-!'.repeat(1e5)}`],
  ['comments that are not closed', () => '<!--'.repeat(2e5)],
  ['bogus comments', () => '<!'.repeat(2e5)],
  ['an open script', () => `<script>${'<!--<script'.repeat(1e5)}`],
  ['scripts in comments', () => `<script>${'<!--<script></script>-->'.repeat(2e5)}`],
  ['scripts that end in comments', () => `${'<script><!--</script>'.repeat(1e5)}-->`],
  ['nearly an end tag', () => `<title>${'</titl'.repeat(2e5)}`],
  ['a doctype of 1 MB', () => `<!doctype ${' public "'.repeat(2e5)}>`],
  ['CDATA', () => `<svg>${'<![CDATA[]]'.repeat(2e5)}`],
  ['NUL', () => '\0'.repeat(2e5)],
  ['CR', () => '\r'.repeat(1e6)],
  ['white space in a frameset', () => `<frameset>${'a '.repeat(2e5)}`],
  ['words in a table', () => `<table>${'a <i>'.repeat(2e4)}`],
])('is linear in %s', (_name, make) => {
  expect(parseHtml(make()).children.length).toBeGreaterThan(0)
})
