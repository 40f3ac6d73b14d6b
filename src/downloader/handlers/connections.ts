import type { buildConnector, Client, Dispatcher, Pool } from 'undici'
import { type Connection, connected, newConnection } from './connection.ts'
import type { Connector, Way } from './connector.ts'
import type { Exchange } from './exchange.ts'
import { watchResets } from './http2-resets.ts'

/** What the pools of a handler are made with. */
export interface PoolOptions {
  /** Connections to one origin at most. */
  readonly connections: number
  readonly http2: boolean
  readonly connector: Connector
  /** The way of requests that say nothing of theirs. */
  readonly usualWay: Way
}

/** Idle connections are kept this long where the server does not say; nginx closes them after 75 s, Apache and Node say 5 s themselves. */
const KEEP_ALIVE = 30_000
/** Cookies and policies make some heads larger than Node's 16 KiB; Chrome takes as much as this. */
const MAX_HEADER_SIZE = 256 * 1024

/**
 * Makes pools of connections. undici is loaded here, with the first request over http, so that importing skein stays cheap.
 *
 * The number of connections to an origin is no means of politeness (that is the frontier's) but must not be in its way: it is the number of
 * pages in flight in all. One request at a time on each: undici's pipelining was measured to bring nothing.
 */
export async function loadPools(options: PoolOptions): Promise<(origin: string, way?: Way) => Pool> {
  const undici = await import('./undici-pool.ts')
  const { connector, usualWay } = options
  const makeClient = trackedClients(undici.Client)
  return (origin, way = usualWay) => {
    const connect = connectBy(connector, way)
    return new undici.Pool(origin, {
      connections: options.connections,
      pipelining: 1,
      factory: (to: URL, clientOptions: object) => makeClient(to, clientOptions, connect, way),
      allowH2: options.http2,
      keepAliveTimeout: KEEP_ALIVE,
      maxHeaderSize: MAX_HEADER_SIZE,
      // the deadlines of the exchange cover both, with one timer for all
      headersTimeout: 0,
      bodyTimeout: 0,
    })
  }
}

/**
 * undici's idea of how to connect. An error must not have the code UND_ERR_SOCKET or UND_ERR_INFO: undici takes those for passing, and
 * connects again for ever.
 */
function connectBy(connector: Connector, way: Way): buildConnector.connector {
  return ({ hostname, protocol, port, servername }, done) => {
    const secure = protocol === 'https:'
    const to = { secure, hostname, port: Number(port) || (secure ? 443 : 80), servername: servername || undefined }
    connector.connect(to, way).then(
      (socket) => done(null, socket),
      (error: Error) => done(error, null),
    )
  }
}

/** Clients (undici has one for each connection) that tell an exchange which connection carries it. */
function trackedClients(
  Base: typeof Client,
): (origin: URL, options: object, connect: buildConnector.connector, way: Way) => Dispatcher {
  class TrackedClient extends Base {
    readonly #connection: Connection

    constructor(origin: URL, options: object, open: buildConnector.connector, way: Way) {
      const connection = newConnection()
      const direct = way.tunnel === undefined && way.forward === undefined
      super(origin, {
        ...options,
        connect: (to, done) =>
          open(to, (...result) => {
            const socket = result[1]
            // behind a proxy nobody here knows the address
            if (socket != null) {
              connected(connection, socket, direct ? socket.remoteAddress : undefined)
              // emitted when the session is there, and before the first request is written
              if ('alpnProtocol' in socket && socket.alpnProtocol === 'h2') this.once('connect', () => watchResets(socket))
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
  return (origin, options, connect, way) => new TrackedClient(origin, options, connect, way)
}
