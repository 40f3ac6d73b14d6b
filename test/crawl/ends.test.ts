import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  DropItem,
  type Failure,
  fingerprintHex,
  type HtmlResponse,
  IgnoreRequest,
  type ItemInfo,
  type JsonObject,
  Request,
  type Response,
  Spider,
} from '../../src/index.ts'
import { run } from '../support/run.ts'
import { links, type Site, startSite } from '../support/site.ts'

let site: Site

beforeAll(async () => {
  site = await startSite({
    '/': links('/a', '/b', '/a', '/gone', '/to-a', 'http://other.example/', 'mailto:x@y.example'),
    '/a': links('/'),
    '/b': links('/deep/1'),
    '/deep/1': links('/deep/2'),
    '/deep/2': links('/deep/3'),
    '/to-a': (_, response) => response.writeHead(302, { location: '/c' }).end(),
    '/c': links(),
    '/away': (_, response) => response.writeHead(302, { location: 'http://other.example/' }).end(),
    '/500': (_, response) => response.writeHead(500).end('broken'),
    '/reset': (request) => void request.socket.destroy(),
  })
})
afterAll(() => site.close())

describe('the end of a request', () => {
  it('is there once for each, with its reason', async () => {
    class Crawl extends Spider {
      override startUrls = [`${site.url}/`]
      override allowedDomains = ['127.0.0.1']
      override *parse(page: HtmlResponse) {
        yield* page.followAll('a')
      }
    }
    const { ends, stats, counts, reason, ok } = await run(Crawl, { depthLimit: 2 })
    expect({ reason, ok }).toEqual({ reason: 'finished', ok: true })
    expect([...ends].sort()).toEqual(
      [
        ['/', 'done'],
        ['/', 'offsite'],
        ['/', 'duplicate'],
        ['/a', 'done'],
        ['/a', 'duplicate'],
        ['/b', 'done'],
        ['/gone', 'http-error'],
        ['/to-a', 'redirected'],
        ['/c', 'done'],
        ['/deep/1', 'done'],
        ['/deep/2', 'depth'],
      ].sort(),
    )
    expect(stats).toMatchObject({
      'request_end_count/done': 5,
      'request_end_count/duplicate': 2,
      'request_end_count/http-error': 1,
      'request_end_count/offsite': 1,
      'request_end_count/depth': 1,
      'request_end_count/redirected': 1,
      'dupefilter/filtered': 2,
      'httperror/response_ignored_count': 1,
      'httperror/response_ignored_status_count/404': 1,
      'offsite/filtered': 1,
      'depth/request_ignored_count': 1,
      request_depth_max: 2,
      finish_reason: 'finished',
    })
    expect(counts).toMatchObject({ queued: 0, delayed: 0, leased: 0, dead: 0, done: 7 })
  })

  it('comes for a redirect that leaves the allowed domains', async () => {
    class Away extends Spider {
      override startUrls = [`${site.url}/away`]
      override allowedDomains = ['127.0.0.1']
    }
    expect((await run(Away)).ends).toEqual([
      ['/', 'offsite'],
      ['/away', 'redirected'],
    ])
  })

  it('is visible for hosts that do not resolve, refuse or reset, and the crawl goes on', async () => {
    class Unreachable extends Spider {
      override startUrls = ['http://no-such-host.invalid/x', 'http://127.0.0.1:1/refused', `${site.url}/reset`, `${site.url}/a`]
      override *parse() {
        yield { parsed: true }
      }
    }
    const { ends, log, items, counts, reason } = await run(Unreachable)
    expect([...ends].sort()).toEqual(
      [
        ['/a', 'done'],
        ['/refused', 'failed'],
        ['/reset', 'failed'],
        ['/x', 'failed'],
      ].sort(),
    )
    expect(items).toHaveLength(1)
    expect(counts.dead).toBe(3)
    expect(reason).toBe('finished')
    const errors = log.filter(({ level }) => level === 'error').map(({ message }) => message)
    expect(errors.find((message) => message.includes('no-such-host.invalid'))).toMatch(/does not resolve|resolve|DNS/i)
    expect(errors.find((message) => message.includes('/refused'))).toMatch(/refused/i)
    expect(errors.find((message) => message.includes('/reset'))).toBeDefined()
  })
})

