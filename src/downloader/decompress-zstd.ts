import * as zlib from 'node:zlib'
import { type Decoded, OutputTooLarge } from './decoded.ts'

/** Node has zstd since 22.15 and 23.8. */
type ZstdDecompress = (
  body: Buffer,
  options: { maxOutputLength: number },
  done: (error: Error | null, result: Buffer) => void,
) => void

const native = (zlib as { zstdDecompress?: ZstdDecompress }).zstdDecompress

/** The window that a decoder for the web has to support, and no more (RFC 9659). */
const MAX_WINDOW = 8 * 1024 * 1024
/** Input is handed over in pieces this small, so that a body of tiny blocks cannot keep the event loop for long. */
const SLICE = 512
/** Bytes moved between two turns of the event loop. */
const BYTES_PER_TURN = 16 * 1024 * 1024
/** fzstd moves its whole window for each block. An honest 100 MiB page comes to 7 GB of that, in blocks of 128 KiB. */
const MAX_MOVED = 16 * 1024 * 1024 * 1024

/** Undoes zstd, as {@link decompress} does. A body that breaks off gives what came before. */
export async function decodeZstd(body: Buffer, limit: number): Promise<Decoded> {
  const { window, moved, frames, whole } = survey(body)
  // node:zlib stops after the first frame, and (Node 22) where a frame breaks off, without a word
  const zstd = frames === 1 && whole ? native : undefined
  if (window > MAX_WINDOW) throw new Error(`a zstd window of ${window} bytes, of ${MAX_WINDOW} allowed`)
  if (zstd !== undefined) {
    try {
      return { body: await decodeNative(zstd, body, limit), partial: false }
    } catch (error) {
      if (error instanceof OutputTooLarge) throw error
      // the other decoder will say what is wrong
    }
  }
  if (moved > MAX_MOVED) throw new Error('too many small zstd blocks for their window')
  return decodeSlices(body, limit, window)
}

function decodeNative(zstd: ZstdDecompress, body: Buffer, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    zstd(body, { maxOutputLength: limit }, (error, result) => {
      if (error === null) resolve(result)
      else reject((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? new OutputTooLarge(limit) : error)
    })
  })
}

async function decodeSlices(body: Buffer, limit: number, window: number): Promise<Decoded> {
  const { Decompress, ZstdErrorCode } = await import('fzstd')
  const chunks: Uint8Array[] = []
  let size = 0
  let moved = 0
  const stream = new Decompress((block) => {
    size += block.length
    moved += window
    if (size > limit) throw new OutputTooLarge(limit)
    chunks.push(block)
  })
  let turn = BYTES_PER_TURN
  for (let at = 0; at < body.length; at += SLICE) {
    const last = at + SLICE >= body.length
    try {
      stream.push(body.subarray(at, at + SLICE), last)
    } catch (error) {
      const brokenOff = last && (error as { code?: unknown }).code === ZstdErrorCode.UnexpectedEOF
      if (!brokenOff || size === 0) throw error
      return { body: Buffer.concat(chunks, size), partial: true }
    }
    if (moved < turn) continue
    turn = moved + BYTES_PER_TURN
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { body: Buffer.concat(chunks, size), partial: false }
}

/**
 * The largest window of all frames, the bytes that fzstd will move for them, how many there are, and whether the last one is whole: a walk from block to block, decoding nothing
 * (RFC 8878, 3.1.1). Stops where it cannot read on; the decoder will say why.
 */
function survey(body: Buffer): { window: number; moved: number; frames: number; whole: boolean } {
  let largest = 0
  let moved = 0
  let frames = 0
  let whole = false
  let at = 0
  while (at + 8 <= body.length) {
    frames++
    const magic = body.readUInt32LE(at)
    if (magic >>> 4 === 0x184d2a5) {
      at += 8 + body.readUInt32LE(at + 4)
      continue
    }
    const frame = magic === 0xfd2fb528 ? readFrameHead(body, at) : undefined
    if (frame === undefined) break
    largest = Math.max(largest, frame.window)
    at = frame.end
    let last = false
    while (!last && at + 3 <= body.length) {
      const block = body.readUIntLE(at, 3)
      last = (block & 1) === 1
      at += 3 + (((block >> 1) & 3) === 1 ? 1 : block >> 3)
      moved += frame.window
    }
    if (frame.checksum) at += 4
    whole = last && at <= body.length
  }
  return { window: largest, moved, frames, whole }
}

function readFrameHead(body: Buffer, start: number): { window: number; end: number; checksum: boolean } | undefined {
  const descriptor = body[start + 4]!
  const single = (descriptor & 0x20) !== 0
  const sizeAt = start + (single ? 5 : 6) + [0, 1, 2, 4][descriptor & 3]!
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6]!
  const end = sizeAt + sizeBytes
  if (end > body.length) return undefined
  const base = 2 ** (10 + (body[start + 5]! >> 3))
  const window = single ? readSize(body, sizeAt, sizeBytes) : base + (base / 8) * (body[start + 5]! & 7)
  return { window, end, checksum: (descriptor & 4) !== 0 }
}

function readSize(body: Buffer, at: number, bytes: number): number {
  if (bytes === 8) return Number(body.readBigUInt64LE(at))
  return body.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0)
}
