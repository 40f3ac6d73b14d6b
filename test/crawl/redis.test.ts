import { createServer } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CloseSpider, type Config, type HtmlResponse, Request, Spider, type SpiderClass } from '../../src/index.ts'
import { inconsistencies } from '../support/redis-consistency.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { run } from '../support/run.ts'
import { links, type Route, type Site, startSite } from '../support/site.ts'

const PAGES = 120

let redis: RedisServer
let site: Site
/** Names of crawls, one for each test. */
let count = 0
let job = ''

beforeAll(async () => {
  redis = await startRedis()
  const routes: Record<string, Route> = {}
  for (let i = 0; i < PAGES; i++) routes[`/${i}`] = links(...[1, 2, 3].map((k) => `/${(i * 3 + k) % PAGES}`))
  // a calendar that never ends
  routes['/day'] = (request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(links(`/day?${Number(request.url!.split('?')[1] ?? 0) + 1}`))
  }
  site = await startSite(routes)
})
afterAll(async () => {
  await site?.close()
  await redis?.stop()
})
beforeEach(() => {
  site.log.length = 0
  job = `t${++count}`
})

class Walk extends Spider {
  static override spiderName = 'walk'
  override startUrls = [`${site.url}/0`]
  override *parse(page: HtmlResponse) {
    yield { path: new URL(page.url).pathname }
    yield* page.followAll('a')
  }
}

/** Waits for seeds from others. */
class Listening extends Walk {
  override startUrls = []
}

const worker = (config: Config = {}, spider: SpiderClass = Walk, options = {}) =>
  run(spider, { redis: redis.url, job, redisItems: true, concurrency: 4, ...config }, options)
const items = async (): Promise<string[]> =>
  ((await redis.cli('LRANGE', `walk.${job}:items`, 0, -1)) as string[]).map((item) => JSON.parse(item).path).sort()
const everyPage = Array.from({ length: PAGES }, (_, i) => `/${i}`).sort()

describe('workers that share a crawl', () => {
  it('fetch each page once, keep each item once, count together, and end together', async () => {
    const workers = await Promise.all([worker(), worker(), worker()])
    expect(workers.map(({ reason, ok }) => ({ reason, ok }))).toEqual(Array(3).fill({ reason: 'finished', ok: true }))
    expect([...site.log].sort()).toEqual(everyPage)
    expect(await items()).toEqual(everyPage)
    const pages = workers.map(({ stats }) => Number(stats['response_received_count'] ?? 0))
    expect(pages.reduce((a, b) => a + b)).toBe(PAGES)
    const stat = await redis.cli('HGET', `{walk.${job}}:stats`, 'response_received_count')
    expect(stat).toBe(String(PAGES))
    expect(await redis.cli('HGET', `{walk.${job}}:stats`, 'request_end_count/done')).toBe(String(PAGES))
    expect(workers.flatMap(({ ends }) => ends).filter(([, reason]) => reason === 'done')).toHaveLength(PAGES)
    expect(await inconsistencies(redis.cli, `walk.${job}`)).toEqual([])
  })

  it('go on where one was interrupted, and miss nothing', async () => {
    const stop = new AbortController()
    const first = worker(
      {},
      class extends Walk {
        override *parse(page: HtmlResponse) {
          if (site.log.length > 20) stop.abort()
          yield* super.parse(page)
        }
      },
      { signal: stop.signal },
    )
    expect(await first).toMatchObject({ reason: 'shutdown', ok: true })
    expect(site.log.length).toBeLessThan(PAGES)
    expect(await worker()).toMatchObject({ reason: 'finished' })
    expect([...site.log].sort()).toEqual(everyPage)
    expect(await items()).toEqual(everyPage)
  })

  it('are given up by force: what was in flight is done by the next, and its items are there once', async () => {
    const force = new AbortController()
    const first = worker(
      {},
      class extends Walk {
        override *parse(page: HtmlResponse) {
          if (site.log.length > 20) force.abort()
          yield* super.parse(page)
        }
      },
      { force: force.signal },
    )
    expect(await first).toMatchObject({ reason: 'shutdown' })
    expect(await worker()).toMatchObject({ reason: 'finished' })
    expect(new Set(site.log)).toEqual(new Set(everyPage))
    expect(await items()).toEqual(everyPage)
  })

  it('with persist visit nothing again', async () => {
    expect(await worker({ persist: true })).toMatchObject({ reason: 'finished' })
    expect(await worker({ persist: true })).toMatchObject({ reason: 'finished' })
    expect(site.log).toHaveLength(PAGES)
  })

  it('do not mix with another job of the same spider', async () => {
    const [first] = await Promise.all([worker(), worker({ job: `${job}-other` })])
    expect(first).toMatchObject({ reason: 'finished' })
    expect(site.log).toHaveLength(2 * PAGES)
    expect(await items()).toEqual(everyPage)
    expect(await redis.cli('LLEN', `walk.${job}-other:items`)).toBe(PAGES)
  })
})

