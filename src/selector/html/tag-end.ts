import { DOUBLE_QUOTE, EQUALS, GT, isSpace, SINGLE_QUOTE, SLASH } from './characters.ts'

/** From the end of a tag's name to behind its `>`, over attributes of any shape; -1 when the text ends before. */
export function tagEnd(text: string, from: number): number {
  let i = from
  while (i < text.length) {
    const first = text.charCodeAt(i++)
    if (first === GT) return i
    if (first === SLASH || isSpace(first)) continue
    i = spaceEnd(text, attributeNameEnd(text, i))
    if (text.charCodeAt(i) !== EQUALS) continue
    i = spaceEnd(text, i + 1)
    const quote = text.charCodeAt(i)
    if (quote === DOUBLE_QUOTE || quote === SINGLE_QUOTE) {
      i = text.indexOf(quote === DOUBLE_QUOTE ? '"' : "'", i + 1) + 1
      if (i === 0) return -1
    } else i = unquotedEnd(text, i)
  }
  return -1
}

/** Where the white space that may begin at `from` ends. */
export function spaceEnd(text: string, from: number): number {
  let i = from
  while (i < text.length && isSpace(text.charCodeAt(i))) i++
  return i
}

function attributeNameEnd(text: string, from: number): number {
  let i = from
  for (; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c <= GT && (c === EQUALS || c === GT || c === SLASH || isSpace(c))) break
  }
  return i
}

/** Where an attribute value without quotes ends. */
export function unquotedEnd(text: string, from: number): number {
  let i = from
  for (; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c <= GT && (c === GT || isSpace(c))) break
  }
  return i
}
