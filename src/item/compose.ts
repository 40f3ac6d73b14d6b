import { call, checkFunctions } from './map-compose.ts'
import type { LoaderContext, Processor } from './processor.ts'

/** How {@link compose} goes on. */
export interface ComposeOptions {
  /** Undefined or null from one function is the result; the others are not called. @default true */
  readonly stopOnUndefined?: boolean
}

// the overloads for texts come first: nothing else tells a function of no type of its own, such as takeFirst(), what it gets
type Fn<A, B> = (value: A, context: LoaderContext) => B
type Composed<A, B> = (values: A, context?: LoaderContext) => B | undefined

/**
 * A processor that sends all values together through functions, one after the other: the first gets the list, each of the others what the one
 * before it gave. It stops at undefined or null, unless told otherwise by a last argument `{ stopOnUndefined: false }`. The functions get
 * the context of the loader as their second argument.
 *
 * @throws UsageError ERR_PROCESSOR for what is no function; when it runs, SkeinError ERR_PROCESSOR that names the function and the value
 *
 * @example
 * compose(takeFirst(), Number)(['', '12']) // 12
 */
export function compose<B>(a: Fn<readonly string[], B>, options?: ComposeOptions): Composed<readonly string[], B>
export function compose<B, C>(
  a: Fn<readonly string[], B>,
  b: Fn<NonNullable<B>, C>,
  options?: ComposeOptions,
): Composed<readonly string[], C>
export function compose<B, C, D>(
  a: Fn<readonly string[], B>,
  b: Fn<NonNullable<B>, C>,
  c: Fn<NonNullable<C>, D>,
  options?: ComposeOptions,
): Composed<readonly string[], D>
export function compose<B, C, D, E>(
  a: Fn<readonly string[], B>,
  b: Fn<NonNullable<B>, C>,
  c: Fn<NonNullable<C>, D>,
  d: Fn<NonNullable<D>, E>,
  options?: ComposeOptions,
): Composed<readonly string[], E>
export function compose<A, B>(a: Fn<A, B>, options?: ComposeOptions): Composed<A, B>
export function compose<A, B, C>(a: Fn<A, B>, b: Fn<NonNullable<B>, C>, options?: ComposeOptions): Composed<A, C>
export function compose<A, B, C, D>(
  a: Fn<A, B>,
  b: Fn<NonNullable<B>, C>,
  c: Fn<NonNullable<C>, D>,
  options?: ComposeOptions,
): Composed<A, D>
export function compose<A, B, C, D, E>(
  a: Fn<A, B>,
  b: Fn<NonNullable<B>, C>,
  c: Fn<NonNullable<C>, D>,
  d: Fn<NonNullable<D>, E>,
  options?: ComposeOptions,
): Composed<A, E>
export function compose(...steps: unknown[]): Composed<unknown, never> {
  const last = steps.at(-1)
  const isOptions = typeof last === 'object' && last !== null
  const { stopOnUndefined = true } = isOptions ? (last as ComposeOptions) : {}
  const functions = (isOptions ? steps.slice(0, -1) : steps) as Processor[]
  checkFunctions('compose', functions)
  return function compose(values, context = {}) {
    let value: unknown = values
    for (const fn of functions) {
      if (stopOnUndefined && (value === undefined || value === null)) return undefined
      value = call(fn, value, context)
    }
    return (value ?? undefined) as undefined
  }
}
