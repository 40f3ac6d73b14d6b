import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type CrawlEvents,
  DropItem,
  type Extension,
  type HtmlResponse,
  IgnoreRequest,
  type Item,
  Request,
  Spider,
} from '../../src/index.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { run } from '../support/run.ts'
import { links, type Site, startSite } from '../support/site.ts'

let site: Site
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skein-signals-'))
  site = await startSite({
    '/robots.txt': 'User-agent: *\nDisallow: /no\n',
    '/': links('/a', '/a', '/broken', '/no'),
    '/a': links(),
    '/b': links(),
    '/broken': links(),
  })
})
afterAll(async () => {
  await site.close()
  rmSync(folder, { recursive: true })
})

/** Every event there is; the compiler sees to it that none is missing. */
const EVENTS = Object.keys({
  engineStarted: 1,
  engineStopped: 1,
  spiderOpened: 1,
  spiderIdle: 1,
  spiderClosed: 1,
  spiderError: 1,
  schedulerEmpty: 1,
  requestScheduled: 1,
  requestDropped: 1,
  requestReachedDownloader: 1,
  requestLeftDownloader: 1,
  requestEnded: 1,
  headersReceived: 1,
  bytesReceived: 1,
  responseDownloaded: 1,
  responseReceived: 1,
  robotsParsed: 1,
  itemScraped: 1,
  itemDropped: 1,
  itemError: 1,
  feedClosed: 1,
  feedsClosed: 1,
  memoryWarning: 1,
} satisfies Record<keyof CrawlEvents, 1>) as (keyof CrawlEvents)[]

type Heard = [keyof CrawlEvents, unknown][]

const listen = (heard: Heard): Extension => ({
  name: 'listen',
  open({ signals }) {
    for (const name of EVENTS) signals.on(name, (event) => void heard.push([name, event]))
    return undefined
  },
})

const on = <Name extends keyof CrawlEvents>(
  name: Name,
  handler: (event: CrawlEvents[Name]) => void | Promise<void>,
): Extension => ({
  name: `on ${name}`,
  open: ({ signals }) => signals.on(name, handler),
})

class One extends Spider {
  override startUrls = [`${site.url}/a`]
  override *parse(page: HtmlResponse): Iterable<Item> {
    yield { url: page.url }
  }
}