describe('errbacks', () => {
  it('hear of statuses and of downloads that failed, and may go on from there', async () => {
    const failures: string[] = []
    class Careful extends Spider {
      override *start() {
        yield this.request(`${site.url}/500`, { errback: this.failed, cbArgs: { n: 1 } })
        yield this.request(`${site.url}/reset`, { errback: this.failed })
      }
      *failed(failure: Failure, args: JsonObject) {
        failures.push(`${failure.response?.status} ${(failure.error as Error).constructor.name} ${JSON.stringify(args)}`)
        if (failure.response) yield this.request(`${site.url}/c`)
      }
      override *parse(page: Response) {
        yield { url: page.url }
      }
    }
    const { ends, counts, items } = await run(Careful)
    expect(failures.sort()).toEqual(['500 IgnoreRequest {"n":1}', 'undefined DownloadError {}'])
    expect([...ends].sort()).toEqual(
      [
        ['/500', 'http-error'],
        ['/c', 'done'],
        ['/reset', 'failed'],
      ].sort(),
    )
    expect(items).toEqual([{ url: `${site.url}/c` }])
    // the errback took care of it: nothing is left to retry
    expect(counts.dead).toBe(0)
  })

  it('get statuses that the spider handles as pages', async () => {
    class Handles extends Spider {
      override *start() {
        yield this.request(`${site.url}/500`, { handleStatus: [500] })
      }
      override *parse(page: Response) {
        yield { status: page.status }
      }
    }
    expect((await run(Handles)).items).toEqual([{ status: 500 }])
  })
})

describe('what goes wrong in a spider', () => {
  it('a callback that throws keeps its items and links, is counted and logged with the line of the spider', async () => {
    class Throws extends Spider {
      override startUrls = [`${site.url}/`]
      override *parse(page: HtmlResponse) {
        yield { before: true }
        yield page.follow('/c', { callback: this.parseC })
        throw new TypeError('no price on this page')
      }
      *parseC() {
        yield { c: true }
      }
    }
    const { items, ends, stats, counts, log, reason } = await run(Throws)
    expect(items).toEqual([{ before: true }, { c: true }])
    expect(ends).toEqual([
      ['/', 'failed'],
      ['/c', 'done'],
    ])
    expect(counts).toMatchObject({ dead: 1, done: 1 })
    expect(stats).toMatchObject({ 'spider_exceptions/count': 1, 'spider_exceptions/TypeError': 1 })
    const line = log.find(({ message }) => message === 'The callback parse failed')
    expect(line?.fields?.['url']).toBe(`${site.url}/`)
    expect((line?.fields?.['error'] as Error | undefined)?.stack).toContain('ends.test.ts')
    expect(reason).toBe('finished')
  })

  it('names what is no item, and goes on', async () => {
    class Odd extends Spider {
      override startUrls = [`${site.url}/a`]
      override *parse(): Iterable<never> {
        for (const odd of ['text', 5, true, ['a', 'b'], Promise.resolve({}), new Error('x'), null, undefined, { good: 1 }])
          yield odd as never
      }
    }
    const { items, log, stats, ends } = await run(Odd)
    expect(items).toEqual([{ good: 1 }])
    expect(stats['item_error_count']).toBe(6)
    const messages = log.filter(({ level }) => level === 'error').map(({ message }) => message)
    expect(messages).toEqual([
      'The string "text" is no item. Expected a plain object or a Request.',
      'The number 5 is no item. Expected a plain object or a Request.',
      'The boolean true is no item. Expected a plain object or a Request.',
      'An array is no item. Expected a plain object or a Request (yield* gives the elements one by one).',
      'A Promise is no item. Expected a plain object or a Request (is an await missing?).',
      'A Error is no item. Expected a plain object or a Request.',
    ])
    expect(ends).toEqual([['/a', 'done']])
  })

  it('refuses a callback that is none, where it is made', async () => {
    class Wrong extends Spider {
      override startUrls = [`${site.url}/a`]
      override *parse(page: HtmlResponse) {
        yield { n: 1 }
        yield page.follow('/b', { callback: 'parseNothing' })
      }
    }
    const { log, items, ends } = await run(Wrong)
    expect(items).toEqual([{ n: 1 }])
    expect(ends).toEqual([['/a', 'failed']])
    expect(String(log.find(({ level }) => level === 'error')?.fields?.['error'])).toMatch(/no method parseNothing.*parse/)
  })

  it('reports a seed that is no URL, and crawls the others', async () => {
    class Seeds extends Spider {
      override startUrls = ['not a url', `${site.url}/c`, 'javascript:alert(1)']
      override *parse() {
        yield { ok: true }
      }
    }
    const { items, log, stats } = await run(Seeds)
    expect(items).toEqual([{ ok: true }])
    expect(stats['spider/invalid_start_url_count']).toBe(2)
    expect(log.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
      expect.stringContaining('not a url'),
      expect.stringContaining('javascript:alert(1)'),
    ])
  })
})

