/** So many pieces are put together when they have fewer than `SMALL` bytes each. */
const PACK = 256
const SMALL = 1024
const EMPTY = Buffer.alloc(0)

/** The pieces of a body as they come: views of what was read from the socket, kept as that. */
export class BodyPieces {
  #first: Buffer | undefined
  #rest: Buffer[] | undefined
  /** How many of `#rest` are not looked at again. */
  #packed = 0
  #size = 0

  /** Bytes so far. */
  get size(): number {
    return this.#size
  }

  add(piece: Buffer): void {
    this.#size += piece.length
    if (this.#first === undefined) this.#first = piece
    else if (this.#rest === undefined) this.#rest = [this.#first, piece]
    else if (this.#rest.push(piece) - this.#packed >= PACK) this.#pack(this.#rest)
  }

  /** The body as far as it came. */
  join(): Buffer {
    return this.#rest === undefined ? (this.#first ?? EMPTY) : Buffer.concat(this.#rest, this.#size)
  }

  /** Lets the memory go; the size stays. */
  drop(): void {
    this.#first = undefined
    this.#rest = undefined
    this.#packed = 0
  }

  /** A server may cut its body into chunks of a byte; a view of each would take a hundred times its size. */
  #pack(pieces: Buffer[]): void {
    const loose = pieces.splice(this.#packed)
    const size = loose.reduce((sum, piece) => sum + piece.length, 0)
    if (size < PACK * SMALL) pieces.push(Buffer.concat(loose, size))
    else pieces.push(...loose)
    this.#packed = pieces.length
  }
}
