import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type Config,
  type CrawlEvents,
  type Extension,
  type Failure,
  Request,
  type RequestInit,
  type Response,
  Spider,
} from '../../src/index.ts'
import { listen, rawServer, type TestServer } from '../support/download.ts'
import { run, type Witnessed } from '../support/run.ts'

/** What goes wrong, or is stopped, while an answer is on the wire. */

let servers: TestServer[] = []
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()))
  servers = []
})

/** Answers each request with what it says, and tells how many came. */
async function site(talk: (socket: Socket, head: string) => void): Promise<TestServer & { asked: () => number }> {
  let asked = 0
  const server = await rawServer((socket, head) => {
    asked++
    talk(socket, head)
  })
  servers.push(server)
  return Object.assign(server, { asked: () => asked })
}

interface Outcome {
  readonly pages: Response[]
  readonly errors: string[]
  readonly crawl: Witnessed
}

/** Asks once for a page, with retries as they are by default but for their delay. */
async function ask(url: string, config: Config = {}, init: RequestInit = {}): Promise<Outcome> {
  const pages: Response[] = []
  const errors: string[] = []
  class One extends Spider {
    override async *start(): AsyncGenerator<Request> {
      yield new Request(url, { ...init, callback: 'page', errback: 'failed' })
    }
    page(page: Response): void {
      pages.push(page)
    }
    failed({ error }: Failure): void {
      errors.push((error as Error & { code: string }).code)
    }
  }
  const crawl = await run(One, { retry: true, retryDelay: 0, ...config })
  return { pages, errors, crawl }
}

/** An extension that does this with a signal. */
function listener<Name extends keyof CrawlEvents>(
  name: Name,
  handler: (event: CrawlEvents[Name]) => void | Promise<void>,
): Extension {
  return { name: `on-${name}`, open: ({ signals }) => signals.on(name, handler) }
}

const OK = 'HTTP/1.1 200 OK\r\n'
const sized = (n: number): string => `${OK}Content-Length: ${n}\r\n\r\n`

describe('no answer', () => {
  it('row 25: no answer within the timeout: three attempts, three errors of that type, one errback', async () => {
    const server = await site(() => undefined)
    const { pages, errors, crawl } = await ask(server.url, { downloadTimeout: 0.1 })
    expect([server.asked(), pages.length, errors]).toEqual([3, 0, ['ERR_TIMEOUT']])
    expect(crawl.stats).toMatchObject({
      'downloader/exception_count': 3,
      'downloader/exception_type_count/ERR_TIMEOUT': 3,
      'downloader/request_count': 3,
      'retry/count': 2,
      'retry/max_reached': 1,
    })
  })

  it('row 25: no head within headersTimeout, no byte within idleTimeout: three attempts each', async () => {
    const silent = await site(() => undefined)
    const head = await ask(silent.url, { headersTimeout: 0.1 })
    expect([silent.asked(), head.errors]).toEqual([3, ['ERR_TIMEOUT']])
    const stalling = await site((socket) => socket.write(`${sized(100)}abc`))
    const body = await ask(stalling.url, { idleTimeout: 0.1 })
    expect([stalling.asked(), body.errors]).toEqual([3, ['ERR_TIMEOUT']])
  })

  it('row 25: a reset on a connection that was used before is not counted: the request goes out once more', async () => {
    let used = 0
    const server = await rawServer((socket, _, nth) => {
      used++
      if (nth === 0) socket.write(`${sized(2)}ok`)
      else socket.resetAndDestroy()
    })
    servers.push(server)
    const urls = Array.from({ length: 5 }, (_, i) => `${server.url}/${i}`)
    class Five extends Spider {
      override startUrls = urls
      override parse(): void {}
    }
    const crawl = await run(Five, { retry: true, retryDelay: 0, concurrency: 1 })
    expect(crawl.ends.map(([, reason]) => reason)).toEqual(Array(5).fill('done'))
    expect(crawl.stats).toMatchObject({ 'downloader/request_count': 5, 'downloader/response_count': 5 })
    expect(crawl.stats['downloader/exception_count']).toBeUndefined()
    // all but the first went out twice: on the old connection, and on a new one
    expect([used, server.connections()]).toEqual([9, 5])
  })
})

