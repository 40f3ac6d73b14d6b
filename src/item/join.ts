import type { LoaderContext } from './processor.ts'
import { showValue } from './processor-problem.ts'

/**
 * A processor that joins texts. Lists and objects cannot be joined, and make it fail.
 *
 * @param separator between two of them; a space by default
 *
 * @example
 * join(', ')(['a', 'b']) // 'a, b'
 */
export function join(separator = ' '): (values: readonly (string | number)[], context?: LoaderContext) => string {
  return function join(values) {
    for (const value of values as readonly unknown[]) {
      if (typeof value === 'object' && value !== null) throw new TypeError(`expected texts and numbers, got ${showValue(value)}`)
    }
    return values.join(separator)
  }
}
