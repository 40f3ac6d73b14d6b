import type { Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type DownloadBench, downloadBench, failure, rawServer, type TestServer } from '../../../test/support/download.ts'
import { FakeClock } from '../../../test/support/fake-clock.ts'
import { IgnoreRequest } from '../../errors.ts'
import { Request } from '../../http/request.ts'
import type { Settings } from '../../settings/settings.ts'
import type { CrawlEvents } from '../../signals/contract.ts'
import { systemClock } from '../../util/clock.ts'
import type { DownloadHandler } from '../contract.ts'
import { createHttpHandler } from './http.ts'

const opened: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

async function handler(settings: Partial<Settings> = {}, clock = systemClock): Promise<DownloadHandler & DownloadBench> {
  const bench = downloadBench(settings, clock)
  const made = await createHttpHandler(bench.context)
  opened.push(made)
  return Object.assign(made, bench)
}

async function serve(talk: Parameters<typeof rawServer>[0]): Promise<TestServer> {
  const server = await rawServer(talk)
  opened.push(server)
  return server
}

/** A server that keeps the sockets it was asked on, and says when it was asked. */
async function held(): Promise<TestServer & { asked(n: number): Promise<Socket> }> {
  const sockets: Socket[] = []
  const server = await serve((socket) => void sockets.push(socket))
  return Object.assign(server, {
    asked: async (n: number) => {
      await vi.waitUntil(() => sockets.length >= n, { timeout: 5000 })
      return sockets[n - 1]!
    },
  })
}

