import { UsageError } from '../errors.ts'
import { nearest } from '../util/suggest.ts'

/**
 * What an option must be: of a type, a whole number from 1 on, or one of some words; `flag`: true or false; `place`: a name, names by type, or a
 * function; `any`: the pipeline itself looks at it.
 */
export type Expected = 'function' | 'string' | 'object' | 'count' | 'flag' | 'place' | 'any' | readonly string[]

/**
 * Checks the options of a built-in pipeline when it is made, before a crawl begins. An undefined value is as good as none.
 *
 * @throws UsageError ERR_PIPELINE_OPTION for a name or a value that is none
 */
export function checkOptions(factory: string, options: object, expected: Readonly<Record<string, Expected>>): void {
  if (typeof options !== 'object' || options === null) throw wrong(`${factory}() takes its options as an object.`)
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    const want = Object.hasOwn(expected, name) ? expected[name] : undefined
    if (want === undefined) {
      const names = Object.keys(expected)
      const near = nearest(name, names)
      const hint = near === undefined ? `It takes ${names.join(', ')}.` : `Did you mean "${near}"?`
      throw wrong(`${factory}() has no option "${name}". ${hint}`)
    }
    if (value !== undefined && want !== 'any' && !isRight(value, want))
      throw wrong(`${factory}(): expected "${name}" to be ${say(want)}.`)
  }
}

function isRight(value: unknown, want: Exclude<Expected, 'any'>): boolean {
  if (want === 'count') return Number.isSafeInteger(value) && (value as number) > 0
  if (want === 'string') return typeof value === 'string' && value !== ''
  if (want === 'flag') return typeof value === 'boolean'
  if (want === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  if (want === 'place') return isPlace(value)
  return want === 'function' ? typeof value === 'function' : want.includes(value as string)
}

function isPlace(value: unknown): boolean {
  if (isRight(value, 'string') || typeof value === 'function') return true
  const names = isRight(value, 'object') ? Object.values(value as object) : []
  return names.length > 0 && names.every((name) => isRight(name, 'string'))
}

function say(want: Exclude<Expected, 'any'>): string {
  if (want === 'count') return 'a whole number of 1 or more'
  if (want === 'string') return 'a text'
  if (want === 'flag') return 'true or false'
  if (want === 'object') return 'an object'
  if (want === 'place') return 'a name, an object of names by the type of items, or a function'
  return want === 'function' ? 'a function' : want.map((word) => `'${word}'`).join(' or ')
}

function wrong(message: string): UsageError {
  return new UsageError('ERR_PIPELINE_OPTION', message)
}
