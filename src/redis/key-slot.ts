/**
 * The hash slot of a key in a Redis Cluster, 0 to 16383: CRC16 (XMODEM) of the key, or of what is between its first `{` and the next `}`
 * if there is anything (Redis Cluster specification, "Hash tags").
 */
export function keySlot(key: string): number {
  const open = key.indexOf('{')
  const close = open < 0 ? -1 : key.indexOf('}', open + 1)
  const bytes = Buffer.from(close > open + 1 ? key.slice(open + 1, close) : key)
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : crc << 1
  }
  return crc & 0x3fff
}
