import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type DnsAnswer, dnsServer } from '../../../test/support/dns-server.ts'
import {
  type DownloadBench,
  downloadBench,
  failure,
  httpServer,
  listen,
  type TestServer,
} from '../../../test/support/download.ts'
import { FakeClock } from '../../../test/support/fake-clock.ts'
import { Request } from '../../http/request.ts'
import type { Settings } from '../../settings/settings.ts'
import type { DownloadHandler } from '../contract.ts'
import { createHttpHandler } from './http.ts'

const opened: { close(): unknown }[] = []

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

async function serve(server: Promise<TestServer>): Promise<TestServer> {
  const one = await server
  opened.push(one)
  return one
}

async function handler(settings: Partial<Settings> = {}, clock?: FakeClock): Promise<DownloadHandler & DownloadBench> {
  const bench = downloadBench(settings, clock)
  const made = await createHttpHandler(bench.context)
  opened.push(made)
  return Object.assign(made, bench)
}

async function names(answer: (name: string) => DnsAnswer | undefined): Promise<{ dnsServers: string[]; asked: string[] }> {
  const server = await dnsServer(answer)
  opened.push(server)
  return { dnsServers: [server.address], asked: server.asked }
}

/** Moves a clock once somebody waits for it. */
async function advance(clock: FakeClock, timers: number, ms: number): Promise<void> {
  while (clock.pending < timers) await new Promise((resolve) => setImmediate(resolve))
  clock.advance(ms)
}

/** Says from where it was connected to. */
const mirror = (host = '127.0.0.1'): Promise<TestServer> =>
  new Promise((resolve) => {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => undefined)
      const from = socket.remoteAddress ?? ''
      socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${from.length}\r\n\r\n${from}`))
    })
    server.listen(0, host, () => {
      const { port } = server.address() as { port: number }
      const close = (): Promise<void> =>
        new Promise((done) => {
          server.close(() => done())
          for (const socket of sockets) socket.destroy()
        })
      resolve({ port, url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, connections: () => sockets.size, close })
    })
  })

describe('names', () => {
  it('are looked up once for all connections, and remembered', async () => {
    const { dnsServers, asked } = await names((name) => (name === 'site.test' ? { a: ['127.0.0.1'] } : { fails: 'NXDOMAIN' }))
    const server = await serve(httpServer((_, res) => res.end('ok')))
    const http = await handler({ dnsServers, ipFamily: 'ipv4' })
    const pages = await Promise.all(
      Array.from({ length: 16 }, (_, i) => http.download(new Request(`http://SITE.test:${server.port}/${i}`))),
    )
    expect(pages.map(({ ipAddress }) => ipAddress)).toEqual(Array(16).fill('127.0.0.1'))
    expect(server.connections()).toBe(16)
    expect(asked).toEqual(['A site.test'])
  })

  it('that do not exist fail with ERR_DNS, and so do those whose servers fail', async () => {
    const { dnsServers } = await names((name) => ({ fails: name === 'no.test' ? 'NXDOMAIN' : 'SERVFAIL' }))
    const http = await handler({ dnsServers })
    const none = await failure(http.download(new Request('http://u:secret@no.test/page')))
    expect(none.code).toBe('ERR_DNS')
    expect(none.message).toMatch(
      /^http:\/\/no\.test\/page: the host name could not be resolved; check its spelling .*ENOTFOUND no\.test/,
    )
    expect(await failure(http.download(new Request('http://broken.test/')))).toMatchObject({ code: 'ERR_DNS' })
  })

  it('that nobody answers for end with dnsTimeout', async () => {
    const { dnsServers } = await names(() => undefined)
    const clock = new FakeClock()
    const http = await handler({ dnsServers, dnsTimeout: 5 }, clock)
    const late = failure(http.download(new Request('http://silent.test/')))
    // the download's own, and that of the name
    await advance(clock, 2, 5000)
    const error = await late
    expect(error).toMatchObject({ code: 'ERR_DNS' })
    expect(error.message).toBe(
      'http://silent.test/: no address of silent.test was found within 5 s; check its spelling and this machine’s DNS, or raise dnsTimeout',
    )
  })

  it('that are addresses are not looked up', async () => {
    const { dnsServers, asked } = await names(() => ({ fails: 'SERVFAIL' }))
    const server = await serve(httpServer((_, res) => res.end('ok')))
    const http = await handler({ dnsServers })
    await http.download(new Request(server.url))
    await http.download(new Request(`http://2130706433:${server.port}/`))
    expect(asked).toEqual([])
  })

  it('may have an address of IPv6 only', async () => {
    const { dnsServers } = await names(() => ({ aaaa: ['0:0:0:0:0:0:0:1'] }))
    const server = await serve(mirror('::1'))
    const http = await handler({ dnsServers })
    const page = await http.download(new Request(`http://six.test:${server.port}/`))
    expect([page.body.toString(), page.ipAddress]).toEqual(['::1', '::1'])
  })

  it('lead to the address that answers', async () => {
    const { dnsServers } = await names(() => ({ a: ['127.0.0.1'], aaaa: ['0:0:0:0:0:0:0:1'] }))
    const server = await serve(mirror('127.0.0.1'))
    const http = await handler({ dnsServers })
    expect((await http.download(new Request(`http://both.test:${server.port}/`))).ipAddress).toBe('127.0.0.1')
    const six = await handler({ dnsServers, ipFamily: 'ipv6' })
    expect(await failure(six.download(new Request(`http://both.test:${server.port}/`)))).toMatchObject({ code: 'ERR_CONNECT' })
  })
})