describe('half of a body', () => {
  it('row 26: 50 of 100 bytes: three attempts, an error of its own', async () => {
    const server = await site((socket) => socket.end(`${sized(100)}${'x'.repeat(50)}`))
    const { pages, errors, crawl } = await ask(server.url)
    expect([server.asked(), pages.length, errors]).toEqual([3, 0, ['ERR_DATA_LOSS']])
    expect(crawl.stats).toMatchObject({
      'downloader/exception_count': 3,
      'downloader/exception_type_count/ERR_DATA_LOSS': 3,
      'retry/reason_count/ERR_DATA_LOSS': 2,
    })
  })

  for (const [name, config, init] of [
    ['the setting', { failOnDataLoss: false }, {}],
    ['the request', {}, { failOnDataLoss: false }],
  ] as const) {
    it(`row 26: with failOnDataLoss off in ${name}: one request, 50 bytes and a flag`, async () => {
      const server = await site((socket) => socket.end(`${sized(100)}${'x'.repeat(50)}`))
      const { pages, errors } = await ask(server.url, config, init)
      expect([server.asked(), errors]).toEqual([1, []])
      expect(pages.map(({ body, flags }) => [body.length, flags])).toEqual([[50, ['dataloss']]])
    })
  }

  it('row 26: without a length and reset: what came, and the flag partial', async () => {
    const server = await site((socket) => {
      socket.write(`${OK}\r\n${'x'.repeat(50)}`)
      reset = () => socket.resetAndDestroy()
    })
    let reset = (): void => undefined
    const { pages, errors } = await ask(server.url, { extensions: [listener('bytesReceived', () => reset())] })
    expect([server.asked(), errors]).toEqual([1, []])
    expect(pages.map(({ body, flags }) => [body.length, flags])).toEqual([[50, ['partial']]])
  })
})

describe('too large', () => {
  it('row 27: 2,000 bytes where 1,000 are allowed: one request, no retry; 1,000 are fine', async () => {
    const large = await site((socket) => socket.write(`${sized(2000)}${'x'.repeat(2000)}`))
    const { errors, crawl } = await ask(large.url, { maxResponseSize: 1000 })
    expect([large.asked(), errors]).toEqual([1, ['ERR_TOO_LARGE']])
    expect(crawl.stats).toMatchObject({ 'downloader/exception_count': 1 })
    expect(crawl.stats['retry/count']).toBeUndefined()
    const right = await site((socket) => socket.write(`${sized(1000)}${'x'.repeat(1000)}`))
    const { pages } = await ask(right.url, { maxResponseSize: 1000 })
    expect(pages[0]?.body.length).toBe(1000)
  })

  it('row 27: the maxSize of the request wins', async () => {
    const server = await site((socket) => socket.write(`${sized(2000)}${'x'.repeat(2000)}`))
    expect((await ask(server.url, { maxResponseSize: 1000 }, { maxSize: 2000 })).pages).toHaveLength(1)
    expect((await ask(server.url, {}, { maxSize: 1999 })).errors).toEqual(['ERR_TOO_LARGE'])
  })

  it('row 28: endless chunks: stopped while they come, one request, and the connection is gone', async () => {
    let sent = 0
    let gone!: () => void
    const closed = new Promise<void>((resolve) => (gone = resolve))
    const server = await listen(
      createServer((_, response) => {
        const piece = Buffer.alloc(16 * 1024, 'x')
        const more = (): void => {
          while (!response.destroyed && response.write(piece)) sent += piece.length
        }
        response.on('drain', more).on('close', gone)
        more()
      }),
      'http',
    )
    servers.push(server)
    const { errors } = await ask(server.url, { maxResponseSize: 100_000 })
    await closed
    expect([server.connections(), errors]).toEqual([1, ['ERR_TOO_LARGE']])
    expect(sent).toBeLessThan(20_000_000)
  })

  it('row 28: many large bodies at once: beyond maxActiveBytes all but one wait, and all come whole', async () => {
    const size = 2_000_000
    const max = 400_000
    const count = 8
    const body = Buffer.alloc(size, 'x')
    const server = await site((socket) => {
      socket.write(sized(size))
      socket.write(body)
    })
    const urls = Array.from({ length: count }, (_, i) => `${server.url}/${i}`)
    const receiving = new Map<string, number>()
    let peak = 0
    const pages: number[] = []
    class Many extends Spider {
      override startUrls = urls
      override async parse(page: Response): Promise<void> {
        pages.push(page.body.length)
      }
    }
    const config: Config = {
      maxActiveBytes: max,
      extensions: [
        listener('bytesReceived', ({ request, received }) => {
          if (received === size) receiving.delete(request.url)
          else receiving.set(request.url, received)
          peak = Math.max(
            peak,
            [...receiving.values()].reduce((sum, bytes) => sum + bytes, 0),
          )
        }),
      ],
    }
    await run(Many, config)
    expect(pages).toEqual(Array(count).fill(size))
    // what there is room for, one whole body, and of each socket a read and what it had in its buffer
    expect(peak).toBeLessThanOrEqual(max + size + count * 128 * 1024)
    expect(peak).toBeGreaterThan(max / 2)
  })
})

