import type { FeedStore } from '../contract.ts'
import type { DocumentFile } from './document-file.ts'
import { GzipMember } from './gzip-member.ts'

/** Characters held before they are written without being asked: what a page may yield between two flushes is not bounded. */
const HIGH_WATER = 1024 * 1024

/** Bytes kept for encoding: a fresh buffer for each flush of 20 KB costs 0.5 µs an item. */
const SCRATCH = 256 * 1024
/** UTF-8 takes at most this many bytes for a UTF-16 unit. */
const MAX_BYTES = 3
const NOTHING: Buffer = Buffer.alloc(0)

/** How text becomes a file. */
export interface FileStoreOptions {
  /** What ends the document. It stands in the file after every flush, so that a process killed at any time leaves a whole document. */
  readonly end: string
  readonly gzip: boolean
}

const flushed: Promise<void> = Promise.resolve()

/** A store in a file, plain or gzip. What a failed flush could not write is kept for the next. */
export class FileStore implements FeedStore {
  readonly #file: DocumentFile
  readonly #end: Buffer
  readonly #gzip: GzipMember | undefined
  #scratch: Buffer | undefined
  #pending = ''
  /** Something, if only the end of the document, has to reach the file. */
  #due = false
  /** Once a write has failed, only a flush tries again: it has somebody to tell. */
  #failed = false

  constructor(file: DocumentFile, { end, gzip }: FileStoreOptions) {
    this.#file = file
    this.#end = Buffer.from(end)
    this.#gzip = gzip ? new GzipMember() : undefined
  }

  /** Bytes of the document so far; what is not written yet is counted in characters. */
  get size(): number {
    return this.#file.settled + this.#pending.length
  }

  write(text: string): void {
    this.#due = true
    this.#pending += text
    if (this.#pending.length < HIGH_WATER || this.#failed) return
    try {
      this.#writeOut()
    } catch {
      // the flush that comes before the commit will tell
      this.#failed = true
    }
  }

  flush(): Promise<void> {
    if (!this.#due) return flushed
    try {
      this.#writeOut()
      return flushed
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async close(): Promise<void> {
    try {
      if (this.#due) this.#writeOut()
    } finally {
      this.#file.close()
      this.#scratch = undefined
    }
  }

  abandon(): void {
    this.#file.abandon()
  }

  #writeOut(): void {
    if (this.#gzip === undefined) this.#file.write(this.#encoded(this.#end), this.#end.length)
    else {
      const { body, trailer } = this.#gzip.piece(this.#encoded(NOTHING), this.#end)
      this.#file.write(Buffer.concat([body, trailer]), trailer.length)
      this.#gzip.commit()
    }
    this.#pending = ''
    this.#due = false
    this.#failed = false
  }

  /** What is pending and `end` in UTF-8; only valid until the next call. */
  #encoded(end: Buffer): Buffer {
    if (this.#pending.length * MAX_BYTES + end.length > SCRATCH) return Buffer.concat([Buffer.from(this.#pending), end])
    this.#scratch ??= Buffer.allocUnsafeSlow(SCRATCH)
    const length = this.#scratch.write(this.#pending)
    end.copy(this.#scratch, length)
    return this.#scratch.subarray(0, length + end.length)
  }
}
