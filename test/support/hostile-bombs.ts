import { brotliCompressSync, constants, deflateRawSync, gzipSync } from 'node:zlib'
import type { Fault } from './hostile-site.ts'

const MIB = 1024 ** 2

/** Makes a bomb when it is asked for first: some take a moment. */
function once(make: () => Buffer): () => Buffer {
  let made: Buffer | undefined
  return () => (made ??= make())
}

/** A gigabyte in a megabyte: gzip may be many members in a row. */
export const gzipBomb: () => Buffer = once(() => repeat(gzipSync(Buffer.alloc(16 * MIB)), 64))

/** A gigabyte of blocks that each end on a byte, as one stream. Its checksum is wrong; nobody should come so far. */
const deflateBomb = once(() =>
  Buffer.concat([
    Buffer.from([0x78, 0x9c]),
    repeat(deflateRawSync(Buffer.alloc(16 * MIB), { finishFlush: constants.Z_FULL_FLUSH }), 64),
  ]),
)

const brotliBomb = once(() =>
  brotliCompressSync(Buffer.alloc(512 * MIB), {
    params: { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: 24 },
  }),
)

/** RFC 8878 by hand: a window of 128 KiB and 8,192 blocks, each of which says one zero 131,072 times. */
const zstdBomb = once(() => {
  const size = 128 * 1024
  const head = (last: number): number[] => {
    const header = last | (1 << 1) | (size << 3)
    return [header & 0xff, (header >> 8) & 0xff, (header >> 16) & 0xff, 0]
  }
  const frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 7 << 3]
  return Buffer.concat([Buffer.from(frame), repeat(Buffer.from(head(0)), 8191), Buffer.from(head(1))])
})

/** A bomb in a bomb in a bomb: a kilobyte or so. */
const nestedBomb = once(() => gzipSync(gzipSync(gzipBomb())))

/** All of them, before they are asked for. */
export function makeBombs(): void {
  for (const make of [gzipBomb, deflateBomb, brotliBomb, zstdBomb, nestedBomb]) make()
}

function repeat(piece: Buffer, times: number): Buffer {
  return Buffer.alloc(piece.length * times, piece)
}

const bomb =
  (coding: string, make: () => Buffer, type = 'text/html; charset=utf-8'): Fault =>
  (socket) => {
    const body = make()
    socket.write(
      `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-encoding: ${coding}\r\ncontent-length: ${body.length}\r\n\r\n`,
    )
    socket.write(body)
  }

const garbage = Buffer.alloc(5000, 'this is no such thing ')

/** Bodies that are small until somebody looks at them. */
export const bombFaults: Readonly<Record<string, Fault>> = {
  'gzip-bomb': bomb('gzip', gzipBomb),
  'deflate-bomb': bomb('deflate', deflateBomb),
  'br-bomb': bomb('br', brotliBomb),
  'zstd-bomb': bomb('zstd', zstdBomb),
  'nested-bomb': bomb('gzip, gzip, gzip', nestedBomb),
  'no-gzip': bomb('gzip', () => garbage),
  'no-br': bomb('br', () => garbage),
  'no-zstd': bomb('zstd', () => garbage),
  'many-codings': bomb(Array(1000).fill('gzip').join(', '), () => garbage),
  'robots-bomb': bomb('gzip', gzipBomb, 'text/plain'),
}
