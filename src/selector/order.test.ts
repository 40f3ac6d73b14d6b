import { expect, test } from 'vitest'
import { newAttributes } from './attributes.ts'
import { Document, Element } from './dom.ts'
import { compareOrder, numberNodes } from './order.ts'
import { parseXml } from './xml-tree.ts'
import { descend } from './xpath/walk.ts'

test('numbers in document order, from the root down', () => {
  const tree = parseXml('<r><a>1<b/>2</a><!-- c --><d/></r>')
  numberNodes(tree)
  const orders = [tree.order]
  for (let node = descend(tree, tree); node !== null; node = descend(node, tree)) orders.push(node.order)
  expect(orders).toEqual(orders.map((_, i) => i))
  expect(orders.length).toBe(8)
})

test('stays inside of what it is given', () => {
  const tree = parseXml('<r><a><b/></a><d/></r>')
  const [a, d] = (tree.children[0] as Element).children
  numberNodes(a!)
  expect([a!.order, d!.order, tree.order]).toEqual([0, -1, -1])
})

test('compares without being told to number, and again after a node was put in', () => {
  const tree = parseXml('<r><a/><b/></r>')
  const root = tree.children[0] as Element
  const [a, b] = root.children
  expect(compareOrder(a!, b!)).toBeLessThan(0)
  expect(compareOrder(b!, root)).toBeGreaterThan(0)
  expect(compareOrder(a!, a!)).toBe(0)
  const first = new Element('n', newAttributes(), '')
  first.parent = root
  first.next = a!
  a!.prev = first
  root.children.unshift(first)
  expect(compareOrder(first, a!)).toBeLessThan(0)
  expect(compareOrder(b!, first)).toBeGreaterThan(0)
})

test('takes no stack', () => {
  const tree = new Document('html')
  let parent: Document | Element = tree
  for (let i = 0; i < 200_000; i++) {
    const element: Element = new Element('a', newAttributes(), '')
    element.parent = parent
    parent.children.push(element)
    parent = element
  }
  numberNodes(tree)
  expect(parent.order).toBe(200_000)
})
