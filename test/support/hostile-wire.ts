import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Fault } from './hostile-site.ts'

const OK = 'HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\n'

/** Writes `text` byte by byte, one every `gap` milliseconds; at its end it begins anew with `again`. */
export function drip(socket: Socket, text: string, again: string, gap: number): void {
  let at = 0
  let rest = text
  const timer = setInterval(() => {
    if (at === rest.length) {
      rest = again
      at = 0
    }
    socket.write(rest[at++]!)
  }, gap)
  socket.on('close', () => clearInterval(timer))
}

/** Sends, and resets the connection once the system has it. */
const resetAfter = (socket: Socket, text: string): void => void socket.write(text, () => socket.resetAndDestroy())

/** What a server can do wrong before and around a body. */
export const wireFaults: Readonly<Record<string, Fault>> = {
  'reset-before': (socket) => void socket.resetAndDestroy(),
  'close-before': (socket) => void socket.end(),
  'reset-in-head': (socket) => resetAfter(socket, `${OK}x-half: of a l`),
  'close-in-head': (socket) => void socket.end(`${OK}x-half: of a l`),
  'reset-in-body': (socket) => resetAfter(socket, `${OK}content-length: 10000\r\n\r\n<h1>Half`),
  'reset-in-chunk': (socket) => resetAfter(socket, `${OK}transfer-encoding: chunked\r\n\r\nffff\r\n<h1>Half`),
  /** Takes the request and never says a word. */
  silent: () => undefined,
  /** A byte a second. */
  'drip-head': (socket) => drip(socket, `${OK}x-a: `, 'a', 1000),
  /** A byte so often that no deadline between two bytes notices. */
  'quick-drip-head': (socket) => drip(socket, `${OK}x-a: `, 'a', 20),
  'drip-body': (socket) => {
    socket.write(`${OK}content-length: 100000\r\n\r\n`)
    drip(socket, 'a', 'a', 1000)
  },
  'quick-drip-body': (socket) => {
    socket.write(`${OK}content-length: 100000\r\n\r\n`)
    drip(socket, 'a', 'a', 20)
  },
  'quick-drip-chunks': (socket) => {
    socket.write(`${OK}transfer-encoding: chunked\r\n\r\n`)
    drip(socket, '1\r\na\r\n', '1\r\na\r\n', 5)
  },
  'stalls-in-body': (socket) => void socket.write(`${OK}content-length: 100000\r\n\r\n<h1>And then`),
  /** 1xx heads for ever. */
  'endless-100': (socket) => {
    const send = (): void => {
      while (!socket.destroyed && socket.write('HTTP/1.1 100 Continue\r\n\r\n'.repeat(100)));
    }
    socket.on('drain', send)
    send()
  },
  garbage: (socket) => void socket.end(Buffer.concat([randomBytes(4096), Buffer.from('\r\n\r\n')])),
  /** Garbage that never ends and has no line ends. */
  'endless-garbage': (socket) => {
    const noise = Buffer.alloc(65_536, 0xfe)
    const send = (): void => {
      while (!socket.destroyed && socket.write(noise));
    }
    socket.on('drain', send)
    send()
  },
  'garbage-headers': (socket) => void socket.end('HTTP/1.1 200 OK\r\n\x00\xff(((: \x01\r\n:\r\n \r\nno colon\r\n\r\nbody'),
  'garbage-status': (socket) => void socket.end('HTTP/9.9 -7 \x00\r\ncontent-length: 0\r\n\r\n'),
  'nul-header': (socket) => void socket.end(`${OK}x-nul: a\x00b\r\ncontent-length: 0\r\n\r\n`),
  'two-lengths': (socket) => void socket.end(`${OK}content-length: 5\r\ncontent-length: 7\r\n\r\nhello`),
  'negative-length': (socket) => void socket.end(`${OK}content-length: -1\r\n\r\nhello`),
  'bad-chunk': (socket) => void socket.end(`${OK}transfer-encoding: chunked\r\n\r\nzzzz\r\nhello\r\n0\r\n\r\n`),
  'huge-chunk': (socket) => void socket.end(`${OK}transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello`),
  'headers-1000': (socket) => {
    const headers = Array.from({ length: 1000 }, (_, n) => `x-header-${n}: value ${n}\r\n`).join('')
    socket.write(`${OK}${headers}content-length: 5\r\n\r\nhello`)
  },
  'header-1mb': (socket) => void socket.write(`${OK}x-large: ${'a'.repeat(1024 * 1024)}\r\ncontent-length: 5\r\n\r\nhello`),
  /** Header lines without an end to them. */
  'endless-headers': (socket) => {
    let n = 0
    socket.write(OK)
    const send = (): void => {
      while (!socket.destroyed && socket.write(`x-${n++}: ${'v'.repeat(100)}\r\n`));
    }
    socket.on('drain', send)
    send()
  },
  /** Good for one request on each connection, and closes under the second. */
  'closes-under-second': (socket, { nth }) => {
    if (nth > 0) socket.destroy()
    else socket.write(`${OK}connection: keep-alive\r\ncontent-length: 5\r\n\r\nhello`)
  },
  /** Says keep-alive and closes at once, so that the close meets the next request on its way. */
  'closes-after-answer': (socket) => void socket.end(`${OK}connection: keep-alive\r\ncontent-length: 5\r\n\r\nhello`),
  /** An answer, and another that nobody asked for. */
  'answers-twice': (socket) => {
    const answer = `${OK}content-length: 5\r\n\r\nhello`
    socket.write(answer + answer.replace('hello', 'wrong'))
  },
}
