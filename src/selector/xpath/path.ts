import type { Step } from './ast.ts'
import { attributeText } from './attribute-axis.ts'
import { type Compiled, nodesExpression } from './compiled.ts'
import type { Evaluate, Frame } from './frame.ts'
import { compileNthDescendants } from './nth-descendants.ts'
import { isPositional } from './predicate.ts'
import { axisAfterDoubleSlash, type CompiledStep, compileStep, parentsAndSelf } from './step.ts'
import { stringValue } from './string-value.ts'
import type { XPathContextNode } from './types.ts'

/** A step whose prefix is bound and whose predicates are compiled. */
export interface BoundStep {
  readonly step: Step
  /** What the prefix of its name test stands for, null without prefix. */
  readonly uri: string | null
  readonly predicates: readonly Compiled[]
}

/**
 * A location path.
 *
 * @param start the expression it begins with, `root` for `/…`, `context` for a relative one
 * @param memoSlot where to keep the value of a path that is inside of a predicate and begins at the root; null to keep none
 */
export function compilePath(
  start: 'root' | 'context' | Compiled,
  bound: readonly BoundStep[],
  memoSlot: number | null,
): Compiled {
  const steps = fuse(bound)
  if (start === 'context' && bound.length === 1) {
    const shortcut = shortcutFor(bound[0]!, steps[0]!)
    if (shortcut !== null) return shortcut
  }
  const begin = beginning(start)
  const nodes: Evaluate<XPathContextNode[]> = (node, position, size, frame) =>
    run(begin(node, position, size, frame), steps, steps.length, frame)
  const focus = typeof start === 'object' && start.focus
  if (memoSlot !== null) return nodesExpression(memoized(nodes, memoSlot), false)
  const last = steps.at(-1)
  if (last === undefined) return nodesExpression(nodes, focus)
  const take = typeof start === 'string' && steps.length === 1 ? last.take : null
  return nodesExpression(nodes, focus, {
    exists(node, position, size, frame) {
      const before = run(begin(node, position, size, frame), steps, steps.length - 1, frame)
      return before.length > 0 && last.exists(before, frame)
    },
    ...(take === null ? {} : { take: (node, limit, frame) => take(start === 'root' ? frame.root : node, limit, frame) }),
  })
}

/** Steps as they are run: `//` and the step after it become one walk wherever that means the same. */
function fuse(bound: readonly BoundStep[]): CompiledStep[] {
  const steps: CompiledStep[] = []
  for (let i = 0; i < bound.length; i++) {
    const { step, uri, predicates } = bound[i]!
    const next = isDoubleSlash(step) ? bound[i + 1] : undefined
    if (next === undefined) {
      steps.push(compileStep(step, uri, predicates))
      continue
    }
    const axis = next.predicates.some(isPositional) ? null : axisAfterDoubleSlash(next.step.axis)
    const nth = axis === null ? compileNthDescendants(next.step, next.uri, next.predicates) : null
    if (axis !== null) steps.push(compileStep({ ...next.step, axis }, next.uri, next.predicates))
    else if (nth !== null) steps.push(nth)
    else if (next.step.axis === 'child' || next.step.axis === 'attribute') {
      steps.push(parentsAndSelf, compileStep(next.step, next.uri, next.predicates))
    } else {
      steps.push(compileStep(step, uri, predicates))
      continue
    }
    i++
  }
  return steps
}

function isDoubleSlash({ axis, test, predicates }: Step): boolean {
  return axis === 'descendant-or-self' && test.kind === 'node' && predicates.length === 0
}

/** `.` and `@name` by themselves: the arguments and operands that nearly every predicate is made of. */
function shortcutFor({ step, predicates }: BoundStep, compiled: CompiledStep): Compiled | null {
  if (step.axis === 'self' && step.test.kind === 'node' && predicates.length === 0) {
    return nodesExpression((node) => [node], false, { single: stringValue, exists: () => true })
  }
  const { attribute } = compiled
  if (attribute === null) return null
  const single: Evaluate<string | undefined> = (node, _position, _size, frame) => attributeText(node, attribute, frame)
  return nodesExpression((node, _position, _size, frame) => run(one(node, frame), [compiled], 1, frame), false, {
    single,
    exists: (node, position, size, frame) => single(node, position, size, frame) !== undefined,
  })
}

function beginning(start: 'root' | 'context' | Compiled): Evaluate<XPathContextNode[]> {
  if (start === 'root') return (_node, _position, _size, frame) => one(frame.root, frame)
  if (start === 'context') return (node, _position, _size, frame) => one(node, frame)
  const nodes = start.nodes!
  return (node, position, size, frame) => {
    const begin = nodes(node, position, size, frame)
    frame.nested = begin.length > 1
    return begin
  }
}

function one(node: XPathContextNode, frame: Frame): XPathContextNode[] {
  frame.nested = false
  return [node]
}

function run(begin: XPathContextNode[], steps: readonly CompiledStep[], count: number, frame: Frame): XPathContextNode[] {
  let nodes = begin
  for (let i = 0; i < count && nodes.length > 0; i++) nodes = steps[i]!.apply(nodes, frame)
  return nodes
}

function memoized(nodes: Evaluate<XPathContextNode[]>, slot: number): Evaluate<XPathContextNode[]> {
  return (node, position, size, frame) => (frame.memo[slot] ??= nodes(node, position, size, frame))
}
