/**
 * Hands everything that a callback gave to `take`, whatever shape it came in: one value, an iterable, an async iterable, or a promise
 * of these. Waits for `take` where it returns a promise, and returns no promise itself when nothing had to be waited for.
 *
 * What was handed over before the callback threw stays handed over.
 */
export function eachOutput(outputs: unknown, take: (output: unknown) => void | Promise<void>): void | Promise<void> {
  if (outputs === undefined || outputs === null) return
  if (typeof outputs !== 'object') return take(outputs)
  if (isThenable(outputs)) return outputs.then((value) => eachOutput(value, take))
  if (Symbol.asyncIterator in outputs) return eachAsync(outputs as AsyncIterable<unknown>, take)
  if (Symbol.iterator in outputs) return eachSync((outputs as Iterable<unknown>)[Symbol.iterator](), take)
  return take(outputs)
}

async function eachAsync(outputs: AsyncIterable<unknown>, take: (output: unknown) => void | Promise<void>): Promise<void> {
  for await (const output of outputs) await take(output)
}

/** Goes through a sync iterable without promises, until `take` gives one; then the rest is gone through behind it. */
function eachSync(iterator: Iterator<unknown>, take: (output: unknown) => void | Promise<void>): void | Promise<void> {
  for (let step = iterator.next(); step.done !== true; step = iterator.next()) {
    const waiting = take(step.value)
    if (waiting !== undefined) return rest(waiting, iterator, take)
  }
}

async function rest(
  first: Promise<void>,
  iterator: Iterator<unknown>,
  take: (output: unknown) => void | Promise<void>,
): Promise<void> {
  try {
    await first
    for (let step = iterator.next(); step.done !== true; step = iterator.next()) await take(step.value)
  } catch (error) {
    iterator.return?.()
    throw error
  }
}

function isThenable(value: object): value is Promise<unknown> {
  return typeof (value as { then?: unknown }).then === 'function'
}
