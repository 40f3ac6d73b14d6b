import { booleanExpression, type Compiled, nodesExpression } from '../compiled.ts'
import { NodeLookup, sameNode } from '../node-set.ts'
import { stringValue } from '../string-value.ts'
import type { XPathContextNode } from '../types.ts'
import { type Call, type FunctionTable, functionTable } from './function.ts'

/** EXSLT sets, bound to `set:` unless the user binds that prefix to something else. http://exslt.org/set/ */
export const setFunctions: FunctionTable = functionTable({
  difference: {
    min: 2,
    max: 2,
    compile: (call) =>
      pair(call, (left, right) => {
        const others = new NodeLookup(right)
        return left.filter((node) => !others.has(node))
      }),
  },
  intersection: {
    min: 2,
    max: 2,
    compile: (call) =>
      pair(call, (left, right) => {
        const others = new NodeLookup(right)
        return left.filter((node) => others.has(node))
      }),
  },
  'has-same-node': {
    min: 2,
    max: 2,
    compile(call) {
      const [left, right] = [call.nodes(0), call.nodes(1)]
      return booleanExpression((node, position, size, frame) => {
        const others = new NodeLookup(right(node, position, size, frame))
        return left(node, position, size, frame).some((own) => others.has(own))
      }, call.focus)
    },
  },
  leading: { min: 2, max: 2, compile: (call) => pair(call, (left, right) => split(left, right, (at) => left.slice(0, at))) },
  trailing: { min: 2, max: 2, compile: (call) => pair(call, (left, right) => split(left, right, (at) => left.slice(at + 1))) },
  distinct: {
    min: 1,
    max: 1,
    compile(call) {
      const nodes = call.nodes(0)
      return nodesExpression((node, position, size, frame) => {
        const seen = new Set<string>()
        return nodes(node, position, size, frame).filter((candidate) => {
          const text = stringValue(candidate)
          return !seen.has(text) && seen.add(text)
        })
      }, call.focus)
    },
  },
})

function pair(call: Call, combine: (left: XPathContextNode[], right: XPathContextNode[]) => XPathContextNode[]): Compiled {
  const [left, right] = [call.nodes(0), call.nodes(1)]
  return nodesExpression(
    (node, position, size, frame) => combine(left(node, position, size, frame), right(node, position, size, frame)),
    call.focus,
  )
}

/** With nothing to split at all nodes are kept; at a node that is not among them, none. */
function split(
  left: XPathContextNode[],
  right: XPathContextNode[],
  part: (at: number) => XPathContextNode[],
): XPathContextNode[] {
  const [first] = right
  if (first === undefined) return left
  const at = left.findIndex((node) => sameNode(node, first))
  return at < 0 ? [] : part(at)
}
