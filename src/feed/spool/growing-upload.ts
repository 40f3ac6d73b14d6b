import { createReadStream } from 'node:fs'
import { compressorOf } from '../compress/conversions.ts'
import type { FeedCompression, FeedTarget } from '../contract.ts'

/** Bytes that are worth sending. */
const STEP = 1024 * 1024

/**
 * Sends a spool while it grows: what no later write changes, read from the file, so that a slow server costs no memory. When it fails, the
 * document is sent as a whole in the end.
 */
export class GrowingUpload {
  readonly #spool: string
  readonly #name: string
  readonly #target: FeedTarget
  readonly #compression: FeedCompression
  #settled = 0
  #sent = 0
  #whole = false
  #stopped = false
  #wake: (() => void) | undefined
  #sending: Promise<boolean> | undefined

  constructor(spool: string, name: string, { target, compression }: { target: FeedTarget; compression: FeedCompression }) {
    this.#spool = spool
    this.#name = name
    this.#target = target
    this.#compression = compression
  }

  /** So many bytes of the spool will not change. */
  advance(settled: number): void {
    this.#settled = settled
    if (settled - this.#sent < STEP) return
    this.#sending ??= this.#send()
    this.#wake?.()
  }

  /** The spool is whole. True when all of it has arrived; false when it has to be sent as a whole. */
  async finish(): Promise<boolean> {
    // a document that never came to be worth it
    if (this.#sending === undefined) return false
    this.#whole = true
    this.#wake?.()
    return this.#sending
  }

  async abort(): Promise<void> {
    this.#stopped = true
    this.#wake?.()
    await this.#sending
  }

  async #send(): Promise<boolean> {
    const upload = this.#target.grow!(this.#name)
    try {
      const compress = await compressorOf(this.#compression)
      for await (const bytes of compress(this.#growing())) await upload.write(bytes)
      if (this.#stopped) throw new Error('not wanted')
      await upload.finish()
      return true
    } catch {
      // the whole document is sent in the end, and tells if that fails too
      await upload.abort().catch(() => {})
      return false
    }
  }

  async *#growing(): AsyncGenerator<Uint8Array> {
    for (;;) {
      if (this.#stopped) return
      const whole = this.#whole
      const end = whole ? Number.POSITIVE_INFINITY : this.#settled
      if (whole || end - this.#sent >= STEP) {
        for await (const bytes of createReadStream(this.#spool, { start: this.#sent, end: end - 1, highWaterMark: STEP })) {
          this.#sent += (bytes as Buffer).length
          yield bytes as Buffer
        }
        if (whole) return
        continue
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
  }
}
