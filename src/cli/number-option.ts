import { UsageError } from '../errors.ts'

/** Reads the number of an option; throws a UsageError that names the option for anything else. */
export function numberOption(
  text: string,
  option: string,
  { least = 0, whole = true }: { least?: number; whole?: boolean } = {},
): number {
  const number = Number(text)
  const fine = /^-?\d+(\.\d+)?$/.test(text) && number >= least && (!whole || Number.isSafeInteger(number))
  if (fine) return number
  throw new UsageError(
    'ERR_ARGUMENT',
    `Expected ${option} to be a ${whole ? 'whole number' : 'number'}${least === Number.NEGATIVE_INFINITY ? '' : ` ≥ ${least}`}, got ${JSON.stringify(text)}.`,
  )
}
