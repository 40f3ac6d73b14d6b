import { constants, crc32, deflateRawSync } from 'node:zlib'

// RFC 1952: magic, deflate, no flags, no time (the same items give the same bytes), unknown system
const HEADER: Buffer = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])
const WINDOW = 32 * 1024

/** What a gzip member has taken so far. */
interface Progress {
  readonly crc: number
  readonly length: number
  /** The last 32 KiB, which deflate may refer back to. */
  readonly window: Buffer
}

/** A piece of a gzip member: `body` stays, `trailer` makes a whole member of what is there and gives way to the next piece. */
export interface GzipPiece {
  readonly body: Buffer
  readonly trailer: Buffer
}

/**
 * One gzip member that is whole after every piece. A piece is deflated with the bytes before it as its dictionary and ends on a byte
 * boundary (a sync flush), so pieces joined are one deflate stream; the trailer is a last block that holds the document's end as it is
 * (RFC 1951, stored), the checksum and the length. Ending a member at every flush instead would cost the dictionary each time.
 */
export class GzipMember {
  #progress: Progress = { crc: 0, length: 0, window: Buffer.alloc(0) }
  #next: Progress = this.#progress
  #begun = false

  /** The next piece. It only counts once {@link commit} says that it was written. `end` is the document's end, below 64 KiB. */
  piece(bytes: Buffer, end: Buffer): GzipPiece {
    const { crc, length, window } = this.#progress
    const deflated =
      bytes.length === 0
        ? bytes
        : deflateRawSync(bytes, {
            finishFlush: constants.Z_SYNC_FLUSH,
            ...(window.length > 0 ? { dictionary: window } : {}),
          })
    const nextCrc = crc32(bytes, crc)
    this.#next = { crc: nextCrc, length: length + bytes.length, window: lastOf(window, bytes) }
    return {
      body: this.#begun ? deflated : Buffer.concat([HEADER, deflated]),
      trailer: trailer(end, crc32(end, nextCrc), this.#next.length + end.length),
    }
  }

  commit(): void {
    this.#progress = this.#next
    this.#begun = true
  }
}

function lastOf(window: Buffer, bytes: Buffer): Buffer {
  // copied: a view would keep the whole piece in memory
  if (bytes.length >= WINDOW) return Buffer.from(bytes.subarray(bytes.length - WINDOW))
  return Buffer.concat([window.subarray(Math.max(0, window.length + bytes.length - WINDOW)), bytes])
}

function trailer(end: Buffer, crc: number, length: number): Buffer {
  const out = Buffer.alloc(5 + end.length + 8)
  out[0] = 1
  out.writeUInt16LE(end.length, 1)
  out.writeUInt16LE(~end.length & 0xffff, 3)
  end.copy(out, 5)
  out.writeUInt32LE(crc, 5 + end.length)
  // the length counts modulo 2^32
  out.writeUInt32LE(length % 2 ** 32, 9 + end.length)
  return out
}
