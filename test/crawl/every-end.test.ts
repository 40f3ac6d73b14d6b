import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisFrontierOptions } from '../../src/crawl/frontier-of.ts'
import { redisFrontier } from '../../src/frontier/redis/redis-frontier.ts'
import {
  type Config,
  type EndReason,
  type Failure,
  type HtmlResponse,
  IgnoreRequest,
  type LogFields,
  type Logger,
  type Output,
  Request,
  resolveSettings,
  Spider,
} from '../../src/index.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { run } from '../support/run.ts'
import { links, type Site, startSite } from '../support/site.ts'

let site: Site
beforeAll(async () => {
  site = await startSite({
    '/robots.txt': 'User-agent: *\nDisallow: /forbidden\n',
    '/': links(),
    '/page': links(),
    '/moved': (_, response) => response.writeHead(302, { location: '/page' }).end(),
    '/reset': (request) => void request.socket.destroy(),
    '/broken': links(),
  })
})
afterAll(() => site.close())

interface Case {
  readonly reason: Exclude<EndReason, 'dead'>
  /** What the first page gives beside nothing else. */
  readonly paths: readonly string[]
  readonly level: 'debug' | 'info' | 'error'
  /** Whether the errback of the request hears of it. */
  readonly errback: boolean
  readonly config?: Config
  /** Other ends that belong to it. */
  readonly beside?: readonly EndReason[]
}

const OTHER = 'http://other.example/'
const refuse = {
  name: 'refuse',
  order: 10,
  create: () => ({
    request(request: Request) {
      if (request.url.endsWith('/unwanted')) throw new IgnoreRequest('not this one')
      return request
    },
  }),
}

const cases: readonly Case[] = [
  { reason: 'done', paths: ['/page'], level: 'debug', errback: false },
  { reason: 'redirected', paths: ['/moved'], level: 'debug', errback: false, beside: ['done'] },
  { reason: 'duplicate', paths: ['/page', '/page'], level: 'debug', errback: false, beside: ['done'] },
  { reason: 'offsite', paths: [OTHER], level: 'debug', errback: true },
  { reason: 'robots', paths: ['/forbidden'], level: 'info', errback: true, config: { obeyRobotsTxt: true } },
  // the first page is a seed: depth 0
  { reason: 'depth', paths: ['/page?deep'], level: 'debug', errback: true, config: { depthLimit: 1 }, beside: ['done'] },
  { reason: 'url-length', paths: [`/page?${'x'.repeat(3000)}`], level: 'debug', errback: true },
  { reason: 'budget', paths: ['/page'], level: 'debug', errback: false, config: { budgetPerSlot: 1 } },
  { reason: 'http-error', paths: ['/missing'], level: 'info', errback: true },
  { reason: 'ignored', paths: ['/unwanted'], level: 'debug', errback: true, config: { scraperMiddlewares: [refuse] } },
  { reason: 'failed', paths: ['/reset'], level: 'error', errback: true },
]

describe('every end', () => {
  it.each(cases)('$reason', async ({ reason, paths, level, errback, config = {}, beside = [] }) => {
    const heard: string[] = []
    class Ends extends Spider {
      override startUrls = [`${site.url}/`]
      override allowedDomains = ['127.0.0.1']
      override *parse(page: HtmlResponse): Iterable<Output> {
        const own = page.url.slice(site.url.length)
        const next = own === '/' ? (reason === 'depth' ? ['/page'] : paths) : own === '/page' && reason === 'depth' ? paths : []
        for (const path of next) yield page.follow(path, { errback: this.failed })
      }
      failed({ error }: Failure): void {
        heard.push(error instanceof IgnoreRequest ? error.reason : 'failed')
      }
    }
    const lines: { level: string; message: string; fields: LogFields | undefined }[] = []
    const at = (name: string) => (message: string, fields?: LogFields) => void lines.push({ level: name, message, fields })
    const log: Logger = { debugEnabled: true, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
    const { ends, stats, counts, reason: finish } = await run(Ends, config, { log })

    expect(finish).toBe('finished')
    expect(ends.map(([, own]) => own).sort()).toEqual(['done', reason, ...beside].sort())
    expect(heard).toEqual(errback ? [reason] : [])
    const told = lines.filter(({ message }) => message.includes(` ended as ${reason}`))
    expect(told.map((line) => line.level)).toEqual([reason, 'done', ...beside].filter((own) => own === reason).map(() => level))
    // each is counted once, and all that went into the queue, or did not, came to its end
    const counted = Object.entries(stats).filter(([name]) => name.startsWith('request_end_count/'))
    expect(Object.fromEntries(counted)[`request_end_count/${reason}`]).toBe(ends.filter(([, own]) => own === reason).length)
    expect(counted.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(ends.length)
    // the errback took care of what failed
    expect(counts).toMatchObject({ queued: 0, delayed: 0, leased: 0, dead: 0 })
    const unqueued = ends.filter(([, own]) => ['duplicate', 'offsite', 'depth', 'url-length', 'budget', 'ignored'].includes(own))
    expect(stats['scheduler/enqueued']).toBe(ends.length - unqueued.length)
  })

  it('failed, of a callback: no errback, and a dead letter', async () => {
    const heard: string[] = []
    class Broken extends Spider {
      override *start() {
        yield this.request(`${site.url}/broken`, { errback: this.failed })
      }
      override parse(): void {
        throw new Error('broken')
      }
      failed(): void {
        heard.push('failed')
      }
    }
    const { ends, counts, log } = await run(Broken)
    expect([ends, heard, counts.dead]).toEqual([[['/broken', 'failed']], [], 1])
    expect(log.filter(({ message }) => message.includes('ended as failed')).map(({ level }) => level)).toEqual(['error'])
  })
})

describe('dead', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  it('is counted for the crawl and logged by whoever finds that its workers died', async () => {
    const config = { redis: server.url, maxDeliveries: 2, sessionTtl: 1 }
    class Dead extends Spider {
      override startUrls = []
    }
    const settings = resolveSettings([{ name: 'test', values: config }])
    const quiet: Logger = { debugEnabled: false, debug() {}, info() {}, warn() {}, error() {} }
    let now = Date.now()
    const backend = redisFrontier({ ...redisFrontierOptions(settings, 'dead', quiet), serverTime: () => now })
    for (let death = 0; death < 2; death++) {
      const session = await backend.connect()
      await session.enqueue([new Request(`${site.url}/page`)])
      expect((await session.lease(1)).leases).toHaveLength(1)
      // it is not heard of again
      if (death === 0) now += 1000
    }
    // as much time has passed for the server as for those that died
    const { crawlStats, counts, reason, ends, log } = await run(Dead, config)
    await backend.close()
    expect([reason, ends]).toEqual(['finished', []])
    expect(crawlStats?.['request_end_count/dead']).toBe(1)
    expect(counts).toMatchObject({ dead: 1, queued: 0, leased: 0 })
    expect(log.filter(({ level, message }) => level === 'warn' && message.includes('dead letters'))).toHaveLength(1)
  })
})
