/** What the seen set of a crawl is kept in: the setting `dedupe`. */
export type SeenKind = 'compact' | 'scrapy-redis' | 'bloom'

const HEX = /^[0-9a-f]{40}$/i
const ZERO = 48
/** Digits of a number that is written at a time: a product of it and 15 bits is exact in a double. */
const LIMB = 7
const BASE = 10_000_000
/** The text being made. Made here, it takes two thirds of the time of a BigInt's text, and of a new Buffer's. */
const text = Buffer.alloc(20)

/**
 * What the scripts get as the fingerprint of a request. `compact`: the first 8 bytes without their highest bit, as decimal text, since Redis
 * packs 64-bit integers. The others: all 20 bytes as 40 lower-case hex digits, which is what scrapy-redis keeps.
 *
 * @param fingerprint 20 bytes
 * @example
 * seenKey('compact', new Uint8Array(20).fill(255)) // '9223372036854775807'
 */
export function seenKey(kind: SeenKind, fingerprint: Uint8Array): string {
  if (kind === 'compact') {
    const low = (word(fingerprint, 4) << 16) | word(fingerprint, 6)
    return decimal(word(fingerprint, 0) & 0x7fff, word(fingerprint, 2) * 4_294_967_296 + (low >>> 0))
  }
  text.set(fingerprint)
  return text.toString('hex')
}

/**
 * The same for a fingerprint that is there as hex digits, such as a member of another crawl's `dupefilter`.
 *
 * @returns undefined for what is not 40 hex digits
 */
export function seenKeyOfHex(kind: SeenKind, hex: string): string | undefined {
  if (!HEX.test(hex)) return undefined
  if (kind !== 'compact') return hex.toLowerCase()
  return decimal(Number.parseInt(hex.slice(0, 4), 16) & 0x7fff, Number.parseInt(hex.slice(4, 16), 16))
}

/** high * 2^48 + low in decimal, of 15 and 48 bits. 2^48 is 2 8147497 6710656 in digits of {@link BASE}. */
function decimal(high: number, low: number): string {
  const lowFront = Math.floor(low / BASE)
  const back = high * 6_710_656 + (low - lowFront * BASE)
  const backFront = Math.floor(back / BASE)
  const middle = high * 8_147_497 + lowFront + backFront
  const middleFront = Math.floor(middle / BASE)
  write(back - backFront * BASE, 12 + LIMB)
  write(middle - middleFront * BASE, 5 + LIMB)
  write(high * 2 + middleFront, 5)
  let start = 0
  // Redis takes a text for an integer only if it is written as Redis would write it.
  while (start < 18 && text[start] === ZERO) start++
  return text.toString('latin1', start, 19)
}

/** Writes a number's digits before the place `end`, down to 7 places or the first one of the text. */
function write(number: number, end: number): void {
  let rest = number | 0
  for (let at = end - 1; at >= 0 && at >= end - LIMB; at--) {
    const front = (rest / 10) | 0
    text[at] = ZERO + rest - front * 10
    rest = front
  }
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!
}
