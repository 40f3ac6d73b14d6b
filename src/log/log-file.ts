import { closeSync, openSync, writeSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { UsageError } from '../errors.ts'
import { makeFolder } from '../util/make-folder.ts'

/** An open log file. */
export interface LogFile {
  /** Appends, at once: what was logged is with the system when this returns. Never throws. */
  readonly write: (text: string) => void
  close(): void
}

/**
 * Opens a file to append log lines to, making the folders on the way to it. Throws a {@link UsageError} when it cannot be written: before
 * the crawl, not in the middle of it. Should writing fail later (disk full), `onError` hears of it once, and the crawl goes on.
 */
export function openLogFile(path: string, onError: (message: string) => void): LogFile {
  let fd: number
  try {
    makeFolder(dirname(resolve(path)))
    fd = openSync(path, 'a')
  } catch (error) {
    const why = (error as Error).message
    throw new UsageError('ERR_LOG_FILE', `Cannot write the log file ${path}: ${why}. Name a file in a folder you may write to.`, {
      cause: error,
    })
  }
  let failed = false
  return {
    write(text) {
      try {
        const bytes = Buffer.from(text)
        // a full disk takes a part of the bytes before it takes none
        for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
        failed = false
      } catch (error) {
        if (!failed)
          onError(`cannot write the log file ${path}: ${(error as Error).message}; lines are lost until it can be written again`)
        failed = true
      }
    },
    close() {
      closeSync(fd)
    },
  }
}
