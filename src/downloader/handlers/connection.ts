import type { Socket } from 'node:net'

/** The connection that carries an exchange. One object stands for all that a client of undici makes one after the other. */
export interface Connection {
  /** As in `HTTP/1.1`. */
  protocol: string
  ipAddress: string | undefined
  socket: Socket | undefined
  /** Requests that were written to it. */
  uses: number
  /** A body is not being read on, because we said so. */
  paused: boolean
}

/** One that is not there yet. */
export function newConnection(): Connection {
  return { protocol: 'HTTP/1.1', ipAddress: undefined, socket: undefined, uses: 0, paused: false }
}

/** It is there, perhaps anew, over this socket. `ipAddress`: the server's, where that is known. */
export function connected(connection: Connection, socket: Socket, ipAddress: string | undefined): void {
  const http2 = 'alpnProtocol' in socket && socket.alpnProtocol === 'h2'
  connection.protocol = http2 ? 'HTTP/2' : 'HTTP/1.1'
  connection.ipAddress = ipAddress
  connection.socket = socket
  connection.uses = 0
  connection.paused = false
  if (!http2) guardPaused(socket, connection)
}

/**
 * While a body is paused, undici must hear of the end of its connection as of an error that is no ECONNRESET: for that, and for no error at all, it
 * asks its parser whether the body may be whole, and a parser that is paused is asserted not to be asked (7.30). The assertion would end the process:
 * any server could do that with a body without length and a reset.
 */
function guardPaused(socket: Socket, connection: Connection): void {
  const { destroy } = socket
  socket.destroy = function (this: Socket, error?: Error): Socket {
    const hidden = connection.paused && (error == null || (error as NodeJS.ErrnoException).code === 'ECONNRESET')
    return destroy.call(this, hidden ? closedWhilePaused(error) : error)
  }
}

function closedWhilePaused(cause: Error | undefined): Error {
  const said = cause === undefined ? '' : `: ${cause.message}`
  return Object.assign(new Error(`the connection was closed${said}`, { cause }), { code: 'UND_ERR_SOCKET' })
}
