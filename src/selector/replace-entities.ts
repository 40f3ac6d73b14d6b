import { entityCodePoint } from './entity-names.ts'

const reference = /&(?:([a-zA-Z0-9]+)|#([0-9]+)|#[xX]([a-fA-F0-9]+))(;?)/g

// what Windows-1252 has in 0x80-0x9f; the five holes stay undecoded
const windows1252 = '€\0‚ƒ„…†‡ˆ‰Š‹Œ\0Ž\0\0‘’“”•–—˜™š›œ\0žŸ'

/**
 * Replaces character references by their characters, as w3lib does for `re()`: the entities of HTML 4 in any case and numbers, with or
 * without semicolon, but `&lt;` and `&amp;` stay. An unknown reference with a semicolon is removed, one without stays.
 */
export function replaceEntities(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(
    reference,
    (all: string, name: string | undefined, decimal: string | undefined, hex: string | undefined, semicolon: string) => {
      let code: number | undefined
      if (name !== undefined) {
        const lower = name.toLowerCase()
        if (lower === 'lt' || lower === 'amp') return all
        code = entityCodePoint(name) ?? entityCodePoint(lower)
      } else code = decimal !== undefined ? Number(decimal) : Number.parseInt(hex!, 16)
      const character = code === undefined ? undefined : characterOf(code)
      return character ?? (semicolon === '' ? all : '')
    },
  )
}

function characterOf(code: number): string | undefined {
  if (code === 0 || (code >= 0xd800 && code <= 0xdfff)) return '\ufffd'
  if (code >= 0x80 && code <= 0x9f) {
    const character = windows1252[code - 0x80]!
    return character === '\0' ? undefined : character
  }
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined
}
