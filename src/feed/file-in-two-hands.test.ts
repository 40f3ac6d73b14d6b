import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { item, range, useFeedFolder } from '../../test/support/feed-folder.ts'
import { LIVE_KINDS } from '../../test/support/feed-kinds.ts'
import { idsInFeed } from '../../test/support/read-feed.ts'
import { openFeed } from './open-feed.ts'

const feeds = useFeedFolder()
const { at } = feeds

describe('a live file that something else writes to', () => {
  for (const kind of LIVE_KINDS.filter((one) => one !== 'jsonl')) {
    it(`${kind}: stays whole, and the one who comes second is told`, async () => {
      const uri = at(`x.${kind}`)
      const [first, second] = [
        await openFeed({ uri, overwrite: true }, feeds.context),
        await openFeed({ uri, overwrite: true }, feeds.context),
      ]
      for (const id of [1, 2]) {
        first.write(item(id))
        await first.flush()
      }
      second.write(item(3))
      const flushed = second.flush()
      await expect(flushed).rejects.toMatchObject({ code: 'ERR_FEED_WRITE', message: expect.stringContaining(uri) })
      await expect(flushed).rejects.toThrow(/something else writes to the file.*%\(pid\)s/)
      first.write(item(4))
      await first.close()
      await expect(second.close()).rejects.toThrow(/something else/)
      expect(await idsInFeed(uri)).toEqual([1, 2, 4])
    })
  }

  it('jsonl: takes what several append to it', async () => {
    const uri = at('x.jsonl')
    const [first, second] = [await openFeed({ uri }, feeds.context), await openFeed({ uri }, feeds.context)]
    for (const id of range(0, 50)) {
      for (const feed of [first, second]) {
        feed.write(item(id))
        await feed.flush()
      }
    }
    await Promise.all([first.close(), second.close()])
    expect(await idsInFeed(uri)).toHaveLength(100)
  })

  it('jsonl: is not cut where a line broke off, once another has repaired it and gone on', async () => {
    const uri = at('x.jsonl')
    writeFileSync(uri, '{"id": 1}\n{"id": 2, "te')
    const [first, second] = [await openFeed({ uri }, feeds.context), await openFeed({ uri }, feeds.context)]
    for (const id of [3, 4]) first.write(item(id))
    await first.flush()
    second.write(item(5))
    await expect(second.flush()).rejects.toThrow(/something else/)
    await first.close()
    expect(await idsInFeed(uri)).toEqual([1, 3, 4])
  })

  it('jsonl: is not replaced once another has replaced it', async () => {
    const uri = at('x.jsonl')
    await feeds.write({ uri }, [0])
    const [first, second] = [
      await openFeed({ uri, overwrite: true }, feeds.context),
      await openFeed({ uri, overwrite: true }, feeds.context),
    ]
    for (const id of [1, 2]) first.write(item(id))
    await first.flush()
    second.write(item(3))
    await expect(second.flush()).rejects.toThrow(/something else/)
    await first.close()
    expect(await idsInFeed(uri)).toEqual([1, 2])
  })

  it('is not taken away by a feed that is given up', async () => {
    const uri = at('x.json')
    const idle = await openFeed({ uri, storeEmpty: false }, feeds.context)
    await feeds.write({ uri }, [1])
    await idle.close()
    expect(await idsInFeed(uri)).toEqual([1])
  })
})

describe('a file that is deleted or replaced while it is written', () => {
  const away = {
    deleted: (path: string) => rmSync(path),
    replaced: (path: string) => {
      writeFileSync(`${path}.new`, 'theirs')
      renameSync(`${path}.new`, path)
    },
  }
  for (const [what, take] of Object.entries(away)) {
    for (const options of [{}, { place: 'atEnd' as const }]) {
      it(`${what}, ${options.place ?? 'live'}: fails the next flush, whose pages would be counted as done`, async () => {
        const uri = at('x.jsonl')
        const feed = await openFeed({ uri, ...options }, feeds.context)
        feed.write(item(1))
        await feed.flush()
        take(options.place === undefined ? uri : `${uri}.part`)
        feed.write(item(2))
        await expect(feed.flush()).rejects.toMatchObject({
          code: 'ERR_FEED_WRITE',
          message: expect.stringMatching(/was deleted or replaced/),
        })
        await expect(feed.close()).rejects.toThrow(/deleted or replaced/)
        if (what === 'replaced' && options.place === undefined) expect(readFileSync(uri, 'utf8')).toBe('theirs')
      })
    }
  }
})
