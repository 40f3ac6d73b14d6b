import type { LoaderContext } from './processor.ts'

/**
 * A processor that joins texts.
 *
 * @param separator between two of them; a space by default
 *
 * @example
 * join(', ')(['a', 'b']) // 'a, b'
 */
export function join(separator = ' '): (values: readonly (string | number)[], context?: LoaderContext) => string {
  return function join(values) {
    return values.join(separator)
  }
}
