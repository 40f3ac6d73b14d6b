import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Response } from '../../src/index.ts'
import { listen } from '../support/download.ts'
import { crawlBeside, HEALTHY_PAGES } from '../support/hostile-crawl.ts'
import { startNames } from '../support/hostile-names.ts'
import { type Fault, type HostileSite, startHostile } from '../support/hostile-site.ts'
import { drip } from '../support/hostile-wire.ts'
import { authority, expired } from '../support/tls.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function hostile(options: Parameters<typeof startHostile>[0]): Promise<HostileSite> {
  const site = await startHostile(options)
  closing.push(() => site.close())
  return site
}

const says =
  (text: string): Fault =>
  (socket) =>
    void socket.end(`HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: ${text.length}\r\n\r\n${text}`)

describe('names', () => {
  it('a host whose address changes is found at its new one, and what is at neither fails', async () => {
    const names = await startNames({ 'moves.example': '127.0.0.3' })
    closing.push(() => names.close())
    const port = (await hostile({ address: '127.0.0.3', more: { page: says('old') } })).port
    await hostile({ address: '127.0.0.4', port, more: { page: says('new') } })
    const bodies: string[] = []
    const { byPath, healthy } = await crawlBeside(
      [
        {
          url: `http://moves.example:${port}/page/1`,
          visit(page: Response) {
            names.zone['moves.example'] = '127.0.0.4'
            return [page.follow('/page/2')]
          },
        },
      ],
      {
        dnsServers: [names.server],
        dnsCacheTtl: 0,
        extensions: [
          {
            name: 'bodies',
            open({ signals }) {
              return signals.on('responseReceived', ({ response: { url, body } }) => {
                if (url.includes('/page/')) bodies.push(body.toString())
              })
            },
          },
        ],
      },
    )
    expect(byPath).toEqual({ '/page/1': 'done', '/page/2': 'done' })
    expect(bodies).toEqual(['old', 'new'])
    expect(healthy).toEqual({ done: HEALTHY_PAGES })
  })

  it('a redirect to a name that is not there, or is never answered, ends within its deadline', async () => {
    const names = await startNames({ 'silent.example': '' })
    closing.push(() => names.close())
    const to =
      (url: string): Fault =>
      (socket) =>
        void socket.end(`HTTP/1.1 302 Found\r\nlocation: ${url}\r\ncontent-length: 0\r\n\r\n`)
    const site = await hostile({ more: { gone: to('http://gone.example/a'), mute: to('http://silent.example/b') } })
    const { byPath, healthy } = await crawlBeside([`${site.url}/gone`, `${site.url}/mute`], {
      dnsServers: [names.server],
      dnsTimeout: 0.5,
    })
    expect(byPath['/gone']).toBe('redirected')
    expect(byPath['/mute']).toBe('redirected')
    expect(byPath['/a']).toBe('failed ERR_DNS')
    expect(byPath['/b']).toMatch(/^failed ERR_(DNS|TIMEOUT)$/)
    expect(healthy).toEqual({ done: HEALTHY_PAGES })
  })
})

describe('certificates', () => {
  it('one that expired ends the request, with a word on what to do', async () => {
    const site = await hostile({ tls: expired, more: { page: says('secret') } })
    const folder = mkdtempSync(join(tmpdir(), 'skein-hostile-'))
    closing.push(async () => rmSync(folder, { recursive: true }))
    const tlsCa = join(folder, 'authority.pem')
    writeFileSync(tlsCa, authority)
    const { byPath, ends, healthy } = await crawlBeside([`${site.url}/page`], { tlsCa })
    expect(byPath).toEqual({ '/page': 'failed ERR_TLS' })
    expect(ends[0]!.message).toMatch(/expired/)
    expect(ends[0]!.message).toMatch(/verifyTls|tlsCa/)
    expect(healthy).toEqual({ done: HEALTHY_PAGES })
  })

  it('what is no TLS at all, or never says a word, fails within its deadline', async () => {
    const plain = await hostile({})
    const mute = await listen(createServer(), 'https')
    const gibberish = await listen(
      createServer((socket: Socket) => {
        socket.on('error', () => undefined)
        socket.end(Buffer.alloc(100, 0xff))
      }),
      'https',
    )
    closing.push(
      () => mute.close(),
      () => gibberish.close(),
    )
    const { byPath, healthy } = await crawlBeside([
      `${plain.url.replace('http:', 'https:')}/plain`,
      `${mute.url}/mute`,
      `${gibberish.url}/gibberish`,
    ])
    for (const [path, end] of Object.entries(byPath))
      expect([path, end]).toEqual([path, expect.stringMatching(/^failed ERR_(TLS|TIMEOUT|RESET)$/)])
    expect(Object.keys(byPath)).toHaveLength(3)
    expect(healthy).toEqual({ done: HEALTHY_PAGES })
  })
})

describe('a proxy that lies', () => {
  /** What it does once somebody wants to go through it, and how that ends. */
  const PROXIES: Readonly<Record<string, readonly [talk: (socket: Socket) => void, end: RegExp]>> = {
    'never answers': [() => undefined, /^failed ERR_(PROXY|TIMEOUT)$/],
    'drips its answer': [(socket) => drip(socket, 'HTTP/1.1 200 OK\r\nx: ', 'a', 20), /^failed ERR_(PROXY|TIMEOUT)$/],
    'sends garbage': [
      (socket) => void socket.end(Buffer.concat([Buffer.alloc(3000, 0xfe), Buffer.from('\r\n\r\n')])),
      /^failed ERR_PROXY$/,
    ],
    'closes at once': [(socket) => void socket.destroy(), /^failed ERR_PROXY$/],
    'opens the way to nothing': [(socket) => void socket.end('HTTP/1.1 200 OK\r\n\r\n'), /^failed ERR_(TLS|RESET|PROXY)$/],
    'speaks for the site itself': [
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfalse')
      },
      /^failed ERR_(TLS|PROXY)$/,
    ],
    'sends a head without end': [
      (socket) => {
        const send = (): void => {
          while (!socket.destroyed && socket.write(`x-a: ${'a'.repeat(1000)}\r\n`));
        }
        socket.write('HTTP/1.1 200 OK\r\n')
        socket.on('drain', send)
        send()
      },
      /^failed ERR_PROXY$/,
    ],
  }

  it.each(Object.keys(PROXIES))('and %s is an error of its own, of the requests that go through it', async (name) => {
    const [talk, end] = PROXIES[name]!
    const proxy = await listen(
      createServer((socket) => {
        socket.on('error', () => undefined)
        socket.once('data', () => talk(socket))
      }),
      'http',
    )
    closing.push(() => proxy.close())
    const init = { proxy: proxy.url.replace('://', '://me:hushhush@') }
    const { byPath, ends, log, healthy } = await crawlBeside([{ url: 'https://127.0.0.9:4/page', init }])
    expect(byPath['/page']).toMatch(end)
    expect(healthy).toEqual({ done: HEALTHY_PAGES })
    expect(JSON.stringify([ends, log])).not.toMatch(/hushhush|bWU6aHVzaGh1c2g/)
  })
})
