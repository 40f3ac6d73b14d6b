import { SkeinError } from '../errors.ts'
import { describeValue } from './describe-value.ts'

/** What a request names as its callback: a method of the spider, or the name of one. */
export type CallbackRef = string | ((...args: never[]) => unknown)

/**
 * Refuses an object that names a callback or an errback and has undefined for it: where nobody checks types, `this.parseBok` of a spider that has only
 * `parseBook` is just that, and would pass for none.
 *
 * @param where what the object is, for the message
 * @throws SkeinError ERR_CALLBACK
 */
export function refuseMissing(given: object, where: string): void {
  for (const role of ['callback', 'errback'] as const) {
    if (!Object.hasOwn(given, role) || (given as Record<string, unknown>)[role] !== undefined) continue
    throw new SkeinError(
      'ERR_CALLBACK',
      `The ${role} of ${where} is undefined. Expected a method of the spider, rightly spelt, or no \`${role}\` at all.`,
    )
  }
}

/** Knows the callbacks of one spider. */
export interface CallbackResolver {
  /** The method's name. Throws `ERR_CALLBACK` when the spider has no such method. */
  resolve(ref: CallbackRef): string
}

/**
 * The name of the method that is meant. Throws `ERR_CALLBACK` for a function without a name: a request may be run by another machine,
 * which can find a method of the spider by its name and nothing else.
 */
export function callbackName(ref: unknown, role: 'callback' | 'errback'): string {
  if (typeof ref === 'function') {
    let name = ref.name
    while (name.startsWith('bound ')) name = name.slice(6)
    // an inline function is called after the key it stands at
    const inline = name === '' || (name === role && /^(?:async\b)?\s*(?:function\b|\(|[\w$]+\s*=>)/.test(String(ref)))
    if (!inline && !name.startsWith('#')) return name
    throw new SkeinError(
      'ERR_CALLBACK',
      `The ${role} is ${inline ? 'an inline function' : `the private method ${name}`}. A request may be run by another machine, ` +
        `so a ${role} is a method of the spider: pass this.parseBook, or its name 'parseBook'.`,
    )
  }
  if (typeof ref === 'string' && ref !== '') return ref
  throw new SkeinError(
    'ERR_CALLBACK',
    `Expected \`${role}\` to be a method of the spider or the name of one, got ${describeValue(ref)}.`,
  )
}
