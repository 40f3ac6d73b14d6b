import { createHash } from 'node:crypto'

/** Bytes of a name that stand in a key as they are: LMDB takes keys of 1978 bytes. */
const LONG_NAME = 1000

/** A name as a key, which must not be empty nor too long. */
export function nameKey(name: string): Buffer {
  return Buffer.byteLength(name) > LONG_NAME
    ? Buffer.from(`#${createHash('sha256').update(name).digest('hex')}`)
    : Buffer.from(`=${name}`)
}

/** The name of that key; undefined: it was too long to stand there. */
export function nameIn(key: Buffer): string | undefined {
  return key[0] === 0x3d ? key.toString('utf8', 1) : undefined
}
