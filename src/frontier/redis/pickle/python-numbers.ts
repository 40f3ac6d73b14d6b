/** Python itself refuses longer texts of integers: reading them costs the square of their length. */
const MAX_DIGITS = 4300
/** What that many digits take. */
const MAX_BYTES = 1786
const FLOAT = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i

/** An int as a number where that is exact, else as a bigint. */
export function plainInteger(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}

/** An int in decimal digits; undefined for what is not. */
export function parseInteger(text: string): number | bigint | undefined {
  if (text.length > MAX_DIGITS || !/^[+-]?\d+$/.test(text)) return undefined
  return plainInteger(BigInt(text.startsWith('+') ? text.slice(1) : text))
}

/** A float as Python's repr() writes it; undefined for what is not. */
export function parseFloatText(text: string): number | undefined {
  if (text.length > MAX_DIGITS) return undefined
  if (FLOAT.test(text)) return Number(text)
  const special = /^([+-]?)(inf|nan)$/.exec(text)
  if (special === null) return undefined
  return special[2] === 'nan' ? Number.NaN : special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}

/** An int in two's complement, little endian; undefined for one of too many digits. */
export function bytesToInteger(bytes: Buffer): number | bigint | undefined {
  if (bytes.length === 0) return 0
  if (bytes.length > MAX_BYTES) return undefined
  if (bytes.length <= 6) return bytes.readIntLE(0, bytes.length)
  const value = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
  return plainInteger(BigInt.asIntN(bytes.length * 8, value))
}
