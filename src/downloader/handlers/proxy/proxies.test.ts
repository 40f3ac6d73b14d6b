import { createServer as createTlsServer } from 'node:https'
import { createServer, type Socket } from 'node:net'
import { createServer as createTlsSocketServer } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { downloadBench, failure, httpServer, listen, rawServer, type TestServer } from '../../../../test/support/download.ts'
import { FakeClock } from '../../../../test/support/fake-clock.ts'
import { httpProxy, socksProxy } from '../../../../test/support/proxies.ts'
import { elsewhere, site } from '../../../../test/support/tls.ts'
import { Request } from '../../../http/request.ts'
import type { Settings } from '../../../settings/settings.ts'
import type { DownloadHandler } from '../../contract.ts'
import { createHttpHandler } from '../http.ts'

const opened: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

async function open<T extends { close(): Promise<void> }>(one: Promise<T>): Promise<T> {
  opened.push(await one)
  return one
}

async function handler(settings: Partial<Settings> = {}, clock?: FakeClock): Promise<DownloadHandler> {
  return open(createHttpHandler(downloadBench({ verifyTls: false, ...settings }, clock).context))
}

const secure = (): Promise<TestServer> =>
  open(
    listen(
      createTlsServer(site, (_, res) => res.end('ok')),
      'https',
    ),
  )
const plain = (): Promise<TestServer> => open(httpServer((req, res) => res.end(req.headers.host)))
/** A server that says what the test says, whatever it is told. */
const talking = (talk: (socket: Socket) => void): Promise<TestServer> =>
  open(
    listen(
      createServer((socket) => {
        socket.on('error', () => undefined)
        socket.once('data', () => talk(socket))
      }),
      'http',
    ),
  )

async function refusal(url: string, proxy: string, settings: Partial<Settings> = {}): Promise<{ code: string; message: string }> {
  const error = await failure((await handler(settings)).download(new Request(url, { proxy })))
  return { code: error.code!, message: error.message }
}

describe('a way', () => {
  it('is kept, each proxy’s and each site’s apart, and so is the name and password', async () => {
    const [server, one, two] = [await secure(), await open(httpProxy()), await open(socksProxy())]
    const http = await handler()
    const get = async (proxy?: string): Promise<void> => {
      const page = await http.download(new Request(server.url, { proxy }))
      expect([page.body.toString(), page.ipAddress]).toEqual(['ok', proxy === undefined ? '127.0.0.1' : undefined])
    }
    for (let i = 0; i < 3; i++) {
      await get(one.url)
      await get(two.url)
      await get()
    }
    expect([one.connections(), two.connections(), server.connections()]).toEqual([1, 1, 3])
  })

  it('to a proxy that fetches pages itself is shared by all sites, and their hosts are named', async () => {
    const [first, second, proxy] = [await plain(), await plain(), await open(httpProxy({ auth: 'u:p', tls: site }))]
    const http = await handler()
    const url = proxy.url.replace('://', '://u:p@')
    for (const server of [first, second, first]) {
      const page = await http.download(new Request(server.url, { proxy: url }))
      expect(page.body.toString()).toBe(server.url.slice(7))
      // the connection is free again a moment after the page is there
      await new Promise((resolve) => setImmediate(resolve))
    }
    const named = await http.download(new Request(first.url, { proxy: url, headers: { Host: 'other.test' } }))
    expect(named.body.toString()).toBe('other.test')
    expect(proxy.connections()).toBe(1)
  })

  it('leads to addresses of IPv6, by all kinds of proxies', async () => {
    const [http1, socks] = [
      await open(httpProxy({ hosts: { '::1': '127.0.0.1' } })),
      await open(socksProxy({ hosts: { '0000:0000:0000:0000:0000:0000:0000:0001': '127.0.0.1' } })),
    ]
    const server = await secure()
    const http = await handler()
    for (const proxy of [http1, socks]) {
      const page = await http.download(new Request(`https://[::1]:${server.port}/`, { proxy: proxy.url }))
      expect(page.body.toString()).toBe('ok')
    }
    expect([...http1.asked, ...socks.asked]).toEqual([
      `CONNECT [::1]:${server.port}`,
      `socks 0000:0000:0000:0000:0000:0000:0000:0001:${server.port}`,
    ])
  })

  it('begins at the local address', async () => {
    const from: (string | undefined)[] = []
    const proxy = await open(
      listen(
        createServer((socket) => {
          from.push(socket.remoteAddress)
          socket.on('error', () => undefined).once('data', () => socket.end('HTTP/1.1 403 No\r\n\r\n'))
        }),
        'http',
      ),
    )
    const http = await handler({ localAddress: '127.0.0.4' })
    await failure(http.download(new Request('https://a.test/', { proxy: proxy.url })))
    await failure(http.download(new Request('https://a.test/', { proxy: proxy.url, localAddress: '127.0.0.5' })))
    expect(from).toEqual(['127.0.0.4', '127.0.0.5'])
  })
})

