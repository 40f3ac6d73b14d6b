import { createServer as createHttpServer, request as httpRequest, type RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { connect, createServer, type Socket } from 'node:net'
import { listen, type TestServer } from './download.ts'
import type { TestCertificate } from './tls.ts'

/** A proxy on loopback, with what it was asked. */
export interface TestProxy extends TestServer {
  /** `GET http://host/path`, `CONNECT host:port`, or `socks host:port`, in order. */
  readonly asked: string[]
  /** The headers of each request, names in lower case; for SOCKS the name and password. */
  readonly heard: Record<string, string | string[] | undefined>[]
}

/** How a proxy differs from one that serves everybody. */
export interface ProxyManners {
  /** `name:password`; who does not bring it is answered 407, or refused. */
  readonly auth?: string
  /** TLS is spoken with the proxy itself. */
  readonly tls?: TestCertificate
  /** Where a name leads, for those the proxy knows; others are looked up. `127.0.0.1` for all that end in `.test`. */
  readonly hosts?: Readonly<Record<string, string>>
}

const addressOf = (host: string, hosts: ProxyManners['hosts']): string =>
  hosts?.[host] ?? (host.endsWith('.test') ? '127.0.0.1' : host)

/** A proxy that fetches pages of http (absolute-form) and opens ways (CONNECT). */
export async function httpProxy({ auth, tls, hosts }: ProxyManners = {}): Promise<TestProxy> {
  const asked: string[] = []
  const heard: TestProxy['heard'] = []
  const wanted = auth === undefined ? undefined : `Basic ${Buffer.from(auth).toString('base64')}`
  const fetchPage: RequestListener = (incoming, outgoing) => {
    asked.push(`${incoming.method} ${incoming.url}`)
    heard.push(incoming.headers)
    if (incoming.headers['proxy-authorization'] !== wanted) {
      outgoing.writeHead(407).end()
      return
    }
    const to = new URL(incoming.url!)
    const { 'proxy-authorization': _, ...headers } = incoming.headers
    const host = addressOf(to.hostname.replace(/^\[|\]$/g, ''), hosts)
    const onward = httpRequest({ host, port: to.port || 80, path: to.pathname + to.search, method: incoming.method, headers })
    onward.on('response', (response) => {
      outgoing.writeHead(response.statusCode!, response.headers)
      response.pipe(outgoing)
    })
    onward.on('error', () => outgoing.writeHead(502).end())
    incoming.pipe(onward)
  }
  const server = tls === undefined ? createHttpServer(fetchPage) : createHttpsServer(tls, fetchPage)
  server.on('connect', (incoming, socket: Socket) => {
    asked.push(`CONNECT ${incoming.url}`)
    heard.push(incoming.headers)
    socket.on('error', () => undefined)
    if (incoming.headers['proxy-authorization'] !== wanted) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n')
      return
    }
    const [, host = '', port] = /^\[?(.*?)\]?:(\d+)$/.exec(incoming.url!)!
    join(
      socket,
      addressOf(host, hosts),
      Number(port),
      'HTTP/1.1 200 Connection established\r\n\r\n',
      'HTTP/1.1 502 Bad Gateway\r\n\r\n',
    )
  })
  return { ...(await listen(server, tls === undefined ? 'http' : 'https')), asked, heard }
}

/** A SOCKS5 proxy. */
export async function socksProxy({ auth, hosts }: ProxyManners = {}): Promise<TestProxy> {
  const asked: string[] = []
  const heard: TestProxy['heard'] = []
  const server = createServer((socket) => {
    let bytes = Buffer.alloc(0)
    let step: 'greeting' | 'auth' | 'request' | 'open' = 'greeting'
    socket.on('error', () => undefined)
    const onData = (data: Buffer): void => {
      bytes = Buffer.concat([bytes, data])
      if (step === 'greeting' && bytes.length >= 2 + bytes[1]!) {
        const method = auth === undefined ? 0 : 2
        const offered = bytes.subarray(2, 2 + bytes[1]!).includes(method)
        bytes = bytes.subarray(2 + bytes[1]!)
        step = auth === undefined ? 'request' : 'auth'
        if (!offered) return void socket.end(Buffer.from([5, 0xff]))
        socket.write(Buffer.from([5, method]))
      }
      if (step === 'auth' && bytes.length >= 2 && bytes.length >= 3 + bytes[1]!) {
        const user = bytes.toString('utf8', 2, 2 + bytes[1]!)
        const password = bytes.toString('utf8', 3 + bytes[1]!)
        heard.push({ user, password })
        bytes = Buffer.alloc(0)
        step = 'request'
        if (`${user}:${password}` !== auth) return void socket.end(Buffer.from([1, 1]))
        socket.write(Buffer.from([1, 0]))
      }
      if (step === 'request' && bytes.length >= 5) {
        const kind = bytes[3]!
        const length = kind === 1 ? 4 : kind === 4 ? 16 : bytes[4]! + 1
        if (bytes.length < 4 + length + 2) return
        const host =
          kind === 1
            ? [...bytes.subarray(4, 8)].join('.')
            : kind === 4
              ? bytes.toString('hex', 4, 20).replace(/(.{4})(?!$)/g, '$1:')
              : bytes.toString('latin1', 5, 5 + bytes[4]!)
        const port = bytes.readUInt16BE(4 + length)
        asked.push(`socks ${host}:${port}`)
        step = 'open'
        socket.removeListener('data', onData)
        const reply = (code: number): Buffer => Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0])
        join(socket, addressOf(host, hosts), port, reply(0), reply(5))
      }
    }
    socket.on('data', onData)
  })
  return { ...(await listen(server, 'socks5')), asked, heard }
}

/** Says `yes` and lets the two talk, or says `no`. */
function join(socket: Socket, host: string, port: number, yes: string | Buffer, no: string | Buffer): void {
  const onward = connect(port, host)
  onward.on('connect', () => {
    socket.write(yes)
    socket.pipe(onward).pipe(socket)
  })
  onward.on('error', () => socket.end(no))
  socket.on('close', () => onward.destroy())
}
