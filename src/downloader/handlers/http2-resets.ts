import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'

const ignore = (): void => undefined

/**
 * Sees to it that a body whose stream is cancelled in the midst (RST_STREAM with CANCEL) is an error. Node reports that as an end like any other, and
 * undici (7.30) takes it for one: half a page would pass for a whole one.
 *
 * To be called when undici has made its session on the socket, before the first request. The session is found by the name of undici's symbol, since
 * there is no other way to it.
 */
export function watchResets(socket: Socket): void {
  const symbol = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'http2Session')
  if (symbol === undefined) return
  const session = (socket as unknown as Record<symbol, ClientHttp2Session>)[symbol]
  if (session == null) return
  const { request } = session
  session.request = (...args): ClientHttp2Stream => {
    const stream = request.apply(session, args)
    // undici listens for one error only, and one of Node's may follow ours
    stream.on('error', ignore)
    stream.once('end', () => {
      if (stream.rstCode !== undefined && stream.rstCode !== 0)
        stream.emit(
          'error',
          Object.assign(new Error(`the stream was reset with code ${stream.rstCode}`), { code: 'ERR_HTTP2_STREAM_ERROR' }),
        )
    })
    return stream
  }
}
