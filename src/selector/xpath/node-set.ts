import { compareOrder } from '../order.ts'
import { XMLNS_NAMESPACE } from './attribute-node.ts'
import type { XPathContextNode } from './types.ts'

/** Brings nodes into document order, in place, and takes out those that stand twice. Returns the same array. */
export function sortUnique(nodes: XPathContextNode[]): XPathContextNode[] {
  if (nodes.length < 2 || isSorted(nodes)) return nodes
  nodes.sort(compareNodes)
  let kept = 1
  for (let i = 1; i < nodes.length; i++) {
    const node = nodes[i]!
    if (!sameNode(node, nodes[kept - 1]!)) nodes[kept++] = node
  }
  nodes.length = kept
  return nodes
}

/** Whether two results are the same node. Attributes are made anew by each evaluation, so the object does not tell. */
export function sameNode(a: XPathContextNode, b: XPathContextNode): boolean {
  if (a === b) return true
  return (
    a.type === 'attribute' &&
    b.type === 'attribute' &&
    a.parent === b.parent &&
    a.name === b.name &&
    isNamespace(a) === isNamespace(b)
  )
}

/** Membership of node-sets by {@link sameNode}, in constant time. */
export class NodeLookup {
  readonly #nodes: Set<XPathContextNode> = new Set()
  readonly #attributes: Map<XPathContextNode, Set<string>> = new Map()

  constructor(nodes: readonly XPathContextNode[]) {
    for (const node of nodes) {
      if (node.type !== 'attribute') {
        this.#nodes.add(node)
        continue
      }
      const names = this.#attributes.get(node.parent)
      if (names === undefined) this.#attributes.set(node.parent, new Set([keyOf(node)]))
      else names.add(keyOf(node))
    }
  }

  has(node: XPathContextNode): boolean {
    if (node.type !== 'attribute') return this.#nodes.has(node)
    return this.#attributes.get(node.parent)?.has(keyOf(node)) === true
  }
}

function keyOf(node: XPathContextNode & { type: 'attribute' }): string {
  return isNamespace(node) ? `xmlns:${node.name}` : node.name
}

function isNamespace(node: XPathContextNode): boolean {
  return node.type === 'attribute' && node.namespace === XMLNS_NAMESPACE
}

function isSorted(nodes: readonly XPathContextNode[]): boolean {
  for (let i = 1; i < nodes.length; i++) if (compareNodes(nodes[i - 1]!, nodes[i]!) >= 0) return false
  return true
}

/** An element comes before its namespace nodes, these before its attributes, and all of them before its children. */
function compareNodes(a: XPathContextNode, b: XPathContextNode): number {
  if (a === b) return 0
  const between = compareOrder(a.type === 'attribute' ? a.parent : a, b.type === 'attribute' ? b.parent : b)
  if (between !== 0) return between
  if (a.type !== 'attribute') return b.type === 'attribute' ? -1 : 0
  if (b.type !== 'attribute') return 1
  if (isNamespace(a) !== isNamespace(b)) return isNamespace(a) ? -1 : 1
  if (a.name === b.name) return 0
  if (isNamespace(a)) return a.name < b.name ? -1 : 1
  for (const name in a.parent.attribs) {
    if (name === a.name) return -1
    if (name === b.name) return 1
  }
  return 0
}
