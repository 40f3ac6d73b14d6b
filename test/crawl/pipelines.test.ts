import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import {
  CloseSpider,
  dropDuplicates,
  type HtmlResponse,
  MemoryFrontier,
  memoryFrontierOptions,
  type Pipeline,
  resolveSettings,
  Spider,
  transform,
  validate,
} from '../../src/index.ts'
import { run } from '../support/run.ts'
import { links, type Site, startSite } from '../support/site.ts'

const Book = z.object({ title: z.string(), price: z.number() })
let site: Site
let folder: string

beforeAll(async () => {
  site = await startSite({ '/': links('/a', '/b', '/c'), '/a': 'a', '/b': 'b', '/c': 'c' })
})
afterAll(() => site.close())
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skein-pipelines-'))
  return () => rmSync(folder, { recursive: true })
})

/** Page /b gives a good item, a bad one, another good one, and a link. */
class Books extends Spider {
  override *start() {
    yield this.request(`${site.url}/`)
  }
  override *parse(page: HtmlResponse) {
    yield* page.followAll('a')
    const name = page.url.at(-1)!
    if (name === '/') return
    yield { title: `${name}1`, price: 1 }
    yield { title: `${name}2`, price: name === 'b' ? 'free' : 2 }
    yield { title: `${name}3`, price: 3 }
    if (name === 'b') yield page.follow('/d')
  }
}
const titles = (items: readonly object[]): string[] => items.map((item) => (item as { title: string }).title).sort()

