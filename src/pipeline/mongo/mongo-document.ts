import { StoreError } from '../store/store-error.ts'

/** Bytes of BSON that a MongoDB document may have at most. */
export const MAX_DOCUMENT: number = 16 * 1024 * 1024
/** Levels of nesting that MongoDB takes are 100. */
const MAX_DEPTH = 100
const INT64 = 2n ** 63n

/** An item as MongoDB is to hold it. */
export interface MongoDocument {
  readonly fields: Record<string, unknown>
  /** Of its BSON: the number at most. */
  readonly bytes: number
}

/**
 * A copy of an item that BSON can hold, so that nothing of it changes before it is written. Undefined fields are left out; dates, bytes and
 * BSON's own types (ObjectId, Decimal128) stay what they are, bigints become 64-bit integers; what else has a `toJSON` is what that says.
 *
 * @param dots whether field names below the top may contain dots
 * @throws StoreError ERR_STORE_ITEM with the field that cannot be stored, and why
 */
export function mongoDocument(item: object, dots: boolean): MongoDocument {
  const path: string[] = []
  let bytes = 0

  function refuse(why: string): never {
    const field = path.join('.')
    const text = field.length > 100 ? `${field.slice(0, 100)}…` : field
    throw new StoreError('ERR_STORE_ITEM', `MongoDB cannot hold the item: ${text === '' ? 'it' : `its field "${text}"`} ${why}`)
  }

  function value(from: unknown): unknown {
    switch (typeof from) {
      case 'string':
        // UTF-8 has 3 bytes for each unit of UTF-16 at most
        bytes += 5 + 3 * from.length
        return from
      case 'number':
      case 'boolean':
        bytes += 8
        return from
      case 'bigint':
        if (from < -INT64 || from >= INT64) refuse('is a bigint that 64 bits do not hold; make it a text')
        bytes += 8
        return from
      case 'object':
        return from === null ? null : container(from)
      default:
        return refuse(`is a ${typeof from}`)
    }
  }

  function container(from: object): unknown {
    if (path.length > MAX_DEPTH) refuse(`is nested deeper than ${MAX_DEPTH} levels, or in a circle`)
    if (from instanceof Date) {
      if (Number.isNaN(from.getTime())) refuse('is an invalid date')
      bytes += 8
      return new Date(from)
    }
    if (from instanceof Uint8Array) {
      bytes += 5 + from.byteLength
      return Buffer.from(from)
    }
    if (Object.hasOwn(from, '_bsontype') || '_bsontype' in from) {
      bytes += 64
      return from
    }
    if (Array.isArray(from)) return list(from)
    const { toJSON } = from as { toJSON?: unknown }
    if (typeof toJSON === 'function') {
      const told: unknown = toJSON.call(from)
      return typeof told === 'object' && told !== null && !Array.isArray(told) ? document(told) : value(told)
    }
    return document(from)
  }

  function list(from: readonly unknown[]): unknown[] {
    bytes += 5
    return from.map((one, index) => {
      path.push(String(index))
      bytes += 8
      const to = one === undefined ? null : value(one)
      path.pop()
      return to
    })
  }

  function document(from: object): Record<string, unknown> {
    const prototype: unknown = Object.getPrototypeOf(from)
    const names = Object.keys(from)
    if (from instanceof Map || from instanceof Set || from instanceof Promise || ArrayBuffer.isView(from)) {
      refuse(`is a ${from.constructor.name}; make it a list or an object of plain values first`)
    }
    if (names.length === 0 && prototype !== null && Object.getPrototypeOf(prototype) !== null) {
      refuse(`is a ${from.constructor?.name || 'object'} without fields of its own; take the values you want out of it`)
    }
    const to: Record<string, unknown> = {}
    bytes += 5
    for (const name of names) {
      const field = (from as Record<string, unknown>)[name]
      if (field === undefined) continue
      path.push(name)
      checkName(name)
      bytes += 2 + 3 * name.length
      // plainly: objects without a prototype cost the driver's writer twice the time
      if (name !== '__proto__') to[name] = value(field)
      else Object.defineProperty(to, name, { value: value(field), enumerable: true, configurable: true, writable: true })
      path.pop()
    }
    return to
  }

  function checkName(name: string): void {
    if (name.startsWith('$')) refuse('has a name that begins with "$", which MongoDB takes for an operator; rename it')
    if (name.includes('\0')) refuse('has a name with a NUL character')
    if (!name.includes('.')) return
    if (path.length === 1) refuse('has a name with a dot, which MongoDB takes for a path; rename it')
    if (!dots) refuse('has a name with a dot, which this server does not take; rename it')
  }

  const fields = container(item)
  const isDocument = typeof fields === 'object' && fields !== null && Object.getPrototypeOf(fields) === Object.prototype
  if (!isDocument || Object.hasOwn(fields, '_bsontype')) refuse('is no object with fields')
  return { fields: fields as Record<string, unknown>, bytes }
}
