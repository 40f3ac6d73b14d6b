import { cssError } from './css-error.ts'

// https://www.w3.org/TR/css-syntax-3/#token-diagrams
const escaped = String.raw`\\(?:[0-9a-fA-F]{1,6}(?:\r\n|[ \n\r\t\f])?|[^\n\r\f0-9a-fA-F])`
const nameStart = String.raw`(?:[_a-zA-Z]|[^\0-\x7f]|${escaped})`
const nameRest = String.raw`(?:[-_a-zA-Z0-9]|[^\0-\x7f]|${escaped})`
const identifier = new RegExp(`(?:--|-?${nameStart})${nameRest}*`, 'y')
const name = new RegExp(`${nameRest}+`, 'y')
const blank = /(?:[ \t\r\n\f]|\/\*[\s\S]*?(?:\*\/|$))+/y
const comments = /(?:\/\*[\s\S]*?(?:\*\/|$))+/y
const escapes = /\\(?:([0-9a-fA-F]{1,6})(?:\r\n|[ \n\r\t\f])?|(\r\n|[\s\S]))/g

/** Reads the pieces of a selector one after the other. */
export class Scanner {
  readonly text: string
  at = 0

  constructor(text: string) {
    this.text = text
  }

  get atEnd(): boolean {
    return this.at >= this.text.length
  }

  /** The character at the current place, '' at the end. Comments before it are gone. */
  peek(): string {
    this.#match(comments)
    return this.text.charAt(this.at)
  }

  /** Takes `text` if it comes next. */
  take(text: string): boolean {
    this.#match(comments)
    if (!this.text.startsWith(text, this.at)) return false
    this.at += text.length
    return true
  }

  /** Takes white space and comments; tells whether there was any white space. */
  blank(): boolean {
    const taken = this.#match(blank)
    return taken !== undefined && /^[^/]|\*\/[ \t\r\n\f]/.test(taken)
  }

  identifier(what: string): string {
    return this.tryIdentifier() ?? this.fail(what)
  }

  tryIdentifier(): string | undefined {
    this.#match(comments)
    const taken = this.#match(identifier)
    return taken === undefined ? undefined : unescapeCss(taken)
  }

  /** What may follow a `#`: an identifier that may begin with a digit. */
  name(what: string): string {
    return unescapeCss(this.#match(name) ?? this.fail(what))
  }

  /** A string in quotes, or undefined when none comes next. */
  tryString(): string | undefined {
    const quote = this.peek()
    if (quote !== '"' && quote !== "'") return undefined
    const from = this.at
    let to = from + 1
    for (; ; to++) {
      const character = this.text.charAt(to)
      if (character === quote) break
      if (character === '' || character === '\n' || character === '\r' || character === '\f') {
        this.at = to
        this.fail(`the closing ${quote} of the string that begins at character ${from + 1}`)
      }
      if (character === '\\') to += this.text.startsWith('\r\n', to + 1) ? 2 : 1
    }
    this.at = to + 1
    return unescapeCss(this.text.slice(from + 1, to))
  }

  fail(expected: string): never {
    throw cssError(this.text, this.at, expected)
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const taken = pattern.exec(this.text)?.[0]
    if (taken === undefined) return undefined
    this.at += taken.length
    return taken
  }
}

function unescapeCss(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(escapes, (_all, hex: string | undefined, literal: string | undefined) => {
    if (hex === undefined) return literal !== undefined && /[\r\n\f]/.test(literal) ? '' : (literal ?? '')
    const code = Number.parseInt(hex, 16)
    return code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? '\ufffd' : String.fromCodePoint(code)
  })
}
