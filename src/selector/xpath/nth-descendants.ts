import type { ParentNode } from '../dom.ts'
import type { Step } from './ast.ts'
import type { Compiled } from './compiled.ts'
import type { Frame } from './frame.ts'
import { elementMatcher, type Matcher } from './node-test.ts'
import { filterOf, fixedPosition, isPositional } from './predicate.ts'
import { type CompiledStep, parentsAndSelf, positionalStep } from './step.ts'
import type { XPathContextNode } from './types.ts'
import { isParent } from './walk.ts'

/**
 * `//name[3]` in one walk: each element is counted among its siblings as it is met, so the result needs no sorting.
 *
 * @returns null when the step is of another kind
 */
export function compileNthDescendants(
  { axis, test }: Step,
  uri: string | null,
  predicates: readonly Compiled[],
): CompiledStep | null {
  const place = fixedPosition(predicates[0])
  const rest = predicates.slice(1)
  if (axis !== 'child' || place === null || rest.some(isPositional)) return null
  const matcher = elementMatcher(test, uri, null)
  const keep = filterOf(rest)
  const apply = (nodes: XPathContextNode[], frame: Frame): XPathContextNode[] => {
    if (frame.nested && nodes.length > 1) return written.apply(parentsAndSelf.apply(nodes, frame), frame)
    const out: XPathContextNode[] = []
    for (const node of nodes) if (isParent(node)) walkNth(node, matcher, place, frame, out)
    frame.nested = out.length > 1
    return keep === null ? out : out.filter((node) => keep(node, frame))
  }
  const written = positionalStep(axis, matcher, predicates)
  return { apply, exists: (nodes, frame) => apply(nodes, frame).length > 0, take: null, attribute: null }
}

function walkNth(top: ParentNode, { name, test }: Matcher, place: number, frame: Frame, out: XPathContextNode[]): void {
  const { html } = frame
  /** How many siblings have matched so far, for each open element between `top` and here. */
  const counts: number[] = [0]
  let depth = 0
  let node = top.children[0]
  while (node !== undefined) {
    const matches: boolean =
      name === null ? test(node, frame) : node.type === 'tag' && node.name === name && (html || node.namespace === '')
    if (matches && ++counts[depth]! === place) out.push(node)
    if (node.type === 'tag' && node.children.length > 0) {
      counts[++depth] = 0
      node = node.children[0]!
      continue
    }
    while (node.next === null) {
      const parent: ParentNode = node.parent!
      if (parent === top || parent.type === 'root') return
      node = parent
      depth--
    }
    node = node.next
  }
}
