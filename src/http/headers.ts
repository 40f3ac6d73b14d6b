import { inspect } from 'node:util'
import { SkeinError } from '../errors.ts'
import { flatString } from '../util/flat-string.ts'
import { describeValue } from './describe-value.ts'

/** What headers can be made from. `null` and `undefined` stand for a header that is not there. */
export type HeadersInit =
  | Headers
  | Iterable<readonly [string, string]>
  | Readonly<Record<string, string | readonly string[] | null | undefined>>

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const BAD_VALUE = /[^\t\x20-\x7e\x80-\uffff]/
const BEYOND_LATIN1 = /[^\0-\xff]/

/**
 * The headers of a request or a response: an ordered list that keeps names as they were written, seen without regard to case.
 * Immutable; `with` and `withDefaults` give copies.
 *
 * Values are strings of Latin-1 code units, which is what goes over the wire; a value with other characters is kept as the Latin-1
 * reading of its UTF-8 bytes.
 *
 * @example
 * const headers = Headers.from({ Accept: 'text/html', Cookie: 'a=1' })
 * headers.get('accept') // 'text/html'
 * headers.with('Cookie', null).size // 1
 */
export class Headers implements Iterable<[string, string]> {
  /** No headers. */
  static readonly empty: Headers = new Headers([])

  /** name, value, name, value, … */
  readonly #flat: readonly string[]

  private constructor(flat: readonly string[]) {
    this.#flat = flat
  }

  /**
   * Headers made by hand. Throws `ERR_HEADER_INVALID` for a name that is no token (RFC 9110, 5.6.2), and for a value that is no
   * string or has a control character (a line break in it would start another header).
   */
  static from(init?: HeadersInit | null): Headers {
    if (init === undefined || init === null) return Headers.empty
    if (init instanceof Headers) return init
    if (typeof init !== 'object') {
      throw new SkeinError(
        'ERR_HEADER_INVALID',
        `Expected headers to be an object or pairs of name and value, got ${describeValue(init)}.`,
      )
    }
    const flat: string[] = []
    if (Symbol.iterator in init) {
      for (const pair of init) {
        if (!Array.isArray(pair) || pair.length !== 2) {
          throw new SkeinError(
            'ERR_HEADER_INVALID',
            `Expected each header to be a pair of name and value, got ${describeValue(pair)}.`,
          )
        }
        push(flat, pair[0], pair[1])
      }
    } else {
      for (const name of Object.keys(init)) push(flat, name, init[name])
    }
    return flat.length === 0 ? Headers.empty : new Headers(flat)
  }

  /** Headers off the wire: name, value, name, value, … Not checked and not copied: the list must not change any more. */
  static fromRaw(flat: readonly string[]): Headers {
    return flat.length === 0 ? Headers.empty : new Headers(flat)
  }

  /** How many lines: a header given twice counts twice. */
  get size(): number {
    return this.#flat.length >> 1
  }

  /** The first value of a header. (Scrapy takes the last; a header that is given twice by mistake means neither.) */
  get(name: string): string | undefined {
    const at = find(this.#flat, name, 0)
    return at < 0 ? undefined : this.#flat[at + 1]
  }

  /** All values of a header, in order; none: an empty array. */
  getAll(name: string): readonly string[] {
    const values: string[] = []
    for (let at = find(this.#flat, name, 0); at >= 0; at = find(this.#flat, name, at + 2)) values.push(this.#flat[at + 1]!)
    return values
  }

  /** Whether a header is there. */
  has(name: string): boolean {
    return find(this.#flat, name, 0) >= 0
  }

  /**
   * A copy in which a header has this value, or these, in the place of those it had (at the end if it had none). `null` takes it away.
   * Throws `ERR_HEADER_INVALID` as {@link Headers.from} does.
   */
  with(name: string, value: string | readonly string[] | null): Headers {
    const added: string[] = []
    push(added, name, value)
    const flat: string[] = []
    let placed = false
    for (let i = 0; i + 1 < this.#flat.length; i += 2) {
      if (!same(this.#flat[i]!, name)) flat.push(this.#flat[i]!, this.#flat[i + 1]!)
      else if (!placed) placed = flat.push(...added) >= 0
    }
    if (!placed) flat.push(...added)
    return flat.length === 0 ? Headers.empty : new Headers(flat)
  }

  /**
   * A copy with those of `other` that are absent here, after those that are here. No copy is made where none is needed: the answer is
   * `other` itself when there are none here, and this when nothing is absent.
   */
  withDefaults(other: Headers): Headers {
    if (this.#flat.length === 0) return other
    let flat: string[] | undefined
    const theirs = other.#flat
    for (let i = 0; i + 1 < theirs.length; i += 2) {
      if (find(this.#flat, theirs[i]!, 0) >= 0) continue
      flat ??= this.#flat.slice()
      flat.push(theirs[i]!, theirs[i + 1]!)
    }
    return flat === undefined ? this : new Headers(flat)
  }

  /** By name as written first; a header that is there several times has an array. The object has no prototype. */
  toRecord(): Record<string, string | string[]> {
    const record = Object.create(null) as Record<string, string | string[]>
    const written = new Map<string, string>()
    for (const [name, value] of this) {
      const lower = name.toLowerCase()
      const key = written.get(lower)
      if (key === undefined) {
        written.set(lower, name)
        record[name] = value
      } else {
        const before = record[key]!
        if (typeof before === 'string') record[key] = [before, value]
        else before.push(value)
      }
    }
    return record
  }

  /** Name, value, name, value, … A copy. */
  toFlat(): string[] {
    return this.#flat.slice()
  }

  *[Symbol.iterator](): Generator<[string, string], undefined, undefined> {
    for (let i = 0; i + 1 < this.#flat.length; i += 2) yield [this.#flat[i]!, this.#flat[i + 1]!]
  }

  static {
    // as a method it would need a computed name, which declarations cannot have
    Object.defineProperty(Headers.prototype, inspect.custom, {
      value(this: Headers): object {
        return { headers: { ...this.toRecord() } }
      },
    })
  }
}

/** A scan: a page has a dozen headers and is asked for three, which costs less than an index of them. */
function find(flat: readonly string[], name: string, from: number): number {
  for (let i = from; i + 1 < flat.length; i += 2) {
    if (same(flat[i]!, name)) return i
  }
  return -1
}

function same(a: string, b: string): boolean {
  return a.length === b.length && (a === b || a.toLowerCase() === b.toLowerCase())
}

function push(flat: string[], name: unknown, value: unknown): void {
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw new SkeinError(
      'ERR_HEADER_INVALID',
      `Expected the name of a header to be letters, digits and any of !#$%&'*+-.^_\`|~, got ${describeValue(name)}.`,
    )
  }
  if (value === null || value === undefined) return
  if (Array.isArray(value)) {
    for (const one of value) flat.push(name, checked(name, one))
  } else {
    flat.push(name, checked(name, value))
  }
}

function checked(name: string, value: unknown): string {
  if (typeof value !== 'string') {
    throw new SkeinError('ERR_HEADER_INVALID', `Expected the header ${name} to be a string, got ${describeValue(value)}.`)
  }
  const trimmed = value.trim()
  if (BAD_VALUE.test(trimmed)) {
    throw new SkeinError(
      'ERR_HEADER_INVALID',
      `The header ${name} has a line break or another control character in it: take it out, or encode the value.`,
    )
  }
  return BEYOND_LATIN1.test(trimmed) ? Buffer.from(trimmed).toString('latin1') : flatString(trimmed)
}
