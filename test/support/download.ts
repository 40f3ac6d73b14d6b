import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Download, DownloaderContext, DownloaderMiddlewareSpec } from '../../src/downloader/contract.ts'
import type { SlotChange } from '../../src/frontier/contract.ts'
import { createResponse } from '../../src/http/create-response.ts'
import type { HeadersInit } from '../../src/http/headers.ts'
import type { Request } from '../../src/http/request.ts'
import type { Response } from '../../src/http/response.ts'
import { defaultSettings, type Settings } from '../../src/settings/settings.ts'
import type { CrawlEvents } from '../../src/signals/contract.ts'
import { Signals } from '../../src/signals/signals.ts'
import { Stats } from '../../src/stats/stats.ts'
import { hostOf } from '../../src/url/host.ts'
import { type Clock, systemClock } from '../../src/util/clock.ts'

/** What a downloader is built from, and what it did with it. */
export interface DownloadBench {
  readonly context: DownloaderContext
  readonly stats: Stats
  /** Messages of all levels. */
  readonly lines: string[]
  readonly slots: { url: string; change: SlotChange }[]
}

/** A context that keeps what is said to it. `download` is what middlewares download beside the queue with. */
export function downloadBench(
  settings: Partial<Settings> = {},
  clock: Clock = systemClock,
  download: Download = unexpected,
): DownloadBench {
  const lines: string[] = []
  const slots: DownloadBench['slots'] = []
  const say = (message: string): void => void lines.push(message)
  const stats = new Stats()
  const context: DownloaderContext = {
    settings: { ...defaultSettings, ...settings },
    stats,
    log: { debugEnabled: true, debug: say, info: say, warn: say, error: say },
    signals: new Signals<CrawlEvents>(say),
    clock,
    download,
    attempt: download,
    slotOf: (request) => request.slot ?? hostOf(request.url),
    slot: (request, change) => void slots.push({ url: request.url, change }),
  }
  return { context, stats, lines, slots }
}

function unexpected(request: Request): never {
  throw new Error(`nothing was to be downloaded here: ${request}`)
}

/** One middleware around a `next` of the test's. */
export function around(spec: DownloaderMiddlewareSpec, context: DownloaderContext, next: Download): Download {
  const middleware = spec.create(context)
  if (middleware === undefined) throw new Error(`${spec.name} is not wanted with these settings`)
  return async (request) => middleware(request, next)
}

/** A response to a request, as a handler would make it. */
export function answer(request: Request, status = 200, headers: HeadersInit = {}, body: Uint8Array | string = ''): Response {
  return createResponse({ url: request.url, status, headers, body: Buffer.from(body as string), request })
}

/** A server and where it is. */
export interface TestServer {
  readonly url: string
  readonly port: number
  /** Connections that were made to it. */
  readonly connections: () => number
  close(): Promise<void>
}

/** A server that speaks HTTP as it should. */
export function httpServer(listener: RequestListener): Promise<TestServer> {
  return listen(createHttpServer(listener), 'http')
}

/**
 * A server that says what the test says, byte for byte. `talk` is called with each head that comes, and how many came on this
 * connection before.
 */
export function rawServer(talk: (socket: Socket, head: string, nth: number) => void): Promise<TestServer> {
  const server = createServer((socket) => {
    let nth = 0
    let heard = ''
    socket.on('error', () => undefined)
    socket.on('data', (data) => {
      heard += data.toString('latin1')
      for (let end = heard.indexOf('\r\n\r\n'); end >= 0; end = heard.indexOf('\r\n\r\n')) {
        const head = heard.slice(0, end)
        heard = heard.slice(end + 4)
        talk(socket, head, nth++)
      }
    })
  })
  return listen(server, 'http')
}

/** Starts any server on a free port of loopback. */
export async function listen(server: Server, scheme: string): Promise<TestServer> {
  const sockets = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket: Socket) => {
    connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `${scheme}://127.0.0.1:${port}`,
    port,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** What a promise is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<Error & { code?: string; reason?: string }> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('expected it to fail')
}
