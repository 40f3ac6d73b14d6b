import { SkeinError, UsageError } from '../errors.ts'
import { type LoaderContext, type Processor, toList } from './processor.ts'
import { nameOf, processorProblem } from './processor-problem.ts'

/** What goes on when a function gave this: the members of a list, and nothing for undefined and null. */
type Flat<R> = NonNullable<R extends readonly (infer E)[] ? E : R>
type Fn<A, B> = (value: A, context: LoaderContext) => B
/**
 * What mapCompose makes: one value is as good as a list of one. Where it stands says nothing about what its functions take: a field takes any
 * processor, and the functions would get `never`.
 */
type Mapping<A, B> = (values: NoInfer<A> | readonly NoInfer<A>[], context?: LoaderContext) => Flat<B>[]

/**
 * A processor that sends each value through functions, one after the other. What a function gives as undefined or null is left out, and a list it gives
 * is its members. The functions get the context of the loader as their second argument.
 *
 * @throws UsageError ERR_PROCESSOR for what is no function; when it runs, SkeinError ERR_PROCESSOR that names the function and the value
 *
 * @example
 * mapCompose((text) => text.trim(), Number)([' 1 ', '2']) // [1, 2]
 */
export function mapCompose<B, A = string>(a: Fn<A, B>): Mapping<A, B>
export function mapCompose<B, C, A = string>(a: Fn<A, B>, b: Fn<Flat<B>, C>): Mapping<A, C>
export function mapCompose<B, C, D, A = string>(a: Fn<A, B>, b: Fn<Flat<B>, C>, c: Fn<Flat<C>, D>): Mapping<A, D>
export function mapCompose<B, C, D, E, A = string>(
  a: Fn<A, B>,
  b: Fn<Flat<B>, C>,
  c: Fn<Flat<C>, D>,
  d: Fn<Flat<D>, E>,
): Mapping<A, E>
export function mapCompose<B, C, D, E, F, A = string>(
  a: Fn<A, B>,
  b: Fn<Flat<B>, C>,
  c: Fn<Flat<C>, D>,
  d: Fn<Flat<D>, E>,
  e: Fn<Flat<E>, F>,
): Mapping<A, F>
export function mapCompose(...functions: Processor[]): Mapping<never, unknown> {
  checkFunctions('mapCompose', functions)
  return function mapCompose(values, context = {}) {
    let list = toList(values)
    for (const fn of functions) {
      const next: unknown[] = []
      for (const value of list) for (const result of toList(call(fn, value, context))) if (isSomething(result)) next.push(result)
      list = next
    }
    return list as NonNullable<unknown>[]
  }
}

/** Calls a function of a processor; what it throws names it and the value. */
export function call(fn: Processor, value: unknown, context: LoaderContext): unknown {
  try {
    return fn(value as never, context)
  } catch (cause) {
    // one processor inside of another: the innermost has said it
    if (cause instanceof SkeinError && cause.code === 'ERR_PROCESSOR') throw cause
    throw processorProblem(nameOf(fn), value, cause)
  }
}

/** @throws UsageError ERR_PROCESSOR */
export function checkFunctions(processor: string, functions: readonly unknown[]): void {
  const wrong = functions.findIndex((fn) => typeof fn !== 'function')
  if (wrong < 0) return
  const got = functions[wrong] === null ? 'null' : typeof functions[wrong]
  throw new UsageError('ERR_PROCESSOR', `${processor}() takes functions, and its argument ${wrong + 1} is ${got}.`)
}

function isSomething(value: unknown): boolean {
  return value !== undefined && value !== null
}
