import { SkeinError } from '../errors.ts'
import type { CallbackRef, CallbackResolver } from '../http/callback.ts'
import { nearest } from '../util/suggest.ts'

/** Methods every spider has that are no callbacks; a name from a queue must not reach the methods that every object has either. */
const NOT_CALLBACKS = new Set([
  'start',
  'closed',
  'request',
  'retry',
  'download',
  'attached',
  ...Object.getOwnPropertyNames(Object.prototype),
])

/**
 * Turns what a request names as its callback into the name of a method of `spider`, once and for all: a request may be run by another
 * process, which knows the method by its name only.
 *
 * Throws `ERR_CALLBACK` when there is no such method, when a function is none of the spider's, or has no name.
 */
export function callbackResolver(spider: object): CallbackResolver {
  // the names asked for in a crawl are few; each is looked up once
  const known = new Map<CallbackRef, string>()
  return {
    resolve(ref) {
      let name = known.get(ref)
      if (name === undefined) {
        name = resolve(spider, ref)
        // bound and inline functions are new each time: keeping them would grow without end
        if (typeof ref === 'string' || (spider as Record<string, unknown>)[name] === ref) known.set(ref, name)
      }
      return name
    },
  }
}

function resolve(spider: object, ref: CallbackRef): string {
  const name = typeof ref === 'string' ? ref : ref.name.replace(/^bound /, '')
  const method = (spider as Record<string, unknown>)[name]
  if (typeof method !== 'function' || NOT_CALLBACKS.has(name)) throw unknownCallback(spider, name)
  if (typeof ref === 'function' && method !== ref && !ref.name.startsWith('bound ')) {
    throw new SkeinError(
      'ERR_CALLBACK',
      `The callback ${name} is not the method ${name} of the spider, but another function of that name. ` +
        'Expected a method of the spider: a request may be run by another process, which knows only the spider.',
    )
  }
  return name
}

function unknownCallback(spider: object, name: string): SkeinError {
  const methods = callbackNames(spider)
  const near = name === '' ? undefined : nearest(name, methods)
  const what = name === '' ? 'An inline function cannot be a callback' : `The spider has no method ${name} to be a callback`
  const hint = near === undefined ? '' : ` Did you mean ${near}?`
  return new SkeinError('ERR_CALLBACK', `${what}.${hint} Expected a method of the spider: ${methods.join(', ')}.`)
}

/** The callbacks a spider has: its methods, inherited ones included, and functions in its fields. */
export function callbackNames(spider: object): string[] {
  const names = new Set<string>()
  for (let object = spider; object !== Object.prototype && object !== null; object = Object.getPrototypeOf(object) as object) {
    for (const name of Object.getOwnPropertyNames(object)) {
      const property = Object.getOwnPropertyDescriptor(object, name)
      if (typeof property?.value === 'function' && !NOT_CALLBACKS.has(name)) names.add(name)
    }
  }
  return [...names].sort()
}
