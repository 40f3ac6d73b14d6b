import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { item, useFeedFolder } from '../../test/support/feed-folder.ts'
import { LIVE_KINDS } from '../../test/support/feed-kinds.ts'
import { idsInFeed } from '../../test/support/read-feed.ts'
import { openFeed, openFeeds } from './open-feed.ts'

const feeds = useFeedFolder()
const { at } = feeds

it('a feed is told of by the name that its file has', async () => {
  for (const name of ['%(name)s-%(time)s.jsonl', '%(name)s-%(time)s.jsonl.br']) {
    const feed = await openFeed({ uri: at(name) }, feeds.context)
    await feed.close()
    expect(existsSync(feed.uri)).toBe(true)
  }
  const batched = await openFeed({ uri: at('%(name)s-%(batch_id)d.jsonl'), batchItems: 5 }, feeds.context)
  await batched.close()
  expect(batched.uri).toBe(at('%(name)s-%(batch_id)d.jsonl'))
})

describe('storeEmpty: false', () => {
  it('leaves no file that was not there, and what was there as it was', async () => {
    for (const overwrite of [true, false]) {
      const feed = await openFeed({ uri: at('x.json'), storeEmpty: false, overwrite }, feeds.context)
      await feed.flush()
      await feed.close()
      expect(existsSync(at('x.json'))).toBe(false)
      writeFileSync(at('y.json'), '[{"id": 1}]')
      await feeds.write({ uri: at('y.json'), storeEmpty: false, overwrite }, [])
      expect(await idsInFeed(at('y.json'))).toEqual([1])
    }
  })

  it('writes as ever when there is an item', async () => {
    await feeds.write({ uri: at('x.json'), storeEmpty: false }, [1])
    expect(await idsInFeed(at('x.json'))).toEqual([1])
  })
})

describe('what cannot be written is known before the crawl', () => {
  async function refusal(uri: string): Promise<void> {
    await expect(openFeed({ uri }, feeds.context)).rejects.toMatchObject({
      name: 'UsageError',
      code: 'ERR_FEED_OPEN',
      message: expect.stringContaining(uri),
    })
  }

  it('a directory', async () => {
    mkdirSync(at('dir.json'))
    await refusal(at('dir.json'))
  })

  it('a path through a file', async () => {
    writeFileSync(at('file'), '')
    await refusal(at('file/x.json'))
    await refusal(at('file/deeper/x.json'))
  })

  it('a name that is too long', () => refusal(at(`${'x'.repeat(300)}.json`)))

  it('a place that the kernel does not let anybody write', () => refusal('/proc/self/status.json'))

  it('a file without permission, where permissions hold', async () => {
    writeFileSync(at('x.json'), '[]')
    chmodSync(at('x.json'), 0o444)
    if (process.getuid?.() !== 0) await refusal(at('x.json'))
    else await feeds.write({ uri: at('x.json') }, [1])
  })

  it('a pipe that nobody reads, without waiting for a reader', async () => {
    execFileSync('mkfifo', [at('pipe.json')])
    await expect(openFeed({ uri: at('pipe.json') }, feeds.context)).rejects.toThrow(/pipe that nobody reads/)
  })

  it('wrong options, without leaving a file', async () => {
    await expect(openFeed({ uri: at('x.csv'), delimiter: '::' }, feeds.context)).rejects.toMatchObject({
      code: 'ERR_FEED_DELIMITER',
    })
    await expect(openFeed({ uri: at('x.xml'), rootElement: '1' }, feeds.context)).rejects.toMatchObject({
      code: 'ERR_FEED_ELEMENT',
    })
    expect(existsSync(at('x.csv')) || existsSync(at('x.xml'))).toBe(false)
  })
})

describe('several feeds', () => {
  it('are all written', async () => {
    const opened = await openFeeds(
      LIVE_KINDS.map((kind) => ({ uri: at(`x.${kind}`) })),
      feeds.context,
    )
    for (const feed of opened) feed.write(item(1))
    for (const feed of opened) await feed.close()
    for (const kind of LIVE_KINDS) expect(await idsInFeed(at(`x.${kind}`))).toEqual([1])
  })

  it('may not share a file, whatever name it goes by', async () => {
    writeFileSync(at('a.jsonl'), '')
    symlinkSync(at('a.jsonl'), at('b.jsonl'))
    linkSync(at('a.jsonl'), at('c.jsonl'))
    for (const other of ['a.jsonl', './a.jsonl', 'b.jsonl', 'c.jsonl']) {
      const list = [{ uri: at('a.jsonl') }, { uri: `${feeds.path}/${other}` }]
      await expect(openFeeds(list, feeds.context)).rejects.toMatchObject({ name: 'UsageError', code: 'ERR_FEED_TWICE' })
    }
    await expect(openFeeds([{ uri: '-' }, { uri: '-', format: 'csv' }], feeds.context)).rejects.toMatchObject({
      code: 'ERR_FEED_TWICE',
    })
    await expect(openFeeds([{ uri: at('n.json') }, { uri: at('n.json') }], feeds.context)).rejects.toMatchObject({
      code: 'ERR_FEED_TWICE',
    })
    expect(existsSync(at('n.json'))).toBe(false)
  })

  it('touch nothing when one of them cannot be opened', async () => {
    writeFileSync(at('old.json'), '[{"id": 1}]')
    mkdirSync(at('dir.json'))
    const list = [{ uri: at('old.json'), overwrite: true }, { uri: at('new.json') }, { uri: at('dir.json') }]
    await expect(openFeeds(list, feeds.context)).rejects.toMatchObject({ code: 'ERR_FEED_OPEN' })
    expect(await idsInFeed(at('old.json'))).toEqual([1])
    expect(existsSync(at('new.json'))).toBe(false)
  })
})
