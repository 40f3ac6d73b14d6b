import type { Socket } from 'node:net'
import type { Fault } from './hostile-site.ts'

const OK = 'HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\n'
const GIB = 1024 ** 3
const BLOCK = Buffer.alloc(256 * 1024, 'lorem ipsum dolor sit amet ')

/** Sends `block` until `total` bytes are out or nobody takes them, no faster than they are taken. */
export function flood(socket: Socket, block: Buffer, total: number, after: string = ''): void {
  let sent = 0
  const send = (): void => {
    while (!socket.destroyed && sent < total) {
      const piece = block.subarray(0, Math.min(block.length, total - sent))
      sent += piece.length
      if (!socket.write(piece)) return
    }
    socket.off('drain', send)
    if (!socket.destroyed && after !== '') socket.write(after)
  }
  socket.on('drain', send)
  send()
}

/** A body of `total` bytes as announced. */
export const large =
  (total: number, type = 'text/html; charset=utf-8', block = BLOCK): Fault =>
  (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${total}\r\n\r\n`)
    flood(socket, block, total)
  }

/** A body of `total` bytes in chunks, so that its size is known only when it is there. */
export const chunked =
  (total: number, type = 'text/html; charset=utf-8', block = BLOCK): Fault =>
  (socket) => {
    const chunk = Buffer.concat([Buffer.from(`${block.length.toString(16)}\r\n`), block, Buffer.from('\r\n')])
    socket.write(`HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\n`)
    flood(socket, chunk, Math.ceil(total / block.length) * chunk.length, '0\r\n\r\n')
  }

/** Bodies of a wrong size. */
export const bodyFaults: Readonly<Record<string, Fault>> = {
  'announces-10gb': large(10 * GIB),
  'sends-10gb': chunked(10 * GIB),
  /** Without a length and without chunks: until the connection closes, which it does not. */
  'endless-body': (socket) => {
    socket.write(`${OK}connection: close\r\n\r\n`)
    flood(socket, BLOCK, Number.POSITIVE_INFINITY)
  },
  'half-of-length': (socket) => void socket.end(`${OK}content-length: 1000\r\n\r\n${'a'.repeat(500)}`),
  'half-of-chunks': (socket) => void socket.end(`${OK}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n`),
  'body-1mb': large(1024 * 1024),
  'body-200mb': large(200 * 1024 * 1024),
  'chunks-200mb': chunked(200 * 1024 * 1024),
  /** Two megabytes, a byte to a chunk. */
  'tiny-chunks': (socket) => {
    socket.write(`${OK}transfer-encoding: chunked\r\n\r\n`)
    flood(socket, Buffer.from('1\r\na\r\n'.repeat(10_000)), 6 * 2_000_000, '0\r\n\r\n')
  },
}
