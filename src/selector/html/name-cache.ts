import type { html } from 'parse5'
import { asciiLower } from './characters.ts'
import { parse5 } from './parse5.ts'
import { UNKNOWN_TAG } from './parse5-codes.ts'

const SLOTS = 1024
const MAX_LENGTH = 32

/**
 * The names of tags and attributes that pages use over and over, found by their characters: no string is made, and the same string comes
 * back each time, so that comparing two names and finding a property by its name are comparisons of addresses. A name takes the place of
 * another in the same slot; there are never more than 1,024.
 */
export class NameCache {
  readonly #names: string[] = new Array<string>(SLOTS).fill('')
  readonly #ids: html.TAG_ID[] = new Array<html.TAG_ID>(SLOTS).fill(UNKNOWN_TAG)
  /** What parse5 calls the tag that was found last. */
  id: html.TAG_ID = UNKNOWN_TAG

  /**
   * The name at `from` to `to`, in lower case, NUL replaced.
   *
   * @param hash of the name's characters
   * @param odd whether it contains upper case or NUL
   */
  find(text: string, from: number, to: number, hash: number, odd: boolean): string {
    const slot = (hash ^ (hash >>> 10)) & (SLOTS - 1)
    const known = this.#names[slot]!
    if (!odd && isAt(text, from, to, known)) {
      this.id = this.#ids[slot]!
      return known
    }
    const raw = text.slice(from, to)
    const name = odd ? asciiLower(raw).replaceAll('\0', '\ufffd') : raw
    this.id = parse5().html.getTagID(name)
    if (odd || name.length > MAX_LENGTH) return name
    const kept = intern(name)
    this.#names[slot] = kept
    this.#ids[slot] = this.id
    return kept
  }
}

/** V8 keeps one string for all keys that are equal. The object has no prototype, so no hidden class is made for each name. */
function intern(name: string): string {
  const keys: Record<string, true> = Object.create(null)
  keys[name] = true
  return Object.keys(keys)[0]!
}

function isAt(text: string, from: number, to: number, name: string): boolean {
  const length = to - from
  if (name.length !== length) return false
  for (let i = 0; i < length; i++) {
    if (text.charCodeAt(from + i) !== name.charCodeAt(i)) return false
  }
  return true
}
