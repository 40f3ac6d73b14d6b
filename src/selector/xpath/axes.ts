import type { Node, ParentNode } from '../dom.ts'
import type { Axis } from './ast.ts'
import type { Frame } from './frame.ts'
import type { Matcher } from './node-test.ts'
import type { XPathContextNode } from './types.ts'
import { afterSubtree, descend, isParent } from './walk.ts'

/** The axes that lead to nodes of the tree itself. */
export type TreeAxis = Exclude<Axis, 'attribute' | 'namespace'>

/** Appends the nodes of an axis that match to `out`, nearest first, until it holds `limit`. */
export type Collect = (node: XPathContextNode, matcher: Matcher, frame: Frame, out: XPathContextNode[], limit: number) => void

/** The axes whose nearest node comes last in document order. */
export const reverseAxes: ReadonlySet<Axis> = new Set(['ancestor', 'ancestor-or-self', 'preceding', 'preceding-sibling'])

/** One way to walk for each axis. */
export const collectors: Readonly<Record<TreeAxis, Collect>> = {
  self: take,
  child(node, matcher, frame, out, limit) {
    if (!isParent(node)) return
    const { test } = matcher
    for (const child of node.children) {
      if (!test(child, frame)) continue
      out.push(child)
      if (out.length >= limit) return
    }
  },
  parent(node, matcher, frame, out) {
    if (node.parent !== null && matcher.test(node.parent, frame)) out.push(node.parent)
  },
  ancestor: collectAncestors,
  'ancestor-or-self'(node, matcher, frame, out, limit) {
    take(node, matcher, frame, out)
    if (out.length < limit) collectAncestors(node, matcher, frame, out, limit)
  },
  descendant(node, matcher, frame, out, limit) {
    if (isParent(node)) walkDescendants(node, matcher, frame, out, limit)
  },
  'descendant-or-self'(node, matcher, frame, out, limit) {
    take(node, matcher, frame, out)
    if (out.length < limit && isParent(node)) walkDescendants(node, matcher, frame, out, limit)
  },
  'following-sibling'(node, { test }, frame, out, limit) {
    if (node.type === 'attribute') return
    for (let at = node.next; at !== null && out.length < limit; at = at.next) if (test(at, frame)) out.push(at)
  },
  'preceding-sibling'(node, { test }, frame, out, limit) {
    if (node.type === 'attribute') return
    for (let at = node.prev; at !== null && out.length < limit; at = at.prev) if (test(at, frame)) out.push(at)
  },
  following(node, { test }, frame, out, limit) {
    // XPath 1.0 §2.2: what follows an attribute are also the children of its element
    let at = node.type === 'attribute' ? descend(node.parent, null) : afterSubtree(node, null)
    for (; at !== null && out.length < limit; at = descend(at, null)) if (test(at, frame)) out.push(at)
  },
  preceding(node, { test }, frame, out, limit) {
    for (let anchor: Node | null = node.type === 'attribute' ? node.parent : node; anchor !== null; anchor = anchor.parent) {
      for (let sibling = anchor.prev; sibling !== null; sibling = sibling.prev) {
        let at: Node = lastInside(sibling)
        for (;;) {
          if (out.length >= limit) return
          if (test(at, frame)) out.push(at)
          if (at === sibling) break
          at = at.prev === null ? at.parent! : lastInside(at.prev)
        }
      }
    }
  },
}

function take(node: XPathContextNode, matcher: Matcher, frame: Frame, out: XPathContextNode[]): void {
  if (matcher.test(node, frame)) out.push(node)
}

function collectAncestors(node: XPathContextNode, { test }: Matcher, frame: Frame, out: XPathContextNode[], limit: number): void {
  for (let at = node.parent; at !== null && out.length < limit; at = at.parent) if (test(at, frame)) out.push(at)
}

function lastInside(node: Node): Node {
  let at = node
  while (isParent(at) && at.children.length > 0) at = at.children[at.children.length - 1]!
  return at
}

/**
 * Appends the matching descendants of `top` in document order; true when one of them is inside of another. Nearly all of a crawl's XPath
 * time is spent in this loop.
 */
export function walkDescendants(
  top: ParentNode,
  matcher: Matcher,
  frame: Frame,
  out: XPathContextNode[],
  limit: number,
): boolean {
  const { name, filter, test } = matcher
  const { html } = frame
  let nested = false
  /** The outermost match that the walk is inside of. */
  let open: Node | null = null
  let node: Node | undefined = top.children[0]
  while (node !== undefined) {
    const inner: boolean = node.type === 'tag' && node.children.length > 0
    const matches: boolean =
      name === null
        ? test(node, frame)
        : node.type === 'tag' && node.name === name && (html || node.namespace === '') && (filter === null || filter(node, frame))
    if (matches) {
      out.push(node)
      if (out.length >= limit) return true
      if (open !== null) nested = true
      else if (inner) open = node
    }
    if (inner) {
      node = (node as ParentNode).children[0]!
      continue
    }
    while (node.next === null) {
      node = node.parent!
      if (node === open) open = null
      if (node === top) return nested
    }
    node = node.next
  }
  return nested
}
