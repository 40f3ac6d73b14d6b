import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type Config,
  type CrawlOptions,
  type CrawlResult,
  crawl,
  type FrontierBackend,
  type HtmlResponse,
  type Logger,
  MemoryFrontier,
  memoryFrontierOptions,
  type Pipeline,
  resolveSettings,
  Spider,
} from '../../src/index.ts'
import { startRedis, until } from '../support/redis-server.ts'
import { links, type Site, startSite } from '../support/site.ts'
import { type PageItem, type RunningStore, storeFixtures } from '../support/store-fixtures.ts'
import { startProxy, type TcpProxy } from '../support/tcp-proxy.ts'

const PAGES = 60
const CONCURRENCY = 3
const everyPage = Array.from({ length: PAGES }, (_, n) => n)

let site: Site
beforeAll(async () => {
  site = await startSite(Object.fromEntries(everyPage.map((n) => [`/${n}`, links(...everyPage.map((to) => `/${to}`))])))
})
afterAll(() => site.close())

class Pages extends Spider {
  override *start() {
    yield this.request(`${site.url}/0`)
  }
  override *parse(page: HtmlResponse) {
    yield { page: Number(/\d+$/.exec(page.url)![0]) } satisfies PageItem
    yield* page.followAll('a')
  }
}

const newFrontier = (): FrontierBackend => new MemoryFrontier(memoryFrontierOptions(resolveSettings([])))