describe('pipelines and middlewares', () => {
  it('drop, split and change items; a pipeline that throws makes a dead letter of the page, and no other item is lost', async () => {
    class Items extends Spider {
      override startUrls = [`${site.url}/a`, `${site.url}/b`]
      override *parse(page: HtmlResponse) {
        const numbers = page.url.endsWith('b') ? [5] : page.url.endsWith('a') ? [1, 2, 3, 4] : []
        for (const n of numbers) yield { n }
        if (numbers.length > 1) yield page.follow('/c')
      }
    }
    const { items, stats, counts, ends } = await run(Items, {
      pipelines: [
        {
          name: 'judge',
          process(item: { n: number }) {
            if (item.n === 1) throw new DropItem('one is not wanted')
            if (item.n === 2) throw new RangeError('two is too much')
            return item.n === 3 ? [{ n: 31 }, { n: 32 }] : { n: item.n * 10 }
          },
        },
      ],
    })
    expect(items.map((item) => (item as { n: number }).n).sort()).toEqual([31, 32, 40, 50])
    expect(stats).toMatchObject({
      item_scraped_count: 4,
      item_dropped_count: 1,
      'item_dropped_reasons_count/DropItem': 1,
      item_error_count: 1,
    })
    expect(counts).toMatchObject({ done: 2, dead: 1 })
    expect([...ends].sort()).toEqual(
      [
        ['/a', 'failed'],
        ['/b', 'done'],
        ['/c', 'done'],
      ].sort(),
    )
  })

  it('may end a request on either side of the queue', async () => {
    class Both extends Spider {
      override startUrls = [`${site.url}/a`, `${site.url}/b`, `${site.url}/c`]
    }
    const { ends } = await run(Both, {
      downloaderMiddlewares: [
        {
          name: 'no-a',
          order: 10,
          create: () => async (request, next) => {
            if (request.url.endsWith('/a')) throw new IgnoreRequest('a is not wanted')
            return next(request)
          },
        },
      ],
      scraperMiddlewares: [
        {
          name: 'no-b',
          order: 10,
          create: () => ({
            request(request) {
              if (request.url.endsWith('/b')) throw new IgnoreRequest('b is not wanted')
              return request
            },
          }),
        },
      ],
    })
    expect([...ends].sort()).toEqual(
      [
        ['/a', 'ignored'],
        ['/b', 'ignored'],
        ['/c', 'failed'],
      ].sort(),
    )
  })
})

describe('a middleware that cannot be made', () => {
  it('ends the crawl before a pipeline is open or a page is asked for', async () => {
    class Never extends Spider {
      override startUrls = [`${site.url}/a`]
    }
    const before = site.log.length
    const opened: string[] = []
    const broken = () => {
      throw new Error('no licence')
    }
    const pipelines = [{ name: 'store', open: () => void opened.push('store'), process: (item: object) => item }]
    for (const kind of ['downloaderMiddlewares', 'scraperMiddlewares']) {
      await expect(run(Never, { pipelines, [kind]: [{ name: 'broken', order: 1, create: broken }] })).rejects.toThrow(
        'no licence',
      )
    }
    expect([opened, site.log.length]).toEqual([[], before])
  })
})

describe('the key of an item', () => {
  it('is the fingerprint of its page and its place on it, the same in every run', async () => {
    class Keys extends Spider {
      override *start() {
        yield { seed: 1 }
        yield this.request(`${site.url}/a`)
      }
      override *parse() {
        yield { n: 1 }
        yield { n: 2 }
      }
    }
    const keysOf = async (): Promise<string[]> => {
      const keys: string[] = []
      const pipelines = [
        {
          name: 'keys',
          process(item: object, info: ItemInfo) {
            keys.push(info.key)
            return item
          },
        },
      ]
      await run(Keys, { pipelines })
      return keys
    }
    const keys = await keysOf()
    const page = fingerprintHex(new Request(`${site.url}/a`))
    expect(keys).toEqual(['start-0', `${page}-0`, `${page}-1`])
    expect(await keysOf()).toEqual(keys)
  })
})
