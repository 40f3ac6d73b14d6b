import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { item, range, useFeedFolder } from '../../../test/support/feed-folder.ts'
import { SPOOLED_KINDS } from '../../../test/support/feed-kinds.ts'
import { idsInFeed, textOfFeed } from '../../../test/support/read-feed.ts'
import { openFeed } from '../open-feed.ts'

const feeds = useFeedFolder()
const { at } = feeds

for (const { name, options, appendable } of SPOOLED_KINDS) {
  describe(`${name}${options.place === undefined ? '' : ' at the end'}`, () => {
    const uri = (): string => at(`x.${name}`)

    it('is in its place when it is whole, and not before; nothing else is left', async () => {
      const feed = await openFeed({ uri: at(`new/folder/x.${name}`), ...options }, feeds.context)
      for (const id of range(0, 1000)) {
        feed.write(item(id))
        if (id % 7 === 0) await feed.flush()
      }
      expect(readdirSync(at('new/folder')).sort()).toEqual([`x.${name}.part`, `x.${name}.part.lock`])
      await feed.close()
      await feed.close()
      expect(readdirSync(at('new/folder'))).toEqual([`x.${name}`])
      expect(await idsInFeed(at(`new/folder/x.${name}`))).toEqual(range(0, 1000))
      expect(feed.count).toBe(1000)
      expect(() => feed.write(item(1))).toThrow(expect.objectContaining({ code: 'ERR_FEED_CLOSED' }))
    })

    it('is a whole document without items, or none where none is wanted', async () => {
      await feeds.write({ uri: uri(), ...options }, [])
      expect(await idsInFeed(uri())).toEqual([])
      await feeds.write({ uri: at(`y.${name}`), storeEmpty: false, ...options }, [])
      expect(feeds.names()).toEqual([`x.${name}`])
    })

    it('-O leaves what is there until the end, and then replaces it', async () => {
      await feeds.write({ uri: uri(), ...options }, [1, 2, 3])
      const feed = await openFeed({ uri: uri(), overwrite: true, ...options }, feeds.context)
      feed.write(item(9))
      await feed.flush()
      expect(await idsInFeed(uri())).toEqual([1, 2, 3])
      await feed.close()
      expect(await idsInFeed(uri())).toEqual([9])
      await feeds.write({ uri: uri(), overwrite: true, ...options }, [])
      expect(await idsInFeed(uri())).toEqual([])
      expect(feeds.names()).toEqual([`x.${name}`])
    })

    it('what a dead process left is taken up by -o, and dropped by -O', async () => {
      await feeds.dieAfter({ uri: uri(), ...options }, [1, 2])
      expect(existsSync(uri())).toBe(false)
      await feeds.dieAfter({ uri: uri(), ...options }, [3])
      await feeds.write({ uri: uri(), ...options }, [4])
      expect(await idsInFeed(uri())).toEqual([1, 2, 3, 4])
      await feeds.dieAfter({ uri: uri(), overwrite: true, ...options }, [5])
      await feeds.write({ uri: uri(), ...options }, [])
      expect(await idsInFeed(uri())).toEqual([5])
      await feeds.dieAfter({ uri: uri(), overwrite: true, ...options }, [6])
      await feeds.write({ uri: uri(), overwrite: true, ...options }, [7])
      expect(await idsInFeed(uri())).toEqual([7])
      expect(feeds.names()).toEqual([`x.${name}`])
    })

    if (appendable) {
      it('-o goes on in what is there', async () => {
        await feeds.write({ uri: uri(), ...options }, [1, 2])
        const before = readFileSync(uri())
        await feeds.write({ uri: uri(), ...options }, [])
        expect(readFileSync(uri())).toEqual(before)
        await feeds.write({ uri: uri(), ...options }, [3])
        await feeds.write({ uri: uri(), ...options }, [4])
        expect(await idsInFeed(uri())).toEqual([1, 2, 3, 4])
        await feeds.dieAfter({ uri: uri(), ...options }, [5])
        expect(await idsInFeed(uri())).toEqual([1, 2, 3, 4])
        await feeds.write({ uri: uri(), ...options }, [6])
        expect(await idsInFeed(uri())).toEqual([1, 2, 3, 4, 5, 6])
        expect(feeds.names()).toEqual([`x.${name}`])
      })
    } else {
      it('-o refuses what is there, and leaves it alone', async () => {
        await feeds.write({ uri: uri(), ...options }, [1, 2])
        await expect(openFeed({ uri: uri(), ...options }, feeds.context)).rejects.toMatchObject({
          name: 'UsageError',
          code: 'ERR_FEED_APPEND',
          message: expect.stringContaining('%(time)s'),
        })
        expect(await idsInFeed(uri())).toEqual([1, 2])
        expect(feeds.names()).toEqual([`x.${name}`])
      })
    }
  })
}

describe('a feed that comes to its place at the end', () => {
  for (const name of ['x.json', 'x.json.gz']) {
    it(`${name}: replaces what a link leads to on another disk`, async () => {
      const elsewhere = mkdtempSync('/dev/shm/skein-feed-')
      try {
        writeFileSync(join(elsewhere, name), 'before')
        symlinkSync(join(elsewhere, name), at(name))
        await feeds.write({ uri: at(name), place: 'atEnd', overwrite: true }, [1])
        expect(await idsInFeed(join(elsewhere, name))).toEqual([1])
        expect(readdirSync(elsewhere)).toEqual([name])
        expect(feeds.names()).toEqual([name])
      } finally {
        rmSync(elsewhere, { recursive: true })
      }
    })
  }

  it('cannot go to a device, a folder, or through a file', async () => {
    mkdirSync(at('dir.json'))
    writeFileSync(at('file'), '')
    for (const uri of ['/dev/full', at('dir.json'), at('file/x.json'), '/proc/self/x.json']) {
      await expect(openFeed({ uri, format: 'json', place: 'atEnd' }, feeds.context)).rejects.toMatchObject({
        name: 'UsageError',
        code: 'ERR_FEED_OPEN',
      })
    }
  })

  it('says what is wrong with a file that cannot be unpacked', async () => {
    writeFileSync(at('x.jsonl.br'), 'plain')
    writeFileSync(at('x.jsonl.zst'), 'plain')
    for (const uri of [at('x.jsonl.br'), at('x.jsonl.zst')]) {
      await expect(openFeed({ uri }, feeds.context)).rejects.toMatchObject({ name: 'UsageError', code: 'ERR_FEED_APPEND' })
    }
    expect(feeds.names()).toEqual(['x.jsonl.br', 'x.jsonl.zst'])
  })

  it('packs what is bigger than one frame', async () => {
    const text = 'abcdefghij'.repeat(60_000)
    for (const name of ['x.jsonl.zst', 'x.jsonl.br']) {
      for (const id of [1, 2]) {
        const feed = await openFeed({ uri: at(name) }, feeds.context)
        for (let i = 0; i < 10; i++) feed.write({ id: id * 10 + i, text })
        await feed.close()
      }
      expect(await idsInFeed(at(name))).toEqual(range(10, 30))
      expect(textOfFeed(at(name)).length).toBeGreaterThan(12_000_000)
    }
  })
})
