import { fieldsOf, itemError, MAX_DEPTH, plain, refuse, refuseDepth } from './value.ts'

/** How JSON is laid out. */
export interface JsonLayout {
  /** Escape what is not ASCII. */
  readonly ascii: boolean
  /** Spaces a level; 0: everything on one line. */
  readonly indent: number
}

// JSON.stringify of a string costs 3 times what this test and two concatenations do (Node 20); lone surrogates need it (ES2019)
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/
const ESCAPED_ASCII = /[^ !#-[\]-~]/
const BEYOND_ASCII = /[\u007f-\uffff]/g

/** Field names kept in quotes; a crawl has few, and a hostile page must not fill memory with them. */
const MAX_NAMES = 1000

/**
 * JSON as Python's `json.dumps` lays it out: `", "` and `": "` on one line. JSON.stringify has no such form, and a pass over its text
 * costs more than writing it here. Undefined fields are left out, NaN and infinities are null, bigints are numbers, dates ISO 8601.
 */
export function createJsonText({ ascii, indent }: JsonLayout): (value: unknown) => string {
  const names = new Map<string, string>()
  const breaks: string[] = []

  function quote(text: string): string {
    if (!ascii) return ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`
    return ESCAPED_ASCII.test(text) ? JSON.stringify(text).replace(BEYOND_ASCII, escapeUnit) : `"${text}"`
  }

  function nameText(name: string): string {
    let text = names.get(name)
    if (text === undefined) {
      text = `${quote(name)}: `
      if (names.size < MAX_NAMES) names.set(name, text)
    }
    return text
  }

  function lineBreak(depth: number): string {
    return (breaks[depth] ??= `\n${' '.repeat(indent * depth)}`)
  }

  function text(value: unknown, depth: number): string {
    switch (typeof value) {
      case 'string':
        return quote(value)
      case 'number':
        return Number.isFinite(value) ? `${value}` : 'null'
      case 'boolean':
      case 'bigint':
        return `${value}`
      case 'undefined':
        return 'null'
      case 'object':
        return value === null ? 'null' : container(value, depth)
      default:
        return refuse(value)
    }
  }

  function container(value: object, depth: number): string {
    if (depth > MAX_DEPTH) refuseDepth()
    if (Array.isArray(value)) return list(value, depth)
    const inner = plain(value)
    if (typeof inner !== 'object' || inner === null) return text(inner, depth)
    return Array.isArray(inner) ? list(inner, depth) : fields(inner as Record<string, unknown>, depth)
  }

  function list(values: readonly unknown[], depth: number): string {
    if (values.length === 0) return '[]'
    const separator = indent === 0 ? ', ' : `,${lineBreak(depth + 1)}`
    let out = indent === 0 ? '[' : `[${lineBreak(depth + 1)}`
    for (let i = 0; i < values.length; i++) {
      if (i > 0) out += separator
      out += text(values[i], depth + 1)
    }
    return indent === 0 ? `${out}]` : `${out}${lineBreak(depth)}]`
  }

  function fields(object: Record<string, unknown>, depth: number): string {
    const separator = indent === 0 ? ', ' : `,${lineBreak(depth + 1)}`
    let out = ''
    for (const name of Object.keys(object)) {
      const value = object[name]
      if (value === undefined) continue
      if (out !== '') out += separator
      out += nameText(name)
      out += typeof value === 'string' ? quote(value) : text(value, depth + 1)
    }
    if (out === '' || indent === 0) return `{${out}}`
    return `{${lineBreak(depth + 1)}${out}${lineBreak(depth)}}`
  }

  return (value) => text(value, 0)
}

/** Writes items, all their fields: what `redisItems` appends to a list. Fails with `ERR_FEED_ITEM` for an item that has no form in JSON. */
export function createItemJson(layout: JsonLayout): (item: object) => string {
  const json = createJsonText(layout)
  return (item) => {
    try {
      return json(fieldsOf(item))
    } catch (error) {
      throw itemError(item, error)
    }
  }
}

function escapeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
