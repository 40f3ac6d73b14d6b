import { pickleError } from './pickle-error.ts'

const NEWLINE = 0x0a

/** The bytes of a pickle, read from the front. Whatever is asked for beyond the end is `ERR_PICKLE`, before any memory is taken for it. */
export class PickleInput {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /** Where the next byte is. */
  get at(): number {
    return this.#at
  }

  get length(): number {
    return this.#bytes.length
  }

  byte(): number {
    return this.#bytes[this.#advance(1)]!
  }

  /** `size` bytes, little endian, at most 6. */
  uint(size: number): number {
    return this.#bytes.readUIntLE(this.#advance(size), size)
  }

  int32(): number {
    return this.#bytes.readInt32LE(this.#advance(4))
  }

  double(): number {
    return this.#bytes.readDoubleBE(this.#advance(8))
  }

  /** A length in `size` bytes: 1, 4 or 8. */
  size(size: number): number {
    if (size !== 8) return this.uint(size)
    const start = this.#advance(8)
    // what does not fit into 6 bytes is longer than any pickle
    return this.#bytes.readUInt16LE(start + 6) === 0 ? this.#bytes.readUIntLE(start, 6) : Number.MAX_SAFE_INTEGER
  }

  /** The next bytes; a view. */
  take(length: number): Buffer {
    const start = this.#advance(length)
    return this.#bytes.subarray(start, start + length)
  }

  /** Up to the next line feed, as one character a byte. */
  line(): string {
    const end = this.#bytes.indexOf(NEWLINE, this.#at)
    if (end < 0) throw pickleError('it ends in the middle of a line', this.#at)
    const start = this.#advance(end + 1 - this.#at)
    return this.#bytes.toString('latin1', start, end)
  }

  /** Whether that many bytes are left. */
  has(length: number): boolean {
    return length <= this.#bytes.length - this.#at
  }

  #advance(length: number): number {
    const start = this.#at
    if (!this.has(length)) throw pickleError(`it ends ${length - (this.#bytes.length - start)} bytes too early`, start)
    this.#at = start + length
    return start
  }
}
