import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { downloadBench, failure, rawServer, type TestServer } from '../../../test/support/download.ts'
import { FakeClock } from '../../../test/support/fake-clock.ts'
import { Request } from '../../http/request.ts'
import type { Response } from '../../http/response.ts'
import type { Settings } from '../../settings/settings.ts'
import { systemClock } from '../../util/clock.ts'
import { createHttpHandler } from './http.ts'

const opened: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

async function serve(talk: Parameters<typeof rawServer>[0]): Promise<TestServer> {
  const server = await rawServer(talk)
  opened.push(server)
  return server
}

async function handler(settings: Partial<Settings> = {}, clock = systemClock): Promise<(url: string) => Promise<Response>> {
  const http = await createHttpHandler(downloadBench(settings, clock).context)
  opened.push(http)
  return (url) => http.download(new Request(url))
}

/** What comes of a server that says this and stays. */
async function ask(text: string, settings: Partial<Settings> = {}): Promise<Response> {
  const server = await serve((socket) => socket.write(text, 'latin1'))
  return (await handler(settings))(server.url)
}

/** Writes a piece again and again, as fast as it is taken, until the connection ends. */
function pour(socket: Socket, piece: string): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(piece)) {}
  }
  socket.on('drain', more)
  more()
}

const OK = 'HTTP/1.1 200 OK\r\n'