/** Resolves with the next event of a signal. */
function next<Name extends 'headersReceived' | 'bytesReceived'>(bench: DownloadBench, signal: Name): Promise<CrawlEvents[Name]> {
  return new Promise((resolve) => {
    const off = bench.context.signals.on(signal, (event) => {
      off()
      resolve(event)
    })
  })
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n'
const OPEN_END = 'HTTP/1.1 200 OK\r\n\r\n'

describe('deadlines', () => {
  it('the head: from when the request was sent', async () => {
    const clock = new FakeClock()
    const server = await held()
    const http = await handler({ headersTimeout: 20 }, clock)
    const running = failure(http.download(new Request(server.url)))
    await server.asked(1)
    clock.advance(20_000)
    const error = await running
    expect(error).toMatchObject({ code: 'ERR_TIMEOUT', name: 'DownloadError' })
    expect(error.message).toContain('no head of an answer within 20 s')
    expect(error.message).toContain('headersTimeout')
  })

  it('heads that are no answer do not put it off', async () => {
    const clock = new FakeClock()
    const server = await held()
    const running = failure((await handler({ headersTimeout: 20 }, clock)).download(new Request(server.url)))
    const socket = await server.asked(1)
    clock.advance(19_000)
    await new Promise((resolve) => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n', resolve))
    clock.advance(1000)
    expect((await running).message).toContain('no head of an answer')
  })

  it('the body: moves with each byte, and ends what stalls', async () => {
    const clock = new FakeClock()
    const server = await held()
    const http = await handler({ idleTimeout: 30, downloadTimeout: 1000 }, clock)
    const running = failure(http.download(new Request(server.url)))
    const socket = await server.asked(1)
    socket.write(HEAD)
    await next(http, 'headersReceived')
    for (let i = 1; i <= 9; i++) {
      clock.advance(29_000)
      socket.write('x')
      expect(await next(http, 'bytesReceived')).toMatchObject({ received: i })
    }
    clock.advance(30_000)
    const error = await running
    expect(error.code).toBe('ERR_TIMEOUT')
    expect(error.message).toContain('no further byte of the body within 30 s (9 bytes so far)')
    expect(error.message).toContain('idleTimeout')
  })

  it('the total comes before all others, and is named', async () => {
    const clock = new FakeClock()
    const server = await held()
    const http = await handler({ idleTimeout: 30, headersTimeout: 30, downloadTimeout: 40 }, clock)
    const running = failure(http.download(new Request(server.url)))
    const socket = await server.asked(1)
    clock.advance(15_000)
    socket.write(`${HEAD}xyz`)
    await next(http, 'bytesReceived')
    clock.advance(25_000)
    const error = await running
    expect(error.message).toContain('no complete answer (3 bytes so far) within 40 s; raise downloadTimeout')
  })

  it('0 is none for head and body', async () => {
    const clock = new FakeClock()
    const server = await held()
    const http = await handler({ idleTimeout: 0, headersTimeout: 0, downloadTimeout: 10_000 }, clock)
    const running = http.download(new Request(server.url))
    const socket = await server.asked(1)
    clock.advance(4_000_000)
    socket.write(`${HEAD}12345`)
    await next(http, 'bytesReceived')
    clock.advance(4_000_000)
    socket.write('67890')
    const response = await running
    expect(response.body.toString()).toBe('1234567890')
    expect(response.latency).toBe(4_000_000)
  })

  it('leave no timer when all is over', async () => {
    const clock = new FakeClock()
    const server = await serve((socket) => socket.write(OK))
    const http = await handler({}, clock)
    await http.download(new Request(server.url))
    clock.advance(60_000)
    expect(clock.pending).toBe(0)
  })
})

describe('latency', () => {
  it('is the time until the head, without that of the body; each request has its own', async () => {
    const clock = new FakeClock()
    const server = await held()
    const http = await handler({ concurrency: 1 }, clock)
    for (const [i, ms] of [[1, 250] as const, [2, 40] as const]) {
      const running = http.download(new Request(server.url))
      const socket = await server.asked(i)
      clock.advance(ms)
      socket.write(HEAD)
      await next(http, 'headersReceived')
      clock.advance(5000)
      socket.write('0123456789')
      expect((await running).latency).toBe(ms)
    }
    expect(server.connections()).toBe(1)
  })
})

describe('handlers of signals', () => {
  it('are told head and pieces', async () => {
    const server = await serve((socket) => socket.write(`${HEAD.replace('\r\n', '\r\nX-A: b\r\n')}0123456789`))
    const http = await handler()
    const { signals } = http.context
    const told: unknown[] = []
    signals.on('headersReceived', ({ request, status, headers, bodyLength }) => {
      told.push([request.url, status, headers.get('x-a'), bodyLength])
    })
    signals.on('bytesReceived', ({ request, data, received }) => void told.push([request.url, data.toString(), received]))
    const request = new Request(server.url)
    expect((await http.download(request)).body.toString()).toBe('0123456789')
    expect(told[0]).toEqual([request.url, 200, 'b', 10])
    expect(
      told
        .slice(1)
        .map((event) => (event as string[])[1])
        .join(''),
    ).toBe('0123456789')
    expect((told.at(-1) as unknown[])[2]).toBe(10)
  })

  it('have no length where none is announced', async () => {
    const server = await serve((socket) => socket.end(`${OPEN_END}abc`))
    const http = await handler()
    const lengths: unknown[] = []
    http.context.signals.on('headersReceived', ({ bodyLength }) => void lengths.push(bodyLength))
    expect((await http.download(new Request(server.url))).body.toString()).toBe('abc')
    expect(lengths).toEqual([undefined])
  })

  for (const signal of ['headersReceived', 'bytesReceived'] as const) {
    it(`${signal}: stop() ends it as ignored, and the connection`, async () => {
      let gone!: () => void
      const closed = new Promise<void>((resolve) => (gone = resolve))
      const server = await serve((socket) => {
        socket.on('close', gone)
        socket.write(`${HEAD}01234`)
      })
      const http = await handler()
      http.context.signals.on(signal, ({ stop }) => stop())
      const error = await failure(http.download(new Request(server.url)))
      expect(error).toBeInstanceOf(IgnoreRequest)
      expect(error.reason).toBe('ignored')
      expect(error.message).toContain('a handler of headersReceived or bytesReceived stopped the download')
      await closed
    })
  }

  it('stop without failing gives what came, with a flag', async () => {
    const server = await held()
    const http = await handler()
    http.context.signals.on('bytesReceived', ({ received, stop }) => {
      if (received >= 6) stop({ fail: false })
    })
    const running = http.download(new Request(server.url))
    const socket = await server.asked(1)
    socket.write(`${HEAD}012`)
    await next(http, 'bytesReceived')
    socket.write('345')
    const response = await running
    expect([response.status, response.body.toString(), response.flags]).toEqual([200, '012345', ['download_stopped']])
  })

  it('headersReceived: the body waits for a slow handler, and stops as it says, though all had come', async () => {
    const server = await serve((socket) => socket.write(`${HEAD}0123456789`))
    const http = await handler()
    const pieces: number[] = []
    http.context.signals.on('headersReceived', async ({ stop }) => {
      await new Promise(setImmediate)
      await new Promise(setImmediate)
      stop({ fail: false })
    })
    http.context.signals.on('bytesReceived', ({ data }) => void pieces.push(data.length))
    const response = await http.download(new Request(server.url))
    expect([response.body.length, response.flags, pieces]).toEqual([0, ['download_stopped'], []])
  })

  it('headersReceived: a slow handler can stop what has no body, too', async () => {
    const server = await serve((socket) => socket.write(HEAD))
    const http = await handler()
    http.context.signals.on('headersReceived', async ({ stop }) => {
      await new Promise(setImmediate)
      stop()
    })
    const error = await failure(http.download(new Request(server.url, { method: 'HEAD' })))
    expect(error).toBeInstanceOf(IgnoreRequest)
  })

  it('bytesReceived: the end waits for slow handlers, and each piece is told in its turn', async () => {
    const server = await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      socket.write(`${'1\r\nx\r\n'.repeat(500)}0\r\n\r\n`)
    })
    const http = await handler()
    let done = 0
    http.context.signals.on('bytesReceived', async () => {
      await new Promise(setImmediate)
      done++
    })
    const response = await http.download(new Request(server.url))
    expect([response.body.length, done]).toEqual([500, 500])
  })

  it('one that throws stops nothing, and is reported', async () => {
    const server = await serve((socket) => socket.write(OK))
    const http = await handler()
    http.context.signals.on('headersReceived', () => {
      throw new Error('mine')
    })
    expect((await http.download(new Request(server.url))).body.toString()).toBe('ok')
    expect(http.lines).toEqual([expect.stringContaining('headersReceived')])
  })

  it('one that never settles is ended by the deadline', async () => {
    const clock = new FakeClock()
    const server = await serve((socket) => socket.write(OK))
    const http = await handler({ idleTimeout: 5, downloadTimeout: 100 }, clock)
    const heard = next(http, 'headersReceived')
    http.context.signals.on('headersReceived', () => new Promise<never>(() => undefined))
    const running = failure(http.download(new Request(server.url)))
    await heard
    // we do not read: that the server says nothing is not its fault
    clock.advance(50_000)
    clock.advance(50_000)
    expect((await running).message).toContain('within 100 s')
  })

  it('a stop that comes too late, or twice, does nothing', async () => {
    const server = await serve((socket) => socket.write(OK))
    const http = await handler({ concurrency: 1 })
    const stops: ((options?: { fail?: boolean }) => void)[] = []
    http.context.signals.on('headersReceived', ({ stop }) => void stops.push(stop))
    const response = await http.download(new Request(server.url))
    for (const stop of stops) stop()
    expect(response.flags).toEqual([])
    expect((await http.download(new Request(server.url))).body.toString()).toBe('ok')
    expect(server.connections()).toBe(1)
  })
})

