import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type Config,
  MemoryFrontier,
  memoryFrontierOptions,
  Request,
  type RequestInit,
  type Response,
  Spider,
} from '../../src/index.ts'
import { defaultSettings } from '../../src/settings/settings.ts'
import { run, type Witnessed } from '../support/run.ts'

/** AutoThrottle, and who gets a name and a password. */

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const site of open.splice(0)) await site.close()
})

/** A server at every address of loopback, so that it is several hosts. */
async function hosts(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  open.push({
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  })
  return (server.address() as AddressInfo).port
}

/** Runs a crawl of these requests. */
async function visit(requests: readonly [url: string, init?: RequestInit][], config: Config = {}): Promise<Witnessed> {
  class Visitor extends Spider {
    override *start() {
      for (const [url, init] of requests) yield new Request(url, init)
    }
    override parse(_page: Response): void {}
  }
  const crawl = await run(Visitor, config)
  expect(crawl.reason).toBe('finished')
  return crawl
}

describe('AutoThrottle', () => {
  it('row 58: the gaps come down from the start delay as the answers come', async () => {
    const arrivals: number[] = []
    const port = await hosts((_, response) => {
      arrivals.push(performance.now())
      setTimeout(() => response.end('x'), 50)
    })
    const latencies: number[] = []
    const config: Config = {
      autoThrottle: true,
      autoThrottleStartDelay: 0.4,
      randomizeDelay: false,
      extensions: [
        {
          name: 'latencies',
          open({ signals }) {
            signals.on('responseDownloaded', ({ response }) => void latencies.push(response.latency!))
            return undefined
          },
        },
      ],
    }
    const backend = new MemoryFrontier(
      memoryFrontierOptions({ ...defaultSettings, autoThrottle: true, autoThrottleStartDelay: 0.4, randomizeDelay: false }),
    )
    const urls = Array.from({ length: 7 }, (_, i): [string] => [`http://127.0.0.1:${port}/${i}`])
    class Visitor extends Spider {
      override startUrls = urls.flat()
      override parse(_page: Response): void {}
    }
    await run(Visitor, config, { frontier: backend })
    expect(latencies).toHaveLength(7)
    // as Scrapy reckons, of what this server took
    let delay = 400
    const delays = latencies.map((latency) => (delay = Math.max(latency, (delay + latency) / 2)))
    // the first gap was settled before there was an answer; those at the site are what the line makes of them, so that their sum is looked at
    const expected = 400 + delays.slice(0, 5).reduce((sum, one) => sum + one)
    expect(arrivals.at(-1)! - arrivals[0]!).toBeGreaterThanOrEqual(expected * 0.8)
    const session = await backend.connect()
    const [slot] = await session.inspect.slots()
    await session.close()
    expect(slot!.delay / delays.at(-1)!).toBeCloseTo(1, 1)
  })

  it('row 58: dontThrottle leaves the delay as it is', async () => {
    const port = await hosts((_, response) => void response.end('x'))
    const settings = { autoThrottle: true, autoThrottleStartDelay: 0.05 }
    const backend = new MemoryFrontier(memoryFrontierOptions({ ...defaultSettings, ...settings }))
    class Visitor extends Spider {
      override *start() {
        for (let i = 0; i < 3; i++) yield new Request(`http://127.0.0.1:${port}/${i}`, { dontThrottle: true })
      }
      override parse(_page: Response): void {}
    }
    await run(Visitor, settings, { frontier: backend })
    const session = await backend.connect()
    expect((await session.inspect.slots()).map((slot) => slot.delay)).toEqual([50])
    await session.close()
  })
})

describe('Basic authentication', () => {
  const me = { user: 'me', password: 'secret' }
  const mine = `Basic ${Buffer.from('me:secret').toString('base64')}`

  /** Two addresses of one server; `/to?…` redirects. What came is by address and path. */
  async function twoHosts(): Promise<{ port: number; got: Record<string, string | undefined> }> {
    const got: Record<string, string | undefined> = {}
    const port = await hosts((request, response) => {
      got[`${request.headers.host!.replace(/:\d+$/, '')}${request.url}`] = request.headers.authorization
      const target = /^\/to\?(.*)/.exec(request.url!)?.[1]
      if (target !== undefined) response.writeHead(302, { location: decodeURIComponent(target) }).end()
      else if (request.headers['x-fail'] !== undefined) response.writeHead(503).end()
      else response.end('x')
    })
    return { port, got }
  }

  it('row 77: only the host it is for gets it', async () => {
    const { port, got } = await twoHosts()
    const urls = [`http://127.0.0.1:${port}/a`, `http://127.0.0.2:${port}/b`]
    await visit(
      urls.map((url) => [url]),
      { httpAuth: { '127.0.0.1': me } },
    )
    expect(got).toEqual({ '127.0.0.1/a': mine, '127.0.0.2/b': undefined })
  })

  it('row 77: host:port is for that port, as it is for Scrapy', async () => {
    const { port, got } = await twoHosts()
    await visit([[`http://127.0.0.1:${port}/a`]], { httpAuth: { [`127.0.0.1:${port}`]: me } })
    await visit([[`http://127.0.0.1:${port}/b`]], { httpAuth: { [`127.0.0.1:${port + 1}`]: me } })
    expect(got).toEqual({ '127.0.0.1/a': mine, '127.0.0.1/b': undefined })
  })

  it('row 77: a redirect takes it to another path, and to no other host; nor do logs show it', async () => {
    for (const [settings, init] of [
      [{ httpAuth: { '127.0.0.1': me } }, {}],
      [{}, { auth: me }],
      [{}, { auth: { ...me, domain: '127.0.0.1' } }],
    ] as const) {
      const { port, got } = await twoHosts()
      const to = (url: string): string => `/to?${encodeURIComponent(url)}`
      const last = to(`http://127.0.0.2:${port}/b`)
      const crawl = await visit([[`http://127.0.0.1:${port}${to(last)}`, init]], { ...settings, logLevel: 'debug' })
      expect(got).toEqual({ [`127.0.0.1${to(last)}`]: mine, [`127.0.0.1${last}`]: mine, '127.0.0.2/b': undefined })
      expect(JSON.stringify([crawl.log, crawl.stats])).not.toMatch(/secret|bWU6c2VjcmV0/)
    }
  })

  it('row 77: robots.txt and retries get it too; an Authorization header of the request stays', async () => {
    const { port, got } = await twoHosts()
    const url = `http://127.0.0.1:${port}`
    const config: Config = { httpAuth: { '127.0.0.1': me }, obeyRobotsTxt: true, retry: true, retryDelay: 0, maxRetries: 1 }
    const crawl = await visit(
      [
        [`${url}/own`, { headers: { Authorization: 'Bearer x' } }],
        [`${url}/fails`, { headers: { 'X-Fail': '1' } }],
      ],
      config,
    )
    expect(got).toEqual({ '127.0.0.1/robots.txt': mine, '127.0.0.1/own': 'Bearer x', '127.0.0.1/fails': mine })
    expect(crawl.stats['retry/count']).toBe(1)
  })
})
