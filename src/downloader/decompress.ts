import { kMaxLength } from 'node:buffer'
import type { Transform } from 'node:stream'
import * as zlib from 'node:zlib'
import { type Decoded, OutputTooLarge } from './decoded.ts'
import { decodeZstd } from './decompress-zstd.ts'

/** Codings of a body that can be undone. */
export type ContentCoding = 'gzip' | 'deflate' | 'br' | 'zstd'

/** Up to these sizes decoding is done at once: it blocks for less than a millisecond, and a job for the thread pool costs 50 us more. */
const INLINE_INPUT = 128 * 1024
export const INLINE_OUTPUT: number = 512 * 1024

/**
 * Undoes one coding; see `undoCodings` for bodies of unknown size, and for many at once. Never holds more than `maxSize` bytes of output (0: no limit), whatever the input says about itself.
 *
 * Rejects with {@link OutputTooLarge} beyond that, and with zlib's error for what is no such coding. `deflate` may be raw, as some servers
 * send it. A gzip body that breaks off or is damaged half-way gives what came before.
 */
export async function decompress(coding: ContentCoding, body: Buffer, maxSize: number): Promise<Decoded> {
  if (body.length === 0) return { body, partial: false }
  const limit = maxSize > 0 ? maxSize : kMaxLength
  if (coding === 'zstd') return decodeZstd(body, limit)
  if (coding !== 'deflate') return decode(coding === 'gzip' ? GZIP : BROTLI, body, limit)
  const [first, second] = looksLikeZlib(body) ? [ZLIB, RAW] : [RAW, ZLIB]
  try {
    return await decode(first, body, limit)
  } catch (error) {
    if (error instanceof OutputTooLarge) throw error
    return await decode(second, body, limit)
  }
}

/** One format of node:zlib. */
interface Format {
  readonly sync: (body: Buffer, options: zlib.ZlibOptions & zlib.BrotliOptions) => Buffer
  readonly async: (
    body: Buffer,
    options: zlib.ZlibOptions & zlib.BrotliOptions,
    done: (error: Error | null, result: Buffer) => void,
  ) => void
  readonly stream: (options: { chunkSize: number }) => Transform
  /** Damage half-way leaves what came before: browsers and Scrapy show such gzip pages. */
  readonly forgiving: boolean
}

const GZIP: Format = { sync: zlib.gunzipSync, async: zlib.gunzip, stream: zlib.createGunzip, forgiving: true }
const ZLIB: Format = { sync: zlib.inflateSync, async: zlib.inflate, stream: zlib.createInflate, forgiving: false }
const RAW: Format = { sync: zlib.inflateRawSync, async: zlib.inflateRaw, stream: zlib.createInflateRaw, forgiving: false }
const BROTLI: Format = {
  sync: zlib.brotliDecompressSync,
  async: zlib.brotliDecompress,
  stream: zlib.createBrotliDecompress,
  forgiving: false,
}

async function decode(format: Format, body: Buffer, limit: number): Promise<Decoded> {
  const expected = expectedSize(format, body)
  try {
    const options = { maxOutputLength: limit, chunkSize: chunkSize(Math.min(expected, limit)) }
    if (body.length <= INLINE_INPUT && limit <= INLINE_OUTPUT) return { body: format.sync(body, options), partial: false }
    const result = await new Promise<Buffer>((resolve, reject) => {
      format.async(body, options, (error, decoded) => (error === null ? resolve(decoded) : reject(error)))
    })
    return { body: result, partial: false }
  } catch (error) {
    if (isTooLarge(error)) throw new OutputTooLarge(limit)
    const brokenOff = (error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR'
    if (!brokenOff && !format.forgiving) throw error
    const saved = await salvage(format, body, limit)
    if (saved.length === 0) throw error
    return { body: saved, partial: true }
  }
}

/** What comes out before the error. A slow way, for broken bodies only. */
function salvage(format: Format, body: Buffer, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    // what was decoded in the chunk of the error is lost with it
    const stream = format.stream({ chunkSize: 1024 })
    const done = (): void => resolve(Buffer.concat(chunks, size))
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length
      chunks.push(chunk)
      if (size <= limit) return
      stream.destroy()
      reject(new OutputTooLarge(limit))
    })
    stream.on('end', done)
    stream.on('error', done)
    // the end comes apart from the data: the error of a body that breaks off must not take the last chunk with it
    stream.write(body, () => stream.end())
  })
}

/** How much is likely to be in a body; a guess, and a server may have its reasons to make it a wrong one. */
export function likelySize(coding: ContentCoding, body: Buffer): number {
  return expectedSize(coding === 'gzip' ? GZIP : BROTLI, body)
}

/** A gzip body ends with its decoded size modulo 2^32, which may be a lie; pages shrink to about a fifth. */
function expectedSize(format: Format, body: Buffer): number {
  if (format === GZIP && body.length >= 18) return Math.min(body.readUInt32LE(body.length - 4), body.length * 1032)
  return body.length * 5
}

/** Big enough for one chunk, which saves the copy that puts chunks together; bounded, for it is allocated whatever comes. */
function chunkSize(expected: number): number {
  return Math.max(1024, Math.min(expected + 1, 1024 * 1024))
}

/** The head of a zlib stream: deflate, a window of at most 32 KiB, and a checksum (RFC 1950, 2.2). */
function looksLikeZlib(body: Buffer): boolean {
  const head = body.length < 2 ? 0 : body.readUInt16BE(0)
  return (head & 0x0f00) === 0x0800 && head >> 12 <= 7 && head % 31 === 0
}

function isTooLarge(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
}
