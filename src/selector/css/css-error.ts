import { SkeinError } from '../../errors.ts'

/** `ERR_SELECTOR` for a CSS selector; `at` is an index into it. */
export function cssError(query: string, at: number, expected: string): SkeinError {
  const found = at < query.length ? JSON.stringify(query.slice(at, at + 12)) : 'the end'
  return new SkeinError(
    'ERR_SELECTOR',
    `CSS selector ${JSON.stringify(query)} at character ${at + 1}: expected ${expected}, found ${found}`,
  )
}
