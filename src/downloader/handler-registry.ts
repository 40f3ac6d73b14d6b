import { DownloadError, UsageError } from '../errors.ts'
import type { Request } from '../http/request.ts'
import type { Response } from '../http/response.ts'
import type { DownloaderContext, DownloadHandler, DownloadHandlerFactory } from './contract.ts'
import { shownUrl } from './url-parts.ts'

/**
 * The handlers by scheme. A handler is made when its first request comes, or when it is prepared; schemes that share a factory share the
 * handler. A factory that fails fails that download, and is tried again with the next.
 */
export class HandlerRegistry {
  readonly #factories: ReadonlyMap<string, DownloadHandlerFactory>
  readonly #context: DownloaderContext
  readonly #ready = new Map<string, DownloadHandler>()
  readonly #making = new Map<DownloadHandlerFactory, Promise<DownloadHandler>>()
  #closed = false
  #aborts = 0

  constructor(factories: ReadonlyMap<string, DownloadHandlerFactory>, context: DownloaderContext) {
    this.#factories = factories
    this.#context = context
  }

  /** How often `abort` was called. */
  get aborts(): number {
    return this.#aborts
  }

  /** `aborts`: as it was when the download began, where that was before now; when it is another by now, this fails with `ERR_ABORTED`. */
  download(request: Request, aborts?: number): Promise<Response> {
    if (aborts !== undefined && aborts !== this.#aborts) return Promise.reject(aborted(request))
    const scheme = request.url.slice(0, request.url.indexOf(':'))
    const handler = this.#ready.get(scheme)
    return handler === undefined ? this.#first(scheme, request) : handler.download(request)
  }

  async #first(scheme: string, request: Request): Promise<Response> {
    const factory = this.#factories.get(scheme)
    if (factory === undefined) {
      const known = [...this.#factories.keys()].join(', ')
      throw new DownloadError('ERR_SCHEME', `${shownUrl(request.url)}: nothing here speaks ${scheme}; there is ${known}`)
    }
    if (this.#closed) {
      throw new DownloadError('ERR_ABORTED', `${shownUrl(request.url)}: aborted because the downloader was closed`)
    }
    const aborts = this.#aborts
    const handler = await this.#make(factory)
    this.#ready.set(scheme, handler)
    if (aborts !== this.#aborts) throw aborted(request)
    return handler.download(request)
  }

  /**
   * Makes the handler of a scheme before it is needed; resolves when there is one, or when it could not be made, which the first download then
   * says. Rejects where that is for a setting that is wrong: no download can do without.
   */
  async prepare(scheme: string): Promise<void> {
    const factory = this.#factories.get(scheme)
    if (factory === undefined || this.#closed) return
    try {
      this.#ready.set(scheme, await this.#make(factory))
    } catch (error) {
      if (error instanceof UsageError) throw error
    }
  }

  #make(factory: DownloadHandlerFactory): Promise<DownloadHandler> {
    const known = this.#making.get(factory)
    if (known !== undefined) return known
    const making = (async () => factory(this.#context))()
    this.#making.set(factory, making)
    making.catch(() => this.#making.delete(factory))
    return making
  }

  /** Ends what the handlers are downloading. */
  abort(): void {
    this.#aborts++
    for (const handler of new Set(this.#ready.values())) handler.abort?.()
  }

  /** Closes every handler that was made, those that are being made included. Throws the first error after all were closed. */
  async close(): Promise<void> {
    this.#closed = true
    const handlers = await Promise.allSettled(this.#making.values())
    const closed = await Promise.allSettled(
      handlers.map((made) => (made.status === 'fulfilled' ? made.value.close() : undefined)),
    )
    for (const result of closed) if (result.status === 'rejected') throw result.reason
  }
}

function aborted(request: Request): DownloadError {
  return new DownloadError('ERR_ABORTED', `${shownUrl(request.url)}: the download was aborted`)
}
