import { SkeinError } from '../errors.ts'
import { Response } from '../http/response.ts'

/** Plain objects and instances of classes of the user's; not what is surely a mistake. */
export function isItem(output: unknown): output is object {
  return (
    typeof output === 'object' &&
    output !== null &&
    !Array.isArray(output) &&
    !(output instanceof Response) &&
    !(output instanceof Promise) &&
    !(output instanceof Error)
  )
}

/** What is wrong with an output that is none, and what was meant perhaps. */
export function noItem(output: unknown): SkeinError {
  return new SkeinError('ERR_ITEM', `${describe(output)} is no item. Expected a plain object or a Request${hint(output)}.`)
}

function describe(output: unknown): string {
  if (typeof output === 'string') return `The string ${JSON.stringify(output.length > 60 ? `${output.slice(0, 60)}…` : output)}`
  if (Array.isArray(output)) return 'An array'
  if (typeof output === 'object' && output !== null) return `A ${output.constructor.name}`
  return `The ${typeof output} ${String(output)}`
}

function hint(output: unknown): string {
  if (output instanceof Promise) return ' (is an await missing?)'
  if (Array.isArray(output)) return ' (yield* gives the elements one by one)'
  if (typeof output === 'string' && /^https?:/.test(output)) return ' (page.follow(url) makes one)'
  return ''
}
