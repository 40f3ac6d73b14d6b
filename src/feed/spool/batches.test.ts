import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { FakeClock } from '../../../test/support/fake-clock.ts'
import { item, range, useFeedFolder } from '../../../test/support/feed-folder.ts'
import { idsInFeed } from '../../../test/support/read-feed.ts'
import { openFeed } from '../open-feed.ts'

const feeds = useFeedFolder()
const { at } = feeds

describe('batches', () => {
  const options = { uri: '', batchItems: 3 }
  const batches = (): string[] => feeds.names()

  it('of so many items each have a file of their own, as soon as they are whole', async () => {
    const feed = await openFeed({ ...options, uri: at('%(name)s-%(batch_id)03d.json') }, feeds.context)
    for (const id of range(0, 7)) {
      feed.write(item(id))
      await feed.flush()
    }
    expect(await idsInFeed(at('books-001.json'))).toEqual([0, 1, 2])
    await feed.close()
    expect(batches()).toEqual(['books-001.json', 'books-002.json', 'books-003.json'])
    expect(await idsInFeed(at('books-003.json'))).toEqual([6])
    expect(feed.count).toBe(7)
  })

  const packed = ['jsonl', 'json', 'csv', 'xml'].flatMap((format) => ['', '.gz', '.br', '.zst'].map((end) => format + end))
  for (const name of [...packed, 'parquet']) {
    it(`${name}: -o goes on behind the last one, -O begins again; what a dead process left is kept or dropped`, async () => {
      const uri = at(`b%(batch_id)d.${name}`)
      const file = (id: number): string => at(`b${id}.${name}`)
      await feeds.write({ uri, batchItems: 2 }, [1, 2, 3])
      await feeds.dieAfter({ uri, batchItems: 2 }, [4])
      await feeds.write({ uri, batchItems: 2 }, [5])
      expect(batches()).toEqual([1, 2, 3, 4].map((id) => `b${id}.${name}`))
      expect(await Promise.all([1, 2, 3, 4].map((id) => idsInFeed(file(id))))).toEqual([[1, 2], [3], [4], [5]])
      await feeds.dieAfter({ uri, batchItems: 2 }, [6])
      await feeds.write({ uri, batchItems: 2, overwrite: true }, [7])
      expect(batches()).toEqual([1, 2, 3, 4].map((id) => `b${id}.${name}`))
      expect(await idsInFeed(file(1))).toEqual([7])
    })
  }

  it('of a page that yields without end are cut where they should be', async () => {
    const feed = await openFeed({ ...options, uri: at('%(batch_id)05d.csv') }, feeds.context)
    for (const id of range(0, 100)) feed.write(item(id))
    await feed.close()
    expect(batches()).toHaveLength(34)
    expect(await idsInFeed(at('00034.csv'))).toEqual([99])
  })

  it('of so many bytes', async () => {
    const feed = await openFeed({ uri: at('%(batch_id)d.jsonl'), batchBytes: 1000 }, feeds.context)
    for (const id of range(0, 100)) feed.write(item(id))
    await feed.close()
    const sizes = batches().map((name) => readFileSync(at(name)).length)
    expect(sizes.length).toBeGreaterThan(3)
    expect(sizes.filter((size) => size < 1000)).toHaveLength(1)
    expect(Math.max(...sizes)).toBeLessThan(1200)
  })

  it('of so many seconds from their first item, also when nothing comes any more', async () => {
    const clock = new FakeClock()
    const feed = await openFeed({ uri: at('%(batch_id)d-%(batch_time)s.jsonl'), batchSeconds: 10 }, { ...feeds.context, clock })
    clock.advance(60_000)
    feed.write(item(1))
    clock.advance(9_000)
    feed.write(item(2))
    await feed.flush()
    expect(batches().some((name) => name.endsWith('.jsonl'))).toBe(false)
    clock.advance(1_000)
    await vi.waitUntil(() => existsSync(at('1-2023-11-14T22-13-20.000+00-00.jsonl')))
    feed.write(item(3))
    await feed.close()
    expect(batches()).toEqual(['1-2023-11-14T22-13-20.000+00-00.jsonl', '2-2023-11-14T22-14-30.000+00-00.jsonl'])
    expect(clock.pending).toBe(0)
  })

  it('by time alone never have one name', async () => {
    const clock = new FakeClock()
    const feed = await openFeed({ uri: at('%(batch_time)s.jsonl'), batchItems: 1 }, { ...feeds.context, clock })
    for (const id of range(0, 20)) feed.write(item(id))
    await feed.close()
    expect(batches()).toHaveLength(20)
  })

  it('without an item are not made', async () => {
    await feeds.write({ ...options, uri: at('%(batch_id)d.json') }, [])
    expect(batches()).toEqual([])
    await feeds.write({ ...options, uri: at('%(batch_id)d.json') }, [1, 2, 3])
    expect(batches()).toEqual(['1.json'])
  })

  it('whose next one cannot begin go on, and the flush tells', async () => {
    const feed = await openFeed({ uri: at('%(batch_id)d/x.jsonl'), batchItems: 2 }, feeds.context)
    writeFileSync(at('2'), 'a file in the way')
    for (const id of range(0, 5)) feed.write(item(id))
    await expect(feed.flush()).rejects.toThrow(/2/)
    rmSync(at('2'))
    await feed.close()
    expect(await idsInFeed(at('1/x.jsonl'))).toEqual([0, 1, 2, 3, 4])
  })

  it('hold no file open while they wait', async () => {
    const feed = await openFeed({ uri: at('%(batch_id)d.jsonl.br'), batchItems: 1 }, feeds.context)
    const open = (): number => readdirSync('/proc/self/fd').length
    const before = open()
    for (const id of range(0, 300)) feed.write(item(id))
    expect(open() - before).toBeLessThan(20)
    await feed.close()
    expect(batches()).toHaveLength(300)
  })

  it('that cannot be stored fail the flush with what is wrong', async () => {
    const feed = await openFeed({ uri: at('%(batch_id)d.jsonl'), batchItems: 2 }, feeds.context)
    for (const id of [1, 2]) feed.write(item(id))
    rmSync(at('1.jsonl.part'))
    feed.write(item(3))
    await expect(feed.flush()).rejects.toThrow(/1\.jsonl\.part.*was deleted/)
    await expect(feed.close()).rejects.toMatchObject({ code: 'ERR_FEED_DELIVERY' })
  })
})
