import type { FeedStore } from '../contract.ts'
import type { DocumentFile } from './document-file.ts'
import { GzipMember } from './gzip-member.ts'

/** Characters held before they are written without being asked: what a page may yield between two flushes is not bounded. */
const HIGH_WATER = 1024 * 1024

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
      await this.flush()
    } finally {
      this.#file.close()
    }
  }

  abandon(): void {
    this.#file.abandon()
  }

  #writeOut(): void {
    const bytes = Buffer.from(this.#pending)
    if (this.#gzip === undefined) this.#file.write(bytes, this.#end)
    else {
      const { body, trailer } = this.#gzip.piece(bytes, this.#end)
      this.#file.write(body, trailer)
      this.#gzip.commit()
    }
    this.#pending = ''
    this.#due = false
    this.#failed = false
  }
}
