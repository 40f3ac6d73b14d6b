import { SkeinError } from '../../errors.ts'

/** How much of a long query an error shows on either side of the place it is about, in characters. */
const excerptRadius = 60

/**
 * An `ERR_SELECTOR` that shows the query with a caret under the place it is about.
 *
 * @param at index into `query`, `query.length` for its end
 *
 * @example
 * xpathError('//li/@', 6, 'expected the name of an attribute, found the end')
 * // bad XPath: expected the name of an attribute, found the end
 * //   //li/@
 * //         ^
 */
export function xpathError(query: string, at: number, problem: string): SkeinError {
  const from = Math.max(0, at - excerptRadius)
  const to = Math.min(query.length, at + excerptRadius)
  const head = from > 0 ? '…' : ''
  const tail = to < query.length ? '…' : ''
  const line = head + query.slice(from, to).replace(/\s/g, ' ') + tail
  // Astral characters take two UTF-16 units but one column.
  const column = [...(head + query.slice(from, at))].length
  return new SkeinError('ERR_SELECTOR', `bad XPath: ${problem} (at ${at})\n  ${line}\n  ${' '.repeat(column)}^`)
}
