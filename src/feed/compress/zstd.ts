import * as zlib from 'node:zlib'
import { importPeer } from '../../util/import-peer.ts'
import { throughStream } from './through-stream.ts'

/** Node has zstd from 22.15 on; the types are those of the oldest Node that runs skein. */
const native = zlib as unknown as {
  readonly createZstdCompress?: () => NodeJS.ReadWriteStream & import('node:stream').Duplex
  readonly createZstdDecompress?: () => import('node:stream').Duplex
}

/** What a frame holds, where Node cannot make one that goes on: enough for the window of the default level. */
const FRAME = 4 * 1024 * 1024

/** A way from bytes to other bytes, with no more than a part of them in memory. */
export type Conversion = (source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>

/**
 * Zstandard: by Node where it can, else by the package `@hpcc-js/wasm-zstd`, in frames of 4 MiB one behind the other, which every reader
 * takes for one file (RFC 8878, 3).
 *
 * @throws UsageError `ERR_PEER_MISSING`
 */
export async function zstdCompressor(): Promise<Conversion> {
  const { createZstdCompress } = native
  if (createZstdCompress !== undefined) return (source) => throughStream(source, createZstdCompress())
  const { Zstd } = await importPeer(
    '@hpcc-js/wasm-zstd',
    () => import('@hpcc-js/wasm-zstd'),
    'a .zst feed on this version of Node',
  )
  const zstd = await Zstd.load()
  return (source) => inFrames(source, (content) => zstd.compress(content))
}

/** The way back, by Node where it can. */
export async function zstdDecompressor(): Promise<Conversion> {
  const { createZstdDecompress } = native
  if (createZstdDecompress !== undefined) return (source) => throughStream(source, createZstdDecompress())
  const { Decompress } = await import('fzstd')
  return async function* (source) {
    let out: Uint8Array[] = []
    const decoder = new Decompress((bytes) => void out.push(bytes))
    for await (const bytes of source) {
      decoder.push(bytes)
      yield* out
      out = []
    }
    decoder.push(new Uint8Array(0), true)
    yield* out
  }
}

async function* inFrames(
  source: AsyncIterable<Uint8Array>,
  compress: (content: Uint8Array) => Uint8Array,
): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = []
  let size = 0
  let frames = 0
  const frame = (): Uint8Array => {
    const content = Buffer.concat(parts)
    parts = []
    size = 0
    frames++
    return compress(content)
  }
  for await (const bytes of source) {
    parts.push(bytes)
    size += bytes.length
    if (size >= FRAME) yield frame()
  }
  // a file of no bytes is no zstd file
  if (size > 0 || frames === 0) yield frame()
}
