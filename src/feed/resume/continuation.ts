import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { UsageError } from '../../errors.ts'

/** How a document that is there goes on. */
export interface Continuation {
  /** Bytes of it that stay. */
  readonly position: number
  /** What comes before the first new item, beyond what the format puts there. */
  readonly lead: string
  /** csv: the columns that it has. */
  readonly columns?: readonly string[]
  /** What its owner should know. */
  readonly warning?: string
}

/** A file that is to be appended to. */
export interface ExistingFile {
  readonly path: string
  /** In bytes, more than 0. */
  readonly size: number
  readonly gzip: boolean
}

/** The content in pieces, decompressed. A gzip file that was cut off or damaged is refused: nothing behind the damage could be read. */
export async function* contentOf({ path, gzip }: ExistingFile): AsyncGenerator<Buffer> {
  const source = createReadStream(path, { highWaterMark: 1024 * 1024 })
  if (!gzip) {
    yield* source
    return
  }
  const gunzip = createGunzip()
  source.on('error', (error) => gunzip.destroy(error))
  try {
    yield* source.pipe(gunzip)
  } catch (error) {
    throw cannotAppend(path, `it is damaged or cut off (${(error as Error).message}). Recover what is readable with zcat`, error)
  } finally {
    source.destroy()
  }
}

/** The error for a file that cannot be appended to. `-O` and another name are always ways out. */
export function cannotAppend(path: string, reason: string, cause?: unknown): UsageError {
  return new UsageError(
    'ERR_FEED_APPEND',
    `the feed ${path} cannot be appended to: ${reason}. Or write to another file, or replace this one with -O`,
    cause === undefined ? {} : { cause },
  )
}
