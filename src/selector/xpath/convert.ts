import { numberToString, stringToNumber } from './numbers.ts'
import { stringValue } from './string-value.ts'
import type { XPathValue } from './types.ts'

/** `string(value)`: of a node-set, the text of its first node. */
export function toText(value: XPathValue): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return numberToString(value)
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  return value.length === 0 ? '' : stringValue(value[0]!)
}

/** `number(value)`. */
export function toNumber(value: XPathValue): number {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  return stringToNumber(toText(value))
}

/** `boolean(value)`: a node-set or string is true when it is not empty, a number when it is neither zero nor NaN. */
export function toBoolean(value: XPathValue): boolean {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return value !== 0 && !Number.isNaN(value)
  return value.length > 0
}
