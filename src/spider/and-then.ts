import type { Item } from '../pipeline/contract.ts'
import type { Output, Outputs } from './output.ts'

/**
 * What a callback gave, and behind it what `then` gives, which is called when all of the first was taken. As little is waited for as the callback
 * waits for itself. Where the callback throws, `then` is not called.
 */
export function andThen<I extends Item>(first: Outputs<I>, then: () => Iterable<Output<I>>): Outputs<I> {
  if (first === undefined || first === null) return then()
  if (typeof first !== 'object') return oneThen(first, then)
  if (isPromise(first)) return first.then((settled) => andThen(settled, then) as Iterable<Output<I>>)
  if (Symbol.asyncIterator in first) return asyncThen(first, then)
  return Symbol.iterator in first ? allThen(first, then) : oneThen(first, then)
}

function* oneThen<I extends Item>(first: Output<I>, then: () => Iterable<Output<I>>): Generator<Output<I>> {
  yield first
  yield* then()
}

function* allThen<I extends Item>(first: Iterable<Output<I>>, then: () => Iterable<Output<I>>): Generator<Output<I>> {
  yield* first
  yield* then()
}

async function* asyncThen<I extends Item>(
  first: AsyncIterable<Output<I>>,
  then: () => Iterable<Output<I>>,
): AsyncGenerator<Output<I>> {
  yield* first
  yield* then()
}

function isPromise<I extends Item>(outputs: object): outputs is Extract<Outputs<I>, Promise<unknown>> {
  return typeof (outputs as { then?: unknown }).then === 'function'
}
