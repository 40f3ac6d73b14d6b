import type { Node } from '../dom.ts'
import { collectors, type TreeAxis, walkDescendants } from './axes.ts'
import type { Frame } from './frame.ts'
import { sortUnique } from './node-set.ts'
import type { Matcher } from './node-test.ts'
import type { XPathContextNode } from './types.ts'
import { descend, isParent } from './walk.ts'

const all = Number.POSITIVE_INFINITY

/**
 * The nodes that an axis gives for a whole node-set at once, in document order and each once; for steps whose predicates do not ask for a
 * position. No axis costs more than one walk of the tree, whatever the number of context nodes.
 */
export function axisOfSet(
  axis: TreeAxis,
  nodes: readonly XPathContextNode[],
  matcher: Matcher,
  frame: Frame,
): XPathContextNode[] {
  const nested = frame.nested && nodes.length > 1
  switch (axis) {
    case 'self': {
      const kept = nodes.filter((node) => matcher.test(node, frame))
      frame.nested = nested
      return kept
    }
    case 'child':
      return children(nodes, nested, matcher, frame)
    case 'descendant':
    case 'descendant-or-self':
      return nested ? nestedDescendants(nodes, axis, matcher, frame) : descendants(nodes, axis, matcher, frame)
    default:
      return inOrder(others[axis](nodes, matcher, frame), axis, nodes, frame)
  }
}

type Gather = (nodes: readonly XPathContextNode[], matcher: Matcher, frame: Frame) => XPathContextNode[]

const others: Readonly<Record<Exclude<TreeAxis, 'self' | 'child' | 'descendant' | 'descendant-or-self'>, Gather>> = {
  parent: parents,
  ancestor: ancestors,
  'ancestor-or-self': (nodes, matcher, frame) => [
    ...ancestors(nodes, matcher, frame),
    ...nodes.filter((node) => matcher.test(node, frame)),
  ],
  // the first one of some siblings is followed by all that follow the others
  'following-sibling': (nodes, matcher, frame) => oncePerParent('following-sibling', nodes, matcher, frame),
  'preceding-sibling': (nodes, matcher, frame) =>
    oncePerParent('preceding-sibling', nodes.toReversed(), matcher, frame).reverse(),
  following: (nodes, matcher, frame) => gather('following', earliestEnd(nodes), matcher, frame),
  // whatever precedes a node and does not hold it ends before it starts, so it precedes the last one as well
  preceding: (nodes, matcher, frame) => gather('preceding', nodes.at(-1)!, matcher, frame).reverse(),
}

function inOrder(
  result: XPathContextNode[],
  axis: TreeAxis,
  nodes: readonly XPathContextNode[],
  frame: Frame,
): XPathContextNode[] {
  frame.nested = result.length > 1
  // these two are one walk whatever the nodes, and from a single node every axis comes in order
  return nodes.length === 1 || axis === 'following' || axis === 'preceding' ? result : sortUnique(result)
}

function gather(axis: TreeAxis, node: XPathContextNode, matcher: Matcher, frame: Frame): XPathContextNode[] {
  const out: XPathContextNode[] = []
  collectors[axis](node, matcher, frame, out, all)
  return out
}

function children(nodes: readonly XPathContextNode[], nested: boolean, matcher: Matcher, frame: Frame): XPathContextNode[] {
  const out: XPathContextNode[] = []
  for (const node of nodes) collectors.child(node, matcher, frame, out, all)
  frame.nested = nested
  return nested ? sortUnique(out) : out
}

function descendants(
  nodes: readonly XPathContextNode[],
  axis: 'descendant' | 'descendant-or-self',
  matcher: Matcher,
  frame: Frame,
): XPathContextNode[] {
  const out: XPathContextNode[] = []
  let nested = false
  for (const node of nodes) {
    if (axis === 'descendant-or-self' && matcher.test(node, frame)) {
      out.push(node)
      nested = true
    }
    if (isParent(node) && walkDescendants(node, matcher, frame, out, all)) nested = true
  }
  frame.nested = nested
  return out
}

/** A context node inside of an earlier one has been walked already: it is met again on that walk, in the same order, and left out. */
function nestedDescendants(
  nodes: readonly XPathContextNode[],
  axis: 'descendant' | 'descendant-or-self',
  { test }: Matcher,
  frame: Frame,
): XPathContextNode[] {
  const out: XPathContextNode[] = []
  let next = 0
  while (next < nodes.length) {
    const top = nodes[next++]!
    if (axis === 'descendant-or-self' && test(top, frame)) out.push(top)
    if (top.type === 'attribute') continue
    takeAttributes(top)
    for (let node = descend(top, top); node !== null; node = descend(node, top)) {
      if (test(node, frame)) out.push(node)
      if (nodes[next] === node) next++
      takeAttributes(node)
    }
  }
  frame.nested = true
  return out

  function takeAttributes(element: Node): void {
    for (;;) {
      const attribute = nodes[next]
      if (attribute?.type !== 'attribute' || attribute.parent !== element) return
      if (axis === 'descendant-or-self' && test(attribute, frame)) out.push(attribute)
      next++
    }
  }
}

function parents(nodes: readonly XPathContextNode[], { test }: Matcher, frame: Frame): XPathContextNode[] {
  const seen = new Set<Node>()
  const out: XPathContextNode[] = []
  for (const { parent } of nodes) {
    if (parent === null || seen.has(parent)) continue
    seen.add(parent)
    if (test(parent, frame)) out.push(parent)
  }
  return out
}

function ancestors(nodes: readonly XPathContextNode[], { test }: Matcher, frame: Frame): XPathContextNode[] {
  const seen = new Set<Node>()
  const out: XPathContextNode[] = []
  for (const { parent } of nodes) {
    for (let node: Node | null = parent; node !== null && !seen.has(node); node = node.parent) {
      seen.add(node)
      if (test(node, frame)) out.push(node)
    }
  }
  // from one node they come nearest first, which is their order backwards
  return nodes.length === 1 ? out.reverse() : out
}

function oncePerParent(axis: TreeAxis, nodes: readonly XPathContextNode[], matcher: Matcher, frame: Frame): XPathContextNode[] {
  const seen = new Set<Node>()
  const out: XPathContextNode[] = []
  for (const node of nodes) {
    if (node.type === 'attribute' || node.parent === null || seen.has(node.parent)) continue
    seen.add(node.parent)
    collectors[axis](node, matcher, frame, out, all)
  }
  return out
}

/** Of nodes in document order, the one behind which everything lies that is behind any of them. */
function earliestEnd(nodes: readonly XPathContextNode[]): XPathContextNode {
  let best = nodes[0]!
  for (let i = 1; i < nodes.length; i++) {
    const node = nodes[i]!
    if (best.type === 'attribute' || !isInside(node, best)) break
    best = node
  }
  return best
}

function isInside(node: XPathContextNode, outer: Node): boolean {
  for (let at = node.parent; at !== null; at = at.parent) if (at === outer) return true
  return false
}
