import { constants, createBrotliCompress, createBrotliDecompress, createGunzip, createGzip } from 'node:zlib'
import type { FeedCompression } from '../contract.ts'
import { throughStream } from './through-stream.ts'
import { type Conversion, zstdCompressor, zstdDecompressor } from './zstd.ts'

// 11, the default, writes 1 MB/s; 6 writes 50 and packs pages of items 5 % worse (Node 20)
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
