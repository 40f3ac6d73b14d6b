import { isUtf8 } from 'node:buffer'

/** A lone surrogate as Python's `surrogatepass` writes it, in Latin-1 characters. */
const SURROGATE = /\xed([\xa0-\xbf])([\x80-\xbf])/

/** UTF-8 with Python's `surrogatepass`; undefined for what is not. */
export function decodePythonUtf8(bytes: Buffer): string | undefined {
  if (isUtf8(bytes)) return bytes.toString()
  const parts = bytes.toString('latin1').split(SURROGATE)
  let text = ''
  for (let i = 0; i < parts.length; i += 3) {
    const plain = Buffer.from(parts[i]!, 'latin1')
    if (!isUtf8(plain)) return undefined
    text += plain.toString()
    if (i + 2 < parts.length)
      text += String.fromCharCode(0xd000 | ((parts[i + 1]!.charCodeAt(0) & 0x3f) << 6) | (parts[i + 2]!.charCodeAt(0) & 0x3f))
  }
  return text
}

/** Python's `raw-unicode-escape`, in which pickles of protocol 0 keep text; undefined for a code point there is not. */
export function decodeRawUnicode(line: string): string | undefined {
  let known = true
  // a backslash behind a backslash begins nothing
  const text = line.replace(
    /\\(?:\\|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/g,
    (all, short: string | undefined, long: string | undefined) => {
      if (short === undefined && long === undefined) return all
      const code = Number.parseInt((short ?? long)!, 16)
      if (code <= 0x10ffff) return String.fromCodePoint(code)
      known = false
      return ''
    },
  )
  return known ? text : undefined
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/** The bytes of a str of Python 2 in quotes, one character a byte; undefined for what is not in quotes. */
export function decodePythonString(line: string): string | undefined {
  const quote = line[0]
  if (line.length < 2 || (quote !== "'" && quote !== '"') || line.at(-1) !== quote) return undefined
  return line
    .slice(1, -1)
    .replace(
      /\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|(.))/gs,
      (all, hex: string | undefined, octal: string | undefined, one = '') => {
        if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
        if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff)
        return ESCAPES[one] ?? all
      },
    )
}
