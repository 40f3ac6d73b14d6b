import type { Dispatcher, Pool } from 'undici'
import { DownloadError, SkeinError } from '../../errors.ts'
import type { Headers } from '../../http/headers.ts'
import type { Request } from '../../http/request.ts'
import type { Response } from '../../http/response.ts'
import type { DownloaderContext, DownloadHandler } from '../contract.ts'
import { endOfAuthority, shownUrl } from '../url-parts.ts'
import { BodyBudget } from './body-budget.ts'
import { loadPools } from './connections.ts'
import { Connector } from './connector.ts'
import { Deadlines } from './deadlines.ts'
import { DnsCache } from './dns-cache.ts'
import { Exchange, type ExchangeOwner } from './exchange.ts'
import { type ExchangeLimits, limitsOf, usualLimits } from './exchange-limits.ts'
import { NameServers } from './name-servers.ts'
import { ConnectError, networkError } from './network-error.ts'
import { PoolCache, type PoolEntry } from './pool-cache.ts'
import { refusal } from './proxy/http-tunnel.ts'
import type { ProxyServer } from './proxy/parse-proxy.ts'
import { type Route, Routes } from './routes.ts'
import { SystemNames } from './system-names.ts'
import { TlsHandshakes } from './tls-handshake.ts'
import { loadTlsContexts } from './tls-options.ts'
import { splitUserinfo } from './userinfo.ts'

/**
 * Speaks http and https: HTTP/1.1 with keep-alive, HTTP/2 where `http2` is on and the site wants it.
 *
 * A download has a deadline (`downloadTimeout`) from the DNS query to the last byte, one for the head of the answer and one for each pause in its
 * body, and ends at once when more than `maxResponseSize` bytes are announced or come. While more than `maxActiveBytes` of bodies are being received,
 * all but one wait. Fails with {@link DownloadError}: `ERR_DNS`, `ERR_CONNECT`, `ERR_TLS`, `ERR_RESET`, `ERR_TIMEOUT`,
 * `ERR_PROXY`, `ERR_TOO_LARGE`, `ERR_DATA_LOSS`, `ERR_PROTOCOL`, `ERR_ABORTED`; or with `ERR_REQUEST_UNSENDABLE` for a method or a header that HTTP has no place for.
 */
export async function createHttpHandler(context: DownloaderContext): Promise<DownloadHandler> {
  const { settings, clock } = context
  const { ipFamily, dnsServers } = settings
  const nameServers = new NameServers(dnsServers, ipFamily)
  const connector = new Connector({
    clock,
    names: new DnsCache({
      clock,
      resolver: dnsServers.length > 0 ? nameServers : new SystemNames({ clock, family: ipFamily, nameServers }),
      ttl: settings.dnsCacheTtl,
    }),
    tls: new TlsHandshakes(loadTlsContexts(settings), settings.verifyTls),
    dnsTimeout: settings.dnsTimeout,
    connectTimeout: settings.connectTimeout,
    tlsTimeout: settings.tlsTimeout,
    http2: settings.http2,
  })
  const localAddress = settings.localAddress || undefined
  const createPool = await loadPools({
    connections: settings.concurrency,
    http2: settings.http2,
    connector,
    usualWay: { tunnel: undefined, forward: undefined, localAddress },
  })
  return new HttpHandler(context, connector, new Routes(localAddress), (key, route) =>
    route === undefined ? createPool(key) : createPool(route.origin, route.way),
  )
}

class HttpHandler implements DownloadHandler {
  readonly #context: DownloaderContext
  readonly #connector: Connector
  readonly #routes: Routes
  readonly #pools: PoolCache<Pool, Route>
  readonly #running: Deadlines<Exchange>
  readonly #limits: ExchangeLimits
  readonly #owner: ExchangeOwner
  #closed = false
  /** Most requests of a crawl carry one and the same Headers object. */
  #lastHeaders: Headers | undefined
  #lastLines: string[] = []

