import type { RequestOptions } from '../../http/request-parts.ts'
import type { Way } from './connector.ts'
import { type ProxyServer, parseProxy } from './proxy/parse-proxy.ts'

/** The way of a request that does not go the usual one. */
export interface Route {
  /** Requests of the same key share their connections. */
  readonly key: string
  /** Whom the connections are made to, as undici is told. */
  readonly origin: string
  readonly way: Way
}

/** Proxies that are remembered as read: lists of them are tried in turn, and some have a name for each session. */
const MAX_PROXIES = 1000

/**
 * The ways of requests with a proxy or a local address of their own.
 *
 * Pages of http are fetched by an http proxy (`forward`): one pool for all sites, since the connections are to the proxy. For all else the proxy
 * only opens a way to the site (`tunnel`), and the connections are the site's.
 */
export class Routes {
  /** The setting, for requests without one of their own. */
  readonly #localAddress: string | undefined
  readonly #proxies = new Map<string, ProxyServer>()

  constructor(localAddress: string | undefined) {
    this.#localAddress = localAddress
  }

  /** `origin`: of the URL, without name and password. Throws `ERR_PROXY_URL` for a proxy that cannot be read. */
  for(origin: string, options: RequestOptions): Route {
    const localAddress = options.localAddress ?? this.#localAddress
    const url = options.proxy === undefined || options.proxy === 'direct' ? '' : options.proxy
    if (url === '') {
      return { key: `${origin} ${localAddress}`, origin, way: { tunnel: undefined, forward: undefined, localAddress } }
    }
    const proxy = this.#proxy(url)
    if (proxy.kind === 'http' && origin.startsWith('http:')) {
      // as http even where TLS is spoken with the proxy: undici would take the name for it from the Host header, which is the site's
      const at = `http://${proxy.hostname.includes(':') ? `[${proxy.hostname}]` : proxy.hostname}:${proxy.port}`
      return { key: `forward ${url} ${localAddress}`, origin: at, way: { tunnel: undefined, forward: proxy, localAddress } }
    }
    return { key: `${origin} ${url} ${localAddress}`, origin, way: { tunnel: proxy, forward: undefined, localAddress } }
  }

  #proxy(url: string): ProxyServer {
    let proxy = this.#proxies.get(url)
    if (proxy === undefined) {
      proxy = parseProxy(url, 'the proxy of a request')
      if (this.#proxies.size >= MAX_PROXIES) this.#proxies.clear()
      this.#proxies.set(url, proxy)
    }
    return proxy
  }
}
