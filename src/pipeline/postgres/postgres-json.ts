/** Levels of nesting at most: those that the other stores take. */
const MAX_DEPTH = 100

/** Says why a value cannot be stored; `path` leads to it from the item. */
export type Refuse = (path: readonly string[], why: string) => never

/**
 * A value as JSON that PostgreSQL takes: dates in ISO form, bigints as texts of digits, bytes as `\x` and hex digits, half of a surrogate pair as
 * U+FFFD; undefined fields are left out; what else has a `toJSON` is what that says.
 *
 * @param path where the value is; it is the same again afterwards
 */
export function postgresJson(from: unknown, path: string[], refuse: Refuse): string {
  switch (typeof from) {
    case 'string':
      if (from.includes('\0')) refuse(path, 'has a NUL character, which PostgreSQL cannot hold')
      return JSON.stringify(from.toWellFormed())
    case 'number':
      if (!Number.isFinite(from)) refuse(path, `is ${from}, which JSON does not have`)
      return JSON.stringify(from)
    case 'boolean':
      return String(from)
    case 'bigint':
      return `"${from}"`
    case 'object':
      return from === null ? 'null' : containerText(from, path, refuse)
    default:
      return refuse(path, `is a ${typeof from}`)
  }
}

/** The fields of an item, each as JSON. */
export function postgresFields(item: object, refuse: Refuse): Record<string, string> {
  const fields = fieldsOf(item, [], refuse)
  return fields === undefined ? refuse([], 'is no object with fields') : textsOf(fields, [], refuse)
}

function containerText(from: object, path: string[], refuse: Refuse): string {
  if (path.length > MAX_DEPTH) refuse(path, `is nested deeper than ${MAX_DEPTH} levels, or in a circle`)
  if (from instanceof Date) return dateText(from, path, refuse)
  if (from instanceof Uint8Array) return `"\\\\x${Buffer.from(from.buffer, from.byteOffset, from.byteLength).toString('hex')}"`
  if (Array.isArray(from)) return listText(from, path, refuse)
  const { toJSON } = from as { toJSON?: unknown }
  const fields = fieldsOf(from, path, refuse)
  // a toJSON may say anything but an object
  if (fields === undefined) return postgresJson((toJSON as () => unknown).call(from), path, refuse)
  const texts = textsOf(fields, path, refuse)
  return `{${Object.keys(texts)
    .map((name) => `${JSON.stringify(name)}:${texts[name]}`)
    .join(',')}}`
}

function dateText(from: Date, path: string[], refuse: Refuse): string {
  if (Number.isNaN(from.getTime())) refuse(path, 'is an invalid date')
  const year = from.getUTCFullYear()
  if (year < 1 || year > 9999) refuse(path, `is a date of the year ${year}. Expected 1 to 9999`)
  return `"${from.toISOString()}"`
}

function listText(from: readonly unknown[], path: string[], refuse: Refuse): string {
  const texts = Array.from(from, (one, index) => {
    path.push(String(index))
    const text = one === undefined ? 'null' : postgresJson(one, path, refuse)
    path.pop()
    return text
  })
  return `[${texts.join(',')}]`
}

/** What an object has for fields; undefined where it is none, but what its `toJSON` says. */
export function fieldsOf(from: object, path: readonly string[], refuse: Refuse): Readonly<Record<string, unknown>> | undefined {
  const { toJSON } = from as { toJSON?: unknown }
  if (typeof toJSON === 'function') {
    const told: unknown = toJSON.call(from)
    return typeof told === 'object' && told !== null && !Array.isArray(told) ? (told as Record<string, unknown>) : undefined
  }
  if (Array.isArray(from)) return undefined
  if (from instanceof Map || from instanceof Set || from instanceof Promise || ArrayBuffer.isView(from)) {
    return refuse(path, `is a ${from.constructor.name}; make it a list or an object of plain values first`)
  }
  const prototype: unknown = Object.getPrototypeOf(from)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null && Object.keys(from).length === 0) {
    return refuse(
      path,
      `is a ${from.constructor?.name || 'object'} without fields of its own; take the values you want out of it`,
    )
  }
  return from as Record<string, unknown>
}

function textsOf(fields: Readonly<Record<string, unknown>>, path: string[], refuse: Refuse): Record<string, string> {
  // without a prototype: a field may be called __proto__
  const texts: Record<string, string> = Object.create(null)
  for (const name of Object.keys(fields)) {
    const value = fields[name]
    if (value === undefined) continue
    path.push(name)
    if (name.includes('\0')) refuse(path, 'has a name with a NUL character')
    texts[name.toWellFormed()] = postgresJson(value, path, refuse)
    path.pop()
  }
  return texts
}