describe('the signals of a crawl', () => {
  it('are all of them emitted, around the pages in their order', async () => {
    class All extends Spider {
      override startUrls = [`${site.url}/`]
      override allowedDomains = ['127.0.0.1']
      override *parse(page: HtmlResponse) {
        yield { url: page.url }
        if (page.url.endsWith('/broken')) throw new Error('broken')
        if (!page.url.endsWith('/')) return
        yield { drop: true }
        yield 'no item' as unknown as Item
        yield page.follow('http://other.example/')
        yield* page.followAll('a')
      }
    }
    const heard: Heard = []
    const uri = join(folder, 'all.jsonl')
    const pipeline = {
      name: 'judge',
      process(item: Item) {
        if ('drop' in item) throw new DropItem('not wanted')
        return item
      },
    }
    const { reason } = await run(All, {
      extensions: [listen(heard)],
      pipelines: [pipeline],
      feeds: [{ uri }],
      obeyRobotsTxt: true,
      memoryWarning: 1,
    })
    expect(reason).toBe('finished')
    const names = heard.map(([name]) => name)
    expect(EVENTS.filter((name) => !names.includes(name))).toEqual([])
    for (const once of ['engineStarted', 'engineStopped', 'spiderOpened', 'spiderClosed', 'feedClosed', 'feedsClosed'] as const)
      expect([once, names.filter((name) => name === once).length]).toEqual([once, 1])
    const frame: (keyof CrawlEvents)[] = [
      'spiderOpened',
      'engineStarted',
      'spiderIdle',
      'engineStopped',
      'feedClosed',
      'feedsClosed',
      'spiderClosed',
    ]
    expect(names.filter((name) => frame.includes(name))).toEqual(frame)
    expect(names.indexOf('requestEnded')).toBeGreaterThan(names.indexOf('engineStarted'))
    expect(names.lastIndexOf('requestEnded')).toBeLessThan(names.indexOf('spiderIdle'))

    const event = (name: keyof CrawlEvents) => heard.find(([own]) => own === name)![1]
    expect(event('engineStopped')).toEqual({ spider: 'all', reason: 'finished' })
    expect(event('feedClosed')).toEqual({ uri, format: 'jsonl', count: 3 })
    expect(event('feedsClosed')).toEqual({ spider: 'all' })
  })

  it('say of every request that does not come into the queue why, before its end', async () => {
    class Drops extends Spider {
      override *start() {
        yield this.request(`${site.url}/`)
        yield this.request('http://seed.example/')
      }
      override allowedDomains = ['127.0.0.1']
      override *parse(page: HtmlResponse) {
        if (!page.url.endsWith('/')) {
          yield page.follow('/deep')
          return
        }
        yield page.follow('/a')
        yield page.follow('/a')
        yield page.follow('http://other.example/')
        yield page.follow('/refused')
        yield page.follow('/a?over-budget')
      }
    }
    const heard: Heard = []
    const refuse = {
      name: 'refuse',
      order: 10,
      create: () => ({
        request(request: Request) {
          if (request.url.endsWith('/refused')) throw new IgnoreRequest('not this one')
          return request
        },
      }),
    }
    await run(Drops, { extensions: [listen(heard)], scraperMiddlewares: [refuse], depthLimit: 1, budgetPerSlot: 2 })
    const told = (wanted: keyof CrawlEvents) =>
      heard
        .filter(([name]) => name === wanted)
        .map(([, event]) => event as CrawlEvents['requestEnded'])
        .map(({ request, reason }) => `${request.url.replace(site.url, '')} ${reason}`)
    expect(told('requestDropped').sort()).toEqual([
      '/a duplicate',
      '/a?over-budget budget',
      '/deep depth',
      '/refused ignored',
      'http://other.example/ offsite',
      'http://seed.example/ offsite',
    ])
    for (const one of told('requestDropped')) expect(told('requestEnded').filter((end) => end === one)).toEqual([one])
    const order = heard.filter(([, event]) => (event as { request?: Request }).request?.url.endsWith('/refused'))
    expect(order.map(([name]) => name)).toEqual(['requestDropped', 'requestEnded'])
  })

  it('count and log a handler that fails, and the crawl goes on', async () => {
    const fails = (name: keyof CrawlEvents): Extension =>
      on(name, () => {
        throw new Error(`${name} failed`)
      })
    const names = EVENTS.filter((name) => name !== 'memoryWarning')
    const { reason, ok, items, ends, stats, log } = await run(One, { extensions: names.map(fails) })
    expect({ reason, ok, ends }).toEqual({ reason: 'finished', ok: true, ends: [['/a', 'done']] })
    expect(items).toHaveLength(1)
    for (const name of [
      'spiderOpened',
      'engineStarted',
      'requestScheduled',
      'responseReceived',
      'itemScraped',
      'requestEnded',
      'spiderIdle',
      'engineStopped',
    ])
      expect([name, stats[`signal_error_count/${name}`]]).toEqual([name, 1])
    const lines = log.filter(({ level }) => level === 'error')
    expect(lines.find(({ message }) => message.includes('requestEnded'))?.fields?.['error']).toBeInstanceOf(Error)
  })
})