describe('limits of the whole crawl', () => {
  it('CloseSpider ends it on every worker', async () => {
    class Closing extends Walk {
      override *parse(page: HtmlResponse) {
        if (site.log.length > 30) throw new CloseSpider('enough')
        yield* super.parse(page)
      }
    }
    const workers = await Promise.all([worker({}, Closing), worker()])
    expect(workers.map((each) => each.reason)).toEqual(['enough', 'enough'])
    expect(site.log.length).toBeLessThan(PAGES)
  })

  it.each([
    ['pages', { maxPages: 30 }, 'closespider_pagecount'],
    ['items', { maxItems: 30 }, 'closespider_itemcount'],
  ])('%s', async (_, limit, reason) => {
    const workers = await Promise.all([worker(limit), worker(limit)])
    expect(workers.map((each) => each.reason)).toEqual([reason, reason])
    expect(workers.every(({ ok }) => ok)).toBe(true)
    // at most what was in flight beyond it: twice the places of each worker, since a page that waits for its commit has left its own
    expect(site.log.length).toBeGreaterThanOrEqual(30)
    expect(site.log.length).toBeLessThanOrEqual(30 + 2 * 2 * 4)
    // the next start goes on, and counts anew
    expect(await worker()).toMatchObject({ reason: 'finished' })
    expect([...site.log].sort()).toEqual(everyPage)
  })

  it('errors', async () => {
    class Failing extends Walk {
      override *parse(page: HtmlResponse) {
        yield* page.followAll('a')
        throw new Error('no')
      }
    }
    const limit = { maxErrors: 10 }
    const workers = await Promise.all([worker(limit, Failing), worker(limit, Failing)])
    expect(workers.map((each) => each.reason)).toEqual(['closespider_errorcount', 'closespider_errorcount'])
  })

  it('a budget for each slot ends a calendar without end, visibly', async () => {
    class Trapped extends Walk {
      override startUrls = [`${site.url}/day`]
    }
    const { reason, ends } = await worker({ budgetPerSlot: 25 }, Trapped)
    expect(reason).toBe('finished')
    expect(site.log).toHaveLength(25)
    expect(ends.filter(([, end]) => end === 'budget')).toEqual([['/day?25', 'budget']])
  })
})

describe('seeds and items, as scrapy-redis has them', () => {
  const key = () => `walk.${job}:start_urls`
  const push: Record<'list' | 'set' | 'zset', (url: string) => (string | number)[]> = {
    list: (url) => ['RPUSH', key(), url],
    set: (url) => ['SADD', key(), url],
    zset: (url) => ['ZADD', key(), 1, url],
  }

  it.each(['list', 'set', 'zset'] as const)('a crawl is fed by a %s, and its items are read by BLPOP', async (startUrlsType) => {
    const feeding = worker({ startUrlsType, keepAlive: true, maxIdle: 0.5 }, Listening)
    await redis.cli(...push[startUrlsType](`${site.url}/0`))
    const read = new Set<string>()
    while (read.size < PAGES) {
      const [, item] = (await redis.cli('BLPOP', `walk.${job}:items`, 15)) as [string, string]
      read.add(JSON.parse(item).path)
    }
    expect(await feeding).toMatchObject({ reason: 'finished' })
    expect(await redis.cli('EXISTS', key())).toBe(0)
  })

  it('bad messages are kept aside, and the others of their batch go on', async () => {
    const messages = [
      '{"url":',
      'not a url',
      '{"nourl":1}',
      '[1]',
      '',
      `${site.url}/5`,
      JSON.stringify({ url: `${site.url}/7`, meta: { from: 'json' } }),
    ]
    await redis.cli('RPUSH', key(), ...messages)
    class Once extends Listening {
      override *parse(page: HtmlResponse) {
        yield { path: new URL(page.url).pathname, from: page.request.meta['from'] }
      }
    }
    expect(await worker({}, Once)).toMatchObject({ reason: 'finished', ok: true })
    expect(await items()).toEqual(['/5', '/7'])
    expect(await redis.cli('LLEN', `{walk.${job}}:start_urls:dead`)).toBe(5)
  })

  it('seeds that come while the crawl has plenty to do are not left waiting', async () => {
    class Long extends Walk {
      override *parse(page: HtmlResponse) {
        yield { path: new URL(page.url).pathname }
        if (page.url.endsWith('/0')) {
          yield* Array.from({ length: 100 }, (_, i) => new Request(`${site.url}/1?${i}`))
        }
      }
    }
    const crawling = worker({ concurrency: 1, delay: 0.02, randomizeDelay: false }, Long)
    while (site.log.length < 5) await new Promise((resolve) => setImmediate(resolve))
    await redis.cli('RPUSH', key(), `${site.url}/77`)
    expect(await crawling).toMatchObject({ reason: 'finished' })
    expect(site.log.indexOf('/77')).toBeGreaterThan(0)
    expect(site.log.indexOf('/77')).toBeLessThan(100)
  })
})

describe('a crawl that cannot begin', () => {
  it.each([
    ['a port where nobody listens', async () => 'redis://127.0.0.1:1', 'ERR_REDIS_CONNECT'],
    ['no URL', async () => 'nonsense', 'ERR_REDIS_URL'],
    ['a password that is not asked for', async () => redis.url.replace('://', '://:secret@'), 'ERR_REDIS_AUTH'],
  ])('%s', async (_, url, code) => {
    const failing = worker({ redis: await url() })
    await expect(failing).rejects.toMatchObject({ code })
    await expect(failing).rejects.not.toThrow('secret')
    expect(site.log).toEqual([])
  })

  it('a server that says nothing', async () => {
    const mute = createServer((socket) => socket.resume().on('error', () => undefined))
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    const { port } = mute.address() as { port: number }
    await expect(worker({ redis: `redis://127.0.0.1:${port}` })).rejects.toMatchObject({ code: 'ERR_REDIS_CONNECT' })
    await new Promise((resolve) => mute.close(resolve))
  })

  it('redisItems without a Redis', async () => {
    await expect(worker({ redis: '' })).rejects.toMatchObject({ code: 'ERR_SETTING_INVALID' })
  })
})
