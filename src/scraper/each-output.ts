import { Turns } from '../util/turns.ts'

type Take = (output: unknown) => void | Promise<void>

/**
 * Hands everything that a callback gave to `take`, whatever shape it came in: one value, an iterable, an async iterable, or a promise
 * of these. Waits for `take` where it returns a promise, and returns no promise itself when nothing had to be waited for.
 *
 * A callback that gives a million outputs lets others have their turn of the event loop from time to time.
 *
 * What was handed over before the callback threw stays handed over.
 */
export function eachOutput(outputs: unknown, take: Take): void | Promise<void> {
  if (outputs === undefined || outputs === null) return
  if (typeof outputs !== 'object') return take(outputs)
  if (isThenable(outputs)) return outputs.then((value) => eachOutput(value, take))
  if (Symbol.asyncIterator in outputs) return eachAsync(outputs as AsyncIterable<unknown>, take)
  if (Symbol.iterator in outputs) return eachSync((outputs as Iterable<unknown>)[Symbol.iterator](), take)
  return take(outputs)
}

async function eachAsync(outputs: AsyncIterable<unknown>, take: Take): Promise<void> {
  // one that never really waits would let nobody have a turn
  const turns = new Turns()
  for await (const output of outputs) {
    await take(output)
    if (turns.over()) await turns.next()
  }
}

/** Goes through a sync iterable without promises, until there is something to wait for; then the rest is gone through behind it. */
function eachSync(iterator: Iterator<unknown>, take: Take): void | Promise<void> {
  const turns = new Turns()
  for (let step = iterator.next(); step.done !== true; step = iterator.next()) {
    const waiting = taken(step.value, iterator, take) ?? (turns.over() ? turns.next() : undefined)
    if (waiting !== undefined) return rest(waiting, iterator, take, turns)
  }
}

async function rest(waiting: Promise<void>, iterator: Iterator<unknown>, take: Take, turns: Turns): Promise<void> {
  await closingAtFailure(waiting, iterator)
  for (let step = iterator.next(); step.done !== true; step = iterator.next()) {
    const next = taken(step.value, iterator, take)
    if (next !== undefined) await closingAtFailure(next, iterator)
    if (turns.over()) await turns.next()
  }
}

function taken(output: unknown, iterator: Iterator<unknown>, take: Take): void | Promise<void> {
  try {
    return take(output)
  } catch (error) {
    iterator.return?.()
    throw error
  }
}

async function closingAtFailure(waiting: Promise<void>, iterator: Iterator<unknown>): Promise<void> {
  try {
    await waiting
  } catch (error) {
    iterator.return?.()
    throw error
  }
}

function isThenable(value: object): value is Promise<unknown> {
  return typeof (value as { then?: unknown }).then === 'function'
}