describe('spiderIdle', () => {
  it('keeps the crawl open until there is something, and is asked again', async () => {
    let asked = 0
    const { ends, reason } = await run(One, {
      extensions: [
        on('spiderIdle', async ({ keepOpen, enqueue, close }) => {
          asked++
          if (asked < 4) keepOpen(asked === 1 ? 0 : 0.02)
          // keepOpen wins
          if (asked === 3) close('not yet')
          if (asked === 4) await enqueue([new Request(`${site.url}/b`)])
        }),
      ],
    })
    expect({ reason, asked }).toEqual({ reason: 'finished', asked: 5 })
    expect(ends.map(([path]) => path)).toEqual(['/a', '/b'])
  })

  it('closes the crawl with a reason of its own, the first', async () => {
    const close = (reason: string): Extension => on('spiderIdle', (idle) => idle.close(reason))
    expect(await run(One, { extensions: [close('nothing left'), close('me too')] })).toMatchObject({
      reason: 'nothing left',
      ok: true,
      counts: { done: 1 },
    })
  })

  it('lets an interrupt end a crawl that is kept open for ever', async () => {
    const interrupt = new AbortController()
    const extension = on('spiderIdle', ({ keepOpen }) => {
      keepOpen(Number.POSITIVE_INFINITY)
      setImmediate(() => interrupt.abort())
    })
    expect((await run(One, { extensions: [extension] }, { signal: interrupt.signal })).reason).toBe('shutdown')
  })

  it('is not asked about a crawl that a limit of time ends meanwhile', async () => {
    let asked = 0
    const extension = on('spiderIdle', ({ keepOpen }) => {
      asked++
      keepOpen(3600)
    })
    expect((await run(One, { extensions: [extension], maxTime: 0.3 })).reason).toBe('closespider_timeout')
    expect(asked).toBe(1)
  })
})

describe('a crawl that workers share', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  it('is kept open, fed and closed by spiderIdle as any other', async () => {
    let asked = 0
    const feed = on('spiderIdle', async ({ keepOpen, enqueue }) => {
      asked++
      if (asked < 3) keepOpen(0.02)
      if (asked === 3) await enqueue([new Request(`${site.url}/b`)])
    })
    const fed = await run(One, { redis: server.url, job: 'fed', extensions: [feed] })
    expect([fed.reason, asked, fed.ends.map(([path]) => path)]).toEqual(['finished', 4, ['/a', '/b']])
    const close = on('spiderIdle', (idle) => idle.close('nothing left'))
    const closed = await run(One, { redis: server.url, job: 'closed', extensions: [close] })
    expect(closed).toMatchObject({ reason: 'nothing left', ok: true, counts: { done: 1 } })
  })

  it('ends for all when a worker finds it empty that does not keep it open', async () => {
    const config = { redis: server.url, job: 'two' }
    let other: Promise<unknown> | undefined
    const first = await run(One, {
      ...config,
      extensions: [
        on('spiderIdle', ({ keepOpen }) => {
          keepOpen(3600)
          other ??= run(One, config)
        }),
      ],
    })
    expect(first.reason).toBe('finished')
    expect(await other).toMatchObject({ reason: 'finished' })
  })
})

describe('a handler that never settles', () => {
  const never = (): Promise<void> => new Promise(() => {})

  it.each(['engineStopped', 'feedClosed', 'feedsClosed', 'spiderClosed'] as const)(
    'of %s does not keep a crawl that is over from ending',
    async (name) => {
      const spiders: string[] = []
      const { reason, ok, stats, log } = await run(One, {
        shutdownGrace: 0.05,
        feeds: [{ uri: join(folder, `${name}.jsonl`) }],
        extensions: [on(name, never), on('spiderClosed', ({ reason }) => void spiders.push(reason))],
      })
      expect({ reason, ok, spiders }).toEqual({ reason: 'finished', ok: true, spiders: ['finished'] })
      expect(stats[`signal_error_count/${name}`]).toBe(1)
      expect(log.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
        `a handler of the signal ${name} has not settled within 0.05 s, and is waited for no longer`,
      ])
    },
  )

  it.each([
    'spiderOpened',
    'engineStarted',
    'requestScheduled',
    'responseReceived',
    'itemScraped',
    'requestEnded',
    'schedulerEmpty',
    'spiderIdle',
  ] as const)('of %s does not keep an interrupted crawl from ending', async (name) => {
    const interrupt = new AbortController()
    const extension = on(name, () => {
      setImmediate(() => interrupt.abort())
      return never()
    })
    const { reason } = await run(One, { shutdownGrace: 0.05, extensions: [extension] }, { signal: interrupt.signal })
    expect(reason).toBe('shutdown')
  })
})
