import { constants, createBrotliCompress, createBrotliDecompress, createGunzip, createGzip } from 'node:zlib'
import type { FeedCompression } from '../contract.ts'
import { throughStream } from './through-stream.ts'
import { type Conversion, zstdCompressor, zstdDecompressor } from './zstd.ts'

// of items as lines of JSON, 11 (the default) packs 0.6 MB/s to an eighth, 9 packs 13 to 1/6.6, 6 packs 49 to 1/5.9 (Node 20)
const BROTLI_QUALITY = 6

/** Packs a whole document. */
export async function compressorOf(compression: FeedCompression): Promise<Conversion> {
  switch (compression) {
    case 'none':
      return (source) => source
    case 'gzip':
      return (source) => throughStream(source, createGzip())
    case 'brotli':
      return (source) =>
        throughStream(
          source,
          createBrotliCompress({
            params: {
              [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
              [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
            },
          }),
        )
    case 'zstd':
      return zstdCompressor()
  }
}

/** Unpacks a document that is to be appended to. */
export async function decompressorOf(compression: FeedCompression): Promise<Conversion> {
  switch (compression) {
    case 'none':
      return (source) => source
    case 'gzip':
      return (source) => throughStream(source, createGunzip())
    case 'brotli':
      return (source) => throughStream(source, createBrotliDecompress())
    case 'zstd':
      return zstdDecompressor()
  }
}
