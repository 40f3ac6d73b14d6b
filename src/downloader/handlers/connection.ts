import type { Socket } from 'node:net'

/** The connection that carries an exchange. One object stands for all that a client of undici makes one after the other. */
export interface Connection {
  /** As in `HTTP/1.1`. */
  protocol: string
  ipAddress: string | undefined
  socket: Socket | undefined
  /** Requests that were written to it. */
  uses: number
  /** Nothing is read of it, because we said so. HTTP/1.1 only: streams of HTTP/2 pause each by itself. */
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
  if (!http2) letPause(socket, connection)
}

/** Goes on reading a connection of HTTP/1.1 that was `paused`. Not to be called while undici is parsing. */
export function readOn(connection: Connection): void {
  connection.paused = false
  // undici reads when it hears this, and nobody else listens
  connection.socket?.emit('readable')
}

/**
 * While the connection is paused nothing is to be read of its socket: its buffer fills, and the server waits. undici has a pause of its own, for its
 * parser; but when a connection ends whose parser is paused, 7.30 runs into an assertion that nobody can catch: any server could end the process with a
 * body without length, and a close or a reset.
 */
function letPause(socket: Socket, connection: Connection): void {
  const { read } = socket
  socket.read = function (this: Socket, size?: number): unknown {
    return connection.paused ? null : read.call(this, size)
  }
}
