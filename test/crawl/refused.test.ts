import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  CloseSpider,
  type CrawlSignals,
  type Failure,
  fingerprintHex,
  type HtmlResponse,
  IgnoreRequest,
  type JsonObject,
  MemoryFrontier,
  memoryFrontierOptions,
  Request,
  resolveSettings,
  Spider,
} from '../../src/index.ts'
import { run } from '../support/run.ts'
import { links, type Site, startSite } from '../support/site.ts'

let site: Site
beforeAll(async () => {
  site = await startSite({
    '/': links(),
    '/a': links(),
    '/b': links(),
    '/away': (_, response) => response.writeHead(302, { location: 'http://other.example/' }).end(),
  })
})
afterAll(() => site.close())

const OTHER = 'http://other.example/'
const paths = (ends: readonly [string, string][]): string[] => ends.map(([path, reason]) => `${path} ${reason}`).sort()

/** A spider of this site that keeps what its errbacks hear. */
abstract class Local extends Spider {
  override allowedDomains = ['127.0.0.1']
  readonly heard: string[] = []
  static last: Local
  constructor(args?: Readonly<Record<string, string>>) {
    super(args)
    Local.last = this
  }
  hear({ request, error, response }: Failure, args: JsonObject): void {
    const reason = error instanceof IgnoreRequest ? error.reason : String(error)
    this.heard.push(`${request.url.replace(site.url, '')} ${reason} ${response?.status} ${JSON.stringify(args)}`)
  }
}