for (const fixture of storeFixtures) {
  describe.skipIf(fixture.missing)(`a crawl whose ${fixture.name}`, () => {
    let store: RunningStore
    let proxy: TcpProxy
    let said: string[]
    let place: string
    let count = 0

    beforeAll(async () => {
      store = await fixture.start()
    })
    afterAll(() => store?.stop())
    beforeEach(async () => {
      site.log.length = 0
      said = []
      place = `pages_${++count}`
      proxy = await startProxy(store.port)
      return () => proxy.close()
    })

    /** Ends the line, or whatever `then` does, when so many items have gone by. */
    const after = (items: number, then: () => unknown): Pipeline => {
      let passed = 0
      return {
        name: 'after',
        process(item) {
          if (++passed === items) void then()
          return item
        },
      }
    }

    const begin = (pipelines: readonly Pipeline[], options: CrawlOptions = {}, config: Config = {}): Promise<CrawlResult> => {
      const say = (level: string) => (message: string) => void said.push(`${level} ${message}`)
      const log: Logger = { debugEnabled: false, debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
      return crawl(Pages, {
        log,
        ...options,
        config: {
          obeyRobotsTxt: false,
          concurrency: CONCURRENCY,
          concurrencyPerSlot: CONCURRENCY,
          delay: 0,
          ...config,
          pipelines,
        },
      })
    }
    /** Until it is told of; fails when the crawl ends before. */
    const isAway = async (ended: Promise<CrawlResult>): Promise<void> => {
      let over = false
      ended.then(
        () => (over = true),
        () => (over = true),
      )
      await until('the store to be away', () => over || said.some((line) => /^warn .*Waiting for it/.test(line)))
      if (over) throw new Error(`the crawl is over: ${said.join('; ')}`)
    }
    /** Until nothing more is asked for, however long one looks. */
    const isQuiet = async (): Promise<void> => {
      for (let seen = -1, still = 0; still < 15; still = seen === site.log.length ? still + 1 : 0) {
        seen = site.log.length
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    }
    const cut = (): void => {
      proxy.refuse()
      proxy.cut()
    }

    it('is not there does not begin: not one page is asked for', async () => {
      cut()
      await expect(begin([store.pipeline(place, { port: proxy.port })])).rejects.toMatchObject({ code: 'ERR_STORE_AWAY' })
      expect(site.log).toEqual([])
    })

    it('takes connections and says nothing does not begin either', async () => {
      proxy.blackhole()
      await expect(begin([store.pipeline(place, { port: proxy.port, timeout: 1 })])).rejects.toMatchObject({
        code: 'ERR_STORE_AWAY',
      })
      expect(site.log).toEqual([])
    })

    it('goes away takes no more pages than may be in flight, commits none that is not stored, and goes on when it is back', async () => {
      const frontier = newFrontier()
      const ended = begin([after(12, cut), store.pipeline(place, { port: proxy.port })], { frontier })
      await isAway(ended)
      await isQuiet()
      const watcher = await frontier.connect()
      const { done, leased } = await watcher.counts()
      const stored = await store.pages(place)
      expect(stored.length).toBeGreaterThanOrEqual(done)
      expect(leased).toBeGreaterThan(0)
      expect(leased).toBeLessThanOrEqual(2 * CONCURRENCY)
      expect(site.log.length).toBe(done + leased)
      proxy.accept()
      expect(await ended).toMatchObject({ reason: 'finished', ok: true, counts: { done: PAGES, dead: 0 } })
      await watcher.close()
      expect(await store.pages(place)).toEqual(everyPage)
      expect(site.log.length).toBe(PAGES)
      expect(said.filter((line) => /Waiting for it/.test(line))).toHaveLength(1)
      expect(said.filter((line) => /is back after/.test(line))).toHaveLength(1)
    })

    it('does not answer any more goes on when it does', async () => {
      const ended = begin([after(10, () => proxy.blackhole()), store.pipeline(place, { port: proxy.port, timeout: 1 })])
      await isAway(ended)
      proxy.restore()
      expect(await ended).toMatchObject({ reason: 'finished', counts: { done: PAGES, dead: 0 } })
      expect(await store.pages(place)).toEqual(everyPage)
    })

    it('loses answers stores everything once', async () => {
      const ended = begin([
        after(5, () => proxy.swallowReply().then(() => proxy.swallowReply())),
        store.pipeline(place, { port: proxy.port, timeout: 2 }),
      ])
      expect(await ended).toMatchObject({ reason: 'finished', counts: { done: PAGES, dead: 0 } })
      expect(await store.pages(place)).toEqual(everyPage)
    })

    it('is killed and started again goes on', async () => {
      const ended = begin([after(10, () => store.kill('SIGKILL')), store.pipeline(place)])
      await isAway(ended)
      await store.restart()
      expect(await ended).toMatchObject({ reason: 'finished', counts: { done: PAGES, dead: 0 } })
      expect(await store.pages(place)).toEqual(everyPage)
    })

    it('is away ends in good order when it is interrupted, says what is not stored, and can be gone on with', async () => {
      const frontier = newFrontier()
      const interrupt = new AbortController()
      const force = new AbortController()
      const pipelines = () => store.pipeline(place, { port: proxy.port })
      const ended = begin([after(12, cut), pipelines()], { frontier, signal: interrupt.signal, force: force.signal })
      await isAway(ended)
      await isQuiet()
      interrupt.abort()
      force.abort()
      const first = await ended
      expect(first).toMatchObject({
        ok: false,
        error: { code: 'ERR_STORE_CLOSED', message: expect.stringMatching(/does not answer: [1-9]\d* items were not stored/) },
        counts: { leased: 0, dead: 0 },
      })
      expect((await store.pages(place)).length).toBeGreaterThanOrEqual(first.counts.done)
      proxy.accept()
      expect(await begin([pipelines()], { frontier })).toMatchObject({ reason: 'finished', counts: { done: PAGES, dead: 0 } })
      expect(await store.pages(place)).toEqual(everyPage)
    })

    it('is away for longer than a session lasts keeps the session of its frontier', async () => {
      const redis = await startRedis()
      try {
        const config: Config = { redis: redis.url, sessionTtl: 1 }
        const ended = begin([after(12, cut), store.pipeline(place, { port: proxy.port })], {}, config)
        await isAway(ended)
        const since = performance.now()
        await until('three lives of a session', () => performance.now() - since > 3_000)
        expect(await redis.cli('ZCARD', '{pages}:workers')).toBe(1)
        proxy.accept()
        const { reason, counts, stats } = await ended
        expect({ reason, counts }).toMatchObject({ reason: 'finished', counts: { done: PAGES } })
        expect(stats).not.toHaveProperty('frontier/session_lost_count')
        expect(stats).not.toHaveProperty('frontier/stale_commit_count')
        expect(await store.pages(place)).toEqual(everyPage)
      } finally {
        await redis.stop()
      }
    })
  })
}
