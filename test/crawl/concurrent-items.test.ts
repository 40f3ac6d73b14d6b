import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Config, crawl, type Item, type Pipeline, type Response, Spider } from '../../src/index.ts'
import { until } from '../support/redis-server.ts'
import { type Site, startSite } from '../support/site.ts'

const ITEMS = 30

let site: Site
beforeAll(async () => {
  site = await startSite({ '/': '<p>one page</p>' })
})
afterAll(() => site.close())

class Page extends Spider {
  override *start() {
    yield this.request(`${site.url}/`)
  }
  override *parse() {
    for (let n = 0; n < ITEMS; n++) yield { n }
  }
}

const all = Array.from({ length: ITEMS }, (_, n) => n)

/** Holds items until `open` of them are here, or no more come; then lets the last go first. */
class Gate implements Pipeline {
  readonly name = 'gate'
  most = 0
  readonly #held: (() => void)[] = []
  readonly #open: number

  constructor(open: number) {
    this.#open = open
  }

  process(item: Item): Promise<Item> {
    return new Promise((resolve) => {
      this.#held.push(() => resolve(item))
      this.most = Math.max(this.most, this.#held.length)
      if (this.#held.length === this.#open) for (let next = this.#held.pop(); next !== undefined; next = this.#held.pop()) next()
    })
  }
}

class Keep implements Pipeline {
  readonly name = 'keep'
  readonly numbers: number[] = []
  process(item: Item): Item {
    this.numbers.push((item as { n: number }).n)
    return item
  }
}

const run = (config: Config) => crawl(Page, { config: { obeyRobotsTxt: false, logLevel: 'silent', ...config } })

describe('the items of a page', () => {
  it('are with an asynchronous pipeline together, and go on in their order', async () => {
    const gate = new Gate(ITEMS)
    const keep = new Keep()
    const result = await run({ pipelines: [gate, keep] })
    expect(result).toMatchObject({ reason: 'finished', stats: { item_scraped_count: ITEMS } })
    expect(gate.most).toBe(ITEMS)
    expect(keep.numbers).toEqual(all)
  })

  it('are there as many at once as the setting says', async () => {
    const gate = new Gate(5)
    const keep = new Keep()
    expect(await run({ pipelines: [gate, keep], concurrentItems: 5 })).toMatchObject({ reason: 'finished' })
    expect(gate.most).toBe(5)
    expect(keep.numbers).toEqual(all)
  })

  it('go one after the other with 1', async () => {
    const gate = new Gate(1)
    expect(await run({ pipelines: [gate], concurrentItems: 1 })).toMatchObject({ reason: 'finished' })
    expect(gate.most).toBe(1)
  })

  it('are all waited for before their page is committed, where its callback throws, too', async () => {
    class Throws extends Page {
      override *parse() {
        yield* super.parse()
        throw new Error('in the end')
      }
    }
    let release = (): void => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    const keep = new Keep()
    let here = 0
    const slow: Pipeline = {
      name: 'slow',
      async process(item) {
        here++
        await released
        return item
      },
    }
    const ended = crawl(Throws, { config: { obeyRobotsTxt: false, logLevel: 'silent', pipelines: [slow, keep] } })
    await until('all items to be there', () => here === ITEMS)
    expect(keep.numbers).toEqual([])
    release()
    expect(await ended).toMatchObject({ counts: { dead: 1 }, stats: { item_scraped_count: ITEMS } })
    expect(keep.numbers).toEqual(all)
  })

  it('are stored before their page is committed, where other pages were flushed while they were on their way', async () => {
    class Two extends Spider {
      override *start() {
        yield this.request(`${site.url}/?fast`)
        yield this.request(`${site.url}/?slow`)
      }
      override *parse(page: Response) {
        yield { url: page.url.slice(site.url.length) }
      }
    }
    let flushed = (): void => {}
    const once = new Promise<void>((resolve) => {
      flushed = resolve
    })
    let take = (): void => {}
    const taken = new Promise<void>((resolve) => {
      take = resolve
    })
    const slow: Pipeline = {
      name: 'slow',
      async process(item) {
        if ((item as { url: string }).url === '/?fast') await taken
        else {
          take()
          await once
        }
        return item
      },
    }
    const gathered: Item[] = []
    const stored: Item[] = []
    const store: Pipeline = {
      name: 'store',
      process(item) {
        gathered.push(item)
        return item
      },
      flush() {
        stored.push(...gathered.splice(0))
        flushed()
      },
    }
    const config: Config = { obeyRobotsTxt: false, logLevel: 'silent', pipelines: [slow, store] }
    expect(await crawl(Two, { config })).toMatchObject({ counts: { done: 2, dead: 0 } })
    expect(stored).toEqual([{ url: '/?fast' }, { url: '/?slow' }])
  })

  it('stay when one of them fails, and its page becomes a dead letter', async () => {
    const keep = new Keep()
    const failing: Pipeline = {
      name: 'failing',
      async process(item) {
        if ((item as { n: number }).n === 3) throw new Error('no')
        return item
      },
    }
    expect(await run({ pipelines: [failing, keep] })).toMatchObject({
      counts: { dead: 1 },
      stats: { item_error_count: 1, item_scraped_count: ITEMS - 1 },
    })
    expect(keep.numbers).toEqual(all.filter((n) => n !== 3))
  })
})
