import { PatternScanner } from './pattern-scanner.ts'
import { bothCases, literal, readClass, shorthand } from './python-class.ts'

/** A pattern of Python's `re` as one of JavaScript. */
export interface TranslatedPattern {
  source: string
  /** `v`, and `i` when it holds for all of the pattern. */
  flags: string
  /** Where the groups that the author wrote are: translating may add others. */
  groups: number[]
  /** The group named `extract`. */
  extract: number | undefined
  /** The place of a named group in `groups`, counted from 1. */
  names: ReadonlyMap<string, number>
}

type Flags = Readonly<Record<'i' | 'm' | 's' | 'x' | 'a', boolean>>

// `[^]` fails with the flag `v` in V8 11.3 (Node 20)
const ANY = '[\\s\\S]'
const START = '^'
const END = '$'
const NESTING = 200

/**
 * Translates a pattern of Python's `re` (3.12): named groups `(?P<n>…)` and `(?P=n)`, inline flags for all or part, `\A` and `\Z`, verbose
 * patterns, comments, atomic groups and possessive repeats; and what looks alike but differs: `\d \w \s \b` know all of Unicode, `.`, `^` and
 * `$` know `\n` only, and `$` also matches before a last newline.
 *
 * Two things differ still: a reference to a group that did not take part matches nothing in Python and the empty text here, and a group
 * in a repeat forgets its text when a later round does not use it.
 *
 * @throws SkeinError `ERR_REGEX`, with the place, for what Python refuses and for conditional groups, which JavaScript cannot do
 */
export function translatePythonPattern(pattern: string): TranslatedPattern {
  return new Translator(pattern).run()
}

class Translator {
  readonly #scanner: PatternScanner
  readonly #out: string[] = []
  /** By number, the first unused. A group whose end is not reached yet cannot be referred to. */
  readonly #closed: boolean[] = [false]
  readonly #names = new Map<string, number>()
  #flags: Flags = { i: false, m: false, s: false, x: false, a: false }
  #expandCase = false
  #atomics = 0
  #depth = 0

  constructor(pattern: string) {
    this.#scanner = new PatternScanner(pattern)
  }

