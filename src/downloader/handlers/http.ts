import type { Dispatcher, Pool } from 'undici'
import { DownloadError } from '../../errors.ts'
import type { Headers } from '../../http/headers.ts'
import type { Request } from '../../http/request.ts'
import type { Response } from '../../http/response.ts'
import type { DownloaderContext, DownloadHandler } from '../contract.ts'
import { endOfAuthority, shownUrl } from '../url-parts.ts'
import { loadPools } from './connections.ts'
import { Deadlines } from './deadlines.ts'
import { Exchange, type ExchangeLimits, type ExchangeOwner } from './exchange.ts'
import { networkError } from './network-error.ts'
import { PoolCache, type PoolEntry } from './pool-cache.ts'
import { splitUserinfo } from './userinfo.ts'

/**
 * Speaks http and https: HTTP/1.1 with keep-alive, HTTP/2 where `http2` is on and the site wants it.
 *
 * A download has one deadline (`downloadTimeout`) from the DNS query to the last byte, and ends at once when more than `maxResponseSize`
 * bytes are announced or come. Fails with {@link DownloadError}: `ERR_DNS`, `ERR_CONNECT`, `ERR_TLS`, `ERR_RESET`, `ERR_TIMEOUT`,
 * `ERR_TOO_LARGE`, `ERR_DATA_LOSS`, `ERR_PROTOCOL`, `ERR_ABORTED`; or with `ERR_REQUEST_UNSENDABLE` for a method or a header that HTTP has no place for.
 */
export async function createHttpHandler(context: DownloaderContext): Promise<DownloadHandler> {
  const { settings } = context
  const createPool = await loadPools({
    connections: settings.concurrency,
    connectTimeout: settings.connectTimeout * 1000,
    verifyTls: settings.verifyTls,
    http2: settings.http2,
  })
  return new HttpHandler(context, createPool)
}

class HttpHandler implements DownloadHandler {
  readonly #context: DownloaderContext
  readonly #pools: PoolCache<Pool>
  readonly #running: Deadlines<Exchange>
  readonly #limits: ExchangeLimits
  readonly #owner: ExchangeOwner
  #closed = false
  /** Most requests of a crawl carry one and the same Headers object. */
  #lastHeaders: Headers | undefined
  #lastLines: string[] = []

  constructor(context: DownloaderContext, createPool: (origin: string) => Pool) {
    const { settings } = context
    this.#context = context
    this.#pools = new PoolCache(settings.maxPools, createPool)
    this.#running = new Deadlines(context.clock)
    this.#limits = {
      maxSize: settings.maxResponseSize,
      warnSize: settings.warnResponseSize,
      failOnDataLoss: settings.failOnDataLoss,
      timeout: settings.downloadTimeout,
    }
    this.#owner = {
      settled: (exchange) => this.#running.delete(exchange),
      warnSize: (request, size) =>
        context.log.warn(
          `${shownUrl(request.url)}: a large body (${size} bytes); warnResponseSize is ${settings.warnResponseSize}`,
          {
            url: shownUrl(request.url),
            size,
          },
        ),
    }
  }

  download(request: Request): Promise<Response> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(aborted(request))
        return
      }
      const { url } = request
      const end = endOfAuthority(url)
      const userinfo = splitUserinfo(url.slice(0, end))
      let entry: PoolEntry<Pool>
      try {
        entry = this.#pools.get(userinfo?.origin ?? url.slice(0, end))
      } catch (error) {
        reject(
          new DownloadError('ERR_DNS', `${shownUrl(url)}: the host or the port is not valid; check the URL`, { cause: error }),
        )
        return
      }
      const limits = this.#limitsOf(request)
      const deadline = this.#context.clock.now() + limits.timeout * 1000
      const exchange = new Exchange({ request, limits, deadline, pool: entry }, this.#owner, resolve, reject)
      this.#running.add(exchange)
      try {
        entry.pool.dispatch(
          {
            path: target(url, end),
            method: request.method as Dispatcher.HttpMethod,
            headers: this.#lines(withUserinfo(request.headers, userinfo?.authorization)),
            body: request.body.length === 0 ? null : request.body,
          },
          exchange as unknown as Dispatcher.DispatchHandler,
        )
      } catch (error) {
        exchange.abort(networkError(url, error))
      }
    })
  }

  abort(): void {
    for (const exchange of this.#running.close()) {
      exchange.abort(new DownloadError('ERR_ABORTED', `${shownUrl(exchange.request.url)}: the download was aborted`))
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const exchange of this.#running.close()) exchange.abort(aborted(exchange.request))
    await this.#pools.destroy(new Error('the downloader was closed'))
  }

  #limitsOf({ options }: Request): ExchangeLimits {
    const { timeout, maxSize, failOnDataLoss } = options
    if (timeout === undefined && maxSize === undefined && failOnDataLoss === undefined) return this.#limits
    const base = this.#limits
    return {
      maxSize: maxSize ?? base.maxSize,
      warnSize: base.warnSize,
      failOnDataLoss: failOnDataLoss ?? base.failOnDataLoss,
      timeout: timeout ?? base.timeout,
    }
  }

  #lines(headers: Headers): string[] {
    if (headers !== this.#lastHeaders) {
      // the length of the body is known better than it can be said
      this.#lastLines = (headers.has('content-length') ? headers.with('content-length', null) : headers).toFlat()
      this.#lastHeaders = headers
    }
    return this.#lastLines
  }
}

/** A header that the request has of its own wins. */
function withUserinfo(headers: Headers, authorization: string | undefined): Headers {
  return authorization === undefined || headers.has('authorization') ? headers : headers.with('Authorization', authorization)
}

function aborted(request: Request): DownloadError {
  return new DownloadError('ERR_ABORTED', `${shownUrl(request.url)}: aborted because the downloader was closed`)
}

/** What stands in the request line: path and query, never the fragment. */
function target(url: string, from: number): string {
  const fragment = url.indexOf('#', from)
  const rest = fragment < 0 ? url.slice(from) : url.slice(from, fragment)
  return rest.charCodeAt(0) === 0x2f ? rest : `/${rest}`
}
