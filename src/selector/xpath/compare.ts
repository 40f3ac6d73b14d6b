import type { CompareOperator } from './ast.ts'
import { toBoolean, toNumber } from './convert.ts'
import { stringToNumber } from './numbers.ts'
import { stringValue } from './string-value.ts'
import type { XPathContextNode, XPathValue } from './types.ts'

/** From how many pairs on two node-sets are compared through a Set of their texts. */
const pairsWorthASet = 64

/** The comparisons of XPath 1.0 §3.4: with a node-set, true when it is true for some node of it. */
export function compareValues(operator: CompareOperator, left: XPathValue, right: XPathValue): boolean {
  if (typeof left === 'object') {
    return typeof right === 'object' ? compareSets(operator, left, right) : compareSet(operator, left, right)
  }
  if (typeof right === 'object') return compareSet(mirrored[operator], right, left)
  if (operator !== '=' && operator !== '!=') return ordered(operator, toNumber(left), toNumber(right))
  return equal(left, right) === (operator === '=')
}

const mirrored: Readonly<Record<CompareOperator, CompareOperator>> = {
  '=': '=',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
}

function equal(left: string | number | boolean, right: string | number | boolean): boolean {
  if (typeof left === 'boolean' || typeof right === 'boolean') return toBoolean(left) === toBoolean(right)
  if (typeof left === 'number' || typeof right === 'number') return toNumber(left) === toNumber(right)
  return left === right
}

function ordered(operator: CompareOperator, left: number, right: number): boolean {
  if (operator === '<') return left < right
  if (operator === '<=') return left <= right
  return operator === '>' ? left > right : left >= right
}

function compareSet(operator: CompareOperator, nodes: readonly XPathContextNode[], other: string | number | boolean): boolean {
  if (typeof other === 'boolean') return compareValues(operator, nodes.length > 0, other)
  const wanted = operator === '='
  if (operator !== '=' && operator !== '!=') {
    const number = toNumber(other)
    return nodes.some((node) => ordered(operator, stringToNumber(stringValue(node)), number))
  }
  if (typeof other === 'number') return nodes.some((node) => (stringToNumber(stringValue(node)) === other) === wanted)
  return nodes.some((node) => (stringValue(node) === other) === wanted)
}

function compareSets(operator: CompareOperator, left: readonly XPathContextNode[], right: readonly XPathContextNode[]): boolean {
  if (left.length === 0 || right.length === 0) return false
  if (operator === '=') return shareText(left, right)
  if (operator === '!=') {
    // Some pair differs unless all texts of both sides are one and the same.
    const text = stringValue(left[0]!)
    const differs = (node: XPathContextNode): boolean => stringValue(node) !== text
    return right.some(differs) || left.some(differs)
  }
  const up = operator === '<' || operator === '<='
  return ordered(operator, extreme(left, up), extreme(right, !up))
}

function shareText(left: readonly XPathContextNode[], right: readonly XPathContextNode[]): boolean {
  if (left.length * right.length < pairsWorthASet) {
    return left.some((node) => {
      const text = stringValue(node)
      return right.some((other) => stringValue(other) === text)
    })
  }
  const texts = new Set<string>()
  for (const node of left) texts.add(stringValue(node))
  return right.some((node) => texts.has(stringValue(node)))
}

/** The smallest or greatest number in a set: some pair is in order exactly when these two are. NaN when the set holds no number. */
function extreme(nodes: readonly XPathContextNode[], smallest: boolean): number {
  let best = Number.NaN
  for (const node of nodes) {
    const value = stringToNumber(stringValue(node))
    if (Number.isNaN(best) || (smallest ? value < best : value > best)) best = value
  }
  return best
}
