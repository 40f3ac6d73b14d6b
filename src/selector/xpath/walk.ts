import type { ChildNode, Document, Element, Node } from '../dom.ts'
import type { XPathContextNode } from './types.ts'

/**
 * The node after `node` in document order inside of `top`, or null behind its last one. Walks by links, so that a page of a million nested
 * tags costs no stack.
 */
export function descend(node: Node, top: Node | null): ChildNode | null {
  if ((node.type === 'tag' || node.type === 'root') && node.children.length > 0) return node.children[0]!
  return afterSubtree(node, top)
}

/** The first node behind the subtree of `node` inside of `top`, or null when there is none. */
export function afterSubtree(node: Node, top: Node | null): ChildNode | null {
  let current: Node = node
  for (;;) {
    if (current === top) return null
    if (current.next !== null) return current.next
    if (current.parent === null) return null
    current = current.parent
  }
}

/** The root of the tree that `node` is in: its document, or its topmost ancestor when it was taken out of one. */
export function rootOf(node: XPathContextNode): Node {
  let current: Node = node.type === 'attribute' ? node.parent : node
  while (current.parent !== null) current = current.parent
  return current
}

/** Whether a node has children at all; narrows it to those that have the list. */
export function isParent(node: XPathContextNode): node is Element | Document {
  return node.type === 'tag' || node.type === 'root'
}

/** A doctype is kept as a directive, but XPath has no such node. */
export function isDoctype(node: XPathContextNode): boolean {
  return node.type === 'directive' && node.name.startsWith('!')
}
