import { closeSync, existsSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { SkeinError, UsageError } from '../../errors.ts'
import { makeFolder } from '../../util/make-folder.ts'
import type { FeedTarget } from '../contract.ts'
import { openProblem, writeProblem } from '../stores/file-problems.ts'
import { bytesOf } from './bytes-of.ts'

/** Files of this machine that are put in their place when they are whole. */
export class FileTarget implements FeedTarget {
  uriOf(path: string): string {
    return path
  }

  identitiesOf(path: string): readonly string[] {
    return identitiesOfFile(path)
  }

  async check(path: string): Promise<void> {
    try {
      makeFolder(dirname(path))
      const there = statSync(path, { throwIfNoEntry: false })
      if (there?.isDirectory()) throw Object.assign(new Error('a directory'), { code: 'EISDIR' })
      if (there !== undefined && !there.isFile()) {
        throw new UsageError('ERR_FEED_OPEN', `the feed ${path} is no file, and would be replaced by one at the end. Name a file`)
      }
      const probe = `${placeOf(path)}.part.${process.pid}`
      closeSync(openSync(probe, 'w', 0o666))
      rmSync(probe)
    } catch (cause) {
      if (cause instanceof UsageError) throw cause
      throw new UsageError('ERR_FEED_OPEN', `the feed ${path} cannot be written: ${openProblem(cause)}`, { cause })
    }
  }

  async exists(path: string): Promise<boolean> {
    return existsSync(path)
  }

  async put(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const place = placeOf(path)
    const beside = `${place}.part.out`
    try {
      const fd = openSync(beside, 'w', 0o666)
      try {
        for await (const bytes of pieces) writeAll(fd, bytes)
        fsyncSync(fd)
      } finally {
        closeSync(fd)
      }
      renameSync(beside, place)
    } catch (error) {
      rmSync(beside, { force: true })
      throw problem(path, error)
    }
  }

  /** As `put`, with a file that is there already, beside the place, and moves. */
  async move(path: string, whole: string): Promise<void> {
    try {
      const fd = openSync(whole, 'r+')
      try {
        fsyncSync(fd)
      } finally {
        closeSync(fd)
      }
      renameSync(whole, placeOf(path))
    } catch (error) {
      // a link leads to another disk
      if ((error as NodeJS.ErrnoException).code === 'EXDEV') return this.put(path, bytesOf(whole))
      throw problem(path, error)
    }
  }

  read(path: string): AsyncIterable<Uint8Array> {
    return bytesOf(path)
  }

  async close(): Promise<void> {}
}

/** A file by its place in the tree of folders and, once it is there, on its disk. */
export function identitiesOfFile(path: string): readonly string[] {
  const there = statSync(path, { throwIfNoEntry: false })
  const folder = existsSync(dirname(path)) ? realpathSync(dirname(path)) : dirname(path)
  const place = join(folder, basename(path))
  return there?.isFile() ? [place, `${there.dev}:${there.ino}`] : [place]
}

/** A link stays, and what it leads to is replaced. */
function placeOf(path: string): string {
  return existsSync(path) ? realpathSync(path) : path
}

function writeAll(fd: number, bytes: Uint8Array): void {
  let done = 0
  while (done < bytes.length) done += writeSync(fd, bytes, done, bytes.length - done, null)
}

function problem(path: string, cause: unknown): SkeinError {
  if (cause instanceof SkeinError) return cause
  return new SkeinError('ERR_FEED_WRITE', `the feed ${path} could not be written: ${writeProblem(cause)}`, { cause })
}