describe('addresses', () => {
  it('of IPv6 stand in brackets', async () => {
    const server = await serve(mirror('::1'))
    const page = await (await handler()).download(new Request(`${server.url}/`))
    expect([page.body.toString(), page.ipAddress]).toEqual(['::1', '::1'])
  })

  it('of this machine are chosen by setting and by request, each with connections of its own', async () => {
    const server = await serve(mirror())
    const http = await handler({ localAddress: '127.0.0.2' })
    const from = async (localAddress?: string): Promise<string> =>
      (await http.download(new Request(server.url, { localAddress }))).body.toString()
    expect(await from()).toBe('127.0.0.2')
    expect(await from('127.0.0.3')).toBe('127.0.0.3')
    expect(await from()).toBe('127.0.0.2')
    expect(await from('127.0.0.3')).toBe('127.0.0.3')
    expect(server.connections()).toBe(2)
  })

  it('that this machine has not are ERR_CONNECT, which names localAddress', async () => {
    const server = await serve(mirror())
    const http = await handler()
    for (const localAddress of ['192.0.2.7', '::1']) {
      const error = await failure(http.download(new Request(server.url, { localAddress })))
      expect(error.code).toBe('ERR_CONNECT')
      expect(error.message).toContain('localAddress')
    }
  })
})

describe('time', () => {
  it('to connect is connectTimeout', async () => {
    // a listener whose queue is full: the kernel lets further connections wait
    const script =
      'import socket,sys\ns=socket.socket();s.bind(("127.0.0.1",0));s.listen(0);print(s.getsockname()[1],flush=True);sys.stdin.read()'
    const python = spawn('python3', ['-c', script])
    opened.push({
      close: () => {
        python.kill()
        return once(python, 'exit')
      },
    })
    const [said] = (await once(python.stdout, 'data')) as [Buffer]
    const port = Number(said.toString())
    const fill = connect(port, '127.0.0.1')
    opened.push({ close: () => fill.destroy() })
    await once(fill, 'connect')

    const clock = new FakeClock()
    const http = await handler({ connectTimeout: 3 }, clock)
    const late = failure(http.download(new Request(`http://127.0.0.1:${port}/`)))
    await advance(clock, 2, 3000)
    const error = await late
    expect(error.code).toBe('ERR_TIMEOUT')
    expect(error.message).toBe(
      `http://127.0.0.1:${port}/: no connection was made to 127.0.0.1 port ${port} within 3 s; raise connectTimeout if the host is slow`,
    )
    await http.close()
    expect(clock.pending).toBe(0)
  })

  it('for the handshake is tlsTimeout', async () => {
    let gone!: () => void
    const closed = new Promise<void>((resolve) => (gone = resolve))
    let heard!: () => void
    const hello = new Promise<void>((resolve) => (heard = resolve))
    const silent = createServer((socket) => void socket.on('error', gone).on('close', gone).on('data', heard))
    const server = await serve(listen(silent, 'https'))
    const clock = new FakeClock()
    const http = await handler({ tlsTimeout: 4, connectTimeout: 60, dnsTimeout: 60 }, clock)
    const late = failure(http.download(new Request(server.url)))
    await hello
    await advance(clock, 2, 4000)
    const error = await late
    expect(error.code).toBe('ERR_TIMEOUT')
    expect(error.message).toContain('no TLS handshake with 127.0.0.1 within 4 s; raise tlsTimeout')
    await closed
    await http.close()
    expect(clock.pending).toBe(0)
  })

  it('ends with the handler: no connection is being made after it was closed', async () => {
    const { dnsServers } = await names(() => undefined)
    const clock = new FakeClock()
    const http = await handler({ dnsServers }, clock)
    const running = failure(http.download(new Request('http://silent.test/')))
    while (clock.pending < 2) await new Promise((resolve) => setImmediate(resolve))
    await http.close()
    expect((await running).code).toBe('ERR_ABORTED')
    expect(clock.pending).toBe(0)
  })
})
