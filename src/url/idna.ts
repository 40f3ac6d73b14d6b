import { LEFT_TO_RIGHT, PROHIBITED, RIGHT_TO_LEFT } from './idna-tables.ts'
import { punycode } from './punycode.ts'

const MAX_LABEL = 63
const DOTS = /[.\u3002\uff0e\uff61]/
const NON_ASCII = /[^\x00-\x7f]/
/** Table B.1 of RFC 3454: mapped to nothing. */
const MAPPED_TO_NOTHING = /\u034f|\u00ad|\u1806|[\u180b-\u180d]|[\u200b-\u200d]|\u2060|[\ufe00-\ufe0f]|\ufeff/g

/**
 * A non-ASCII host as it goes into DNS by IDNA2003 (RFC 3490, 3491), undefined if it has no such form: an empty label or one over
 * 63 bytes, a prohibited character, mixed directions. It is what Python's `idna` codec answers, and not what
 * `url.domainToASCII` answers (UTS 46): `faß.de` is `fass.de` here and `xn--fa-hia.de` there.
 *
 * @param host lower-case, in NFKC
 */
export function idnaToAscii(host: string): string | undefined {
  const ascii = !NON_ASCII.test(host)
  const labels = ascii ? host.split('.') : host.split(DOTS)
  const rooted = labels.length > 0 && labels.at(-1) === ''
  if (rooted) labels.pop()
  const output: string[] = []
  for (const label of labels) {
    const encoded = labelToAscii(label)
    if (encoded === undefined || encoded.length === 0 || encoded.length > MAX_LABEL) return undefined
    output.push(encoded)
  }
  return output.join('.') + (rooted ? '.' : '')
}

function labelToAscii(label: string): string | undefined {
  if (!NON_ASCII.test(label)) return label
  const prepared = nameprep(label)
  if (prepared === undefined || !NON_ASCII.test(prepared)) return prepared
  // Each code point costs at least one byte, so a longer label cannot fit; Punycode is quadratic, and a page may name any host.
  if (prepared.startsWith('xn--') || prepared.length > 2 * MAX_LABEL) return undefined
  return `xn--${punycode(prepared)}`
}

/** RFC 3491, with unassigned code points allowed, as for a query. */
function nameprep(label: string): string | undefined {
  const mapped = foldCase(label.replace(MAPPED_TO_NOTHING, '')).normalize('NFKC')
  let rightToLeft = 0
  let leftToRight = false
  let first = false
  let last = false
  let count = 0
  for (const char of mapped) {
    const code = char.codePointAt(0)!
    if (code >= 0x80 && prohibited().has(code)) return undefined
    last = code >= 0x80 && rightToLeftCodes().has(code)
    if (last) rightToLeft++
    if (count++ === 0) first = last
  }
  if (rightToLeft === 0) return mapped
  for (const char of mapped) leftToRight ||= leftToRightCodes().has(char.codePointAt(0)!)
  return leftToRight || !first || !last ? undefined : mapped
}

/**
 * Table B.2 of RFC 3454 for text that is already in NFKC: of its 1,400 rows only these differ from lower case then, the sharp s,
 * the final sigma and the Greek iota subscript (alone, and inside U+1F80 to U+1FFC).
 */
function foldCase(label: string): string {
  let folded = ''
  for (const char of label) folded += char.toLowerCase()
  return folded
    .replaceAll('ß', 'ss')
    .replaceAll('ς', 'σ')
    .replace(/[\u1f80-\u1ffc]/g, (char) => char.normalize('NFD').replace('\u0345', 'ι').normalize('NFC'))
    .replaceAll('\u0345', 'ι')
}

class CodePointRanges {
  readonly #starts: number[] = []
  readonly #ends: number[] = []

  constructor(table: string) {
    let previous = 0
    for (const entry of table.split(' ')) {
      const [gap, length] = entry.split('+')
      const start = previous + Number.parseInt(gap!, 36)
      previous = start + (length === undefined ? 0 : Number.parseInt(length, 36))
      this.#starts.push(start)
      this.#ends.push(previous)
    }
  }

  has(code: number): boolean {
    let low = 0
    let high = this.#starts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#starts[middle]! <= code) low = middle + 1
      else high = middle
    }
    return low > 0 && code <= this.#ends[low - 1]!
  }
}

const prohibited = once(PROHIBITED)
const rightToLeftCodes = once(RIGHT_TO_LEFT)
const leftToRightCodes = once(LEFT_TO_RIGHT)

/** Most crawls never meet a right-to-left host, so a table is read when it is first asked. */
function once(table: string): () => CodePointRanges {
  let ranges: CodePointRanges | undefined
  return () => (ranges ??= new CodePointRanges(table))
}
