import type { DefaultTreeAdapterTypes } from 'parse5'
import { flatString } from '../../util/flat-string.ts'
import { parse5 } from '../html/parse5.ts'

/** References that were looked up. There are some 2,200 names, but pages can write any number that are none. */
const known = new Map<string, string>()
const MAX_KNOWN = 4096
/** No name is longer than 33 characters, so what is longer is not worth keeping. */
const MAX_KNOWN_LENGTH = 40

/**
 * Resolves the character references of a text or, with other rules for those without a semicolon, of an attribute's value, and does what
 * the standard does to all input: CR and CR LF become LF, NUL becomes U+FFFD (in a text: nothing).
 *
 * @example
 * decodeEntities('?a=1&copy=2&amp;b', true) // '?a=1&copy=2&b'
 * decodeEntities('?a=1&copy=2&amp;b', false) // '?a=1©=2&b'
 */
export function decodeEntities(raw: string, inAttribute: boolean): string {
  if (!/[&\r\0]/.test(raw)) return raw
  const text = raw.replace(/\r\n?/g, '\n')
  return inAttribute ? resolveAll(text.replaceAll('\0', '\ufffd'), true) : resolveAll(text, false).replaceAll('\0', '')
}

function resolveAll(text: string, inAttribute: boolean): string {
  let amp = text.indexOf('&')
  if (amp < 0) return text
  let decoded = ''
  let from = 0
  while (amp >= 0) {
    if (text.startsWith('amp;', amp + 1)) {
      decoded += text.slice(from, amp + 1)
      from = amp + 5
    } else {
      const end = referenceEnd(text, amp + 1)
      if (end > amp + 1) {
        // what follows a name without a semicolon counts in an attribute: `&copy=` is no reference there
        const key = (inAttribute ? 'a' : 't') + text.slice(amp, inAttribute && text[end] === '=' ? end + 1 : end)
        decoded += text.slice(from, amp) + resolve(key)
        from = amp + key.length - 1
      }
    }
    amp = text.indexOf('&', Math.max(from, amp + 1))
  }
  return decoded + text.slice(from)
}

function referenceEnd(text: string, from: number): number {
  let i = from
  if (text[i] === '#') i++
  while (i < text.length && isAlphanumeric(text.charCodeAt(i))) i++
  return text[i] === ';' ? i + 1 : i
}

function isAlphanumeric(code: number): boolean {
  const lower = code | 32
  return (lower >= 97 && lower <= 122) || (code >= 48 && code <= 57)
}

/** The table of names and the rules around it are parse5's: what is looked up is short, and asked once. */
function resolve(key: string): string {
  const cached = known.get(key)
  if (cached !== undefined) return cached
  const reference = key.slice(1)
  let value: string
  if (key[0] === 'a') {
    const element = parse5().parseFragment(`<i a="${reference}">`).childNodes[0] as DefaultTreeAdapterTypes.Element
    value = element.attrs[0]!.value
  } else {
    const text = parse5().parseFragment(reference).childNodes[0] as DefaultTreeAdapterTypes.TextNode | undefined
    value = text?.value ?? ''
  }
  if (key.length > MAX_KNOWN_LENGTH) return value
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(flatString(key), flatString(value))
  return value
}