describe('heads', () => {
  it('a thousand headers are delivered', async () => {
    const lines = Array.from({ length: 1000 }, (_, i) => `X-Header-Number-${i}: ${'v'.repeat(150)}${i}\r\n`).join('')
    const { headers, body } = await ask(`${OK}${lines}Content-Length: 2\r\n\r\nok`)
    expect(body.toString()).toBe('ok')
    expect(headers.toFlat()).toHaveLength(2002)
    expect(headers.get('x-header-number-999')).toBe(`${'v'.repeat(150)}999`)
  })

  for (const [name, text] of [
    ['a header of 1 MB', `${OK}X: ${'a'.repeat(1_000_000)}\r\n\r\n`],
    ['a header name of 1 MB', `${OK}${'a'.repeat(1_000_000)}: x\r\n\r\n`],
    ['a status that is no number', 'HTTP/1.1 abc OK\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['the status 0', 'HTTP/1.1 000 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['the status 99', 'HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['HTTP/0.9', '<html>hello</html>\r\n'],
    ['a version that is none', 'HTTP/9.9 200 OK\r\n\r\n'],
    ['another protocol', '220 mail.example.com ESMTP\r\n'],
    ['bytes of TLS', '\x15\x03\x01\x00\x02\x02\x28'],
    ['a NUL in a value', `${OK}X: a\0b\r\n\r\n`],
    ['a NUL in a name', `${OK}X\0Y: a\r\n\r\n`],
    ['a header without a name', `${OK}: a\r\n\r\n`],
    ['a space before the colon', `${OK}X : a\r\n\r\n`],
    ['a bare CR in a value', `${OK}X: a\rb\r\n\r\n`],
    ['a header that is continued before there is one', `${OK} X: a\r\n\r\n`],
    ['two lengths that contradict each other', `${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc`],
    ['a list of lengths', `${OK}Content-Length: 2, 3\r\n\r\nabc`],
    ['a length and chunks', `${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`],
    ['a negative length', `${OK}Content-Length: -5\r\n\r\nabc`],
    ['a length in hex', `${OK}Content-Length: 0x10\r\n\r\nabc`],
    ['a length beyond 64 bits', `${OK}Content-Length: 99999999999999999999\r\n\r\nabc`],
    ['100 Continue that nobody waits for', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['an upgrade that nobody asked for', 'HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n'],
  ] as const) {
    it(`${name}: ERR_PROTOCOL`, async () => {
      const error = await failure(ask(text))
      expect({ code: error.code, name: error.name }).toEqual({ code: 'ERR_PROTOCOL', name: 'DownloadError' })
      expect(error.message.length).toBeLessThan(500)
    })
  }

  it('a length beyond all limits is not waited for', async () => {
    expect((await failure(ask(`${OK}Content-Length: 9007199254740993\r\n\r\nabc`))).code).toBe('ERR_TOO_LARGE')
  })

  it('heads without end, none of them the answer: ERR_PROTOCOL', async () => {
    const server = await serve((socket) => pour(socket, 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(200)))
    const error = await failure((await handler())(server.url))
    expect(error.code).toBe('ERR_PROTOCOL')
    expect(error.message).toContain('more than 100 heads before the answer')
  })

  it('a hundred heads before the answer are passed over', async () => {
    const { body } = await ask(`${'HTTP/1.1 102 Processing\r\n\r\n'.repeat(100)}${OK}Content-Length: 2\r\n\r\nok`)
    expect(body.toString()).toBe('ok')
  })

  it('header lines without end: ERR_PROTOCOL', async () => {
    const server = await serve((socket) => {
      socket.write(OK)
      pour(socket, 'X-Y: z\r\n'.repeat(1000))
    })
    expect((await failure((await handler())(server.url))).code).toBe('ERR_PROTOCOL')
  })

  it('a status line without end runs into the deadline of the head', async () => {
    const server = await serve((socket) => {
      socket.write('HTTP/1.1 200 ')
      pour(socket, 'O'.repeat(1000))
    })
    const error = await failure((await handler({ headersTimeout: 0.2 }))(server.url))
    expect(error.code).toBe('ERR_TIMEOUT')
    expect(error.message).toContain('headersTimeout')
  })
})

describe('bodies', () => {
  for (const [name, chunks] of [
    ['a size beyond 64 bits', 'fffffffffffffffff\r\nabc'],
    ['a size that is no number', 'xyz\r\nabc'],
    ['a negative size', '-5\r\nabc'],
    ['a chunk longer than its size', '2\r\nabcdef\r\n0\r\n\r\n'],
    ['garbage after a chunk', '3\r\nabcGARBAGE\r\n0\r\n\r\n'],
    ['a NUL in an extension', '3;a=\0\r\nabc\r\n0\r\n\r\n'],
    ['garbage for trailers', '3\r\nabc\r\n0\r\nno colon here\r\n\r\n'],
  ] as const) {
    it(`${name}: ERR_DATA_LOSS`, async () => {
      const error = await failure(ask(`${OK}Transfer-Encoding: chunked\r\n\r\n${chunks}`))
      expect({ code: error.code, name: error.name }).toEqual({ code: 'ERR_DATA_LOSS', name: 'DownloadError' })
    })
  }

  it('a chunk of 2^63 bytes is not waited for longer than the idle deadline', async () => {
    const error = await failure(ask(`${OK}Transfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\nabc`, { idleTimeout: 0.1 }))
    expect(error.message).toContain('idleTimeout')
  })

  it('an extension of a chunk without end brings no byte of the body, and runs into the idle deadline', async () => {
    const server = await serve((socket) => {
      socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n3;`)
      pour(socket, 'a'.repeat(1000))
    })
    const error = await failure((await handler({ idleTimeout: 0.2 }))(server.url))
    expect(error.message).toContain('(0 bytes so far)')
  })

  it('trailers without end: ERR_DATA_LOSS', async () => {
    const server = await serve((socket) => {
      socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n`)
      pour(socket, 'X-Y: z\r\n'.repeat(1000))
    })
    expect((await failure((await handler())(server.url))).code).toBe('ERR_DATA_LOSS')
  })

  it('a byte a second is ended by the total deadline, however often it puts the idle one off', async () => {
    const clock = new FakeClock()
    const server = await serve((socket) => {
      socket.write(`${OK}Content-Length: 1000\r\n\r\n`)
      const drip = (): void => {
        clock.advance(1000)
        if (!socket.destroyed) socket.write('x', () => setImmediate(drip))
      }
      drip()
    })
    const error = await failure((await handler({ downloadTimeout: 90, idleTimeout: 80, headersTimeout: 0 }, clock))(server.url))
    expect(error.message).toContain('within 90 s; raise downloadTimeout')
  })
})

describe('more than was asked for', () => {
  it('garbage after an answer spoils neither it nor the next', async () => {
    const server = await serve((socket) => socket.write(`${OK}Content-Length: 2\r\n\r\nokGARBAGE AFTER IT`))
    const ask = await handler({ concurrency: 1 })
    for (let i = 0; i < 3; i++) expect((await ask(`${server.url}/${i}`)).body.toString()).toBe('ok')
  })

  it('a second answer is given to nobody', async () => {
    const server = await serve((socket, head) => {
      const path = head.split(' ')[1]!
      socket.write(`${OK}Content-Length: 2\r\n\r\n${path}${OK}Content-Length: 4\r\n\r\nevil`)
    })
    const ask = await handler({ concurrency: 1 })
    for (let i = 0; i < 5; i++) expect((await ask(`${server.url}/${i}`)).body.toString()).toBe(`/${i}`)
  })

  it('an answer before the request is taken for its answer, or refused; the next is its own in any case', async () => {
    const { createServer } = await import('node:net')
    const { listen } = await import('../../../test/support/download.ts')
    let first = true
    const server = await listen(
      createServer((socket) => {
        socket.on('error', () => undefined)
        if (first) socket.write(`${OK}Content-Length: 5\r\n\r\nearly`)
        else socket.on('data', () => socket.write(`${OK}Content-Length: 4\r\n\r\nlate`))
        first = false
      }),
      'http',
    )
    opened.push(server)
    const ask = await handler({ concurrency: 1, headersTimeout: 1 })
    const outcome = await ask(server.url).then(
      ({ body }) => body.toString(),
      (error: { code: string }) => error.code,
    )
    expect(['early', 'ERR_PROTOCOL']).toContain(outcome)
    const second = await ask(`${server.url}/2`).then(
      ({ body }) => body.toString(),
      (error: { code: string }) => error.code,
    )
    expect(['late', 'ERR_TIMEOUT']).toContain(second)
  })
})

describe('answers that are garbled anyhow', () => {
  const ANSWERS = [
    `${OK}Content-Length: 10\r\nX: y\r\n\r\n0123456789`,
    `${OK}Transfer-Encoding: chunked\r\n\r\n5;a=b\r\n01234\r\n5\r\n56789\r\n0\r\nT: x\r\n\r\n`,
    'HTTP/1.0 200 OK\r\n\r\nhello world',
    'HTTP/1.1 103 E\r\nA: b\r\n\r\nHTTP/1.1 204 No\r\nConnection: close\r\n\r\n',
    'HTTP/1.1 304 N\r\nContent-Length: 5\r\nKeep-Alive: timeout=1\r\n\r\n',
  ]
  const PIECES = [
    '\0',
    '\r',
    '\n',
    ':',
    ' ',
    '-',
    '99999999999',
    'HTTP/1.1 ',
    'Content-Length: 3\r\n',
    'Connection: close\r\n',
    '\xff',
  ]

  for (const [name, watched] of [
    ['while nobody looks', false],
    ['while handlers and bodies wait', true],
  ] as const) {
    it(`each ends as a page or a download error, ${name}`, async () => {
      let seed = 20
      const draw = (n: number): number => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % n
      const garbled = (): Buffer => {
        let text = ANSWERS[draw(ANSWERS.length)]!
        for (let changes = draw(3); changes >= 0; changes--) {
          const at = draw(text.length)
          const piece = PIECES[draw(PIECES.length)]!
          text = text.slice(0, at) + (draw(2) === 0 ? piece : '') + text.slice(at + draw(4))
        }
        return Buffer.from(text, 'latin1')
      }
      const server = await serve((socket) => {
        const bytes = garbled()
        const cut = draw(bytes.length + 1)
        const how = draw(3)
        socket.write(bytes.subarray(0, cut))
        setImmediate(() => {
          if (socket.destroyed) return
          socket.write(bytes.subarray(cut))
          if (how === 0) socket.end()
          else setImmediate(() => (how === 1 ? socket.resetAndDestroy() : socket.end()))
        })
      })
      const bench = downloadBench({ maxActiveBytes: watched ? 10 : 1e6, downloadTimeout: 5, idleTimeout: 5 })
      if (watched) {
        bench.context.signals.on('headersReceived', async () => {
          for (let i = draw(6); i >= 0; i--) await new Promise(setImmediate)
        })
        bench.context.signals.on('bytesReceived', async ({ stop }) => {
          await new Promise(setImmediate)
          if (draw(5) === 0) stop({ fail: draw(2) === 0 })
        })
      }
      const http = await createHttpHandler(bench.context)
      opened.push(http)
      const outcomes = new Set<string>()
      let left = 600
      const some = async (): Promise<void> => {
        while (left-- > 0) {
          const method = draw(5) === 0 ? 'HEAD' : 'GET'
          const outcome = await http.download(new Request(`${server.url}/${left}`, { method })).then(
            () => 'page',
            (error: { code?: string }) => String(error.code ?? error),
          )
          outcomes.add(outcome)
        }
      }
      await Promise.all(Array.from({ length: 16 }, some))
      const known = ['page', 'ERR_PROTOCOL', 'ERR_DATA_LOSS', 'ERR_RESET', 'ERR_TOO_LARGE', ...(watched ? ['ERR_IGNORED'] : [])]
      expect([...outcomes].filter((outcome) => !known.includes(outcome))).toEqual([])
      expect(outcomes.size).toBeGreaterThan(3)
    })
  }
})
