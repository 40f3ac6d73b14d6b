import { SkeinError } from '../errors.ts'
import { flatString } from '../util/flat-string.ts'
import { describeValue } from './describe-value.ts'

/** Values that survive JSON unchanged. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined }
/** A JSON object. */
export type JsonObject = { readonly [key: string]: JsonValue | undefined }

/** Deeper than anybody's data, and far from the end of the stack; a structure that contains itself ends here too. */
const MAX_DEPTH = 200

/**
 * A private copy of an object that must survive JSON unchanged. Throws `code` with the path of the first value that would not: functions,
 * bigints, NaN, Dates and other class instances. Keys without a value are left out. The strings of the copy keep no page alive.
 */
export function copyJsonObject(value: unknown, path: string, code: string): JsonObject {
  if (!isPlainObject(value)) throw new SkeinError(code, `Expected \`${path}\` to be a plain object, got ${describeValue(value)}.`)
  return copyObject(value, path, code, 0)
}

/** As {@link copyJsonObject}, for any JSON value. */
export function copyJsonValue(value: unknown, path: string, code: string): JsonValue {
  return copy(value, path, code, 0)
}

function copy(value: unknown, path: string, code: string, depth: number): JsonValue {
  switch (typeof value) {
    case 'string':
      return flatString(value)
    case 'boolean':
      return value
    case 'number':
      if (Number.isFinite(value)) return value
      break
    case 'object':
      if (value === null) return null
      if (depth >= MAX_DEPTH) {
        throw new SkeinError(
          code,
          `\`${shorten(path)}\` is more than ${MAX_DEPTH} levels deep, or contains itself. Expected flat data.`,
        )
      }
      if (Array.isArray(value)) return Array.from(value, (one: unknown, i) => copy(one, `${path}[${i}]`, code, depth + 1))
      if (isPlainObject(value)) return copyObject(value, path, code, depth + 1)
  }
  throw new SkeinError(code, `Expected \`${shorten(path)}\` to be JSON, got ${describeValue(value)}${advice(value)}.`)
}

function copyObject(source: Record<string, unknown>, path: string, code: string, depth: number): JsonObject {
  const target: Record<string, JsonValue> = {}
  for (const key of Object.keys(source)) {
    const value = source[key]
    if (value === undefined) continue
    // the usual value is short, and a path is needed only for what can hold others
    const copied =
      typeof value === 'boolean' || (typeof value === 'string' && value.length < 13)
        ? value
        : copy(value, `${path}.${key}`, code, depth)
    if (key === '__proto__')
      Object.defineProperty(target, key, { value: copied, enumerable: true, configurable: true, writable: true })
    else target[key] = copied
  }
  return target
}

/** Whether a value is an object literal or has no prototype. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return true
  // one from another realm (a vm context) is as plain
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf')
}

function shorten(path: string): string {
  return path.length > 100 ? `${path.slice(0, 99)}…` : path
}

function advice(value: unknown): string {
  if (value instanceof Date) return ': pass its toISOString()'
  if (value instanceof URL) return ': pass its href'
  if (value instanceof Map || value instanceof Set) return ': pass an object or an array'
  if (typeof value === 'bigint') return ': pass it as a string'
  if (typeof value === 'number') return ': JSON has no such number'
  if (typeof value === 'function') return ': a request may be run by another process, which cannot call it'
  if (typeof value === 'object' || typeof value === 'symbol') return ': pass the plain data in it'
  return ': pass null'
}
