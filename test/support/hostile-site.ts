import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { bodyFaults } from './hostile-bodies.ts'
import { bombFaults, makeBombs } from './hostile-bombs.ts'
import { pageFaults } from './hostile-pages.ts'
import { redirectFaults } from './hostile-redirects.ts'
import { wireFaults } from './hostile-wire.ts'

/** What was asked for: the head of a request, read as far as faults want to know it. */
export interface Asked {
  /** Path and query. */
  readonly path: string
  readonly head: string
  /** How many requests came on this connection before. */
  readonly nth: number
  /** `http://127.0.0.1:port` */
  readonly origin: string
}

/** One way to be hostile: answers one request, or does not. */
export type Fault = (socket: Socket, asked: Asked) => void

/** All of them, by the first segment of the path that asks for them: `/reset-in-body/whatever?x=1`. */
export const faults: Readonly<Record<string, Fault>> = {
  ...wireFaults,
  ...bodyFaults,
  ...bombFaults,
  ...pageFaults,
  ...redirectFaults,
}

/** Makes what takes long to make, so that no request waits for it. */
export const warmUp: () => void = makeBombs

/** A host that does to each request what its path says. */
export interface HostileSite {
  /** `http://127.0.0.1:port` */
  readonly url: string
  readonly port: number
  /** Paths, in the order in which they were asked for. */
  readonly log: readonly string[]
  /** Connections that are open now. */
  readonly open: number
  close(): Promise<void>
}

/** How a hostile site differs from the ordinary one. */
export interface HostileOptions {
  /** @default '127.0.0.1' */
  readonly address?: string
  /** @default a free one */
  readonly port?: number
  /** The name in `url`. @default the address */
  readonly name?: string
  /** What is done to who asks for /robots.txt. @default 404 */
  readonly robots?: Fault
  /** Faults of the test's own, by name. */
  readonly more?: Readonly<Record<string, Fault>>
  readonly tls?: TlsOptions
  /** Paths are kept in `log`. A long run turns it off. @default true */
  readonly keepLog?: boolean
}

/** Starts a hostile site. */
export async function startHostile(options: HostileOptions = {}): Promise<HostileSite> {
  const { address = '127.0.0.1', name = address, robots = notFound, more = {}, tls, keepLog = true } = options
  const log: string[] = []
  const sockets = new Set<Socket>()
  let origin = ''
  const serve = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // whoever is hostile does not mind that the other side is gone
    socket.on('error', () => undefined)
    let nth = 0
    let heard = ''
    socket.on('data', (data: Buffer) => {
      heard += data.toString('latin1')
      for (let end = heard.indexOf('\r\n\r\n'); end >= 0; end = heard.indexOf('\r\n\r\n')) {
        const head = heard.slice(0, end)
        heard = heard.slice(end + 4)
        const path = head.split(' ', 2)[1] ?? '/'
        if (keepLog) log.push(path)
        const segment = path.split(/[/?]/, 2)[1] ?? ''
        const fault = segment === 'robots.txt' ? robots : (more[segment] ?? faults[segment] ?? notFound)
        fault(socket, { path, head, nth: nth++, origin })
      }
    })
  }
  const server: Server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve)
  // handshakes that fail are what such a site is for
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, address, resolve))
  const { port } = server.address() as { port: number }
  origin = `http${tls === undefined ? '' : 's'}://${name}:${port}`
  return {
    url: origin,
    port,
    log,
    get open() {
      return sockets.size
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

const notFound: Fault = (socket) =>
  void socket.write('HTTP/1.1 404 Not Found\r\ncontent-type: text/html\r\ncontent-length: 9\r\n\r\nNot found')
