/** Bytes that a number takes in a key. */
export const NUMBER_SIZE = 8
/** Bytes that the number of a slot or a session takes in a key. */
export const ID_SIZE = 6

/** Writes a number so that keys come in its order, negative ones first; LMDB compares keys byte by byte. */
export function writeNumber(key: Buffer, value: number, at: number): void {
  // + 0: no -0, which would come before 0
  key.writeDoubleBE(value + 0, at)
  if ((key[at]! & 0x80) === 0) key[at]! |= 0x80
  else invert(key, at)
}

/** The number that `writeNumber` wrote. Leaves the key as it is. */
export function readNumber(key: Uint8Array, at: number): number {
  const bytes = Buffer.from(key.subarray(at, at + NUMBER_SIZE))
  if ((bytes[0]! & 0x80) !== 0) bytes[0]! &= 0x7f
  else invert(bytes, 0)
  return bytes.readDoubleBE(0)
}

/** A key of numbers alone. */
export function numberKey(...values: readonly number[]): Buffer {
  const key = Buffer.allocUnsafe(values.length * NUMBER_SIZE)
  values.forEach((value, i) => void writeNumber(key, value, i * NUMBER_SIZE))
  return key
}

function invert(key: Buffer, at: number): void {
  for (let i = at; i < at + NUMBER_SIZE; i++) key[i] = ~key[i]! & 0xff
}