describe('the errback of a request that is refused', () => {
  it('runs behind the callback that gave it, and what it gives goes along with the page', async () => {
    const order: string[] = []
    class Crawl extends Local {
      override startUrls = [`${site.url}/`]
      override *parse(page: HtmlResponse) {
        if (!page.url.endsWith('/')) return
        yield this.request(OTHER, { errback: this.refused, cbArgs: { n: 1 } })
        yield this.request(`${OTHER}nobody-asked`)
        yield { page: true }
        order.push('the callback is over')
      }
      *refused(failure: Failure, args: JsonObject) {
        order.push('errback')
        this.hear(failure, args)
        yield { instead: failure.request.url }
        yield this.request(`${site.url}/a`)
      }
    }
    const { ends, items, stats, counts, log } = await run(Crawl)
    expect(Local.last.heard).toEqual([`${OTHER} offsite undefined {"n":1}`])
    expect(order).toEqual(['the callback is over', 'errback'])
    expect(items).toEqual([{ page: true }, { instead: OTHER }])
    expect(paths(ends)).toEqual(['/ done', '/ offsite', '/a done', '/nobody-asked offsite'].sort())
    expect(stats).toMatchObject({ 'request_end_count/offsite': 2, 'scheduler/enqueued': 2, item_scraped_count: 2 })
    expect(counts).toMatchObject({ done: 2, dead: 0 })
    expect(log.filter(({ level }) => level === 'error')).toEqual([])
  })

  it('has the depth of what its page links to', async () => {
    class Crawl extends Local {
      override startUrls = [`${site.url}/`]
      override *parse() {
        yield this.request(OTHER, { errback: this.refused })
      }
      *refused() {
        yield this.request(`${site.url}/a`)
      }
    }
    const { ends, stats } = await run(Crawl, { depthLimit: 1 })
    // what the errback of the second page gave was as deep as what that page links to
    expect(paths(ends)).toEqual(['/ depth', '/ done', '/ offsite', '/a depth', '/a done'])
    expect(stats).toMatchObject({ request_depth_max: 1, 'request_end_count/done': 2 })
  })

  it('goes one level deep: what an errback gives and is refused ends without', async () => {
    class Crawl extends Local {
      override startUrls = [`${site.url}/`]
      override *parse() {
        yield this.request(OTHER, { errback: this.refused })
      }
      *refused(failure: Failure, args: JsonObject) {
        this.hear(failure, args)
        yield this.request(`${OTHER}again`, { errback: this.refused })
      }
    }
    const { ends } = await run(Crawl)
    expect(Local.last.heard).toHaveLength(1)
    expect(paths(ends)).toEqual(['/ done', '/ offsite', '/again offsite'])
  })

  it('that throws is counted and logged, and the page, its items and the other errbacks are as they were', async () => {
    const errors: unknown[] = []
    class Crawl extends Local {
      override startUrls = [`${site.url}/`]
      override *parse() {
        yield this.request(OTHER, { errback: this.broken })
        yield this.request(`${OTHER}2`, { errback: this.hear })
        yield { page: true }
      }
      *broken() {
        yield { before: true }
        throw new RangeError('no')
      }
    }
    const watch = {
      name: 'watch',
      open: ({ signals }: { signals: CrawlSignals }) =>
        signals.on('spiderError', ({ error, request }) => void errors.push([request.url, (error as Error).name])),
    }
    const { ends, items, stats, counts, log } = await run(Crawl, { extensions: [watch] })
    expect(Local.last.heard).toHaveLength(1)
    expect(items).toEqual([{ page: true }, { before: true }])
    expect(paths(ends)).toEqual(['/ done', '/ offsite', '/2 offsite'])
    expect(stats).toMatchObject({ 'spider_exceptions/count': 1, 'spider_exceptions/RangeError': 1 })
    expect(counts).toMatchObject({ done: 1, dead: 0 })
    expect(errors).toEqual([[OTHER, 'RangeError']])
    expect(log.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual(['The callback broken failed'])
  })

  it('is called when the callback failed behind it, too', async () => {
    class Crawl extends Local {
      override startUrls = [`${site.url}/`]
      override *parse() {
        yield this.request(OTHER, { errback: this.hear })
        throw new Error('later')
      }
    }
    const { ends } = await run(Crawl)
    expect(Local.last.heard).toHaveLength(1)
    expect(paths(ends)).toEqual(['/ failed', '/ offsite'])
  })

  it('may close the crawl', async () => {
    class Crawl extends Local {
      override startUrls = [`${site.url}/`, `${site.url}/a`]
      override *parse() {
        yield this.request(OTHER, { errback: this.enough })
      }
      enough(): void {
        throw new CloseSpider('enough')
      }
    }
    expect(await run(Crawl, { concurrency: 1 })).toMatchObject({ reason: 'enough', counts: { done: 1, queued: 1 } })
  })

  it('runs for the target of a redirect, in the commit of the page that was redirected', async () => {
    class Crawl extends Local {
      override *start() {
        yield this.request(`${site.url}/away`, { errback: this.refused, cbArgs: { n: 2 } })
      }
      *refused(failure: Failure, args: JsonObject) {
        this.hear(failure, args)
        yield { redirected: true }
        yield this.request(`${site.url}/a`)
      }
      override parse(): void {}
    }
    const { ends, items } = await run(Crawl)
    expect(Local.last.heard).toEqual([`${OTHER} offsite undefined {"n":2}`])
    expect(items).toEqual([{ redirected: true }])
    expect(paths(ends)).toEqual(['/ offsite', '/a done', '/away redirected'])
  })

  it('runs for a seed, and what it gives are seeds', async () => {
    class Crawl extends Local {
      override *start() {
        yield this.request(OTHER, { errback: this.refused })
        yield this.request(`${site.url}/b`)
        yield { seed: true }
      }
      *refused(failure: Failure, args: JsonObject) {
        this.hear(failure, args)
        yield { instead: true }
        yield this.request(`${site.url}/a`)
      }
      override parse(): void {}
    }
    const { ends, items, reason } = await run(Crawl)
    expect(Local.last.heard).toEqual([`${OTHER} offsite undefined {}`])
    expect(items).toEqual([{ instead: true }, { seed: true }])
    expect(paths(ends)).toEqual(['/ offsite', '/a done', '/b done'])
    expect(reason).toBe('finished')
  })

  it('of a seed may close the crawl, or throw', async () => {
    class Closes extends Local {
      override *start() {
        yield this.request(OTHER, { errback: this.enough })
        yield this.request(`${site.url}/b`)
      }
      enough(): void {
        throw new CloseSpider('no seed')
      }
    }
    expect(await run(Closes)).toMatchObject({ reason: 'no seed', ok: true })
    class Throws extends Local {
      override *start() {
        yield this.request(OTHER, { errback: this.broken })
        yield this.request(`${site.url}/b`)
      }
      broken(): void {
        throw new TypeError('x')
      }
      override parse(): void {}
    }
    const { reason, ok, stats, ends } = await run(Throws)
    expect({ reason, ok }).toEqual({ reason: 'finished', ok: true })
    expect(stats['spider_exceptions/TypeError']).toBe(1)
    expect(paths(ends)).toEqual(['/ offsite', '/b done'])
  })

  it('gives items a key of their own, which is that of the request that was refused', async () => {
    const keys: string[] = []
    class Crawl extends Local {
      override *start() {
        yield this.request(OTHER, { errback: this.refused })
        yield { seed: 1 }
      }
      *refused() {
        yield { n: 1 }
        yield { n: 2 }
      }
    }
    const pipeline = {
      name: 'keys',
      process(item: object, info: { readonly key: string }) {
        keys.push(info.key)
        return item
      },
    }
    await run(Crawl, { pipelines: [pipeline] })
    const other = fingerprintHex(new Request(OTHER))
    expect(keys).toEqual([`${other}-0`, `${other}-1`, 'start-1'])
  })

  it('may give far more than a call has room for', async () => {
    class Crawl extends Local {
      override *start() {
        yield this.request(OTHER, { errback: this.refused })
      }
      *refused() {
        for (let n = 0; n < 200_000; n++) yield this.request(`${site.url}/a?n=${n}`)
        throw new CloseSpider('all are there')
      }
    }
    const frontier = new MemoryFrontier(memoryFrontierOptions(resolveSettings([])))
    expect(await run(Crawl, {}, { frontier })).toMatchObject({ reason: 'all are there', counts: { seen: 200_000 } })
  })
})
