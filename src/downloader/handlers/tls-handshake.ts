import { isIP, type Socket } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import type { TlsContexts } from './tls-options.ts'

/** Whom to speak TLS with. */
export interface TlsPeer {
  /** As in a URL, without brackets. */
  readonly hostname: string
  readonly port: number
  /** The name that its certificate is to have, where that is another. */
  readonly servername: string | undefined
  /** Protocols that are offered, the dearest first. */
  readonly protocols: readonly string[]
}

/** TLS sessions kept for resumption. */
const MAX_SESSIONS = 1000

/** Puts TLS on sockets, and resumes sessions. */
export class TlsHandshakes {
  readonly #contexts: TlsContexts
  readonly #verify: boolean
  readonly #sessions = new Map<string, Buffer>()

  constructor(contexts: TlsContexts, verify: boolean) {
    this.#contexts = contexts
    this.#verify = verify
  }

  /** TLS on a connected socket. Rejects with what OpenSSL or Node said, or with the signal's reason; the socket is destroyed then. */
  secure(socket: Socket, peer: TlsPeer, signal: AbortSignal): Promise<TLSSocket> {
    const { hostname, port, protocols } = peer
    // neither SNI (RFC 6066, 3) nor certificates know the dot that ends a full name
    const servername = (peer.servername ?? hostname).replace(/\.$/, '')
    const key = `${servername}:${hostname}:${port}`
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        socket.destroy()
        return reject(signal.reason)
      }
      const tls = connect({
        socket,
        host: servername,
        servername: isIP(servername) === 0 ? servername : '',
        ALPNProtocols: [...protocols],
        rejectUnauthorized: this.#verify,
        secureContext: this.#contexts.for(hostname.toLowerCase(), port),
        session: this.#sessions.get(key),
      })
      const abort = (): void => {
        tls.destroy()
        socket.destroy()
        reject(signal.reason)
      }
      signal.addEventListener('abort', abort, { once: true })
      tls.on('session', (session) => this.#keep(key, session))
      tls.once('secureConnect', () => {
        signal.removeEventListener('abort', abort)
        resolve(tls)
      })
      // stays, so that no error of a socket between two hands ends the process
      tls.on('error', (error) => {
        signal.removeEventListener('abort', abort)
        socket.destroy()
        reject(error)
      })
      tls.once('close', () => {
        signal.removeEventListener('abort', abort)
        reject(Object.assign(new Error('closed during the TLS handshake'), { code: 'ECONNRESET' }))
      })
    })
  }

  #keep(key: string, session: Buffer): void {
    this.#sessions.delete(key)
    if (this.#sessions.size >= MAX_SESSIONS) {
      const oldest = this.#sessions.keys().next()
      if (oldest.done !== true) this.#sessions.delete(oldest.value)
    }
    this.#sessions.set(key, session)
  }
}
