import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Document, Node } from '../dom.ts'
import { parseXml } from '../xml-tree.ts'
import { XMLNS_NAMESPACE } from './attribute-node.ts'
import { stringValue } from './string-value.ts'
import type { XPathContextNode, XPathValue } from './types.ts'
import { descend } from './walk.ts'
import { compileXPath } from './xpath.ts'

interface Recorded {
  documents: Record<string, string>
  answers: [document: string, query: string, answer: string][]
}

const recorded = JSON.parse(readFileSync(new URL('lxml-answers.json', import.meta.url), 'utf8')) as Recorded
const trees = new Map(Object.entries(recorded.documents).map(([name, source]) => [name, numbered(parseXml(source))]))
const environment = { variables: { n: 2 }, namespaces: { p: 'urn:p', d: 'urn:d' } }

describe('recorded from lxml', () => {
  test.each(recorded.answers)('%s: %s', (name, query, answer) => {
    const { root, numbers } = trees.get(name)!
    if (answer === '!')
      expect(() => compileXPath(query)(root, environment)).toThrow(expect.objectContaining({ code: 'ERR_SELECTOR' }))
    else expect(shown(compileXPath(query)(root, environment), numbers)).toBe(answer)
  })
})

function numbered(tree: Document): { root: Node; numbers: Map<XPathContextNode, number> } {
  const numbers = new Map<XPathContextNode, number>()
  for (let node = descend(tree, tree); node !== null; node = descend(node, tree)) {
    const counts = node.type === 'tag' || node.type === 'comment' || (node.type === 'directive' && node.name !== '!doctype')
    if (counts) numbers.set(node, numbers.size)
  }
  return { root: tree.children.find(({ type }) => type === 'tag')!, numbers }
}

function shown(value: XPathValue, numbers: Map<XPathContextNode, number>): string {
  if (typeof value === 'string') return `"${value}"`
  if (typeof value !== 'object') return Object.is(value, -0) ? '-0' : String(value)
  // lxml leaves the document itself out
  const nodes = value.filter(({ type }) => type !== 'root')
  return `[${nodes.map((node) => label(node, numbers)).join(' ')}]`
}

function label(node: XPathContextNode, numbers: Map<XPathContextNode, number>): string {
  switch (node.type) {
    case 'text':
      return `"${node.data}"`
    case 'attribute': {
      if (node.namespace === XMLNS_NAMESPACE) return `xmlns:${node.name}=${node.value}`
      const name = node.namespace === '' ? node.name : `{${node.namespace}}${node.name.slice(node.name.indexOf(':') + 1)}`
      return `@${name}=${node.value}`
    }
    case 'tag':
      return numbers.has(node) ? `${node.name}${numbers.get(node)}` : `${node.name}:${stringValue(node)}`
    case 'comment':
      return `comment${numbers.get(node)}`
    default:
      return `pi${numbers.get(node)}`
  }
}
