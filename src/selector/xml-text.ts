import { entityCodePoint } from './entity-names.ts'

const reference = /&(?:#([0-9]+)|#x([0-9a-fA-F]+)|([^\s&;<>#][^\s&;<>]*));/g

/**
 * Replaces the references in a piece of XML text. What is no reference, or an unknown one, stays as it is.
 *
 * @param declared entities of the document itself
 * @param onDeclared says what to put for one of those; `before` is the text so far
 */
export function decodeReferences(
  source: string,
  declared: ReadonlySet<string>,
  onDeclared: (name: string, before: string) => string,
): string {
  if (!source.includes('&')) return source
  let text = ''
  let from = 0
  for (const match of source.matchAll(reference)) {
    const [all, decimal, hex, name] = match
    text += source.slice(from, match.index)
    from = match.index + all.length
    if (name !== undefined && declared.has(name) && !predefined.has(name)) text += onDeclared(name, text)
    else text += (name !== undefined ? named(name) : numbered(decimal, hex)) ?? all
  }
  return text + source.slice(from)
}

const predefined = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

function named(name: string): string | undefined {
  const character = predefined.get(name)
  if (character !== undefined) return character
  const code = entityCodePoint(name)
  return code === undefined ? undefined : String.fromCodePoint(code)
}

function numbered(decimal: string | undefined, hex: string | undefined): string {
  const code = decimal !== undefined ? Number(decimal) : Number.parseInt(hex!, 16)
  return code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? '\ufffd' : String.fromCodePoint(code)
}

/** Reads a doctype from behind `<!DOCTYPE`: where it ends, what it says before its internal part, and which entities that declares. */
export function readDoctype(text: string, from: number): { end: number; data: string; entities: string[] } {
  const bracket = skipQuoted(text, from, '[')
  const data = text.slice(from, bracket).trim()
  if (text.charAt(bracket) !== '[') return { end: Math.min(bracket + 1, text.length), data, entities: [] }
  const inside = skipQuoted(text, bracket + 1, ']')
  const entities: string[] = []
  for (const declaration of text.slice(bracket, inside).matchAll(/<!ENTITY\s+([^\s%>"'<]+)\s/g)) entities.push(declaration[1]!)
  const close = text.indexOf('>', inside)
  return { end: close < 0 ? text.length : close + 1, data, entities }
}

/** The index of the next `mark` that is in no string and no comment; without one, of a `>` when looking for `[`, or of the end. */
function skipQuoted(text: string, from: number, mark: '[' | ']'): number {
  let at = from
  while (at < text.length) {
    const character = text.charAt(at)
    if (character === mark || (mark === '[' && character === '>')) return at
    let end = at
    if (character === '"' || character === "'") end = text.indexOf(character, at + 1)
    else if (text.startsWith('<!--', at)) end = text.indexOf('-->', at + 4)
    if (end < 0) return text.length
    at = end + 1
  }
  return text.length
}