describe('an item that its schema refuses', () => {
  it('is dropped, counted by field, and told of', async () => {
    const { items, stats, ends, counts, log, reason } = await run(Books, { pipelines: [validate(Book)] })
    expect(reason).toBe('finished')
    expect(titles(items)).toEqual(['a1', 'a2', 'a3', 'b1', 'b3', 'c1', 'c2', 'c3'])
    expect(stats).toMatchObject({
      item_scraped_count: 8,
      item_dropped_count: 1,
      'item_dropped_reasons_count/InvalidItem': 1,
      item_invalid_count: 1,
      'item_invalid_count/price': 1,
    })
    expect(ends).toContainEqual(['/b', 'done'])
    expect(counts.dead).toBe(0)
    expect(log).toContainEqual({
      level: 'warn',
      message: `Dropped an item: an item of <GET ${site.url}/b> is invalid: price: Invalid input: expected number, received string`,
      fields: { url: `${site.url}/b` },
    })
  })

  it('makes its page a dead letter, whose other items and links stay', async () => {
    const backend = new MemoryFrontier(memoryFrontierOptions(resolveSettings([])))
    const config = { pipelines: [validate(Book, { onInvalid: 'fail' })] }
    const { items, ends, counts, reason } = await run(Books, config, { frontier: backend })
    expect(reason).toBe('finished')
    expect(titles(items)).toHaveLength(8)
    expect(ends).toContainEqual(['/b', 'failed'])
    expect(ends).toContainEqual(['/d', 'http-error'])
    expect(counts).toMatchObject({ dead: 1, leased: 0 })
  })

  it('ends the crawl in good order, and its page is a dead letter that says why', async () => {
    const feed = join(folder, 'books.json')
    const backend = new MemoryFrontier(memoryFrontierOptions(resolveSettings([{ name: 'test', values: { order: 'fifo' } }])))
    const { items, ends, counts, reason, ok, log, stats } = await run(
      Books,
      { pipelines: [validate(Book, { onInvalid: 'stop' })], feeds: [{ uri: feed }], concurrency: 1 },
      { frontier: backend },
    )
    expect({ reason, ok }).toEqual({ reason: 'invalid_item', ok: true })
    expect(stats['finish_reason']).toBe('invalid_item')
    expect(ends).toContainEqual(['/b', 'failed'])
    expect(titles(items)).toEqual(['a1', 'a2', 'a3', 'b1', 'b3'])
    expect(titles(JSON.parse(readFileSync(feed, 'utf8')))).toEqual(['a1', 'a2', 'a3', 'b1', 'b3'])
    // what had not begun is there for the next run; nothing is under way or lost
    expect(counts).toEqual({ queued: 2, delayed: 0, leased: 0, done: 2, dead: 1, seen: 5 })
    const { inspect, close } = await backend.connect()
    expect((await inspect.deadLetters())[0]!.error).toMatch(/^an item of <GET .*\/b> is invalid: price: /)
    await close()
    const error: unknown = expect.objectContaining({ code: 'ERR_ITEM_INVALID' })
    expect(log).toContainEqual({
      level: 'error',
      message: 'A pipeline failed for an item',
      fields: { url: `${site.url}/b`, error },
    })
  })

  it('does the same among the parts of an item, and behind pipelines that answer later', async () => {
    const apart = transform(async (book: { title: string; price: unknown }) => [book, { ...book, title: `${book.title}x` }])
    const { reason, counts, items } = await run(Books, {
      pipelines: [apart, validate(Book, { onInvalid: 'stop' })],
      concurrency: 1,
      order: 'fifo',
    })
    expect(reason).toBe('invalid_item')
    expect(counts).toMatchObject({ dead: 1, leased: 0 })
    expect(titles(items)).toHaveLength(10)
  })

  it('keeps its page from being done though the callback asks for the end itself', async () => {
    class Closing extends Books {
      override *parse(page: HtmlResponse) {
        yield* super.parse(page)
        if (page.url.endsWith('/b')) throw new CloseSpider('enough')
      }
    }
    const config = { pipelines: [validate(Book, { onInvalid: 'fail' })], concurrency: 1, order: 'fifo' as const }
    const { reason, ends, counts } = await run(Closing, config)
    expect(reason).toBe('enough')
    expect(ends).toContainEqual(['/b', 'failed'])
    expect(counts.dead).toBe(1)
  })

  it('of start() comes again when the crawl is gone on with', async () => {
    let isFixed = false
    class FromStart extends Spider {
      override *start() {
        yield { title: 's1', price: isFixed ? 1 : 'free' }
        yield this.request(`${site.url}/c`)
      }
      override parse() {}
    }
    const frontier = new MemoryFrontier(memoryFrontierOptions(resolveSettings([])))
    const config = { pipelines: [validate(Book, { onInvalid: 'stop' })] }
    const first = await run(FromStart, config, { frontier })
    expect([first.reason, first.ok, first.items]).toEqual(['invalid_item', true, []])
    isFixed = true
    const second = await run(FromStart, config, { frontier })
    expect([second.reason, second.items]).toEqual(['finished', [{ title: 's1', price: 1 }]])
    expect(second.counts.done).toBe(1)
  })
})

describe('any pipeline', () => {
  it('may ask for the end of the crawl', async () => {
    const full: Pipeline = {
      name: 'full',
      process() {
        throw new CloseSpider('disk_full')
      },
    }
    const { reason, ends, counts, items } = await run(Books, { pipelines: [full], concurrency: 1, order: 'fifo' })
    expect([reason, items]).toEqual(['disk_full', []])
    expect(ends).toContainEqual(['/a', 'failed'])
    expect(counts.dead).toBe(1)
  })
})

describe('dropDuplicates in a crawl', () => {
  it('lets one of each pass, and what the store is given has keys of its own', async () => {
    const keys: string[] = []
    const store: Pipeline = {
      name: 'store',
      process(item, { key }) {
        keys.push(key)
        return item
      },
    }
    const { items, stats } = await run(Books, {
      pipelines: [
        transform((book: { title: string }) => [{ last: book.title.at(-1)! }, { last: 'same' }]),
        dropDuplicates<{ last: string }>('last'),
        store,
      ],
    })
    expect(items.map((item) => (item as { last: string }).last).sort()).toEqual(['1', '2', '3', 'same'])
    expect(new Set(keys).size).toBe(4)
    expect(stats).toMatchObject({ item_dropped_count: 14, 'item_dropped_reasons_count/DuplicateItem': 14 })
  })
})
