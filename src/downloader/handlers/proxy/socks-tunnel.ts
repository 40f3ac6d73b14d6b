import { isIP, isIPv4, type Socket } from 'node:net'
import type { ProxyServer } from './parse-proxy.ts'
import { type Received, receive } from './receive.ts'

const VERSION = 5
const NO_AUTHENTICATION = 0
const NAME_AND_PASSWORD = 2
const NONE_OF_THESE = 0xff
const CONNECT = 1

/** RFC 1928, 6. */
const REPLIES: Readonly<Record<number, string>> = {
  1: 'it failed',
  2: 'it does not allow connections to there',
  3: 'it cannot reach the network of the host',
  4: 'it cannot reach the host, or does not know its name',
  5: 'the host refused the connection',
  6: 'the host is too far away',
  7: 'it does not know CONNECT',
  8: 'it does not know that kind of address',
}

/**
 * Asks a SOCKS5 proxy for a way to `hostname:port` (RFC 1928 and 1929); the socket is that way then. The proxy looks the name up. Rejects with an
 * error whose message says what the proxy did, as the end of a sentence.
 */
export async function openSocksTunnel(
  socket: Socket,
  to: { readonly hostname: string; readonly port: number },
  { credentials }: ProxyServer,
  signal: AbortSignal,
): Promise<void> {
  const request = Buffer.concat([
    Buffer.from([VERSION, CONNECT, 0]),
    address(to.hostname),
    Buffer.from([to.port >> 8, to.port & 255]),
  ])
  const methods = credentials === undefined ? [NO_AUTHENTICATION] : [NO_AUTHENTICATION, NAME_AND_PASSWORD]
  socket.write(Buffer.from([VERSION, methods.length, ...methods]))
  const method = await receive(socket, signal, twoBytes(VERSION))
  if (method === NAME_AND_PASSWORD && credentials !== undefined) {
    const { user, password } = credentials
    socket.write(Buffer.concat([Buffer.from([1, user.length]), user, Buffer.from([password.length]), password]))
    if ((await receive(socket, signal, twoBytes(1))) !== 0)
      throw refused(socket, 'it does not take the name and password of its URL')
  } else if (method === NONE_OF_THESE || method === NAME_AND_PASSWORD) {
    throw refused(
      socket,
      credentials === undefined
        ? 'it wants a name and a password; put them in its URL, before the host'
        : 'it takes neither a name and password nor none',
    )
  } else if (method !== NO_AUTHENTICATION) throw refused(socket, 'it wants to be spoken to in a way it was not offered')
  socket.write(request)
  const reply = await receive(socket, signal, readReply)
  if (reply !== 0) throw refused(socket, REPLIES[reply] ?? `it answered with the unknown code ${reply}`)
}

function refused(socket: Socket, why: string): Error {
  socket.destroy()
  return new Error(why)
}

/** Type and bytes of an address or name. */
function address(hostname: string): Buffer {
  if (isIPv4(hostname)) return Buffer.from([1, ...hostname.split('.').map(Number)])
  if (isIP(hostname) === 6) return Buffer.concat([Buffer.from([4]), ipv6Bytes(hostname)])
  const name = Buffer.from(hostname)
  if (name.length > 255) throw new Error('the name of the host is too long for SOCKS5 (255 bytes)')
  return Buffer.concat([Buffer.from([3, name.length]), name])
}

/** The 16 bytes of an IPv6 address as URLs write it: hexadecimal groups, one run of zeros left out. */
function ipv6Bytes(text: string): Buffer {
  const [head = '', tail] = text.split('::')
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)))
  const first = groups(head)
  const last = tail === undefined ? [] : groups(tail)
  const all = [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last]
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 255]))
}

/** The second of two bytes, of which the first is known. */
function twoBytes(first: number): (bytes: Buffer) => Received<number> | undefined {
  return (bytes) => {
    if (bytes[0] !== first) throw new Error('it does not speak SOCKS5')
    return bytes.length < 2 ? undefined : { value: bytes[1]!, used: 2 }
  }
}

/** The code of a reply; the address that follows has no meaning for CONNECT. */
function readReply(bytes: Buffer): Received<number> | undefined {
  if (bytes[0] !== VERSION) throw new Error('it does not speak SOCKS5')
  if (bytes.length < 5) return undefined
  const kind = bytes[3]
  const length = kind === 1 ? 4 : kind === 4 ? 16 : kind === 3 ? bytes[4]! + 1 : undefined
  if (length === undefined) throw new Error('it does not speak SOCKS5')
  const used = 4 + length + 2
  return bytes.length < used ? undefined : { value: bytes[1]!, used }
}
