import type { PatternScanner } from './pattern-scanner.ts'

const unicode = {
  d: String.raw`\p{Nd}`,
  w: String.raw`\p{L}\p{N}_`,
  s: String.raw`\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`,
}
const ascii = { d: '0-9', w: 'A-Za-z0-9_', s: String.raw`\t-\r\x20` }

/** What `\d`, `\w` and `\s` stand for, as the inside of a class. Python's know all of Unicode, unless the flag `a` is set. */
export function shorthand(letter: 'd' | 'w' | 's', asciiOnly: boolean): string {
  return (asciiOnly ? ascii : unicode)[letter]
}

/** A character for a pattern with the flag `v`, inside of a class or outside. */
export function literal(character: string): string {
  return /[A-Za-z0-9_]/.test(character) || character > '\x7f'
    ? character
    : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
}

/** A character and its other case, as the inside of a class. */
export function bothCases(character: string): string {
  const cases = new Set([
    character,
    ...[character.toLowerCase(), character.toUpperCase()].filter((other) => [...other].length === 1),
  ])
  return [...cases].map(literal).join('')
}

/** Reads a class from behind its `[`. */
export function readClass(scanner: PatternScanner, anyCase: boolean, asciiOnly: boolean): string {
  const from = scanner.at - 1
  const negated = scanner.take('^')
  const parts: string[] = []
  for (let first = true; first || scanner.peek() !== ']'; first = false) {
    if (scanner.atEnd) scanner.fail('the class is not closed: expected ]', from)
    const at = scanner.at
    const low = readItem(scanner, asciiOnly)
    if (scanner.peek() !== '-' || scanner.peek(1) === ']' || scanner.peek(1) === '') {
      parts.push(low.set ?? (anyCase ? bothCases(low.character!) : literal(low.character!)))
      continue
    }
    scanner.at++
    const high = readItem(scanner, asciiOnly)
    if (low.character === undefined || high.character === undefined) scanner.fail('a range needs a character on both sides', at)
    if (low.character.codePointAt(0)! > high.character.codePointAt(0)!) scanner.fail('the range is the wrong way round', at)
    parts.push(`${literal(low.character)}-${literal(high.character)}`)
    if (anyCase)
      parts.push(otherCase(low.character, high.character, 'a', 'z', -32), otherCase(low.character, high.character, 'A', 'Z', 32))
  }
  scanner.at++
  return `[${negated ? '^' : ''}${parts.join('')}]`
}

function readItem(scanner: PatternScanner, asciiOnly: boolean): { character?: string; set?: string } {
  if (!scanner.take('\\')) return { character: scanner.character() }
  const letter = scanner.peek()
  if (/[dws]/.test(letter)) {
    scanner.at++
    return { set: shorthand(letter as 'd', asciiOnly) }
  }
  if (/[DWS]/.test(letter)) {
    scanner.at++
    return { set: `[^${shorthand(letter.toLowerCase() as 'd', asciiOnly)}]` }
  }
  if (scanner.take('b')) return { character: '\b' }
  return { character: scanner.escaped() }
}

// the part of a range that is ASCII letters of one case, in the other case
function otherCase(low: string, high: string, first: string, last: string, shift: number): string {
  const from = Math.max(low.codePointAt(0)!, first.charCodeAt(0))
  const to = Math.min(high.codePointAt(0)!, last.charCodeAt(0))
  return from > to ? '' : `${String.fromCharCode(from + shift)}-${String.fromCharCode(to + shift)}`
}
