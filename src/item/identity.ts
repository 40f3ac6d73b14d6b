import type { LoaderContext } from './processor.ts'

/**
 * A processor that gives the values as they are; what a field has that names none.
 *
 * @example
 * identity()(['a', 'b']) // ['a', 'b']
 */
export function identity(): <V>(values: readonly V[], context?: LoaderContext) => V[] {
  return function identity<V>(values: readonly V[]): V[] {
    return [...values]
  }
}
