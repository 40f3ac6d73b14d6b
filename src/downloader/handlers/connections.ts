import type { buildConnector, Client, Dispatcher, Pool } from 'undici'
import type { Exchange } from './exchange.ts'

/** What the connections of a handler are made with. */
export interface ConnectionOptions {
  /** Connections to one origin at most. */
  readonly connections: number
  /** Milliseconds to connect, DNS and TLS included. */
  readonly connectTimeout: number
  readonly verifyTls: boolean
  readonly http2: boolean
}

/** Idle connections are kept this long where the server does not say; nginx closes them after 75 s, Apache and Node say 5 s themselves. */
const KEEP_ALIVE = 30_000
/** Cookies and policies make some heads larger than Node's 16 KiB; Chrome takes 256 KiB. */
const MAX_HEADER_SIZE = 64 * 1024
/** TLS sessions kept for resumption. */
const MAX_TLS_SESSIONS = 1000

/**
 * Makes pools of connections. undici is loaded here, with the first request over http, so that importing skein stays cheap.
 *
 * The number of connections to an origin is no means of politeness (that is the frontier's) but must not be in its way: it is the number of
 * pages in flight in all. One request at a time on each: undici's pipelining was measured to bring nothing.
 */
export async function loadPools(options: ConnectionOptions): Promise<(origin: string) => Pool> {
  const undici = await import('undici')
  const connect = undici.buildConnector({
    timeout: options.connectTimeout,
    rejectUnauthorized: options.verifyTls,
    allowH2: options.http2,
    maxCachedSessions: MAX_TLS_SESSIONS,
  })
  const factory = trackedClients(undici.Client, connect)
  return (origin) =>
    new undici.Pool(origin, {
      connections: options.connections,
      pipelining: 1,
      factory,
      allowH2: options.http2,
      keepAliveTimeout: KEEP_ALIVE,
      maxHeaderSize: MAX_HEADER_SIZE,
      // the deadline of the exchange covers both, with one timer for all
      headersTimeout: 0,
      bodyTimeout: 0,
    })
}

/** Clients (undici has one for each connection) that tell an exchange which connection carries it. */
function trackedClients(Base: typeof Client, connect: buildConnector.connector): (origin: URL, options: object) => Dispatcher {
  class TrackedClient extends Base {
    readonly #connection: { protocol: string; ipAddress: string | undefined }

    constructor(origin: URL, options: object) {
      const connection = { protocol: 'HTTP/1.1', ipAddress: undefined as string | undefined }
      super(origin, {
        ...options,
        connect: (to, done) =>
          connect(to, (...result) => {
            const socket = result[1]
            if (socket != null) {
              connection.protocol = 'alpnProtocol' in socket && socket.alpnProtocol === 'h2' ? 'HTTP/2' : 'HTTP/1.1'
              connection.ipAddress = socket.remoteAddress
            }
            done(...result)
          }),
      })
      this.#connection = connection
    }

    override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
      ;(handler as unknown as Exchange).assign(this.#connection)
      return super.dispatch(options, handler)
    }
  }
  return (origin, options) => new TrackedClient(origin, options)
}
