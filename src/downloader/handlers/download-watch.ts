import type { Headers } from '../../http/headers.ts'
import type { Request } from '../../http/request.ts'
import type { CrawlSignals, HeadersReceived, StopDownload } from '../../signals/contract.ts'

/** A download that handlers of signals look at. */
export interface Watched {
  readonly request: Request
  /** A handler wants no more of it. */
  stop(fail: boolean): void
  /** All handlers that were called have come to their end. */
  heard(): void
}

/** Calls that handlers have not come to the end of; with more, the body waits for them. */
const MAX_PENDING = 16

/** Tells the handlers of `headersReceived` and `bytesReceived` of one download. Made only where there are such. */
export class DownloadWatch {
  readonly #signals: CrawlSignals
  readonly #watched: Watched
  readonly #stop: StopDownload
  #pending = 0

  constructor(signals: CrawlSignals, watched: Watched) {
    this.#signals = signals
    this.#watched = watched
    this.#stop = (options) => watched.stop(options?.fail ?? true)
  }

  /** Handlers are at work. */
  get busy(): boolean {
    return this.#pending > 0
  }

  /** Handlers are so far behind that the body is to wait. */
  get behind(): boolean {
    return this.#pending > MAX_PENDING
  }

  head(status: number, headers: Headers, announced: number): void {
    const bodyLength = announced < 0 ? undefined : announced
    const event: HeadersReceived = { request: this.#watched.request, status, headers, bodyLength, stop: this.#stop }
    this.#await(this.#signals.emit('headersReceived', event))
  }

  bytes(data: Buffer, received: number): void {
    this.#await(this.#signals.emit('bytesReceived', { request: this.#watched.request, data, received, stop: this.#stop }))
  }

  #await(handlers: Promise<void>): void {
    this.#pending++
    // never rejects
    void handlers.then(() => {
      if (--this.#pending === 0) this.#watched.heard()
    })
  }
}