  constructor(
    context: DownloaderContext,
    connector: Connector,
    routes: Routes,
    createPool: (key: string, route?: Route) => Pool,
  ) {
    const { settings } = context
    this.#context = context
    this.#connector = connector
    this.#routes = routes
    this.#pools = new PoolCache(settings.maxPools, createPool)
    const running = new Deadlines<Exchange>(context.clock)
    const budget = new BodyBudget<Exchange>(settings.maxActiveBytes, context.clock, running.running)
    this.#running = running
    this.#limits = usualLimits(settings)
    this.#owner = {
      clock: context.clock,
      signals: context.signals,
      budget,
      settled(exchange) {
        running.delete(exchange)
        budget.release(exchange)
      },
      warnSize({ request, limits }, size) {
        const url = shownUrl(request.url)
        const setting = request.options.warnSize === undefined ? 'warnResponseSize' : 'the warnSize of the request'
        context.log.warn(`${url}: a large body (${size} bytes); ${setting} is ${limits.warnSize}`, { url, size })
      },
    }
  }

  download(request: Request): Promise<Response> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(aborted(request))
        return
      }
      const { url, options } = request
      const end = endOfAuthority(url)
      const userinfo = splitUserinfo(url.slice(0, end))
      const origin = userinfo?.origin ?? url.slice(0, end)
      let forward: ProxyServer | undefined
      let entry: PoolEntry<Pool>
      try {
        if (options.proxy === undefined && options.localAddress === undefined) entry = this.#pools.get(origin)
        else {
          const route = this.#routes.for(origin, options)
          forward = route.way.forward
          entry = this.#pools.get(route.key, route)
        }
      } catch (error) {
        reject(
          error instanceof SkeinError
            ? error
            : new DownloadError('ERR_DNS', `${shownUrl(url)}: the host or the port is not valid; check the URL`, {
                cause: error,
              }),
        )
        return
      }
      const exchange = new Exchange(
        { request, limits: limitsOf(request, this.#limits), startedAt: this.#context.clock.now(), entry },
        this.#owner,
        forward === undefined ? resolve : unlessRefused(forward, url, resolve, reject),
        reject,
      )
      this.#running.add(exchange)
      const lines = this.#lines(withUserinfo(request.headers, userinfo?.authorization))
      exchange.send({
        path: forward === undefined ? target(url, end) : origin + target(url, end),
        method: request.method as Dispatcher.HttpMethod,
        headers: forward === undefined ? lines : withProxyLines(lines, origin, forward),
        body: request.body.length === 0 ? null : request.body,
      })
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
    this.#connector.close()
    await this.#pools.destroy(new Error('the downloader was closed'))
  }

  #lines(headers: Headers): string[] {
    if (headers !== this.#lastHeaders) {
      let sent = headers
      // the length of the body is known better than it can be said, and a proxy's password is in its URL: there it cannot come to a site
      for (const name of ['content-length', 'proxy-authorization']) if (sent.has(name)) sent = sent.with(name, null)
      this.#lastLines = sent.toFlat()
      this.#lastHeaders = headers
    }
    return this.#lastLines
  }
}

/** What a proxy that fetches pages itself is told besides. */
function withProxyLines(lines: string[], origin: string, { authorization }: ProxyServer): string[] {
  const all = [...lines]
  // undici would name the proxy
  if (!lines.some((line, i) => i % 2 === 0 && line.toLowerCase() === 'host')) all.push('Host', new URL(origin).host)
  if (authorization !== undefined) all.push('Proxy-Authorization', authorization)
  return all
}

/** That status is the proxy's own word, whatever site the page is of. Others may be the site's. */
function unlessRefused(
  proxy: ProxyServer,
  url: string,
  resolve: (response: Response) => void,
  reject: (error: Error) => void,
): (response: Response) => void {
  return (response) => {
    if (response.status !== 407) resolve(response)
    else {
      const why = `the proxy ${proxy.shown} did not fetch it: ${refusal(407, proxy)}`
      reject(networkError(url, new ConnectError('ERR_PROXY', why)))
    }
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
