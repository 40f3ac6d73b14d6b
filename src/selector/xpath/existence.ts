import type { Node } from '../dom.ts'
import { collectors, type TreeAxis } from './axes.ts'
import type { Frame } from './frame.ts'
import { elementMatcher, type Matcher } from './node-test.ts'
import { axisOfSet } from './set-axes.ts'
import type { XPathContextNode } from './types.ts'

/** Where to look from a match to find every node that has it on the axis. The axes left out are short. */
const inverse: Partial<Readonly<Record<TreeAxis, TreeAxis>>> = {
  ancestor: 'descendant',
  'ancestor-or-self': 'descendant-or-self',
  descendant: 'ancestor',
  'descendant-or-self': 'ancestor-or-self',
  following: 'preceding',
  'following-sibling': 'preceding-sibling',
  preceding: 'following',
  'preceding-sibling': 'following-sibling',
}

/** After so many walks of one evaluation along the same axis it is cheaper to answer all nodes of the tree at once. */
const walksWorthAnAnswer = 64

const anyNode = elementMatcher({ kind: 'node' }, null, null)

/**
 * Whether an axis has a matching node, for predicates: `//p[preceding-sibling::h2]` asks it for each `p`. Walking from each of them is
 * quadratic when the answer is no, so after some walks the question is turned round: from all matches of the tree along the inverse axis.
 */
export function existence(axis: TreeAxis, matcher: Matcher): (node: XPathContextNode, frame: Frame) => boolean {
  const collect = collectors[axis]
  const back = inverse[axis]
  const walk = (node: XPathContextNode, frame: Frame): boolean => {
    const found: XPathContextNode[] = []
    collect(node, matcher, frame, found, 1)
    return found.length > 0
  }
  if (back === undefined) return walk
  return (node, frame) => {
    if (node.type === 'attribute' || frame.foreign) return walk(node, frame)
    const answers = (frame.answers ??= new Map())
    let answer = answers.get(matcher)
    if (answer === undefined) answers.set(matcher, (answer = { walks: 0, nodes: null }))
    if (answer.nodes === null) {
      if (++answer.walks <= walksWorthAnAnswer) return walk(node, frame)
      answer.nodes = holders(frame.root, back, matcher, frame)
    }
    return answer.nodes.has(node)
  }
}

function holders(root: Node, back: TreeAxis, matcher: Matcher, frame: Frame): ReadonlySet<XPathContextNode> {
  frame.nested = false
  const matches = axisOfSet('descendant-or-self', [root], matcher, frame)
  return new Set(matches.length === 0 ? [] : axisOfSet(back, matches, anyNode, frame))
}
