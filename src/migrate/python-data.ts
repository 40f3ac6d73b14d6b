import { isUtf8 } from 'node:buffer'
import { SkeinError } from '../errors.ts'
import type { PickleValue } from '../frontier/redis/pickle/pickle-value.ts'
import type { JsonValue } from '../http/request.ts'

/**
 * Python's data as JSON: tuples and sets become arrays, bytes the text they are in UTF-8, an int beyond 2^53 its digits, keys that are no text
 * what Python's json makes of them. Throws `ERR_IMPORT_DATA`, which names the place, for what JSON cannot say: NaN, and bytes of anything else.
 *
 * @param path of the value, for the message
 */
export function toJson(value: PickleValue, path: string): JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value
    throw cannot(path, `the number ${value}`)
  }
  if (value instanceof Uint8Array) return textOf(value, path)
  if (value instanceof Map) return Object.fromEntries(entriesOf(value, path))
  return Array.from(value as Iterable<PickleValue>, (one, i) => toJson(one, `${path}[${i}]`))
}

/** A dict as a JSON object; see {@link toJson}. None and an empty one are an empty object. */
export function toJsonObject(value: PickleValue | undefined, path: string): Record<string, JsonValue> {
  if (value === undefined || value === null) return {}
  if (value instanceof Map) return Object.fromEntries(entriesOf(value, path))
  throw new SkeinError('ERR_IMPORT_DATA', `\`${path}\` is no dict.`)
}

/** Text, given as str or as bytes of UTF-8. */
export function toText(value: PickleValue | undefined, path: string): string {
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return textOf(value, path)
  throw new SkeinError('ERR_IMPORT_DATA', `\`${path}\` is no text.`)
}

function* entriesOf(map: ReadonlyMap<PickleValue, PickleValue>, path: string): Generator<[string, JsonValue]> {
  for (const [key, value] of map) {
    const name = key === null ? 'null' : typeof key === 'object' && !(key instanceof Uint8Array) ? undefined : keyText(key, path)
    if (name === undefined) throw cannot(path, 'a key that is a tuple')
    yield [name, toJson(value, `${path}.${name}`)]
  }
}

function keyText(key: string | number | bigint | boolean | Uint8Array, path: string): string {
  return key instanceof Uint8Array ? textOf(key, path) : String(key)
}

function textOf(bytes: Uint8Array, path: string): string {
  if (!isUtf8(bytes)) throw cannot(path, `${bytes.length} bytes that are no UTF-8`)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
}

function cannot(path: string, what: string): SkeinError {
  return new SkeinError('ERR_IMPORT_DATA', `\`${path.slice(0, 100)}\` has ${what}, which JSON cannot say.`)
}