describe('room for bodies', () => {
  it('gets every byte of bodies that have to wait for each other', async () => {
    const body = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251))
    const server = await serve((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`)
      socket.write(body)
    })
    const http = await handler({ maxActiveBytes: 100_000 })
    const all = await Promise.all(Array.from({ length: 12 }, () => http.download(new Request(server.url))))
    for (const response of all) expect(response.body.equals(body)).toBe(true)
  })

  it('does not run the idle deadline of a body that waits for room', async () => {
    const clock = new FakeClock()
    const server = await held()
    const http = await handler({ maxActiveBytes: 40_000, idleTimeout: 10, downloadTimeout: 1000 }, clock)
    const started: Promise<unknown>[] = []
    const sockets: Socket[] = []
    for (let i = 1; i <= 2; i++) {
      started.push(http.download(new Request(server.url)))
      const socket = await server.asked(i)
      sockets.push(socket)
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n')
      socket.write('x'.repeat(60_000))
      let got = 0
      while (got < 60_000) got = (await next(http, 'bytesReceived')).received
      clock.advance(1)
    }
    // the second one waits, and beyond twice the room it is not its turn while the first drips on
    for (let i = 0; i < 10; i++) {
      clock.advance(9000)
      sockets[0]!.write('x')
      await next(http, 'bytesReceived')
    }
    for (const [i, socket] of sockets.entries()) socket.write('x'.repeat(i === 0 ? 39_990 : 40_000))
    expect(await Promise.all(started)).toMatchObject([{ body: { length: 100_000 } }, { body: { length: 100_000 } }])
  })
})

describe('a body that is not read on', () => {
  for (const [name, head, end] of [
    ['reset, without a length', OPEN_END, 'resetAndDestroy'],
    ['reset, with Connection: close', HEAD.replace('10', '900').replace('\r\n', '\r\nConnection: close\r\n'), 'resetAndDestroy'],
    ['reset, with a length', HEAD.replace('10', '900'), 'resetAndDestroy'],
    ['closed, without a length', OPEN_END, 'end'],
    ['closed, with a length', HEAD.replace('10', '900'), 'end'],
  ] as const) {
    it(`${name}: ends as it would otherwise, and the process lives`, async () => {
      const server = await serve((socket) => {
        socket.write(`${head}0123456789`)
        current = socket
      })
      let current: Socket | undefined
      const http = await handler({ failOnDataLoss: false })
      http.context.signals.on('headersReceived', async () => {
        const closed = new Promise((resolve) => current!.once('close', resolve))
        if (end === 'end') current!.end()
        else {
          current!.resetAndDestroy()
          await closed
        }
        // our end of it hears in one of the next rounds
        for (let i = 0; i < 20; i++) await new Promise(setImmediate)
      })
      const response = await http.download(new Request(server.url))
      expect(response.flags).toEqual(head !== OPEN_END ? ['dataloss'] : end === 'end' ? [] : ['partial'])
      if (end === 'end') expect(response.body.toString()).toBe('0123456789')
    })
  }

  // the end of the connection is read together with the last of the body
  for (const [name, text] of [
    ['without a length', `${OPEN_END}0123456789`],
    ['with a length and Connection: close', `${HEAD.replace('\r\n', '\r\nConnection: close\r\n')}0123456789`],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n'],
  ] as const) {
    it(`${name}, all of it there and the connection closed: is whole`, async () => {
      const server = await serve((socket) => socket.end(text))
      const http = await handler({ maxActiveBytes: 1 })
      http.context.signals.on('headersReceived', async () => {
        for (let i = 0; i < 20; i++) await new Promise(setImmediate)
      })
      const all = await Promise.all(Array.from({ length: 8 }, () => http.download(new Request(server.url))))
      for (const { body, flags } of all) expect([body.toString(), flags]).toEqual(['0123456789', []])
    })
  }

  it('does not stop the next one, which came to its place while handlers were at work', async () => {
    let nth = 0
    const server = await serve((socket) => {
      if (nth++ === 0) socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nno size\r\n')
      else socket.write(OK)
    })
    const http = await handler({ concurrency: 1 })
    let release!: () => void
    const released = new Promise<void>((resolve) => (release = resolve))
    http.context.signals.on('headersReceived', ({ bodyLength }) => (bodyLength === undefined ? released : undefined))
    const broken = failure(http.download(new Request(server.url)))
    const second = http.download(new Request(`${server.url}/2`))
    expect((await second).body.toString()).toBe('ok')
    const third = http.download(new Request(`${server.url}/3`))
    release()
    expect((await broken).code).toBe('ERR_DATA_LOSS')
    expect((await third).body.toString()).toBe('ok')
    expect((await http.download(new Request(`${server.url}/4`))).body.toString()).toBe('ok')
  })
})

describe('a body without a length', () => {
  it('that is reset has the flag partial, and is no error', async () => {
    const server = await held()
    const http = await handler()
    const running = http.download(new Request(server.url))
    const socket = await server.asked(1)
    socket.write(`${OPEN_END}half`)
    await next(http, 'bytesReceived')
    socket.resetAndDestroy()
    const response = await running
    expect([response.body.toString(), response.flags]).toEqual(['half', ['partial']])
  })

  it('that is closed is whole, as far as anybody can tell', async () => {
    const server = await serve((socket) => socket.end(`${OPEN_END}all`))
    expect((await (await handler()).download(new Request(server.url))).flags).toEqual([])
  })
})

describe('a connection that is closed under the request', () => {
  /** Answers the first request of each connection, and closes it under the second. */
  const closes = (how: 'destroy' | 'resetAndDestroy', said = ''): Promise<TestServer & { heads: string[] }> => {
    const heads: string[] = []
    return serve((socket, head, nth) => {
      heads.push(head.split(' ')[0]!)
      if (nth === 0) socket.write(OK)
      else if (said === '') socket[how]()
      else socket.write(said, () => socket.end())
    }).then((server) => Object.assign(server, { heads }))
  }

  for (const how of ['destroy', 'resetAndDestroy'] as const) {
    it(`${how}: a GET is sent once more, on another`, async () => {
      const server = await closes(how)
      const http = await handler({ concurrency: 1 })
      await http.download(new Request(server.url))
      const response = await http.download(new Request(server.url))
      expect(response.body.toString()).toBe('ok')
      expect([server.heads, server.connections()]).toEqual([['GET', 'GET', 'GET'], 2])
    })
  }

  it('a HEAD too', async () => {
    const server = await closes('destroy')
    const http = await handler({ concurrency: 1 })
    await http.download(new Request(server.url))
    expect((await http.download(new Request(server.url, { method: 'HEAD' }))).status).toBe(200)
    expect(server.heads).toEqual(['GET', 'HEAD', 'HEAD'])
  })

  it('a POST is not', async () => {
    const server = await closes('destroy')
    const http = await handler({ concurrency: 1 })
    await http.download(new Request(server.url))
    const error = await failure(http.download(new Request(server.url, { method: 'POST', body: 'x' })))
    expect(error.code).toBe('ERR_RESET')
    expect(server.heads).toEqual(['GET', 'POST'])
  })

  it('not when a byte of an answer came', async () => {
    const server = await closes('destroy', 'HTTP/1.')
    const http = await handler({ concurrency: 1 })
    await http.download(new Request(server.url))
    expect((await failure(http.download(new Request(server.url)))).code).toBe('ERR_RESET')
    expect(server.heads).toHaveLength(2)
  })

  it('again where the next one has been used as well, until a new one was tried', async () => {
    const warm: Socket[] = []
    const seconds: Socket[] = []
    const server = await serve((socket, _, nth) => {
      if (nth === 0 && warm.length < 2) {
        if (warm.push(socket) === 2) for (const one of warm) one.write(OK)
      } else if (nth === 0) socket.write(OK)
      else if (seconds.push(socket) !== 2) socket.destroy()
    })
    const http = await handler({ concurrency: 2 })
    const get = (path: string): Promise<string> =>
      http.download(new Request(`${server.url}/${path}`)).then(({ body }) => body.toString())
    await Promise.all([get('1'), get('2')])
    const [first, second] = [get('3'), get('4')]
    // the one that is closed first has gone over a new connection by now, which is a used one for the other
    await Promise.race([first, second])
    seconds[1]!.destroy()
    expect(await Promise.all([first, second])).toEqual(['ok', 'ok'])
    expect([seconds.length, server.connections()]).toEqual([3, 4])
  })

  it('not again on a new one', async () => {
    let refuse = false
    const server = await serve((socket) => (refuse ? socket.destroy() : socket.write(OK)))
    const http = await handler({ concurrency: 1 })
    await http.download(new Request(server.url))
    refuse = true
    expect((await failure(http.download(new Request(server.url)))).code).toBe('ERR_RESET')
    expect(server.connections()).toBe(2)
  })

  it('not on a connection that nobody had used', async () => {
    const server = await serve((socket) => socket.destroy())
    expect((await failure((await handler()).download(new Request(server.url)))).code).toBe('ERR_RESET')
    expect(server.connections()).toBe(1)
  })

  it('not after the end of the handler', async () => {
    let asked!: (socket: Socket) => void
    const second = new Promise<Socket>((resolve) => (asked = resolve))
    const server = await serve((socket, _, nth) => (nth === 0 ? void socket.write(OK) : asked(socket)))
    const http = await handler({ concurrency: 1 })
    await http.download(new Request(server.url))
    const running = failure(http.download(new Request(server.url)))
    await second
    await http.close()
    expect((await running).code).toBe('ERR_ABORTED')
  })
})

describe('warnings about size', () => {
  it('the warnSize of the request wins, either way', async () => {
    const server = await serve((socket) => socket.write(`${HEAD}0123456789`))
    const http = await handler({ warnResponseSize: 5 })
    await http.download(new Request(server.url, { warnSize: 10 }))
    await http.download(new Request(server.url, { warnSize: 0 }))
    expect(http.lines).toEqual([])
    await http.download(new Request(server.url))
    await http.download(new Request(server.url, { warnSize: 9 }))
    expect(http.lines).toEqual([
      expect.stringContaining('(10 bytes); warnResponseSize is 5'),
      expect.stringContaining('(10 bytes); the warnSize of the request is 9'),
    ])
  })
})