describe('a header of the request’s own for the proxy', () => {
  it('goes nowhere: the password is in the URL of the proxy', async () => {
    const heads: string[] = []
    const server = await open(
      rawServer((socket, head) => {
        heads.push(head)
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
      }),
    )
    const http = await handler()
    await http.download(new Request(server.url, { headers: { 'Proxy-Authorization': 'Basic c2VjcmV0', 'X-A': '1' } }))
    expect(heads[0]).toContain('X-A: 1')
    expect(heads[0]).not.toMatch(/proxy-authorization/i)
  })
})

describe('an http proxy', () => {
  it.each([
    ['403', 'HTTP/1.1 403 Forbidden\r\n\r\nno', 'it answered 403 Forbidden'],
    ['502', 'HTTP/1.0 502 whatever\r\nX: y\r\n\r\n', 'it answered 502 Bad Gateway'],
    ['407 without a password', 'HTTP/1.1 407 P\r\n\r\n', 'it answered 407: it wants a name and a password; put them in its URL'],
    ['a redirect', 'HTTP/1.1 302 Found\r\nLocation: http://evil.test/\r\n\r\n', 'it answered 302 Found'],
    ['garbage', 'SSH-2.0-OpenSSH_9.2\r\n', 'it does not speak HTTP'],
    ['garbage that begins well', 'HTTP/1.1 2000 OK\r\n\r\n', 'the first line of its answer is not that of HTTP'],
    ['half a head', 'HTTP/1.1 200 OK\r\nX: ', 'it closed the connection'],
    ['nothing', '', 'it closed the connection'],
  ])('that answers %s is ERR_PROXY', async (_, answer, said) => {
    const proxy = await talking((socket) => socket.end(answer))
    const error = await refusal('https://u:secret@site.test/page', proxy.url)
    expect(error.code).toBe('ERR_PROXY')
    expect(error.message).toBe(error.message.replace('secret', ''))
    expect(error.message).toContain(`https://site.test/page: the proxy ${proxy.url} did not open the way: ${said}`)
  })

  it('that sends a head without end is ERR_PROXY', async () => {
    const proxy = await talking((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const more = (): void => void (socket.destroyed || socket.write('X-Long: 0123456789\r\n'.repeat(1000), more))
      more()
    })
    const error = await refusal('https://site.test/', proxy.url)
    expect(error).toMatchObject({ code: 'ERR_PROXY', message: expect.stringContaining('more than 65536 bytes') })
  })

  it('that is not there is ERR_PROXY, for pages of both kinds', async () => {
    const gone = await httpServer(() => undefined)
    await gone.close()
    for (const url of ['http://site.test/', 'https://site.test/']) {
      const error = await refusal(url, gone.url)
      expect(error).toMatchObject({ code: 'ERR_PROXY', message: expect.stringContaining('ECONNREFUSED') })
      const unknown = await refusal(url, 'http://me:secret@nobody.invalid:3128', { dnsServers: ['127.0.0.1:9'] })
      expect(unknown.code).toBe('ERR_PROXY')
      expect(unknown.message).toContain(
        'the proxy http://nobody.invalid:3128 did not open the way: the host name could not be resolved',
      )
    }
  })

  it('that says nothing is ERR_PROXY after connectTimeout', async () => {
    const clock = new FakeClock()
    let asked!: () => void
    const heard = new Promise<void>((resolve) => (asked = resolve))
    const proxy = await talking(() => asked())
    const http = await handler({ connectTimeout: 6 }, clock)
    const late = failure(http.download(new Request('https://site.test/', { proxy: proxy.url })))
    await heard
    clock.advance(6000)
    expect(await late).toMatchObject({
      code: 'ERR_PROXY',
      message: expect.stringContaining('did not open the way within 6 s; raise connectTimeout if it is slow'),
    })
  })

  it('may say 1xx first, and more than was asked for after its head', async () => {
    const server = await secure()
    const proxy = await open(httpProxy())
    const chatty = await open(
      listen(
        createServer((socket) => {
          socket.on('error', () => undefined)
          socket.once('data', (head) => {
            void import('node:net').then(({ connect }) => {
              const onward = connect(proxy.port, '127.0.0.1')
              onward.on('error', () => undefined)
              socket.on('close', () => onward.destroy())
              socket.write('HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\r\nX: y\r\n\r\n')
              onward.write(head)
              socket.pipe(onward).pipe(socket)
            })
          })
        }),
        'http',
      ),
    )
    const http = await handler()
    expect((await http.download(new Request(server.url, { proxy: chatty.url }))).body.toString()).toBe('ok')
  })

  it('that lies about the way is ERR_TLS: no TLS there, or another site’s', async () => {
    const noTls = await talking((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\nwhat?'))
    })
    expect(await refusal('https://site.test/', noTls.url)).toMatchObject({
      code: 'ERR_TLS',
      message: expect.stringContaining('does not speak TLS'),
    })
    const early = await talking((socket) => socket.write('HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n<html>'))
    expect((await refusal('https://site.test/', early.url)).code).toBe('ERR_TLS')

    const other = await open(
      listen(
        createTlsServer(elsewhere, (_, res) => res.end()),
        'https',
      ),
    )
    const crooked = await open(httpProxy({ hosts: { 'site.test': '127.0.0.1' } }))
    const error = await refusal(`https://site.test:${other.port}/`, crooked.url, { verifyTls: true })
    expect(error.code).toBe('ERR_TLS')
  })

  it('that speaks TLS has to show a certificate that is right', async () => {
    const proxy = await open(httpProxy({ tls: site }))
    const error = await refusal('https://site.test/', proxy.url, { verifyTls: true })
    expect(error.code).toBe('ERR_PROXY')
    expect(proxy.asked).toEqual([])
    const raw = await open(
      listen(
        createTlsSocketServer(site, (socket) => socket.destroy()),
        'https',
      ),
    )
    expect((await refusal('https://site.test/', raw.url)).code).toBe('ERR_PROXY')
  })
})

