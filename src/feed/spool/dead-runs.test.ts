import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { item, lockAs, useFeedFolder } from '../../../test/support/feed-folder.ts'
import { idsInFeed } from '../../../test/support/read-feed.ts'
import { openFeed, openFeeds } from '../open-feed.ts'

const feeds = useFeedFolder()
const { at } = feeds

describe('a spool', () => {
  it('is written by one process at a time', async () => {
    const uri = at('x.jsonl.br')
    const feed = await openFeed({ uri }, feeds.context)
    const second = openFeed({ uri }, feeds.context)
    await expect(second).rejects.toMatchObject({ name: 'UsageError', code: 'ERR_FEED_BUSY' })
    await expect(second).rejects.toThrow(/%\(host\)s and %\(pid\)s/)
    feed.write(item(1))
    await feed.close()
    expect(await idsInFeed(uri)).toEqual([1])
    await feeds.dieAfter({ uri, overwrite: true }, [2])
    lockAs(`${uri}.part.lock`, { host: 'elsewhere', pid: 1, began: '1' })
    await expect(openFeed({ uri }, feeds.context)).rejects.toMatchObject({ code: 'ERR_FEED_BUSY' })
    rmSync(`${uri}.part.lock`)
    writeFileSync(`${uri}.part.lock`, 'not a lock')
    await feeds.write({ uri }, [3])
    expect(await idsInFeed(uri)).toEqual([2, 3])
  })

  it('of a process whose number another has by now is taken up', async () => {
    const uri = at('x.jsonl.br')
    await feeds.dieAfter({ uri }, [1])
    lockAs(`${uri}.part.lock`, { host: hostname(), pid: process.pid, began: '17' })
    await feeds.write({ uri }, [2])
    expect(await idsInFeed(uri)).toEqual([1, 2])
  })

  it('of another run, under another name, comes to its place when the next run begins', async () => {
    const uri = at('%(name)s-%(time)s.jsonl.zst')
    for (const overwrite of [false, true]) {
      const first = at(`books-1970-01-01T00-00-0${overwrite ? 1 : 0}+00-00.jsonl.zst`)
      feeds.context = { ...feeds.context, startTime: new Date(overwrite ? 1000 : 0) }
      await feeds.dieAfter({ uri, overwrite }, [1, 2])
      feeds.context = { ...feeds.context, startTime: new Date(60_000) }
      const feed = await openFeed({ uri, overwrite }, feeds.context)
      expect(await idsInFeed(first)).toEqual([1, 2])
      expect(feeds.told.pop()).toContain('left unfinished by a process that died')
      feed.write(item(3))
      await feed.close()
    }
    expect(await idsInFeed(at('books-1970-01-01T00-01-00+00-00.jsonl.zst'))).toEqual([3])
    expect(feeds.names()).toHaveLength(3)
  })

  it('goes with the halves of files beside it, under its own name and others', async () => {
    for (const half of ['out', 'copy']) {
      for (const name of ['books', 'elsewhere']) writeFileSync(at(`${name}-${hostname()}.jsonl.br.part.${half}`), 'half')
    }
    await feeds.write({ uri: at('%(name)s-%(host)s.jsonl.br'), overwrite: true }, [1])
    expect(feeds.names()).toEqual([
      `books-${hostname()}.jsonl.br`,
      ...['copy', 'out'].map((half) => `elsewhere-${hostname()}.jsonl.br.part.${half}`),
    ])
    await feeds.write({ uri: at('elsewhere-%(host)s.jsonl.br'), overwrite: true }, [1])
    expect(feeds.names()).toHaveLength(2)
  })

  it('that broke off is put in its place whole', async () => {
    const uri = at('%(time)s.json.gz')
    writeFileSync(at('yesterday.json.gz.part'), '[\n{"id": 1},\n{"id": 2, "text": "brok')
    await feeds.write({ uri, place: 'atEnd' }, [3])
    expect(await idsInFeed(at('yesterday.json.gz'))).toEqual([1])
    expect(feeds.told).toEqual([expect.stringContaining('broke off'), expect.stringContaining('left unfinished')])
  })

  it('of another machine is put in its place by -O too: the items are not under the names of this run', async () => {
    const uri = at('%(host)s.jsonl.gz')
    writeFileSync(at('elsewhere.jsonl.gz.part'), '{"id": 1}\n')
    const options = { uri, overwrite: true, place: 'atEnd' } as const
    await feeds.write(options, [2])
    expect(await idsInFeed(at('elsewhere.jsonl.gz'))).toEqual([1])
    expect(await idsInFeed(at(`${hostname()}.jsonl.gz`))).toEqual([2])
    expect(feeds.names()).toHaveLength(2)
  })

  it('is found in folders that are named after runs and batches, and nowhere else', async () => {
    const uri = at('%(name)s/%(time)s/b%(batch_id)02d/x.json.br')
    mkdirSync(at('other/1970-01-01T00-00-00+00-00/b01'), { recursive: true })
    writeFileSync(at('other/1970-01-01T00-00-00+00-00/b01/x.json.br.part'), 'of another spider')
    const feed = await openFeed({ uri, batchItems: 2 }, feeds.context)
    for (const id of [1, 2, 3]) feed.write(item(id))
    await feed.flush()
    const folders = at('books/1970-01-01T00-00-00+00-00')
    await vi.waitUntil(() => existsSync(join(folders, 'b01/x.json.br')) && !existsSync(join(folders, 'b01/x.json.br.part.lock')))
    lockAs(join(folders, 'b02/x.json.br.part.lock'), { host: hostname(), pid: 2 ** 22 + 1, began: '1' })
    feeds.context = { ...feeds.context, startTime: new Date(60_000) }
    await feeds.write({ uri, batchItems: 2 }, [4])
    expect(await idsInFeed(join(folders, 'b01/x.json.br'))).toEqual([1, 2])
    expect(await idsInFeed(join(folders, 'b02/x.json.br'))).toEqual([3])
    expect(readdirSync(join(folders, 'b02'))).toEqual(['x.json.br'])
    expect(readdirSync(at('other/1970-01-01T00-00-00+00-00/b01'))).toEqual(['x.json.br.part'])
    expect(readdirSync(at('books/1970-01-01T00-01-00+00-00'))).toEqual(['b01'])
    expect(await idsInFeed(at('books/1970-01-01T00-01-00+00-00/b01/x.json.br'))).toEqual([4])
  })

  it('of a living process, under another name, is left alone', async () => {
    const uri = at('%(time)s.parquet')
    const living = await openFeed({ uri }, feeds.context)
    living.write(item(1))
    await living.flush()
    await feeds.write({ uri }, []).catch(() => {})
    feeds.context = { ...feeds.context, startTime: new Date(1000) }
    await feeds.write({ uri }, [2])
    living.write(item(3))
    await living.close()
    expect(await idsInFeed(at('1970-01-01T00-00-00+00-00.parquet'))).toEqual([1, 3])
    expect(await idsInFeed(at('1970-01-01T00-00-01+00-00.parquet'))).toEqual([2])
  })

  it('is not touched when another feed of the crawl cannot be opened', async () => {
    await feeds.dieAfter({ uri: at('x.jsonl.br') }, [1])
    mkdirSync(at('dir.json'))
    const before = readFileSync(at('x.jsonl.br.part'))
    for (const overwrite of [true, false]) {
      const list = [{ uri: at('x.jsonl.br'), overwrite }, { uri: at('new.parquet') }, { uri: at('dir.json') }]
      await expect(openFeeds(list, feeds.context)).rejects.toMatchObject({ code: 'ERR_FEED_OPEN' })
      expect(readFileSync(at('x.jsonl.br.part'))).toEqual(before)
      expect(existsSync(at('new.parquet.part'))).toBe(false)
    }
    await feeds.write({ uri: at('x.jsonl.br') }, [2])
    expect(await idsInFeed(at('x.jsonl.br'))).toEqual([1, 2])
  })

  it('and a live feed may not have one place', async () => {
    const live = { uri: at('a.json') }
    const atEnd = { uri: at('a.json'), place: 'atEnd' } as const
    symlinkSync(at('a.json'), at('b.json'))
    for (const list of [
      [live, atEnd],
      [atEnd, live],
      [atEnd, atEnd],
    ]) {
      await expect(openFeeds(list, feeds.context)).rejects.toMatchObject({ code: 'ERR_FEED_TWICE' })
      expect(feeds.names()).toEqual(['b.json'])
    }
  })

  it('replaces what a link leads to, not the link', async () => {
    writeFileSync(at('real.json'), '[]')
    symlinkSync(at('real.json'), at('link.json'))
    await feeds.write({ uri: at('link.json'), place: 'atEnd' }, [1])
    expect(await idsInFeed(at('real.json'))).toEqual([1])
  })
})
