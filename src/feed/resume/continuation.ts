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
  /** It broke off at `position`: it is to be made whole even if no item is added. */
  readonly torn?: true
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

/**
 * How a document goes on whose end broke off: the end is cut away. A process that is killed while it writes leaves a part of what it wrote, if that was more than a
 * page of memory: items of pages that are not counted as done, and come again.
 */
export function cutAt(position: number, { path, size }: ExistingFile): Continuation {
  const warning = `the end of ${path} broke off (${size - position} bytes of an item that was never counted as done); it is cut away`
  return { position, lead: '', torn: true, warning }
}

/** The error for a file that cannot be appended to. `-O` and another name are always ways out. */
export function cannotAppend(path: string, reason: string, cause?: unknown): UsageError {
  return new UsageError(
    'ERR_FEED_APPEND',
    `the feed ${path} cannot be appended to: ${reason}. Or write to another file, or replace this one with -O`,
    cause === undefined ? {} : { cause },
  )
}
