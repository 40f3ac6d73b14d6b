import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { item, range, useFeedFolder } from '../../test/support/feed-folder.ts'
import { APPENDABLE_KINDS, SPOOLED_KINDS } from '../../test/support/feed-kinds.ts'
import { disk } from '../../test/support/full-disk.ts'
import { idsInFeed } from '../../test/support/read-feed.ts'
import { openFeed } from './open-feed.ts'

vi.mock('node:fs', async (importOriginal) => (await import('../../test/support/full-disk.ts')).withDisk(importOriginal))

const feeds = useFeedFolder()
const { at } = feeds

beforeEach(() => void Object.assign(disk, { capacity: Number.POSITIVE_INFINITY, ending: '' }))

describe('a disk that is full', () => {
  it('fails the flush with what happened and what to do, and close too', async () => {
    const feed = await openFeed({ uri: '/dev/full', format: 'json' }, feeds.context).catch((error: unknown) => error)
    // a device is written to when there is something to write: the empty document comes at the end
    expect(feed).not.toBeInstanceOf(Error)
    const open = feed as Awaited<ReturnType<typeof openFeed>>
    open.write(item(1))
    const flushed = open.flush()
    await expect(flushed).rejects.toMatchObject({ name: 'SkeinError', code: 'ERR_FEED_WRITE' })
    await expect(flushed).rejects.toThrow(/\/dev\/full.*no space left \(ENOSPC\)\. Free some/)
    await expect(open.close()).rejects.toMatchObject({ code: 'ERR_FEED_WRITE' })
  })

  for (const kind of ['jsonl', 'json', 'csv', 'xml', 'jsonl.gz', 'json.gz'] as const) {
    it(`${kind}: leaves the file as whole as it was, and goes on when there is room again`, async () => {
      const uri = at(`x.${kind}`)
      const feed = await openFeed({ uri }, feeds.context)
      disk.capacity = 20_000
      let id = 0
      let stored = 0
      let failure: unknown
      while (failure === undefined) {
        for (let i = 0; i < 10; i++) feed.write(randomish(id++))
        await feed.flush().then(
          () => {
            stored = id
          },
          (error: unknown) => {
            failure = error
          },
        )
      }
      expect(failure).toMatchObject({ code: 'ERR_FEED_WRITE', message: expect.stringContaining(uri) })
      expect(stored).toBeGreaterThan(10)
      expect(await idsInFeed(uri)).toHaveLength(stored)
      await expect(feed.flush()).rejects.toMatchObject({ code: 'ERR_FEED_WRITE' })
      expect(await idsInFeed(uri)).toHaveLength(stored)
      disk.capacity = Number.POSITIVE_INFINITY
      await feed.close()
      expect(await idsInFeed(uri)).toEqual(range(0, id))
    })
  }

  for (const kind of APPENDABLE_KINDS) {
    it(`${kind}: leaves what was appended to as it was`, async () => {
      const uri = at(`x.${kind}`)
      await feeds.write({ uri }, [1, 2])
      const before = readFileSync(uri)
      disk.capacity = before.length + 5
      const feed = await openFeed({ uri }, feeds.context)
      feed.write(randomish(3))
      await expect(feed.flush()).rejects.toMatchObject({ code: 'ERR_FEED_WRITE' })
      expect(readFileSync(uri)).toEqual(before)
      await expect(feed.close()).rejects.toMatchObject({ code: 'ERR_FEED_WRITE' })
      expect(readFileSync(uri)).toEqual(before)
    })
  }

  it('tells the flush, and not the item that happened to fill the memory', async () => {
    const feed = await openFeed({ uri: at('x.json') }, feeds.context)
    disk.capacity = 1000
    for (let id = 0; id < 4; id++) feed.write({ id, text: 'x'.repeat(600_000) })
    await expect(feed.flush()).rejects.toMatchObject({ code: 'ERR_FEED_WRITE' })
    disk.capacity = Number.POSITIVE_INFINITY
    await feed.close()
    expect(await idsInFeed(at('x.json'))).toEqual([0, 1, 2, 3])
  })
})

/** Text that gzip cannot make small. */
function randomish(id: number): object {
  return { id, text: `${String(Math.sin(id)).slice(2).repeat(2)} ${Math.cos(id)} é` }
}

for (const { name, options } of SPOOLED_KINDS) {
  describe(`a disk that is full, ${name}${options.place === undefined ? '' : ' at the end'}`, () => {
    const uri = (): string => at(`x.${name}`)

    it('fails the flush, and keeps what was flushed', async () => {
      const feed = await openFeed({ uri: uri(), ...options }, feeds.context)
      disk.ending = '.part'
      disk.capacity = 5000
      let id = 0
      let stored = 0
      let failure: unknown
      while (failure === undefined) {
        feed.write(item(id++))
        await feed.flush().then(
          () => {
            stored = id
          },
          (error: unknown) => {
            failure = error
          },
        )
      }
      expect(failure).toMatchObject({ code: 'ERR_FEED_WRITE', message: expect.stringContaining('no space left') })
      expect(stored).toBeGreaterThan(10)
      await expect(feed.close()).rejects.toMatchObject({
        code: 'ERR_FEED_DELIVERY',
        message: expect.stringContaining(`safe in ${uri()}.part`),
      })
      disk.capacity = Number.POSITIVE_INFINITY
      await feeds.write({ uri: uri(), ...options }, [id])
      expect(await idsInFeed(uri())).toEqual([...range(0, stored), id])
    })

    if (options.place === undefined || name.endsWith('.gz')) {
      it('is full at the end: keeps the items for the next run, and what was there', async () => {
        await feeds.write({ uri: uri(), ...options }, [0])
        const feed = await openFeed({ uri: uri(), overwrite: true, ...options }, feeds.context)
        for (const id of range(1, 100)) feed.write(item(id))
        disk.ending = '.out'
        disk.capacity = 30
        await expect(feed.close()).rejects.toMatchObject({
          code: 'ERR_FEED_DELIVERY',
          message: expect.stringMatching(/no space left .*safe in .*\.part/),
        })
        expect(await idsInFeed(uri())).toEqual([0])
        expect(feeds.names()).toEqual([`x.${name}`, `x.${name}.part`])
        disk.capacity = Number.POSITIVE_INFINITY
        await feeds.write({ uri: uri(), ...options }, [100])
        expect(await idsInFeed(uri())).toEqual(range(1, 101))
      })
    }
  })
}
