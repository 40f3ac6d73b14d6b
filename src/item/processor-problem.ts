import { SkeinError } from '../errors.ts'

/** Characters of a value that a message shows. */
const MAX_SHOWN = 120

/** The error of a function that failed inside of a processor: which one, for what, and why. */
export function processorProblem(name: string, value: unknown, cause: unknown): SkeinError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new SkeinError('ERR_PROCESSOR', `${name} failed for ${showValue(value)}: ${why}`, { cause })
}

/** A value as a message shows it. */
export function showValue(value: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch {}
  text ??= String(value)
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN - 1)}…` : text
}

/** How messages call a function. */
export function nameOf(fn: (...args: never[]) => unknown): string {
  return fn.name === '' ? 'an inline function' : fn.name
}