describe('a SOCKS5 proxy', () => {
  it('that wants a name and a password, or other ones, is ERR_PROXY', async () => {
    const proxy = await open(socksProxy({ auth: 'me:right' }))
    expect((await refusal('http://site.test/', proxy.url)).message).toContain('it wants a name and a password')
    const wrong = await refusal('http://site.test/', proxy.url.replace('://', '://me:wr0ng@'))
    expect(wrong).toMatchObject({ code: 'ERR_PROXY', message: expect.stringContaining('it does not take the name and password') })
    expect(wrong.message).not.toContain('wr0ng')
  })

  it('that cannot reach the host says why', async () => {
    const gone = await httpServer(() => undefined)
    await gone.close()
    const proxy = await open(socksProxy())
    const error = await refusal(gone.url, proxy.url)
    expect(error).toMatchObject({ code: 'ERR_PROXY', message: expect.stringContaining('the host refused the connection') })
  })

  it.each([
    ['speaks HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'it does not speak SOCKS5'],
    ['speaks SOCKS4', Buffer.from([0, 90, 0, 0, 0, 0, 0, 0]), 'it does not speak SOCKS5'],
    ['wants GSSAPI', Buffer.from([5, 1]), 'it wants to be spoken to in a way it was not offered'],
    ['wants nothing that was offered', Buffer.from([5, 255]), 'it wants a name and a password'],
    ['answers with an unknown code', Buffer.from([5, 0, 5, 99, 0, 1, 0, 0, 0, 0, 0, 0]), 'it answered with the unknown code 99'],
    ['answers with an address of no kind', Buffer.from([5, 0, 5, 0, 0, 9, 0, 0]), 'it does not speak SOCKS5'],
    ['leaves in the midst', Buffer.from([5, 0, 5, 0, 0]), 'it closed the connection'],
  ])('that %s is ERR_PROXY', async (_, answer, said) => {
    const proxy = await talking((socket) => socket.end(answer))
    const error = await refusal('http://site.test/', proxy.url.replace('http:', 'socks5:'))
    expect(error.code).toBe('ERR_PROXY')
    expect(error.message).toContain(said)
  })

  it('is not asked for a name that it could not be told', async () => {
    const proxy = await open(socksProxy())
    const error = await refusal(`http://${'a.'.repeat(140)}test/`, proxy.url)
    expect(error).toMatchObject({ code: 'ERR_PROXY', message: expect.stringContaining('too long for SOCKS5') })
    expect(proxy.asked).toEqual([])
  })

  it('may send its answers a byte at a time', async () => {
    const server = await plain()
    const proxy = await open(
      listen(
        createServer((socket) => {
          socket.on('error', () => undefined).setNoDelay(true)
          const slowly = (bytes: number[]): void =>
            void (bytes.length > 0 && socket.write(Buffer.from([bytes[0]!]), () => setImmediate(slowly, bytes.slice(1))))
          let nth = 0
          socket.on('data', () => {
            if (nth++ === 0) slowly([5, 0])
            else if (nth === 2) slowly([5, 0, 0, 3, 4, 97, 98, 99, 100, 0, 80])
            else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow')
          })
        }),
        'socks5',
      ),
    )
    const http = await handler()
    expect((await http.download(new Request(server.url, { proxy: proxy.url }))).body.toString()).toBe('slow')
  })
})

describe('a proxy of a request that cannot be read', () => {
  it('is an error of that request, without the password', async () => {
    const error = await refusal('http://site.test/', 'http://me:secret@proxy.test:99999')
    expect(error.code).toBe('ERR_PROXY_URL')
    expect(error.message).not.toContain('secret')
  })
})
