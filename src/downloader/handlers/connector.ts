import { isIP, type Socket } from 'node:net'
import type { Clock } from '../../util/clock.ts'
import type { Address, DnsCache } from './dns-cache.ts'
import { ConnectError } from './network-error.ts'
import { openHttpTunnel } from './proxy/http-tunnel.ts'
import type { ProxyServer } from './proxy/parse-proxy.ts'
import { openSocksTunnel } from './proxy/socks-tunnel.ts'
import { connectTcp } from './tcp.ts'
import type { TlsHandshakes, TlsPeer } from './tls-handshake.ts'

/** What a {@link Connector} is made of. Times are in seconds. */
export interface ConnectorOptions {
  readonly clock: Clock
  readonly names: DnsCache
  readonly tls: TlsHandshakes
  readonly dnsTimeout: number
  readonly connectTimeout: number
  readonly tlsTimeout: number
  /** Offer HTTP/2 where TLS is spoken. */
  readonly http2: boolean
}

/** Whom to connect to. */
export interface Target {
  readonly secure: boolean
  /** Without brackets. */
  readonly hostname: string
  readonly port: number
  /** The name that its certificate is to have, where that is not `hostname`. */
  readonly servername: string | undefined
}

/** How to get there. */
export interface Way {
  /** Opens the way to the target. */
  readonly tunnel: ProxyServer | undefined
  /** Is spoken to in place of the target, whatever that is: it fetches pages of http itself. */
  readonly forward: ProxyServer | undefined
  /** The address of this machine to connect from. */
  readonly localAddress: string | undefined
}

const HTTP1: readonly string[] = ['http/1.1']
const HTTP2: readonly string[] = ['h2', 'http/1.1']

/**
 * Makes connections: the name is looked up, TCP connected, a proxy asked for the way, TLS put on it; each within its own time. All kinds of
 * proxies are alike here: after them there is a socket that leads to the target.
 *
 * Rejects with a {@link ConnectError}, or with what the system or OpenSSL said. Nothing stays open then.
 */
export class Connector {
  readonly #options: ConnectorOptions
  readonly #underWay = new Set<AbortController>()

  constructor(options: ConnectorOptions) {
    this.#options = options
  }

  async connect(to: Target, way: Way): Promise<Socket> {
    const { tunnel, forward, localAddress } = way
    const attempt = new AbortController()
    this.#underWay.add(attempt)
    try {
      if (forward !== undefined) return await this.#reachProxy(forward, localAddress, attempt, undefined)
      const socket =
        tunnel === undefined
          ? await this.#dial(to, localAddress, attempt)
          : await this.#reachProxy(tunnel, localAddress, attempt, to)
      if (!to.secure) return socket
      const peer = { ...to, protocols: this.#options.http2 ? HTTP2 : HTTP1 }
      return await this.#secure(socket, peer, attempt)
    } finally {
      this.#underWay.delete(attempt)
    }
  }

  /** Gives up the connections that are being made. */
  close(): void {
    for (const attempt of this.#underWay) attempt.abort(new ConnectError('ERR_ABORTED', 'the downloader was closed'))
    this.#options.names.close()
  }

  async #dial({ hostname, port }: Target, localAddress: string | undefined, attempt: AbortController): Promise<Socket> {
    const addresses = await this.#lookUp(hostname, attempt)
    const { clock, connectTimeout } = this.#options
    const late = (): ConnectError =>
      new ConnectError(
        'ERR_TIMEOUT',
        `no connection was made to ${addresses[0]!.address} port ${port} within ${connectTimeout} s; raise connectTimeout if the host is slow`,
      )
    return within(clock, connectTimeout, attempt, late, connectTcp({ addresses, port, localAddress }, clock, attempt.signal))
  }

  /** A connection to the proxy, and through it to `to`, should there be one. Whatever goes wrong is the proxy's. */
  async #reachProxy(
    proxy: ProxyServer,
    localAddress: string | undefined,
    attempt: AbortController,
    to: Target | undefined,
  ): Promise<Socket> {
    const { clock, connectTimeout } = this.#options
    const late = (): ConnectError =>
      new ConnectError(
        'ERR_PROXY',
        `the proxy ${proxy.shown} did not open the way within ${connectTimeout} s; raise connectTimeout if it is slow`,
      )
    try {
      const addresses = await this.#lookUp(proxy.hostname, attempt)
      return await within(clock, connectTimeout, attempt, late, this.#throughProxy(proxy, addresses, localAddress, attempt, to))
    } catch (error) {
      if (error instanceof ConnectError && (error.kind === 'ERR_PROXY' || error.kind === 'ERR_ABORTED')) throw error
      const said = error instanceof Error ? error.message : String(error)
      throw new ConnectError('ERR_PROXY', `the proxy ${proxy.shown} did not open the way: ${said}`, error)
    }
  }

  async #throughProxy(
    proxy: ProxyServer,
    addresses: readonly Address[],
    localAddress: string | undefined,
    attempt: AbortController,
    to: Target | undefined,
  ): Promise<Socket> {
    const { hostname, port } = proxy
    const { signal } = attempt
    let socket = await connectTcp({ addresses, port, localAddress }, this.#options.clock, signal)
    if (proxy.secure) socket = await this.#secure(socket, { hostname, port, servername: undefined, protocols: HTTP1 }, attempt)
    if (to === undefined) return socket
    try {
      await (proxy.kind === 'socks5' ? openSocksTunnel : openHttpTunnel)(socket, to, proxy, signal)
      return socket
    } catch (error) {
      socket.destroy()
      throw error
    }
  }

  async #lookUp(hostname: string, attempt: AbortController): Promise<readonly Address[]> {
    const family = isIP(hostname)
    if (family !== 0) return [{ address: hostname, family: family as 4 | 6 }]
    const { clock, dnsTimeout, names } = this.#options
    const late = (): ConnectError =>
      new ConnectError(
        'ERR_DNS',
        `no address of ${hostname} was found within ${dnsTimeout} s; check its spelling and this machine’s DNS, or raise dnsTimeout`,
      )
    try {
      return await within(clock, dnsTimeout, attempt, late, names.resolve(hostname, attempt.signal))
    } catch (error) {
      if (error instanceof ConnectError) throw error
      const said = (error as Error).message
      throw new ConnectError(
        'ERR_DNS',
        `the host name could not be resolved; check its spelling and this machine’s DNS (${said})`,
        error,
      )
    }
  }

  #secure(socket: Socket, peer: TlsPeer, attempt: AbortController): Promise<Socket> {
    const { clock, tls, tlsTimeout } = this.#options
    const late = (): ConnectError =>
      new ConnectError(
        'ERR_TIMEOUT',
        `no TLS handshake with ${peer.hostname} within ${tlsTimeout} s; raise tlsTimeout if it is slow`,
      )
    return within(clock, tlsTimeout, attempt, late, tls.secure(socket, peer, attempt.signal))
  }
}

/** What `work` comes to; when that takes longer than `seconds`, the attempt is aborted, whereby `work` is to reject. */
async function within<T>(
  clock: Clock,
  seconds: number,
  attempt: AbortController,
  late: () => ConnectError,
  work: Promise<T>,
): Promise<T> {
  const cancel = clock.after(seconds * 1000, () => attempt.abort(late()))
  try {
    return await work
  } finally {
    cancel()
  }
}