describe('a download that a handler stops', () => {
  for (const signal of ['headersReceived', 'bytesReceived'] as const) {
    it(`row 72: in ${signal}: the errback hears of it, once, and it is not tried again`, async () => {
      const server = await site((socket) => socket.write(`${sized(100)}abc`))
      const { errors, pages, crawl } = await ask(server.url, { extensions: [listener(signal, ({ stop }) => stop())] })
      expect([server.asked(), pages.length, errors]).toEqual([1, 0, ['ERR_IGNORED']])
      expect(crawl.ends).toEqual([['', 'ignored']])
      expect(crawl.stats['retry/count']).toBeUndefined()
    })

    it(`row 72: in ${signal}, without failing: the callback gets what came, with the flag download_stopped`, async () => {
      const server = await site((socket) => socket.write(`${sized(100)}abc`))
      const stop = listener(signal, (event) => event.stop({ fail: false }))
      const { errors, pages, crawl } = await ask(server.url, { extensions: [stop] })
      expect([server.asked(), errors]).toEqual([1, []])
      expect(pages.map(({ status, body, flags }) => [status, body.toString(), flags])).toEqual([
        [200, signal === 'headersReceived' ? '' : 'abc', ['download_stopped']],
      ])
      expect(crawl.ends).toEqual([['', 'done']])
    })
  }
})

describe('signals of a download', () => {
  it('row 72: come in their order, awaited, around the network', async () => {
    const server = await site((socket) => socket.write(`${sized(3)}abc`))
    const told: string[] = []
    const names = [
      'requestReachedDownloader',
      'headersReceived',
      'bytesReceived',
      'responseDownloaded',
      'requestLeftDownloader',
      'responseReceived',
    ] as const
    const extensions = names.map((name) =>
      listener(name, async () => {
        told.push(name)
        await new Promise(setImmediate)
        told.push(`${name} done`)
      }),
    )
    await ask(server.url, { extensions })
    expect(told.filter((name) => !name.startsWith('headers') && !name.startsWith('bytes'))).toEqual([
      'requestReachedDownloader',
      'requestReachedDownloader done',
      'responseDownloaded',
      'responseDownloaded done',
      'requestLeftDownloader',
      'requestLeftDownloader done',
      'responseReceived',
      'responseReceived done',
    ])
    expect(told.indexOf('headersReceived')).toBeGreaterThan(told.indexOf('requestReachedDownloader done'))
    expect(told.indexOf('bytesReceived done')).toBeLessThan(told.indexOf('responseDownloaded'))
  })

  it('row 72: a download that fails leaves the downloader, too, each time it is tried', async () => {
    const server = await site((socket) => socket.destroy())
    const told: string[] = []
    const names = ['requestReachedDownloader', 'responseDownloaded', 'requestLeftDownloader'] as const
    const { errors } = await ask(server.url, { extensions: names.map((name) => listener(name, () => void told.push(name))) })
    expect(errors).toEqual(['ERR_RESET'])
    expect(told).toEqual(Array(3).fill(['requestReachedDownloader', 'requestLeftDownloader']).flat())
  })
})

describe('keep-alive', () => {
  it('row 80: twenty pages, one after the other, over one connection', async () => {
    const server = await site((socket) => socket.write(`${sized(2)}ok`))
    const urls = Array.from({ length: 20 }, (_, i) => `${server.url}/${i}`)
    class Twenty extends Spider {
      override startUrls = urls
      override parse(): void {}
    }
    const crawl = await run(Twenty, { concurrency: 1 })
    expect(crawl.ends.map(([, reason]) => reason)).toEqual(Array(20).fill('done'))
    expect([server.asked(), server.connections()]).toEqual([20, 1])
  })
})
