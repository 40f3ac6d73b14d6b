import { DownloadError } from '../errors.ts'
import type { Request } from '../http/request.ts'
import { Response } from '../http/response.ts'
import type { Clock } from '../util/clock.ts'
import type { Download } from './contract.ts'
import { shownUrl } from './url-parts.ts'

/**
 * Downloads beside the queue: a redirect or a retry that the chain answers with is followed here and now, since nobody will schedule
 * it; a retry waits for its `notBefore`.
 */
export class InlineDownloader {
  readonly #chain: Download
  readonly #clock: Clock
  readonly #waiting = new Set<() => void>()
  #closed = false
  #aborts = 0

  constructor(chain: Download, clock: Clock) {
    this.#chain = chain
    this.#clock = clock
  }

  async download(request: Request): Promise<Response> {
    let current = request
    const aborts = this.#aborts
    for (;;) {
      if (this.#closed)
        throw new DownloadError('ERR_ABORTED', `${shownUrl(current.url)}: aborted because the downloader was closed`)
      if (aborts !== this.#aborts) throw new DownloadError('ERR_ABORTED', `${shownUrl(current.url)}: the download was aborted`)
      const result = await this.#chain(current)
      if (result instanceof Response) return result
      current = result
      const wait = (current.notBefore ?? 0) - this.#clock.now()
      if (wait > 0) await this.#sleep(wait)
    }
  }

  /** Downloads that are under way fail: at once where they wait for another try. */
  abort(): void {
    this.#aborts++
    this.#wakeAll()
  }

  /** As `abort`, and those that are asked for from now on. */
  close(): void {
    this.#closed = true
    this.#wakeAll()
  }

  #wakeAll(): void {
    for (const wake of this.#waiting) wake()
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel()
        this.#waiting.delete(wake)
        resolve()
      }
      const cancel = this.#clock.after(ms, wake)
      this.#waiting.add(wake)
    })
  }
}
