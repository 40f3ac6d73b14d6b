import { createReadStream } from 'node:fs'
import { maskCredentials } from '../../log/mask-credentials.ts'
import { compressorOf } from '../compress/conversions.ts'
import type { FeedCompression, FeedTarget } from '../contract.ts'
import type { DocumentLayout } from '../open-document.ts'

/** Bytes that are worth sending. */
const STEP = 1024 * 1024

/** How a document that grows is sent. */
interface Sending {
  readonly target: FeedTarget
  readonly compression: FeedCompression
  readonly layout: DocumentLayout
  readonly begun: (id: string) => void
}

/**
 * Sends a spool while it grows: what no later write changes, read from the file, so that a slow server costs no memory. When it fails, the
 * document is sent as a whole in the end.
 */
export class GrowingUpload {
  readonly #spool: string
  readonly #name: string
  readonly #how: Sending
  #settled = 0
  #sent = 0
  #whole = false
  #stopped = false
  #wake: (() => void) | undefined
  #sending: Promise<boolean> | undefined

  constructor(spool: string, name: string, how: Sending) {
    this.#spool = spool
    this.#name = name
    this.#how = how
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
    const { target, compression, layout, begun } = this.#how
    const upload = target.grow!(this.#name, begun)
    try {
      const compress = await compressorOf(compression)
      for await (const bytes of compress(this.#growing())) await upload.write(bytes)
      if (this.#stopped) throw new Error('not wanted')
      await upload.finish()
      return true
    } catch (error) {
      await upload.abort().catch(() => {})
      if (!this.#stopped)
        layout.warn?.(`${maskCredentials((error as Error).message)}. The document will be sent whole in the end`)
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
