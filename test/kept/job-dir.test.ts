import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CloseSpider, type Config, type HtmlResponse, Spider, type SpiderClass } from '../../src/index.ts'
import { lmdbInconsistencies } from '../support/lmdb-consistency.ts'
import { run } from '../support/run.ts'
import { links, type Route, type Site, startSite } from '../support/site.ts'

const PAGES = 60

let site: Site
let root: string
let jobDir: string
let starts = 0

beforeAll(async () => {
  const routes: Record<string, Route> = {}
  for (let i = 0; i < PAGES; i++) routes[`/${i}`] = links(...[1, 2, 3].map((k) => `/${(i * 3 + k) % PAGES}`))
  site = await startSite(routes)
})
afterAll(() => site.close())
beforeEach(() => {
  site.log.length = 0
  starts = 0
  root = mkdtempSync(join(tmpdir(), 'skein-job-'))
  jobDir = join(root, 'crawls/walk')
})
afterEach(() => rmSync(root, { recursive: true }))

class Walk extends Spider {
  static override spiderName = 'walk'
  override *start() {
    starts++
    yield this.request(`${site.url}/0`)
  }
  override *parse(page: HtmlResponse) {
    yield { path: new URL(page.url).pathname }
    yield* page.followAll('a')
  }
}

const walk = (config: Config = {}, spider: SpiderClass = Walk, options = {}) =>
  run(spider, { jobDir, concurrency: 4, ...config }, options)
const everyPage = Array.from({ length: PAGES }, (_, i) => `/${i}`).sort()
const paths = (...crawls: readonly { items: readonly object[] }[]): string[] =>
  crawls.flatMap(({ items }) => items.map((item) => (item as { path: string }).path)).sort()

