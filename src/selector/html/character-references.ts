import type { Token, TokenHandler } from 'parse5'
import { flatString } from '../../util/flat-string.ts'
import { EQUALS, HASH, isAlphanumeric, SEMICOLON } from './characters.ts'
import { parse5 } from './parse5.ts'

/** The names that pages may write without a semicolon, as HTML 4 browsers let them; nothing else may be. */
const withoutSemicolon: ReadonlySet<string> = new Set(
  `AElig AMP Aacute Acirc Agrave Aring Atilde Auml COPY Ccedil ETH Eacute Ecirc Egrave Euml GT Iacute Icirc Igrave Iuml LT Ntilde Oacute
  Ocirc Ograve Oslash Otilde Ouml QUOT REG THORN Uacute Ucirc Ugrave Uuml Yacute aacute acirc acute aelig agrave amp aring atilde auml
  brvbar ccedil cedil cent copy curren deg divide eacute ecirc egrave eth euml frac12 frac14 frac34 gt iacute icirc iexcl igrave iquest
  iuml laquo lt macr micro middot nbsp not ntilde oacute ocirc ograve ordf ordm oslash otilde ouml para plusmn pound quot raquo reg sect
  shy sup1 sup2 sup3 szlig thorn times uacute ucirc ugrave uml uuml yacute yen yuml`.split(/\s+/),
)
const LONGEST_WITHOUT_SEMICOLON = 6
/** `CounterClockwiseContourIntegral`, the longest name. */
const LONGEST_NAME = 31

/** What numbers 0x80 to 0x9F stand for, those of Windows-1252. */
const windows1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

/** Names that were looked up; '' for those that are none. */
const known = new Map<string, string>()
// there are 2,125 names, but pages can write any number that are none
const MAX_KNOWN = 4096

/**
 * Resolves the character references of a text or, with other rules for those without a semicolon, of an attribute's value. CR and NUL
 * stay as they are. Takes time linear in the length.
 *
 * @see https://html.spec.whatwg.org/multipage/parsing.html#character-reference-state
 * @example
 * decodeReferences('?a=1&copy=2&amp;b', true) // '?a=1&copy=2&b'
 * decodeReferences('?a=1&copy=2&amp;b', false) // '?a=1©=2&b'
 */
export function decodeReferences(raw: string, inAttribute: boolean): string {
  let decoded = ''
  let from = 0
  for (let amp = raw.indexOf('&'); amp >= 0; amp = raw.indexOf('&', Math.max(from, amp + 1))) {
    let end = amp + 1
    let value = ''
    if (raw.charCodeAt(end) === HASH) {
      const hex = (raw.charCodeAt(end + 1) | 32) === 120
      const digits = end + (hex ? 2 : 1)
      end = digitsEnd(raw, digits, hex)
      if (end === digits) continue
      value = character(raw, digits, end, hex)
      if (raw.charCodeAt(end) === SEMICOLON) end++
    } else {
      end = nameEnd(raw, end)
      if (raw.charCodeAt(end) === SEMICOLON) value = named(raw.slice(amp + 1, end++))
      if (value === '') {
        end = prefixEnd(raw, amp + 1, end)
        if (end < 0 || (inAttribute && isGluedTo(raw.charCodeAt(end)))) continue
        value = named(raw.slice(amp + 1, end))
      }
    }
    decoded += raw.slice(from, amp) + value
    from = end
  }
  return from === 0 ? raw : decoded + raw.slice(from)
}

function digitsEnd(raw: string, from: number, hex: boolean): number {
  let i = from
  for (; i < raw.length; i++) {
    const c = raw.charCodeAt(i)
    if (c >= 48 && c <= 57) continue
    if (!hex || (c | 32) < 97 || (c | 32) > 102) break
  }
  return i
}

function character(raw: string, from: number, to: number, hex: boolean): string {
  let code = 0
  for (let i = from; i < to && code <= 0x10ffff; i++) {
    const c = raw.charCodeAt(i)
    code = code * (hex ? 16 : 10) + (c <= 57 ? c - 48 : (c | 32) - 87)
  }
  if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return '\ufffd'
  return code >= 0x80 && code <= 0x9f ? windows1252.charAt(code - 0x80) : String.fromCodePoint(code)
}

function nameEnd(raw: string, from: number): number {
  const limit = Math.min(raw.length, from + LONGEST_NAME)
  let i = from
  while (i < limit && isAlphanumeric(raw.charCodeAt(i))) i++
  return i
}

/** Where the longest name that needs no semicolon ends; -1 when none begins here. */
function prefixEnd(raw: string, from: number, end: number): number {
  for (let to = Math.min(end, from + LONGEST_WITHOUT_SEMICOLON); to > from + 1; to--) {
    if (withoutSemicolon.has(raw.slice(from, to))) return to
  }
  return -1
}

/** `&copy=` and `&copya` are part of a URL when they stand in an attribute. */
function isGluedTo(code: number): boolean {
  return code === EQUALS || isAlphanumeric(code)
}

function named(name: string): string {
  const cached = known.get(name)
  if (cached !== undefined) return cached
  const value = lookUp(name)
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(flatString(name), value)
  return value
}

let answer = ''
const collect = ({ chars }: Token.CharacterToken): void => {
  answer += chars
}
const ignore = (): void => {}
const collector: TokenHandler = {
  onCharacter: collect,
  onWhitespaceCharacter: collect,
  onNullCharacter: ignore,
  onComment: ignore,
  onDoctype: ignore,
  onStartTag: ignore,
  onEndTag: ignore,
  onEof: ignore,
  onParseError: null,
}

/** The table of names is the one inside of parse5, which shows what a name is only by what it makes of a reference to it. */
function lookUp(name: string): string {
  answer = ''
  const { Tokenizer } = parse5()
  new Tokenizer({ sourceCodeLocationInfo: false }, collector).write(`&${name};`, true)
  // of `&notit;` only `&not` is a name: the semicolon stays, as it does behind everything that is no whole name
  return answer.endsWith(';') && name !== 'semi' ? '' : flatString(answer)
}
