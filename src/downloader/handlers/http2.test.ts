import { createSecureServer, type Http2SecureServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import { createServer as createTlsServer } from 'node:https'
import { afterEach, expect, it } from 'vitest'
import { downloadBench, failure, listen, type TestServer } from '../../../test/support/download.ts'
import { FakeClock } from '../../../test/support/fake-clock.ts'
import { httpProxy } from '../../../test/support/proxies.ts'
import { site } from '../../../test/support/tls.ts'
import { Request } from '../../http/request.ts'
import type { Settings } from '../../settings/settings.ts'
import type { DownloadHandler } from '../contract.ts'
import { createHttpHandler } from './http.ts'

const opened: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

async function handler(settings: Partial<Settings> = {}, clock?: FakeClock): Promise<DownloadHandler> {
  const made = await createHttpHandler(downloadBench({ verifyTls: false, http2: true, ...settings }, clock).context)
  opened.push(made)
  return made
}

interface Site2 extends TestServer {
  readonly sessions: ServerHttp2Session[]
}

/** A site that speaks nothing but HTTP/2. */
async function site2(answer: (stream: ServerHttp2Stream, path: string, nth: number) => void): Promise<Site2> {
  const server: Http2SecureServer = createSecureServer(site)
  const sessions: ServerHttp2Session[] = []
  let nth = 0
  server.on('session', (session) => {
    sessions.push(session)
    session.on('error', () => undefined)
  })
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined)
    answer(stream, String(headers[':path']), nth++)
  })
  const one = await listen(server, 'https')
  opened.push(one)
  return { ...one, sessions }
}

const ok = (stream: ServerHttp2Stream, body = 'ok'): void => {
  stream.respond({ ':status': 200, 'x-a': ['1', '2'], 'content-type': 'text/plain' })
  stream.end(body)
}

/** Resets a stream as it is; Node's own `close` ends it in good order before. */
function reset(stream: ServerHttp2Stream, code: number): void {
  const handle = Object.getOwnPropertySymbols(stream).find(({ description }) => description === 'kHandle')!
  ;(stream as unknown as Record<symbol, { rstStream(code: number): void }>)[handle]!.rstStream(code)
}

it('is spoken with a site that speaks nothing else, and gives the same as HTTP/1.1', async () => {
  const server = await site2((stream, path) => ok(stream, path))
  const http = await handler()
  const page = await http.download(new Request(`${server.url}/p?q=1`, { headers: { 'X-B': 'b' } }))
  expect([page.status, page.protocol, page.body.toString(), page.ipAddress]).toEqual([200, 'HTTP/2', '/p?q=1', '127.0.0.1'])
  expect(page.headers.getAll('content-type')).toEqual(['text/plain'])
  expect(page.headers.toFlat().filter((name) => name.startsWith(':'))).toEqual([])
  for (let i = 0; i < 5; i++) await http.download(new Request(`${server.url}/${i}`))
  expect(server.connections()).toBe(1)
})

it('is not spoken with a site that does not, nor where it is not wanted; and a site that wants nothing else says so', async () => {
  const old = await listen(
    createTlsServer(site, (_, res) => res.end('one')),
    'https',
  )
  const none = await listen(
    createTlsServer({ ...site, ALPNProtocols: [] }, (_, res) => res.end('one')),
    'https',
  )
  opened.push(old, none)
  const http = await handler()
  for (const { url } of [old, none]) expect((await http.download(new Request(url))).protocol).toBe('HTTP/1.1')

  const only = await site2((stream) => ok(stream))
  const error = await failure((await handler({ http2: false })).download(new Request(only.url)))
  expect(error.code).toBe('ERR_TLS')
  expect(error.message).toContain('set http2 to true')
})

