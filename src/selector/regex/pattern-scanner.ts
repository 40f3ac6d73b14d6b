import { SkeinError } from '../../errors.ts'

const controls: Readonly<Record<string, string>> = { a: '\x07', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

/** Reads a Python pattern character by character. */
export class PatternScanner {
  readonly pattern: string
  at = 0

  constructor(pattern: string) {
    this.pattern = pattern
  }

  get atEnd(): boolean {
    return this.at >= this.pattern.length
  }

  /** The UTF-16 unit `ahead` of the current place, '' behind the end. */
  peek(ahead = 0): string {
    return this.pattern.charAt(this.at + ahead)
  }

  take(text: string): boolean {
    if (!this.pattern.startsWith(text, this.at)) return false
    this.at += text.length
    return true
  }

  /** What `pattern` (sticky) matches here. */
  match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.pattern)
    if (found) this.at += found[0].length
    return found
  }

  /** The next character, astral ones whole. */
  character(): string {
    const character = String.fromCodePoint(this.pattern.codePointAt(this.at)!)
    this.at += character.length
    return character
  }

  /** The character that an escape stands for, from behind its backslash. */
  escaped(): string {
    const from = this.at - 1
    if (this.atEnd) this.fail('a backslash at the end', from)
    const hex = this.match(/x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})/y)
    if (hex) {
      const code = Number.parseInt(hex[1] ?? hex[2] ?? hex[3]!, 16)
      if (code > 0x10ffff) this.fail('no such character', from)
      return String.fromCodePoint(code)
    }
    const octal = this.match(/0[0-7]{0,2}|[1-3][0-7]{2}/y)
    if (octal) return String.fromCharCode(Number.parseInt(octal[0], 8))
    const character = this.character()
    const control = controls[character]
    if (control !== undefined) return control
    if (/[A-Za-z0-9]/.test(character)) this.fail(`\\${character} has no meaning`, from)
    return character
  }

  fail(problem: string, at: number = this.at): never {
    throw new SkeinError('ERR_REGEX', `regular expression ${JSON.stringify(this.pattern)} at character ${at + 1}: ${problem}`)
  }
}
