import { createRequire } from 'node:module'

type Iconv = typeof import('iconv-lite')

let loaded: Iconv | undefined

/** iconv-lite, loaded when a page first needs it: most crawls never do. */
export function iconv(): Iconv {
  return (loaded ??= createRequire(import.meta.url)('iconv-lite') as Iconv)
}

/** What iconv-lite calls encodings that it knows by another name, or that it knows more of under another name. */
const NAMES: Readonly<Record<string, string>> = {
  big5: 'big5hkscs',
  'euc-kr': 'cp949',
  gb18030: 'gb18030',
  ibm866: 'cp866',
  kz1048: 'rk1048',
  'mac-latin2': 'maccenteuro',
  'mac-romanian': 'macromania',
  ptcp154: 'pt154',
  shift_jis: 'cp932',
}

/** iconv-lite's name of an encoding. */
export function iconvName(encoding: string): string {
  return NAMES[encoding] ?? encoding
}
