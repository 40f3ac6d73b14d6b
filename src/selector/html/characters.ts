/** Character codes that the tokenizer of HTML gives a meaning. */
export const LT = 60
export const GT = 62
export const SLASH = 47
export const EQUALS = 61
export const DOUBLE_QUOTE = 34
export const SINGLE_QUOTE = 39
export const BANG = 33
export const DASH = 45
export const QUESTION_MARK = 63
export const SEMICOLON = 59
export const HASH = 35

/** White space of HTML, and CR, which can come from a character reference. */
export function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 9 || code === 12 || code === 13
}

/** An ASCII letter. */
export function isLetter(code: number): boolean {
  const lower = code | 32
  return lower >= 97 && lower <= 122
}

/** An ASCII letter or digit. */
export function isAlphanumeric(code: number): boolean {
  return isLetter(code) || (code >= 48 && code <= 57)
}

/** Lower case as HTML has it: only A to Z change (`toLowerCase` would make a `k` of the Kelvin sign). */
export function asciiLower(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c >= 65 && c <= 90) return text.replace(/[A-Z]+/g, (run) => run.toLowerCase())
  }
  return text
}
