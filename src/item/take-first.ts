import type { LoaderContext } from './processor.ts'

/**
 * A processor that gives the first value that is something: not undefined, null or `''`; 0 and false are.
 *
 * @example
 * takeFirst()(['', 'one', 'two']) // 'one'
 */
export function takeFirst(): <V>(values: readonly V[], context?: LoaderContext) => V | undefined {
  return function takeFirst<V>(values: readonly V[]): V | undefined {
    for (const value of values) if (value !== undefined && value !== null && value !== '') return value
    return undefined
  }
}
