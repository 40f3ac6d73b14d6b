import { connect } from 'node:net'
import type { HostPort } from './parse-redis-url.ts'

/**
 * Whether a server answers like Redis without TLS. One that does takes the beginning of TLS for the beginning of a command, and waits for the
 * rest: without this question nothing could be said but that it does not answer.
 */
export function speaksPlainly({ host, port }: HostPort, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const end = (plain: boolean): void => {
      socket.destroy()
      resolve(plain)
    }
    socket.setTimeout(ms, () => end(false))
    socket.on('connect', () => socket.write('PING\r\n'))
    // a pong, or that a password is needed
    socket.on('data', (data) => end(/^[+-][A-Z]/.test(data.toString('latin1'))))
    socket.on('error', () => end(false))
    socket.on('end', () => end(false))
  })
}
