import { createSecureServer } from 'node:http2'
import { createServer as createTlsServer } from 'node:https'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type DownloadBench,
  downloadBench,
  failure,
  httpServer,
  listen,
  rawServer,
  type TestServer,
} from '../../../test/support/download.ts'
import { FakeClock } from '../../../test/support/fake-clock.ts'
import { selfSigned } from '../../../test/support/tls.ts'
import { Request } from '../../http/request.ts'
import type { Settings } from '../../settings/settings.ts'
import type { DownloadHandler } from '../contract.ts'
import { createHttpHandler } from './http.ts'

const opened: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

async function serve(server: Promise<TestServer>): Promise<TestServer> {
  const one = await server
  opened.push(one)
  return one
}

async function handler(
  settings: Partial<Settings> = {},
  bench: DownloadBench = downloadBench(settings),
): Promise<DownloadHandler & DownloadBench> {
  const made = await createHttpHandler(bench.context)
  opened.push(made)
  return Object.assign(made, bench)
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

describe('a good server', () => {
  it('gets status, headers in order and case, body, protocol and address', async () => {
    const server = await serve(
      rawServer((socket) =>
        socket.write(
          'HTTP/1.1 203 Fine\r\nX-B: 1\r\nx-a: caf\xe9\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 5\r\n\r\nhello',
          'latin1',
        ),
      ),
    )
    const response = await (await handler()).download(new Request(`${server.url}/x`))
    expect(response.status).toBe(203)
    expect(response.body.toString()).toBe('hello')
    expect(response.headers.toFlat()).toEqual([
      'X-B',
      '1',
      'x-a',
      'caf\xe9',
      'Set-Cookie',
      'a',
      'Set-Cookie',
      'b',
      'Content-Length',
      '5',
    ])
    expect(response.protocol).toBe('HTTP/1.1')
    expect(response.ipAddress).toBe('127.0.0.1')
    expect(response.flags).toEqual([])
    expect(response.url).toBe(`${server.url}/x`)
  })

  it('reads headers that arrive in pieces', async () => {
    const head = 'HTTP/1.1 200 OK\r\nX-First: one\r\nX-Second: two\r\nContent-Length: 2\r\n\r\nok'
    const server = await serve(
      rawServer((socket) => {
        const pieces = [head.slice(0, 19), head.slice(19, 26), head.slice(26, 42), head.slice(42)]
        const next = (): void => void (pieces.length > 0 && socket.write(pieces.shift()!, () => setImmediate(next)))
        socket.setNoDelay(true)
        next()
      }),
    )
    const response = await (await handler()).download(new Request(server.url))
    expect(response.headers.toFlat()).toEqual(['X-First', 'one', 'X-Second', 'two', 'Content-Length', '2'])
    expect(response.body.toString()).toBe('ok')
  })

  it('sends method, path, headers and body as the request has them', async () => {
    const heads: string[] = []
    const server = await serve(
      httpServer((req, res) => {
        let body = ''
        req.on('data', (d) => (body += d))
        req.on('end', () => {
          heads.push(`${req.method} ${req.url} ${req.rawHeaders.slice(4).join('|')} ${body}`)
          res.end()
        })
      }),
    )
    const http = await handler()
    await http.download(
      new Request(`${server.url}?q=1#frag`, {
        headers: [
          ['X-Zed', '1'],
          ['accept', 'a'],
          ['X-Zed', '2'],
        ],
      }),
    )
    await http.download(new Request(`${server.url}/p%20q#f`, { method: 'PUT', body: 'é', headers: { 'Content-Length': '99' } }))
    await http.download(new Request(`${server.url}/d`, { method: 'DELETE', body: 'x' }))
    expect(heads).toEqual([
      'GET /?q=1 X-Zed|1|accept|a|X-Zed|2 ',
      'PUT /p%20q content-length|2 é',
      'DELETE /d content-length|1 x',
    ])
  })

  it('makes a header of a name and password in the URL, unless the request has one', async () => {
    const heads: unknown[] = []
    const server = await serve(
      httpServer((req, res) => {
        heads.push([req.headers.host, req.headers.authorization])
        res.end()
      }),
    )
    const http = await handler()
    const host = `127.0.0.1:${server.port}`
    const basic = (text: string): string => `Basic ${Buffer.from(text, 'latin1').toString('base64')}`
    await http.download(new Request(`http://us%65r:p%40%3A%ff@${host}/`))
    await http.download(new Request(`http://name@${host}/`))
    await http.download(new Request(`http://@${host}/`))
    await http.download(new Request(`http://a:b@${host}/`, { headers: { authorization: 'Bearer x' } }))
    await http.download(new Request(`http://${host}/a@b`))
    expect(heads).toEqual([
      [host, basic('user:p@:\xff')],
      [host, basic('name:')],
      [host, undefined],
      [host, 'Bearer x'],
      [host, undefined],
    ])
  })

  it('keeps one connection for twenty pages, one after the other', async () => {
    const server = await serve(httpServer((_, res) => res.end('x')))
    const http = await handler({ concurrency: 1 })
    for (let i = 0; i < 20; i++) await http.download(new Request(`${server.url}/${i}`))
    expect(server.connections()).toBe(1)
  })

  it('puts chunks together, and passes over 1xx heads', async () => {
    const server = await serve(
      rawServer((socket) =>
        socket.write(
          'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n',
        ),
      ),
    )
    const response = await (await handler()).download(new Request(server.url))
    expect(response.body.toString()).toBe('abcdefg')
    expect(response.headers.toFlat()).toEqual(['Transfer-Encoding', 'chunked'])
  })

  it('puts a great many tiny chunks together', async () => {
    const bytes = Buffer.from(Array.from({ length: 30_000 }, (_, i) => 97 + (i % 26)))
    const chunks = Buffer.concat([...bytes].map((byte) => Buffer.of(0x31, 13, 10, byte, 13, 10)))
    const server = await serve(
      rawServer((socket) => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
        socket.write(chunks)
        socket.write(`2000\r\n${'z'.repeat(0x2000)}\r\n0\r\n\r\n`)
      }),
    )
    const { body } = await (await handler()).download(new Request(server.url))
    expect(body.toString()).toBe(bytes.toString() + 'z'.repeat(0x2000))
  })

  it('reads a body without length to the end of the connection', async () => {
    const server = await serve(rawServer((socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nall of it')))
    expect((await (await handler()).download(new Request(server.url))).body.toString()).toBe('all of it')
  })

  it('takes no body from HEAD, whatever is announced', async () => {
    const server = await serve(rawServer((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n')))
    const response = await (await handler({ maxResponseSize: 10 })).download(new Request(server.url, { method: 'HEAD' }))
    expect(response.body.length).toBe(0)
    expect(response.headers.get('content-length')).toBe('999999999')
  })

  it('does not copy a body that came in one piece', async () => {
    const server = await serve(rawServer((socket) => socket.write(OK)))
    const { body } = await (await handler()).download(new Request(server.url))
    expect(body.buffer.byteLength).toBeGreaterThan(body.length)
  })
})

describe('failures', () => {
  const cases: [string, (port: number) => string, string][] = [
    ['a port that nobody listens on', (port) => `http://127.0.0.1:${port}/`, 'ERR_CONNECT'],
    ['a name that does not resolve', () => 'http://no-such-host.invalid/', 'ERR_DNS'],
    ['a port that is none', () => 'http://127.0.0.1:99999/', 'ERR_DNS'],
  ]
  for (const [name, url, code] of cases) {
    it(`${name}: ${code}`, async () => {
      const server = await httpServer(() => undefined)
      await server.close()
      const http = await handler()
      // a request refuses most of these itself; what gets this far must fail all the same
      const request = Object.assign(Object.create(Request.prototype), new Request('http://x/'), {
        url: url(server.port),
      }) as Request
      const error = await failure(http.download(request))
      expect(error.code).toBe(code)
      expect(error.message).toContain(url(server.port))
    })
  }

  it('a connection that is closed before an answer: ERR_RESET', async () => {
    const server = await serve(rawServer((socket) => socket.destroy()))
    expect((await failure((await handler()).download(new Request(server.url)))).code).toBe('ERR_RESET')
  })

  it('a connection that is reset: ERR_RESET', async () => {
    const server = await serve(rawServer((socket) => socket.resetAndDestroy()))
    expect((await failure((await handler()).download(new Request(server.url)))).code).toBe('ERR_RESET')
  })

  for (const [name, text] of [
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['a header without a colon', 'HTTP/1.1 200 OK\r\nnonsense\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc'],
    ['an upgrade that nobody asked for', 'HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'],
    ['a head of more than 256 KiB', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(270_000)}\r\n\r\n`],
  ] as const) {
    it(`${name}: ERR_PROTOCOL`, async () => {
      const server = await serve(rawServer((socket) => socket.write(text)))
      expect((await failure((await handler()).download(new Request(server.url)))).code).toBe('ERR_PROTOCOL')
    })
  }

  it('never shows a name and a password', async () => {
    const server = await serve(rawServer((socket) => socket.destroy()))
    const request = new Request(`http://someone:secret@127.0.0.1:${server.port}/`)
    const error = await failure((await handler()).download(request))
    expect(error.message).not.toMatch(/someone|secret/)
  })

  it('a header that HTTP keeps for itself: ERR_REQUEST_UNSENDABLE', async () => {
    const server = await serve(httpServer((_, res) => res.end()))
    const error = await failure(
      (await handler()).download(new Request(server.url, { headers: { 'Transfer-Encoding': 'chunked' } })),
    )
    expect(error.code).toBe('ERR_REQUEST_UNSENDABLE')
  })
})

describe('data loss', () => {
  const short = `HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n${'x'.repeat(50)}`
  const broken = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nZZ\r\n'
  const unended = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'
  const closing = `HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100\r\n\r\n${'x'.repeat(50)}`
  for (const [name, text, body] of [
    ['a body shorter than its length', short, 50],
    ['the same with Connection: close', closing, 50],
    ['a broken chunk', broken, 3],
    ['no last chunk', unended, 3],
  ] as const) {
    it(`${name}: ERR_DATA_LOSS, or what came with the flag`, async () => {
      const server = await serve(rawServer((socket) => socket.end(text)))
      const http = await handler()
      const error = await failure(http.download(new Request(server.url)))
      expect(error.code).toBe('ERR_DATA_LOSS')
      expect(error.message).toContain(`after ${body} bytes`)
      const response = await http.download(new Request(server.url, { failOnDataLoss: false }))
      expect(response.flags).toEqual(['dataloss'])
      expect(response.body.length).toBe(body)
    })
  }

  it('a reset amid the body', async () => {
    const server = await serve(rawServer((socket) => socket.write(short, () => socket.resetAndDestroy())))
    const response = await (await handler({ failOnDataLoss: false }))
      .download(new Request(server.url))
      .catch((error: Error) => error)
    // a reset may overtake what was sent before it, the head included
    if (response instanceof Error) expect(response).toMatchObject({ code: 'ERR_RESET' })
    else expect(response.flags).toEqual(['dataloss'])
  })
})

describe('size', () => {
  const sized = (n: number): Promise<TestServer> =>
    serve(httpServer((_, res) => res.setHeader('Content-Length', n).end('x'.repeat(n))))

  it('1000 of 1000 bytes are no more than allowed; 2000 are', async () => {
    const http = await handler({ maxResponseSize: 1000 })
    expect((await http.download(new Request((await sized(1000)).url))).body.length).toBe(1000)
    const error = await failure(http.download(new Request((await sized(2000)).url)))
    expect(error.code).toBe('ERR_TOO_LARGE')
    expect(error.message).toContain('announces 2000 bytes')
  })

  it('the maxSize of the request wins, either way; 0 is no limit', async () => {
    const { url } = await sized(2000)
    const http = await handler({ maxResponseSize: 1000 })
    expect((await http.download(new Request(url, { maxSize: 5000 }))).body.length).toBe(2000)
    expect((await http.download(new Request(url, { maxSize: 0 }))).body.length).toBe(2000)
    expect((await failure(http.download(new Request(url, { maxSize: 1999 })))).code).toBe('ERR_TOO_LARGE')
  })

  it('stops reading an endless body', async () => {
    let closed!: () => void
    const stopped = new Promise<void>((resolve) => (closed = resolve))
    let written = 0
    const server = await serve(
      httpServer((_, res) => {
        const chunk = Buffer.alloc(64 * 1024)
        const more = (): void => {
          while (!res.destroyed && res.write(chunk)) written += chunk.length
          written += chunk.length
        }
        res.on('drain', more).on('close', closed)
        more()
      }),
    )
    const error = await failure((await handler({ maxResponseSize: 100_000 })).download(new Request(server.url)))
    expect(error.code).toBe('ERR_TOO_LARGE')
    await stopped
    expect(written).toBeLessThan(50_000_000)
  })

  it('warns once for each large body', async () => {
    const http = await handler({ warnResponseSize: 1000 })
    await http.download(new Request((await sized(200_000)).url))
    expect(http.lines.filter((line) => line.includes('large body'))).toHaveLength(1)
    const chunked = await serve(httpServer((_, res) => void res.write('x'.repeat(900), () => res.end('x'.repeat(200_000)))))
    await http.download(new Request(chunked.url))
    expect(http.lines.filter((line) => line.includes('large body'))).toHaveLength(2)
  })
})

describe('time', () => {
  it('ends a download without an answer', async () => {
    const server = await serve(rawServer(() => undefined))
    const error = await failure((await handler({ downloadTimeout: 0.05 })).download(new Request(server.url)))
    expect(error.code).toBe('ERR_TIMEOUT')
    expect(error.message).toContain('no answer within 0.05 s')
  })

  it('ends a body that drips for ever, and says how much came', async () => {
    const clock = new FakeClock()
    const server = await serve(
      rawServer((socket) =>
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx', () => setImmediate(() => clock.advance(200_000))),
      ),
    )
    const bench = downloadBench({ headersTimeout: 0, idleTimeout: 0 }, clock)
    const error = await failure((await handler({}, bench)).download(new Request(server.url)))
    expect(error.code).toBe('ERR_TIMEOUT')
    expect(error.message).toContain('within 180 s')
  })

  it('the timeout of the request wins', async () => {
    const clock = new FakeClock()
    let asked!: () => void
    const both = new Promise<void>((resolve) => (asked = resolve))
    let n = 0
    const sockets: import('node:net').Socket[] = []
    const server = await serve(
      rawServer((socket) => {
        sockets.push(socket)
        if (++n === 2) asked()
      }),
    )
    const http = await handler({}, downloadBench({ downloadTimeout: 100 }, clock))
    const short = failure(http.download(new Request(`${server.url}/short`, { timeout: 5 })))
    const long = http.download(new Request(`${server.url}/long`))
    await both
    clock.advance(5000)
    expect((await short).message).toContain('within 5 s')
    for (const socket of sockets) if (!socket.destroyed) socket.write(OK)
    expect((await long).body.toString()).toBe('ok')
  })

  it('covers the time in which there is no connection yet', async () => {
    const clock = new FakeClock()
    const http = await handler({}, downloadBench({ downloadTimeout: 7, connectTimeout: 60 }, clock))
    const server = await serve(rawServer((socket) => socket.write(OK)))
    const running = failure(http.download(new Request(server.url)))
    clock.advance(7000)
    expect((await running).code).toBe('ERR_TIMEOUT')
    // the connection that came too late is of use to the next
    expect((await http.download(new Request(server.url))).body.toString()).toBe('ok')
  })
})

describe('closing', () => {
  it('aborts what runs, refuses what comes, and leaves no connection', async () => {
    let gone!: () => void
    const closed = new Promise<void>((resolve) => (gone = resolve))
    let there!: () => void
    const asked = new Promise<void>((resolve) => (there = resolve))
    const server = await serve(
      rawServer((socket) => {
        socket.on('close', gone)
        there()
      }),
    )
    const http = await handler({ concurrency: 1 })
    const running = failure(http.download(new Request(server.url)))
    const queued = failure(http.download(new Request(server.url)))
    await asked
    await http.close()
    expect((await running).code).toBe('ERR_ABORTED')
    expect((await queued).code).toBe('ERR_ABORTED')
    expect((await failure(http.download(new Request(server.url)))).code).toBe('ERR_ABORTED')
    await closed
    await http.close()
  })
})

describe('origins', () => {
  it('closes the origin that was idle longest, and never a busy one', async () => {
    const events: string[] = []
    const start = (name: string, hold: boolean): Promise<TestServer> =>
      serve(
        rawServer((socket) => {
          socket.once('close', () => events.push(name))
          if (hold) held = socket
          else socket.write(OK)
        }),
      )
    let held: import('node:net').Socket | undefined
    const busy = await start('busy', true)
    const old = await start('old', false)
    const fresh = await start('fresh', false)
    const http = await handler({ maxPools: 2 })
    const slow = http.download(new Request(busy.url))
    await http.download(new Request(old.url))
    await http.download(new Request(fresh.url))
    held!.write(OK)
    expect((await slow).body.toString()).toBe('ok')
    await http.download(new Request(fresh.url))
    expect(fresh.connections()).toBe(1)
    await http.download(new Request(old.url))
    expect(old.connections()).toBe(2)
    expect(busy.connections()).toBe(1)
    expect(events[0]).toBe('old')
  })
})

describe('TLS', () => {
  it('refuses a certificate that nobody vouches for, unless told otherwise', async () => {
    const server = await serve(
      listen(
        createTlsServer(selfSigned, (_, res) => res.end('secret')),
        'https',
      ),
    )
    const error = await failure((await handler()).download(new Request(server.url)))
    expect(error.code).toBe('ERR_TLS')
    expect(error.message).toContain('verifyTls')
    const response = await (await handler({ verifyTls: false })).download(new Request(server.url))
    expect(response.body.toString()).toBe('secret')
    expect(response.protocol).toBe('HTTP/1.1')
  })

  it('fails for a port that speaks no TLS', async () => {
    const server = await serve(httpServer((_, res) => res.end()))
    expect((await failure((await handler()).download(new Request(`https://127.0.0.1:${server.port}/`)))).code).toBe('ERR_TLS')
  })

  it('speaks HTTP/2 when that is on', async () => {
    const make = (): Promise<TestServer> =>
      serve(
        listen(
          createSecureServer({ ...selfSigned, allowHTTP1: true }, (req, res) =>
            res.end(`${req.httpVersion} ${req.headers['x-a']}`),
          ),
          'https',
        ),
      )
    const server = await make()
    const request = new Request(`${server.url}/`, { headers: { 'X-A': 'b' } })
    const two = await (await handler({ verifyTls: false, http2: true })).download(request)
    expect([two.body.toString(), two.protocol, two.status]).toEqual(['2.0 b', 'HTTP/2', 200])
    const one = await (await handler({ verifyTls: false })).download(request)
    expect([one.body.toString(), one.protocol]).toEqual(['1.1 b', 'HTTP/1.1'])
  })
})
