import { execFileSync, spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { item, useFeedFolder } from '../../test/support/feed-folder.ts'
import { LIVE_KINDS } from '../../test/support/feed-kinds.ts'
import { idsInFeed, textOfFeed } from '../../test/support/read-feed.ts'
import { openFeed } from './open-feed.ts'

const feeds = useFeedFolder()
const { at } = feeds

describe('a file is whole', () => {
  for (const kind of LIVE_KINDS) {
    it(`${kind}: as soon as it is open, after every flush, and when it is closed`, async () => {
      const uri = at(`new/folder/x.${kind}`)
      const feed = await openFeed({ uri }, feeds.context)
      expect(await idsInFeed(uri)).toEqual([])
      const ids: number[] = []
      for (let id = 1; id <= 7; id++) {
        for (const next of [id, id + 100]) {
          feed.write(item(next))
          ids.push(next)
        }
        await feed.flush()
        expect(await idsInFeed(uri)).toEqual(ids)
      }
      feed.write(item(999))
      expect(feed.count).toBe(15)
      await feed.close()
      await feed.close()
      expect(await idsInFeed(uri)).toEqual([...ids, 999])
    })

    it(`${kind}: with no item`, async () => {
      await feeds.write({ uri: at(`x.${kind}`) }, [])
      expect(await idsInFeed(at(`x.${kind}`))).toEqual([])
    })

    it(`${kind}: after an item that could not be written`, async () => {
      const feed = await openFeed({ uri: at(`x.${kind}`) }, feeds.context)
      expect(() => feed.write({ id: 1, text: new Map() })).toThrow(/"text"/)
      feed.write(item(2))
      await feed.flush()
      expect(() => feed.write({ id: 3, text: () => 1 })).toThrow(/"text"/)
      feed.write(item(4))
      await feed.close()
      expect(await idsInFeed(at(`x.${kind}`))).toEqual([2, 4])
      expect(feed.count).toBe(2)
    })

    it(`${kind}: written in whatever portions`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(40), { maxLength: 6 }), async (portions) => {
          const uri = at(`x.${kind}`)
          const feed = await openFeed({ uri, overwrite: true }, feeds.context)
          const ids: number[] = []
          for (const portion of portions) {
            for (let i = 0; i < portion; i++) {
              ids.push(ids.length)
              feed.write(item(ids.length - 1))
            }
            await feed.flush()
          }
          await feed.close()
          expect(await idsInFeed(uri)).toEqual(ids)
        }),
        { numRuns: 15 },
      )
    })
  }

  it('holds a page that yields without end back, instead of holding it in memory', async () => {
    const uri = at('x.json')
    const feed = await openFeed({ uri }, feeds.context)
    const text = 'x'.repeat(100_000)
    for (let id = 0; id < 100; id++) feed.write({ id, text })
    expect(statSync(uri).size).toBeGreaterThan(5_000_000)
    expect((await idsInFeed(uri)).length).toBeGreaterThan(50)
    await feed.close()
    expect(await idsInFeed(uri)).toHaveLength(100)
  })

  it('compresses over flushes: the dictionary goes on', async () => {
    const feed = await openFeed({ uri: at('x.jsonl.gz') }, feeds.context)
    for (let id = 0; id < 200; id++) {
      feed.write({ id, url: `https://books.example/catalogue/book-${id}/index.html`, rating: 'Three', availability: 'In stock' })
      await feed.flush()
    }
    await feed.close()
    expect(statSync(at('x.jsonl.gz')).size).toBeLessThan(textOfFeed(at('x.jsonl.gz')).length / 2)
  })
})

describe('-O overwrites', () => {
  for (const kind of LIVE_KINDS) {
    it(`${kind}: at the first flush, not before, and also with less than was there`, async () => {
      const uri = at(`x.${kind}`)
      await feeds.write({ uri }, [1, 2, 3, 4, 5])
      const feed = await openFeed({ uri, overwrite: true }, feeds.context)
      expect(await idsInFeed(uri)).toEqual([1, 2, 3, 4, 5])
      feed.write(item(9))
      await feed.flush()
      expect(await idsInFeed(uri)).toEqual([9])
      await feed.close()
      expect(await idsInFeed(uri)).toEqual([9])
      await feeds.write({ uri, overwrite: true }, [])
      expect(await idsInFeed(uri)).toEqual([])
    })
  }
})

describe('pipes', () => {
  it('get one whole document', async () => {
    execFileSync('mkfifo', [at('pipe.json')])
    const reader = spawn('cat', [at('pipe.json')], { stdio: ['ignore', 'pipe', 'inherit'] })
    const read = text(reader.stdout)
    let feed: Awaited<ReturnType<typeof openFeed>> | undefined
    while (feed === undefined) {
      // cat opens the pipe in its own time
      feed = await openFeed({ uri: at('pipe.json') }, feeds.context).catch(() => undefined)
      if (feed === undefined) await new Promise((resolve) => setImmediate(resolve))
    }
    for (const id of [1, 2]) {
      feed.write(item(id))
      await feed.flush()
    }
    await feed.close()
    expect((JSON.parse(await read) as unknown[]).length).toBe(2)
  })
})
