import { SkeinError } from '../errors.ts'

/** Levels of nesting that a feed writes. Python's json stops at about a thousand; a circle never stops. */
export const MAX_DEPTH = 500

/** Thrown inside a format at a value that it cannot write; {@link itemError} turns it into an error that names the field. */
class UnwritableValue extends Error {}

/**
 * What stands for an object in a feed: the result of its `toJSON` (dates, URLs), or itself when it is a plain object or an instance
 * with fields. An instance without fields (a Map, a Promise, a Selector) would turn into `{}` and lose what it holds: it is refused.
 */
export function plain(value: object): unknown {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    throw new UnwritableValue('bytes; make them text first, for example with toString("base64")')
  }
  const { toJSON } = value as { toJSON?: unknown }
  if (typeof toJSON === 'function') {
    const result: unknown = toJSON.call(value)
    return typeof result === 'object' && result !== null ? fielded(result) : result
  }
  return fielded(value)
}

function fielded(value: object): object {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null || Array.isArray(value)) return value
  if (value instanceof Map) throw new UnwritableValue('a Map; make it an object first: Object.fromEntries(map)')
  if (value instanceof Set) throw new UnwritableValue('a Set; make it a list first: [...set]')
  if (value instanceof Promise) throw new UnwritableValue('a Promise; await it first')
  // an object of another realm has a prototype that ends there too
  if (Object.keys(value).length > 0 || Object.getPrototypeOf(prototype) === null) return value
  const name = (value.constructor as { name?: string } | undefined)?.name || 'object'
  throw new UnwritableValue(`a ${name} without fields of its own; take the text or the values you want out of it`)
}

/** The fields of an item: what stands for it, which has to be an object. */
export function fieldsOf(item: object): Record<string, unknown> {
  const fields = plain(item)
  if (typeof fields === 'object' && fields !== null && !Array.isArray(fields)) return fields as Record<string, unknown>
  throw new UnwritableValue(Array.isArray(fields) ? 'a list; items are objects with named fields' : `a ${typeof fields}`)
}

/** For a function, a symbol: what JSON.stringify would leave out in silence. */
export function refuse(value: unknown): never {
  throw new UnwritableValue(`a ${typeof value}`)
}

/** For nesting beyond {@link MAX_DEPTH}. */
export function refuseDepth(): never {
  throw new UnwritableValue(`nested more than ${MAX_DEPTH} levels deep`)
}

/** The error for an item that could not be written: {@link UnwritableValue} with the path of the field, any other error as it is. */
export function itemError(item: object, error: unknown): unknown {
  if (!(error instanceof UnwritableValue)) return error
  const found = locate(item, '', new Set())
  const what = found?.reason ?? error.message
  const where = found?.path ? `its field "${found.path}" is ${what}` : `it is ${what}`
  return new SkeinError(
    'ERR_FEED_ITEM',
    `an item cannot be written: ${where}. Items hold strings, numbers, bigints, booleans, null, dates, lists and plain objects`,
  )
}

interface Found {
  readonly path: string
  readonly reason: string
}

/** The first value that cannot be written. Only runs once something went wrong, so that the way there costs nothing. */
function locate(value: unknown, path: string, above: Set<unknown>): Found | undefined {
  if (typeof value === 'function' || typeof value === 'symbol') return { path, reason: `a ${typeof value}` }
  if (typeof value !== 'object' || value === null) return undefined
  if (above.has(value)) return { path, reason: 'a circle: an object that holds itself' }
  if (above.size > MAX_DEPTH) return { path: `${path.slice(0, 40)}…`, reason: `nested more than ${MAX_DEPTH} levels deep` }
  let inner: unknown
  try {
    inner = plain(value)
  } catch (error) {
    return { path, reason: (error as Error).message }
  }
  if (typeof inner !== 'object' || inner === null) return locate(inner, path, above)
  above.add(value)
  for (const [key, field] of Object.entries(inner)) {
    const step = Array.isArray(inner) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`
    const found = locate(field, step, above)
    if (found !== undefined) return found
  }
  above.delete(value)
  return undefined
}