it('goes through a proxy as well', async () => {
  const server = await site2((stream) => ok(stream))
  const proxy = await httpProxy()
  opened.push(proxy)
  const http = await handler()
  const page = await http.download(new Request(server.url, { proxy: proxy.url }))
  expect([page.protocol, page.body.toString()]).toEqual(['HTTP/2', 'ok'])
  expect(proxy.asked).toEqual([`CONNECT 127.0.0.1:${server.port}`])
})

it('ends a page whose stream is reset, and leaves the others', async () => {
  const server = await site2((stream, path) => {
    if (path === '/fine') return ok(stream)
    if (path === '/half' || path === '/cancelled') {
      stream.respond({ ':status': 200 })
      stream.write('half', () => reset(stream, path === '/half' ? 2 : 8))
    } else if (path === '/short') {
      stream.respond({ ':status': 200, 'content-length': '100' })
      stream.end('half')
    } else stream.close(Number(path.slice(1)))
  })
  const http = await handler()
  // INTERNAL_ERROR, REFUSED_STREAM, CANCEL, ENHANCE_YOUR_CALM
  for (const code of [2, 7, 8, 11]) {
    const error = await failure(http.download(new Request(`${server.url}/${code}`)))
    expect(['ERR_RESET', 'ERR_PROTOCOL']).toContain(error.code)
    expect((await http.download(new Request(`${server.url}/fine`))).body.toString()).toBe('ok')
  }
  for (const path of ['/half', '/cancelled', '/short']) {
    expect((await failure(http.download(new Request(server.url + path)))).code).toBe('ERR_DATA_LOSS')
    const partial = await http.download(new Request(server.url + path, { failOnDataLoss: false }))
    expect([partial.body.toString(), partial.flags]).toEqual(['half', ['dataloss']])
  }
  expect((await http.download(new Request(`${server.url}/fine`))).body.toString()).toBe('ok')
})

it('survives GOAWAY, between pages and under one', async () => {
  const server = await site2((stream, path) => {
    if (path === '/under') stream.session!.goaway(0)
    else ok(stream)
  })
  const http = await handler()
  for (let i = 0; i < 3; i++) {
    expect((await http.download(new Request(server.url))).body.toString()).toBe('ok')
    server.sessions.at(-1)!.close()
    expect((await http.download(new Request(server.url))).body.toString()).toBe('ok')
  }
  const under = await failure(http.download(new Request(`${server.url}/under`)))
  expect(under.code).toBe('ERR_RESET')
  expect((await http.download(new Request(server.url))).body.toString()).toBe('ok')
})

it('keeps the limit of size, announced and counted', async () => {
  const closed: Promise<unknown>[] = []
  const server = await site2((stream, path) => {
    closed.push(new Promise((resolve) => stream.on('aborted', resolve)))
    if (path === '/said') stream.respond({ ':status': 200, 'content-length': '1000000' })
    else {
      stream.respond({ ':status': 200 })
      const more = (): void => void (stream.destroyed || stream.write(Buffer.alloc(10_000), more))
      more()
    }
  })
  const http = await handler({ maxResponseSize: 50_000 })
  for (const path of ['/said', '/endless']) {
    expect((await failure(http.download(new Request(server.url + path)))).code).toBe('ERR_TOO_LARGE')
  }
  await Promise.all(closed)
})

it('keeps the deadline of the whole, without an answer and in the midst of one', async () => {
  const clock = new FakeClock()
  let reached!: () => void
  const server = await site2((stream, path) => {
    if (path === '/half') {
      stream.respond({ ':status': 200 })
      stream.write('half')
    }
    reached()
  })
  const http = await handler({ downloadTimeout: 9, headersTimeout: 0, idleTimeout: 0, tlsTimeout: 60, connectTimeout: 60 }, clock)
  for (const path of ['/none', '/half']) {
    const there = new Promise<void>((resolve) => (reached = resolve))
    const late = failure(http.download(new Request(server.url + path)))
    await there
    clock.advance(9000)
    expect((await late).code).toBe('ERR_TIMEOUT')
  }
})
