import { isIPv6, type Socket } from 'node:net'
import { statusText } from '../../status-text.ts'
import type { ProxyServer } from './parse-proxy.ts'
import { receive } from './receive.ts'

/** Bytes of the head of a proxy's answer. */
const MAX_HEAD = 64 * 1024

/**
 * Asks a proxy for a way to `hostname:port` (CONNECT, RFC 9110, 9.3.6); the socket is that way then. `authorization`: the value of
 * Proxy-Authorization. Rejects with an error whose message says what the proxy did, as the end of a sentence.
 */
export async function openHttpTunnel(
  socket: Socket,
  { hostname, port }: { readonly hostname: string; readonly port: number },
  proxy: ProxyServer,
  signal: AbortSignal,
): Promise<void> {
  const authority = `${isIPv6(hostname) ? `[${hostname}]` : hostname}:${port}`
  const authorization = proxy.authorization === undefined ? '' : `Proxy-Authorization: ${proxy.authorization}\r\n`
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${authorization}Proxy-Connection: keep-alive\r\n\r\n`)
  let status = 100
  while (status < 200) status = await receive(socket, signal, readHead)
  if (status < 300) return
  socket.destroy()
  throw new Error(refusal(status, proxy))
}

/** What a status that a proxy answers with means for whoever reads the error. */
export function refusal(status: number, { authorization }: ProxyServer): string {
  if (status !== 407) return `it answered ${status} ${statusText(status)}`.trimEnd()
  return authorization === undefined
    ? 'it answered 407: it wants a name and a password; put them in its URL, before the host'
    : 'it answered 407: it does not take the name and password of its URL'
}

/** The status of an answer, once its head is there. The headers do not matter: after 2xx there is no body (RFC 9110, 9.3.6). */
function readHead(bytes: Buffer): { value: number; used: number } | undefined {
  const start = bytes.toString('latin1', 0, 16)
  if (!'HTTP/1.'.startsWith(start.slice(0, 7))) throw new Error('it does not speak HTTP')
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) {
    if (bytes.length > MAX_HEAD) throw new Error(`the head of its answer has more than ${MAX_HEAD} bytes`)
    return undefined
  }
  const status = /^HTTP\/1\.\d (\d{3})(?=[ \r])/.exec(start)
  if (status === null) throw new Error('the first line of its answer is not that of HTTP')
  return { value: Number(status[1]), used: end + 4 }
}