describe('a crawl in a folder', () => {
  it('that is interrupted goes on where it was; what start() gave is not asked for again', async () => {
    const stop = new AbortController()
    class Impatient extends Walk {
      override *parse(page: HtmlResponse) {
        if (site.log.length >= 10) stop.abort()
        yield* super.parse(page)
      }
    }
    const first = await walk({}, Impatient, { signal: stop.signal })
    expect(first).toMatchObject({ reason: 'shutdown', ok: true })
    const left = first.counts.queued + first.counts.delayed
    expect(left).toBeGreaterThan(0)
    expect(await lmdbInconsistencies(jobDir)).toEqual([])

    const second = await walk()
    expect(second).toMatchObject({ reason: 'finished', ok: true, counts: { queued: 0, leased: 0, done: PAGES } })
    expect(second.log.map(({ message }) => message)).toContain(
      `The crawl walk was interrupted and goes on where it was: ${left} ${left === 1 ? 'request is' : 'requests are'} left in ${jobDir}`,
    )
    expect(starts).toBe(1)
    expect(paths(first, second)).toEqual(everyPage)
    expect(site.hits()).toEqual(Object.fromEntries(everyPage.map((path) => [path, 1])))
    expect(second.crawlStats).toMatchObject({ response_received_count: PAGES, item_scraped_count: PAGES })
  })

  it('that reached a limit goes on, and counts anew', async () => {
    const crawls = []
    do crawls.push(await walk({ maxPages: 16 }))
    while (crawls.at(-1)!.reason === 'closespider_pagecount')
    expect(crawls.length).toBeGreaterThan(2)
    expect(crawls.at(-1)!.reason).toBe('finished')
    expect(paths(...crawls)).toEqual(everyPage)
  })

  it('that has finished begins anew', async () => {
    await walk()
    const again = await walk()
    expect(starts).toBe(2)
    expect(paths(again)).toEqual(everyPage)
    expect(again.counts).toEqual({ queued: 0, delayed: 0, leased: 0, done: PAGES, dead: 0, seen: PAGES })
    expect(again.crawlStats).toMatchObject({ response_received_count: PAGES })
  })

  it('keeps what was seen with `persist`, and fetches what is new', async () => {
    await walk({ persist: true })
    class More extends Walk {
      override *start() {
        yield* super.start()
        yield this.request(`${site.url}/0?new`)
      }
    }
    site.log.length = 0
    const again = await walk({ persist: true }, More)
    expect(site.log).toEqual(['/0?new'])
    expect(again.counts).toMatchObject({ done: PAGES + 1, seen: PAGES + 1 })
  })

  it('begins anew with `flushOnStart`, also where it was interrupted', async () => {
    await walk({ maxPages: 10 })
    const anew = await walk({ flushOnStart: true })
    expect(starts).toBe(2)
    expect(paths(anew)).toEqual(everyPage)
  })

  it('is shared by crawls at once, of which one runs start(); they end together', async () => {
    const crawls = await Promise.all([walk(), walk(), walk()])
    expect(crawls.map(({ reason }) => reason)).toEqual(['finished', 'finished', 'finished'])
    expect(starts).toBe(1)
    expect(paths(...crawls)).toEqual(everyPage)
    expect(site.hits()).toEqual(Object.fromEntries(everyPage.map((path) => [path, 1])))
    for (const { crawlStats } of crawls) expect(crawlStats!['response_received_count']).toBeLessThanOrEqual(PAGES)
  })

  it('has no more requests in flight at a host than its slot allows, all crawls together', async () => {
    const own = await startSite(Object.fromEntries(everyPage.map((path) => [path, links()])))
    class Seeds extends Walk {
      override *start() {
        for (const path of everyPage) yield this.request(`${own.url}${path}`)
      }
    }
    try {
      const slow = { concurrencyPerSlot: 2 }
      await Promise.all([walk(slow, Seeds), walk(slow, Seeds), walk(slow, Seeds)])
      expect(own.log.length).toBe(PAGES)
      expect(own.peak).toBeLessThanOrEqual(2)
    } finally {
      await own.close()
    }
  })

  it('is stopped for all of them by a spider', async () => {
    class Enough extends Walk {
      override *parse(page: HtmlResponse) {
        yield* super.parse(page)
        if (site.log.length >= 10) throw new CloseSpider('enough')
      }
    }
    const crawls = await Promise.all([walk({}, Enough), walk({}, Enough)])
    expect(crawls.map(({ reason }) => reason)).toEqual(['enough', 'enough'])
    expect((await walk()).reason).toBe('finished')
  })

  it('is named by the spider, where `jobDir` says so', async () => {
    await walk({ jobDir: join(root, 'jobs/%(name)s'), maxPages: 1 })
    expect(readdirSync(join(root, 'jobs/walk')).sort()).toEqual(['data.mdb', 'lock.mdb', 'skein-crawl.json'])
  })
})

describe('a crawl does not begin', () => {
  it.each<[string, Config, string, RegExp]>([
    [
      'in a folder and in Redis',
      { redis: 'redis://me:secret@127.0.0.1:1' },
      'ERR_SETTING_INVALID',
      /`redis` \(redis:\/\/\*\*\*@127.*`jobDir`/,
    ],
    ['with `redisItems` and no Redis', { redisItems: true }, 'ERR_SETTING_INVALID', /`redisItems`/],
    ['with another durability', { jobDurability: 'eternal' as never }, 'ERR_SETTING_INVALID', /'process'.*'power'/],
  ])('%s', async (_, config, code, message) => {
    const error = await walk(config).catch((problem: unknown) => problem)
    expect(error).toMatchObject({ code })
    expect((error as Error).message).toMatch(message)
    expect(starts).toBe(0)
  })

  it('in the folder of another spider', async () => {
    await walk({ maxPages: 1 })
    class Other extends Walk {
      static override spiderName = 'other'
    }
    await expect(walk({}, Other)).rejects.toMatchObject({ code: 'ERR_JOB_SPIDER' })
    await expect(walk({}, Other)).rejects.toThrow(/holds a crawl of the spider walk, and this is other.*crawls\/%\(name\)s/)
  })

  it('in a folder of something else, which stays as it is', async () => {
    mkdirSync(jobDir, { recursive: true })
    writeFileSync(join(jobDir, 'thesis.tex'), 'all my work')
    await expect(walk()).rejects.toMatchObject({ code: 'ERR_JOB_DIR' })
    expect(readdirSync(jobDir)).toEqual(['thesis.tex'])
  })
})
