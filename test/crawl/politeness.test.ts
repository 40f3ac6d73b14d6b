import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HtmlResponse, Spider } from '../../src/index.ts'
import { run } from '../support/run.ts'
import { links, type Site, startSite } from '../support/site.ts'

let site: Site
let starts: number[]

beforeAll(async () => {
  site = await startSite({
    '/': links(...Array.from({ length: 40 }, (_, n) => `/p?${n}`)),
    '/p': (_, response) => {
      starts.push(performance.now())
      setImmediate(() => setImmediate(() => response.writeHead(200, { 'content-type': 'text/html' }).end(links())))
    },
  })
})
afterAll(() => site.close())

class All extends Spider {
  override startUrls = [`${site.url}/`]
  override *parse(page: HtmlResponse) {
    yield* page.followAll('a')
  }
}

describe('seen from the server', () => {
  it('a slot never has more than its concurrency', async () => {
    for (const concurrencyPerSlot of [1, 3, 8]) {
      const server = await startSite({
        '/': links(...Array.from({ length: 60 }, (_, n) => `/p?${n}`)),
        '/p': (_, response) => void setImmediate(() => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>')),
      })
      class Here extends All {
        override startUrls = [`${server.url}/`]
      }
      const { counts } = await run(Here, { concurrency: 32, concurrencyPerSlot })
      expect(counts.done).toBe(61)
      expect(server.peak).toBeLessThanOrEqual(concurrencyPerSlot)
      await server.close()
    }
  })

  it('no two requests start closer together than the delay', async () => {
    starts = []
    const { counts } = await run(All, { delay: 0.02, randomizeDelay: false, concurrency: 32, concurrencyPerSlot: 32 })
    expect(counts.done).toBe(41)
    const gaps = starts.slice(1).map((start, i) => start - starts[i]!)
    // a request that was on its way a little longer than the one before it stands a little closer to the next
    expect(gaps.reduce((a, b) => a + b) / gaps.length).toBeGreaterThanOrEqual(19.5)
  })
})

describe('bytes in flight', () => {
  for (const [maxActiveBytes, expected] of [
    [1_000_000, ['/big?0', 'let go', '/big?1']],
    [1_000_001, ['/big?0', '/big?1', 'let go']],
  ] as const) {
    it(`beyond ${maxActiveBytes} hold back new pages`, async () => {
      const order: string[] = []
      const server = await startSite({
        '/big': (request, response) => {
          order.push(request.url!)
          response.writeHead(200, { 'content-type': 'text/html' }).end('x'.repeat(1_000_000))
        },
      })
      let letGo = (): void => {}
      const released = new Promise<void>((resolve) => {
        letGo = resolve
      })
      let began = (): void => {}
      const first = new Promise<void>((resolve) => {
        began = resolve
      })
      class Bigs extends Spider {
        override async *start() {
          yield this.request(`${server.url}/big?0`)
          await first
          yield this.request(`${server.url}/big?1`)
          // a download on loopback takes some turns of the event loop; this is many times that
          for (let turn = 0; turn < 5000 && order.length < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
          order.push('let go')
          letGo()
        }
        override async parse(): Promise<void> {
          began()
          await released
        }
      }
      const { counts } = await run(Bigs, { maxActiveBytes })
      expect(order).toEqual(expected)
      expect(counts.done).toBe(2)
      await server.close()
    })
  }
})
