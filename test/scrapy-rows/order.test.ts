import { afterEach, expect, it } from 'vitest'
import { type Config, type HtmlResponse, Spider } from '../../src/index.ts'
import { run, type Witnessed } from '../support/run.ts'
import { links, type Site, startSite } from '../support/site.ts'

/**
 * In which order pages are asked for, one at a time. A page and its links are one step here, so its links are queued before the next request is taken;
 * Scrapy takes the next one while the callback has not run yet. Where nothing else is different, the order is Scrapy's but for that.
 */

let site: Site
afterEach(() => site.close())

/** Every page links to what stands below it in the tree, by appending 1, 2, … to its own path. */
async function crawlTree(starts: readonly string[], width: number, depth: number, config: Config = {}): Promise<Witnessed> {
  site = await startSite(
    new Proxy<Record<string, string>>(
      {},
      {
        get: (_, path: string) =>
          links(...(path.length - 2 < depth ? Array.from({ length: width }, (_, n) => `${path}${n + 1}`) : [])),
      },
    ),
  )
  class Tree extends Spider {
    override *start() {
      for (const start of starts) yield this.request(`${site.url}/${start}`)
    }
    override *parse(page: HtmlResponse) {
      yield* page.followAll('a')
    }
  }
  return run(Tree, { concurrency: 1, ...config })
}
const asked = (): string => site.log.map((path) => path.slice(1)).join(' ')

it('row 2: goes to the last link of a page first, and deep before wide', async () => {
  const { counts, stats } = await crawlTree(['r'], 3, 2)
  expect(asked()).toBe('r r3 r33 r32 r31 r2 r23 r22 r21 r1 r13 r12 r11')
  expect(counts.done).toBe(13)
  expect(stats['request_depth_max']).toBe(2)
})

it('row 3: is breadth first with depthPriority and fifo', async () => {
  await crawlTree(['r'], 3, 2, { depthPriority: 1, order: 'fifo' })
  expect(asked()).toBe('r r1 r2 r3 r11 r12 r13 r21 r22 r23 r31 r32 r33')
})

it('row 3: is breadth first with fifo alone, where priorities are equal', async () => {
  await crawlTree(['r'], 2, 3, { order: 'fifo' })
  expect(asked()).toBe('r r1 r2 r11 r12 r21 r22 r111 r112 r121 r122 r211 r212 r221 r222')
})

/** Asks for n0 to n4 with these priorities, from `start()` or from a page. */
async function crawlPriorities(from: 'start' | 'page', config: Config): Promise<void> {
  site = await startSite(new Proxy<Record<string, string>>({}, { get: () => links() }))
  const requests = function* (spider: Spider) {
    for (const [n, priority] of [0, 5, -3, 10, 5].entries()) yield spider.request(`${site.url}/n${n}`, { priority })
  }
  class Wanted extends Spider {
    override *start() {
      if (from === 'page') yield this.request(`${site.url}/page`, { callback: this.parsePage })
      else yield* requests(this)
    }
    override parse(): void {}
    *parsePage() {
      yield* requests(this)
    }
  }
  await run(Wanted, { concurrency: 1, ...config })
}

it('row 4: goes by priority, higher first, and gives equal ones of start() in their order', async () => {
  await crawlPriorities('start', {})
  expect(asked()).toBe('n3 n1 n4 n0 n2')
})

it('row 4: goes by priority, higher first, and gives of equal ones of a page the newer first', async () => {
  await crawlPriorities('page', {})
  expect(asked()).toBe('page n3 n4 n1 n0 n2')
})

it.each(['start', 'page'] as const)('row 4: gives equal priorities in their order with fifo, from %s', async (from) => {
  await crawlPriorities(from, { order: 'fifo' })
  expect(asked().replace('page ', '')).toBe('n3 n1 n4 n0 n2')
})

it('row 5: takes start requests in their order, each after the links of the pages before, the newest link first', async () => {
  await crawlTree(['a', 'b', 'c'], 2, 1)
  expect(asked()).toBe('a a2 a1 b b2 b1 c c2 c1')
})