  run(): TranslatedPattern {
    const { pattern } = this.#scanner
    while (this.#scanner.match(/\(\?#[^)]*\)/y));
    const global = this.#scanner.match(/\(\?([aiLmsux]+)\)/y)
    if (global) this.#flags = this.#withFlags(global[1]!, '')
    const { i } = this.#flags
    // switching a flag for a part of the pattern is too new in JavaScript for Node 20 and 22
    this.#expandCase = !i || /\(\?[a-z]*-[a-z]*i/.test(pattern)
    this.#alternatives()
    if (!this.#scanner.atEnd) this.#scanner.fail('a closing parenthesis without an opening one')
    return { ...this.#finish(), flags: i && !this.#expandCase ? 'iv' : 'v' }
  }

  // While translating, groups and references have names, so that an added group does not renumber the others.
  #finish(): Omit<TranslatedPattern, 'flags'> {
    const named = this.#out.join('')
    const groups: number[] = []
    let number = 0
    const source = named.replace(/\(\?<([ga])(\d+)>|\\k<([ga])(\d+)>/g, (all, kind: string | undefined, own: string) => {
      if (kind === undefined) return this.#atomics === 0 ? `(?:\\${all.slice(4, -1)})` : all
      number++
      if (kind === 'g') groups[Number(own) - 1] = number
      return this.#atomics === 0 ? '(' : all
    })
    const extract = this.#names.get('extract')
    return { source, groups, extract: extract === undefined ? undefined : groups[extract - 1], names: this.#names }
  }

  #alternatives(): void {
    const scanner = this.#scanner
    if (++this.#depth > NESTING) scanner.fail(`groups are more than ${NESTING} deep`)
    const outer = this.#flags
    while (!scanner.atEnd && scanner.peek() !== ')') {
      if (scanner.take('|')) this.#out.push('|')
      else this.#term()
    }
    this.#flags = outer
    this.#depth--
  }

  #term(): void {
    const scanner = this.#scanner
    if (this.#skipVerbose()) return
    const at = scanner.at
    const from = this.#out.length
    const repeatable = this.#atom()
    while (this.#skipVerbose());
    const repeat = scanner.match(/[*+?]|\{\d+(?:,\d*)?\}|\{,\d+\}/y)
    if (!repeat) return
    if (!repeatable) scanner.fail('there is nothing to repeat', at)
    this.#out.push(repeat[0].replace('{,', '{0,'))
    if (scanner.take('?')) this.#out.push('?')
    else if (scanner.take('+')) this.#makeAtomic(from)
    if (scanner.match(/[*+?]|\{\d+(?:,\d*)?\}|\{,\d+\}/y)) scanner.fail('a repeat of a repeat')
  }

  // a lookahead never gives back what it has taken
  #makeAtomic(from: number): void {
    const name = `a${++this.#atomics}`
    const body = this.#out.splice(from).join('')
    this.#out.push(`(?:(?=(?<${name}>${body}))\\k<${name}>)`)
  }

  /** Translates one item; tells whether it may be repeated. */
  #atom(): boolean {
    const scanner = this.#scanner
    const { m, s } = this.#flags
    const at = scanner.at
    switch (scanner.character()) {
      case '(':
        return this.#group(at)
      case '[':
        this.#out.push(readClass(scanner, this.#flags.i && this.#expandCase, this.#flags.a))
        return true
      case '\\':
        return this.#escape()
      case '.':
        this.#out.push(s ? ANY : '[^\\n]')
        return true
      case '^':
        this.#out.push(m ? `(?:(?<=\\n)|${START})` : START)
        return true
      case '$':
        this.#out.push(m ? `(?=\\n|${END})` : `(?=\\n?${END})`)
        return true
      case '*':
      case '+':
      case '?':
        return scanner.fail('there is nothing to repeat', at)
      default:
        scanner.at = at
        this.#literal(scanner.character())
        return true
    }
  }

  #literal(character: string): void {
    const other = this.#flags.i && this.#expandCase ? bothCases(character) : literal(character)
    this.#out.push(other === literal(character) ? other : `[${other}]`)
  }

  #escape(): boolean {
    const scanner = this.#scanner
    const letter = scanner.peek()
    const { a } = this.#flags
    const word = `[${shorthand('w', a)}]`
    const boundary = `(?<=${word})(?!${word})|(?<!${word})(?=${word})`
    switch (letter) {
      case 'A':
        this.#out.push(START)
        break
      case 'Z':
      case 'z':
        this.#out.push(END)
        break
      case 'b':
        this.#out.push(`(?:${boundary})`)
        break
      case 'B':
        this.#out.push(`(?!${boundary})`)
        break
      case 'd':
      case 'w':
      case 's':
        this.#out.push(`[${shorthand(letter, a)}]`)
        break
      case 'D':
      case 'W':
      case 'S':
        this.#out.push(`[^${shorthand(letter.toLowerCase() as 'd', a)}]`)
        break
      default: {
        const number = scanner.match(/(?!0|[1-3][0-7]{2})\d\d?/y)
        if (number) this.#reference(Number(number[0]))
        else this.#literal(scanner.escaped())
        return true
      }
    }
    scanner.at++
    return true
  }

  #reference(number: number): void {
    if (!this.#closed[number]) this.#scanner.fail(`there is no group ${number} before this place`)
    this.#out.push(`\\k<g${number}>`)
  }

  #group(at: number): boolean {
    const scanner = this.#scanner
    if (scanner.take('?#')) {
      if (!scanner.match(/[^)]*\)/y)) scanner.fail('the comment is not closed', at)
      return false
    }
    const reference = scanner.match(/\?P=([^)]*)\)/y)
    if (reference) {
      this.#reference(this.#names.get(reference[1]!) ?? scanner.fail(`there is no group ${JSON.stringify(reference[1])}`, at))
      return true
    }
    if (scanner.peek() === '?' && scanner.peek(1) === '(') {
      scanner.fail('conditional groups (?(1)a|b) cannot be translated; write both cases out', at)
    }
    const from = this.#out.length
    const flags = this.#flags
    const number = this.#openGroup(at)
    const atomic = this.#out.at(-1) === '(?>'
    if (atomic) this.#out[from] = '(?:'
    this.#alternatives()
    if (!scanner.take(')')) scanner.fail('the group is not closed', at)
    this.#flags = flags
    this.#out.push(')')
    if (number !== undefined) this.#closed[number] = true
    if (atomic) this.#makeAtomic(from)
    return true
  }

  /** Writes the beginning of a group; gives its number when it is one that takes text. */
  #openGroup(at: number): number | undefined {
    const scanner = this.#scanner
    const plain = scanner.match(/\?(?::|=|!|<=|<!|>)/y)
    if (plain) {
      this.#out.push(`(${plain[0]}`)
      return undefined
    }
    const flags = scanner.match(/\?([aiLmsux]*)(?:-([imsx]+))?:/y)
    if (flags) {
      this.#flags = this.#withFlags(flags[1]!, flags[2] ?? '')
      this.#out.push('(?:')
      return undefined
    }
    const name = scanner.match(/\?P<([\p{L}_][\p{L}\p{N}_]*)>/uy)?.[1]
    if (name === undefined && scanner.peek() === '?') {
      if (scanner.match(/\?[aiLmsux]+\)/y)) scanner.fail('flags for all of the pattern stand at its beginning', at)
      scanner.fail('this kind of group is not known (a named one is (?P<name>…))', at)
    }
    const number = this.#closed.push(false) - 1
    if (name !== undefined) {
      if (this.#names.has(name)) scanner.fail(`the group ${JSON.stringify(name)} is there already`, at)
      this.#names.set(name, number)
    }
    this.#out.push(`(?<g${number}>`)
    return number
  }

  #withFlags(on: string, off: string): Flags {
    const { i, m, s, x, a } = this.#flags
    const next = { i, m, s, x, a }
    for (const letter of on) if (letter in next) next[letter as keyof Flags] = true
    for (const letter of off) next[letter as keyof Flags] = false
    if (on.includes('u')) next.a = false
    return next
  }

  #skipVerbose(): boolean {
    return this.#flags.x && this.#scanner.match(/\s+|#[^\n]*/y) !== null
  }
}
