import { type DefaultTreeAdapterTypes, html, parse } from 'parse5'
import { expect, test } from 'vitest'
import type { Document, Node } from './dom.ts'
import { parseHtml } from './html-tree.ts'
import { descend } from './xpath/walk.ts'

/** A tree as text; of ours also checks every link. */
function outline(document: Document): string {
  const lines: string[] = []
  for (let node: Node | null = document; node !== null; node = descend(node, document)) {
    if (node.type === 'tag') lines.push(`<${node.name} ${JSON.stringify(Object.entries(node.attribs))} ${node.namespace}>`)
    else if (node.type !== 'root') lines.push(`${node.type} ${node.data}`)
    if (node.type !== 'tag' && node.type !== 'root') continue
    lines.push(String(node.children.length))
    node.children.forEach((child, i) => {
      if (
        child.parent !== node ||
        child.prev !== (node.children[i - 1] ?? null) ||
        child.next !== (node.children[i + 1] ?? null)
      ) {
        throw new Error(`bad links at child ${i} of ${node.type === 'tag' ? node.name : 'the document'}`)
      }
    })
  }
  return lines.join('\n')
}

function reference(text: string): string {
  const lines: string[] = []
  const visit = (node: DefaultTreeAdapterTypes.Node): void => {
    let children = 'childNodes' in node ? node.childNodes : undefined
    if ('tagName' in node) {
      const attributes = node.attrs.map(({ prefix, name, value }) => [prefix ? `${prefix}:${name}` : name, value])
      lines.push(`<${node.tagName} ${JSON.stringify(attributes)} ${node.namespaceURI === html.NS.HTML ? '' : node.namespaceURI}>`)
      if ('content' in node) children = node.content.childNodes
    } else if ('value' in node) lines.push(`text ${node.value}`)
    else if ('data' in node) lines.push(`comment ${node.data}`)
    else if ('publicId' in node) {
      const system = node.systemId ? ` "${node.systemId}"` : ''
      lines.push(`directive ${node.name}${node.publicId ? ` PUBLIC "${node.publicId}"${system}` : system && ` SYSTEM${system}`}`)
    }
    if (children === undefined) return
    lines.push(String(children.length))
    for (const child of children) visit(child)
  }
  visit(parse(text, { scriptingEnabled: false }))
  return lines.join('\n')
}

const pieces =
  '<p>|</p>|<b>|</b>|<i class=x>|</i>|<a href=1>|</a>|<table>|</table>|<tr>|<td>|</td>|<div id=a>|</div>|text|&amp;|<br>|</br>|<ul>|<li>|</ul>|<select>|<option>|</select>|<svg viewBox="0" xlink:href=#>|</svg>|<foreignObject>|<math>|<mi>|<template>|</template>|<!-- c -->|<!doctype html>|<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 3.2//EN" "s">|<html lang=x>|<body class=b>|<head>|</head>|<title>t|</title>|<script>1<2</script>|<style>|</style>|<frameset>|<form>|</form>|<h1>|</h2>|<nobr>|<button>|<caption>|<col>| |\n|\0|<noscript><img></noscript>|<textarea>\n|</textarea>|<p constructor=1 __proto__=2 toString=3>|<?pi?>|<![CDATA[x]]>|<dd>|<dt>|<font size=1>|</font>|<em>|</em>|</body>|</html>|<input type=hidden>'.split(
    '|',
  )

test('builds the tree that parse5 builds, out of any soup', () => {
  let seed = 7
  const random = (n: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
    return seed % n
  }
  for (let round = 0; round < 1000; round++) {
    const text = Array.from({ length: 1 + random(30) }, () => pieces[random(pieces.length)]).join('')
    expect(outline(parseHtml(text)), text).toBe(reference(text))
  }
})

test.each(['', ' ', 'text', '<!-- -->', '\0', '</p>', '<', '&', '<!doctype html>'])('%j has html, head and body', (text) => {
  const root = parseHtml(text).children.find((node) => node.type === 'tag')!
  expect([root.name, ...root.children.map((child) => (child.type === 'tag' ? child.name : child.type))]).toEqual([
    'html',
    'head',
    'body',
  ])
})

test('attributes inherit nothing, and one called __proto__ is one', () => {
  const document = parseHtml('<p __proto__=x>')
  const body = (document.children[0] as { children: Node[] }).children[1] as { children: Node[]; attribs: Record<string, string> }
  const { attribs } = body.children[0] as { attribs: Record<string, string> } & Node
  expect(Object.entries(attribs)).toEqual([['__proto__', 'x']])
  expect(attribs['constructor']).toBeUndefined()
  expect(body.attribs['toString']).toBeUndefined()
  expect(() => {
    body.attribs['class'] = 'x'
  }).toThrow()
})

test.each(['<div>', '<b>', '<p><b>', '<ul><li>', '<font size=1>', '<span><a>'])('50,000 nested %s are a tree', (tag) => {
  const document = parseHtml(tag.repeat(50_000 / (tag.split('<').length - 1)))
  let count = 0
  for (let node: Node | null = document; node !== null; node = descend(node, document)) count++
  expect(count).toBeGreaterThan(25_000)
})
