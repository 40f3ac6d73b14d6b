import type { Writable } from 'node:stream'
import { SkeinError } from '../../errors.ts'
import type { FeedStore } from '../contract.ts'

/** Characters held before they are handed on without being asked. */
const HIGH_WATER = 1024 * 1024

/**
 * A store in standard output, or any other stream. It ends the document but not the stream: others may have something to say after it.
 * A reader that has gone (`| head`) fails the next flush with `ERR_FEED_WRITE`.
 */
export class StreamStore implements FeedStore {
  readonly #stream: Writable
  readonly #end: string
  readonly #onError: (error: Error) => void
  #pending = ''
  #error: Error | undefined
  #closed = false

  constructor(end: string, stream: Writable = process.stdout) {
    this.#stream = stream
    this.#end = end
    // without a listener a reader that goes away ends the process
    this.#onError = (error) => {
      this.#error ??= error
    }
    stream.on('error', this.#onError)
  }

  write(text: string): void {
    this.#pending += text
    if (this.#pending.length >= HIGH_WATER) this.#handOn()
  }

  flush(): Promise<void> {
    if (this.#pending === '' && this.#error === undefined) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#handOn((error) => {
        const problem = this.#error ?? error
        if (problem) reject(writeError(problem))
        else resolve()
      })
    })
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#pending += this.#end
    try {
      await this.flush()
    } finally {
      // the error event comes after the callback: the listener has to outlive it
      setImmediate(() => this.#stream.off('error', this.#onError))
    }
  }

  abandon(): void {
    this.#closed = true
    this.#stream.off('error', this.#onError)
  }

  #handOn(done?: (error?: Error | null) => void): void {
    const text = this.#pending
    this.#pending = ''
    this.#stream.write(text, done)
  }
}

function writeError(cause: Error): SkeinError {
  const gone = (cause as NodeJS.ErrnoException).code === 'EPIPE'
  const reason = gone ? 'its reader has gone (EPIPE)' : cause.message
  return new SkeinError('ERR_FEED_WRITE', `the feed on standard output could not be written: ${reason}`, { cause })
}
