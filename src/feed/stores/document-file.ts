import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { SkeinError, UsageError } from '../../errors.ts'
import { makeFolder } from '../../util/make-folder.ts'
import { openProblem, writeProblem } from './file-problems.ts'

const NOTHING: Uint8Array = new Uint8Array(0)

/** How a file is opened. */
export interface DocumentFileOptions {
  /** Several processes may append to the file at once: a document of lines, without an end that later text must replace (jsonl). */
  readonly shared: boolean
}

/**
 * A file that is a whole document after every write: each write carries the end of the document, and the next one begins where that end
 * began. Pipes and devices, which cannot go back, get the end when they are closed.
 *
 * Writes are synchronous: they copy into the page cache (16 KiB take 5 µs of CPU, through the thread pool 99; Node 20), they hold back
 * a page that yields without end, and they never overtake each other. A disk that cannot keep up stops the crawl, not the memory.
 *
 * Before each write the file is looked at (2.3 µs of CPU, Node 20): one that was deleted would take what nobody will read, and one that another process
 * writes to would lose what either of them wrote.
 */
export class DocumentFile {
  readonly path: string
  /** No file was there before. */
  readonly created: boolean
  /** Bytes that were there before; 0 for pipes and devices. */
  readonly initialSize: number
  /** Of the file on its disk, whatever name it goes by; undefined for pipes and devices. */
  readonly identity: string | undefined
  readonly #fd: number
  readonly #shared: boolean
  readonly #seekable: boolean
  #position = 0
  #size: number
  /** What lies behind `#position` goes away before the next write. */
  #cut: boolean
  #end: Uint8Array = NOTHING
  /** Bytes of a failed write that reached the file. */
  #torn = 0
  #closed = false

  private constructor(path: string, fd: number, created: boolean, shared: boolean) {
    const stats = fstatSync(fd)
    this.path = path
    this.created = created
    this.#fd = fd
    this.#shared = shared
    this.#seekable = stats.isFile()
    this.#size = this.#seekable ? stats.size : 0
    this.#cut = this.#size > 0
    this.initialSize = this.#size
    this.identity = this.#seekable ? `${stats.dev}:${stats.ino}` : undefined
  }

  /**
   * Opens or creates the file, and the folders on the way, and leaves its content alone.
   *
   * @throws UsageError `ERR_FEED_OPEN` when it cannot be written.
   */
  static open(path: string, { shared }: DocumentFileOptions): DocumentFile {
    try {
      makeFolder(dirname(path))
      const before = statIfThere(path)
      if (before?.isFIFO()) return new DocumentFile(path, openPipe(path), false, shared)
      const append = shared && (before === undefined || before.isFile()) ? constants.O_APPEND : 0
      const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | append, 0o666)
      return new DocumentFile(path, fd, before === undefined, shared)
    } catch (error) {
      if (error instanceof UsageError) throw error
      throw new UsageError('ERR_FEED_OPEN', `the feed ${path} cannot be written: ${openProblem(error)}`, { cause: error })
    }
  }

  /** Bytes of the document without its end: those that no later write changes. */
  get settled(): number {
    return this.#position
  }

  /** Goes on behind the first `position` bytes of what is there; without this, the first write replaces all of it. */
  startAt(position: number): void {
    this.#position = position
    this.#cut = position < this.#size && this.#shared
    if (position < this.#size && !this.#shared) this.#end = this.#read(position, this.#size)
  }

  /**
   * Adds bytes, the last `endLength` of which end the document and give way to the next write. When it fails, the file is put back to
   * what it was. The bytes are not kept.
   *
   * @throws SkeinError `ERR_FEED_WRITE`
   */
  write(bytes: Uint8Array, endLength: number): void {
    const bodyLength = bytes.length - endLength
    const end = endLength === 0 ? NOTHING : Uint8Array.prototype.slice.call(bytes, bodyLength)
    if (!this.#seekable) {
      this.#end = end
      this.#guarded(() => this.#writeAll(bytes.subarray(0, bodyLength), null))
      return
    }
    this.#guarded(() => {
      this.#checkUntouched()
      if (this.#cut) this.#truncate(this.#position)
      this.#cut = false
      try {
        this.#writeAll(bytes, this.#shared ? null : this.#position)
      } catch (error) {
        this.#restore()
        throw error
      }
      this.#position += bodyLength
      const size = this.#position + endLength
      if (size < this.#size) this.#truncate(size)
      this.#size = size
      this.#end = end
    })
  }

  /** Closes; a pipe or device gets the end of its document first. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    try {
      if (!this.#seekable) this.#guarded(() => this.#writeAll(this.#end, null))
    } finally {
      this.#guarded(() => closeSync(this.#fd))
    }
  }

  /** Closes without having written, and takes away a file that was not there before. */
  abandon(): void {
    if (this.#closed) return
    this.#closed = true
    const empty = this.created && this.#seekable && fstatSync(this.#fd).size === 0
    closeSync(this.#fd)
    if (empty) rmSync(this.path, { force: true })
  }

  #checkUntouched(): void {
    if (this.#closed) throw new Error('it is closed')
    const { nlink, size } = fstatSync(this.#fd)
    if (nlink === 0) {
      throw new Error(
        'the file was deleted or replaced, and what was in it with it. Leave feeds alone until the crawl has closed',
      )
    }
    const expected = this.#size
    if (this.#shared && !this.#cut ? size >= expected : size === expected) return
    throw new Error(
      `something else writes to the file (it has ${size} bytes, and ${expected} were expected). ` +
        'Give each process a file of its own, for example with %(host)s and %(pid)s in its name; only a plain .jsonl can be appended to by several',
    )
  }

  #writeAll(bytes: Uint8Array, position: number | null): void {
    let done = 0
    while (done < bytes.length) {
      try {
        done += writeSync(this.#fd, bytes, done, bytes.length - done, position === null ? null : position + done)
      } catch (error) {
        this.#torn = done
        throw error
      }
    }
  }

  #restore(): void {
    try {
      // another process may have appended meanwhile: only the torn bytes are ours
      const position = this.#shared ? fstatSync(this.#fd).size - this.#torn : this.#position
      this.#truncate(position)
      if (!this.#shared && this.#end.length > 0) this.#writeAll(this.#end, position)
      this.#size = fstatSync(this.#fd).size
    } catch {
      // the first error says what is wrong with the disk
    }
  }

  #read(from: number, to: number): Buffer {
    const bytes = Buffer.alloc(to - from)
    const fd = openSync(this.path, 'r')
    try {
      readSync(fd, bytes, 0, bytes.length, from)
    } finally {
      closeSync(fd)
    }
    return bytes
  }

  #truncate(size: number): void {
    ftruncateSync(this.#fd, size)
    this.#size = size
  }

  #guarded(action: () => void): void {
    try {
      action()
    } catch (error) {
      throw new SkeinError('ERR_FEED_WRITE', `the feed ${this.path} could not be written: ${writeProblem(error)}`, {
        cause: error,
      })
    }
  }
}

function statIfThere(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false })
}

/** Opening a pipe waits for its reader, for ever if there is none: ask first, and stay, or the reader takes the asking for the end. */
function openPipe(path: string): number {
  let probe: number
  try {
    probe = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error
    throw new UsageError('ERR_FEED_OPEN', `the feed ${path} is a pipe that nobody reads; start its reader first`, {
      cause: error,
    })
  }
  try {
    return openSync(path, constants.O_WRONLY)
  } finally {
    closeSync(probe)
  }
}
