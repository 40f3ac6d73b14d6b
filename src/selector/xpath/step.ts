import type { Axis, Step } from './ast.ts'
import { type AttributeTest, attributeTest } from './attribute-axis.ts'
import { collectors, reverseAxes, type TreeAxis } from './axes.ts'
import type { Compiled } from './compiled.ts'
import { existence } from './existence.ts'
import type { Frame } from './frame.ts'
import { sortUnique } from './node-set.ts'
import { elementMatcher, type Matcher } from './node-test.ts'
import { filterOf, fixedPosition, isPositional, type ListPredicate, listPredicate } from './predicate.ts'
import { axisOfSet } from './set-axes.ts'
import type { XPathContextNode } from './types.ts'
import { isParent } from './walk.ts'

/** One step of a path, ready to run. Both read `frame.nested` for their input; `apply` writes it for its output. */
export interface CompiledStep {
  /** From a node-set to a node-set, both in document order and without duplicates. `nodes` is not empty. */
  apply(nodes: XPathContextNode[], frame: Frame): XPathContextNode[]
  /** Whether `apply` would give anything. */
  exists(nodes: XPathContextNode[], frame: Frame): boolean
  /** The first `limit` nodes from one node; null where they could only be had by making all. */
  readonly take: ((node: XPathContextNode, limit: number, frame: Frame) => XPathContextNode[]) | null
  /** The attribute's name, for a step that is nothing but `@name`. */
  readonly attribute: string | null
}

const all = Number.POSITIVE_INFINITY

/**
 * @param uri what the prefix of the step's name test stands for, null without prefix
 * @param predicates those of the step, compiled
 */
export function compileStep({ axis, test }: Step, uri: string | null, predicates: readonly Compiled[]): CompiledStep {
  const firstPositional = predicates.findIndex(isPositional)
  const plain = firstPositional < 0 ? predicates : predicates.slice(0, firstPositional)
  const positional = firstPositional < 0 ? [] : predicates.slice(firstPositional)
  if (axis === 'attribute' || axis === 'namespace') {
    return attributeStep(attributeTest(axis, test, uri, filterOf(plain)), positional)
  }
  const matcher = elementMatcher(test, uri, filterOf(plain))
  return positional.length === 0 ? plainStep(axis, matcher) : positionalStep(axis, matcher, positional)
}

function plainStep(axis: TreeAxis, matcher: Matcher): CompiledStep {
  const collect = collectors[axis]
  const exists = existence(axis, matcher)
  const take = (node: XPathContextNode, limit: number, frame: Frame): XPathContextNode[] => {
    const out: XPathContextNode[] = []
    collect(node, matcher, frame, out, limit)
    return out
  }
  return {
    apply: (nodes, frame) => axisOfSet(axis, nodes, matcher, frame),
    exists: (nodes, frame) => nodes.some((node) => exists(node, frame)),
    take: reverseAxes.has(axis) ? null : take,
    attribute: null,
  }
}

/** A step with a positional predicate. Positions count along the axis, so each context node has a list of its own, and lists are merged. */
export function positionalStep(axis: TreeAxis, matcher: Matcher, predicates: readonly Compiled[]): CompiledStep {
  const collect = collectors[axis]
  const narrow = predicates.map(listPredicate)
  const limit = fixedPosition(predicates[0]) ?? all
  const reverse = reverseAxes.has(axis)
  const keepsOrder = axis === 'child' || axis === 'self'
  const from = (node: XPathContextNode, frame: Frame): XPathContextNode[] => {
    const list: XPathContextNode[] = []
    collect(node, matcher, frame, list, limit)
    const kept = narrowed(list, narrow, frame)
    return reverse ? kept.toReversed() : kept
  }
  return {
    apply(nodes, frame) {
      const { nested } = frame
      if (nodes.length === 1) {
        const result = from(nodes[0]!, frame)
        frame.nested = axis !== 'child' && result.length > 1
        return result
      }
      const out: XPathContextNode[] = []
      for (const node of nodes) for (const found of from(node, frame)) out.push(found)
      frame.nested = nested || !keepsOrder
      return frame.nested ? sortUnique(out) : out
    },
    exists: (nodes, frame) => nodes.some((node) => from(node, frame).length > 0),
    take: null,
    attribute: null,
  }
}

function attributeStep(test: AttributeTest, positional: readonly Compiled[]): CompiledStep {
  const narrow = positional.map(listPredicate)
  const apply = (nodes: XPathContextNode[], frame: Frame): XPathContextNode[] => {
    const out: XPathContextNode[] = []
    for (const node of nodes) {
      if (narrow.length === 0) {
        test.collect(node, frame, out)
        continue
      }
      const own: XPathContextNode[] = []
      test.collect(node, frame, own)
      out.push(...narrowed(own, narrow, frame))
    }
    frame.nested = false
    return out
  }
  return {
    apply,
    exists: (nodes, frame) => apply(nodes, frame).length > 0,
    take: null,
    attribute: positional.length === 0 ? test.name : null,
  }
}

function narrowed(list: XPathContextNode[], predicates: readonly ListPredicate[], frame: Frame): XPathContextNode[] {
  let kept = list
  for (const predicate of predicates) {
    if (kept.length === 0) return kept
    kept = predicate(kept, frame)
  }
  return kept
}

/** `//` before a step that needs it written out: everything that can have children or attributes, which are all that such a step asks for. */
export const parentsAndSelf: CompiledStep = plainStep('descendant-or-self', {
  name: null,
  filter: null,
  test: (node) => isParent(node) || node.type === 'attribute',
})

/** The axis that `//` and a step together walk at once, when the predicates of the step do not count positions; null for the rest. */
export function axisAfterDoubleSlash(axis: Axis): Axis | null {
  if (axis === 'child' || axis === 'descendant') return 'descendant'
  return axis === 'self' || axis === 'descendant-or-self' ? 'descendant-or-self' : null
}
