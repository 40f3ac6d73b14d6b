import { describe, expect, it } from 'vitest'
import { useFeedFolder } from '../../test/support/feed-folder.ts'
import { idsInFeed } from '../../test/support/read-feed.ts'
import type { FeedOptions } from './contract.ts'
import { openFeed } from './open-feed.ts'

const feeds = useFeedFolder()
const { at } = feeds

describe('options of a feed', () => {
  const wrong: readonly [options: object, message: RegExp][] = [
    [{ overwite: true }, /no option "overwite"; did you mean overwrite\?/],
    [{ batchItem: 5 }, /did you mean batchItems\?/],
    [{ constructor: 1 }, /no option "constructor"/],
    [{ xyzzy: 5 }, /no option "xyzzy"$/],
    [{ overwrite: 'yes' }, /overwrite: "yes"; expected true or false/],
    [{ filter: 'price > 3' }, /expected a function of an item/],
    [{ itemTypes: ['Book'] }, /expected a list of classes/],
    [{ batchItems: 0 }, /expected a whole number above 0/],
    [{ batchItems: 1.5 }, /expected a whole number above 0/],
    [{ batchSeconds: Number.POSITIVE_INFINITY }, /expected a number of seconds above 0/],
    [{ place: 'later' }, /expected one of 'live', 'atEnd'/],
    [{ compression: 'lzma' }, /expected one of 'none', 'gzip', 'brotli', 'zstd'/],
    [{ quote: 'some' }, /expected one of/],
    [{ fields: 'a,b' }, /expected a list of names/],
    [{ fields: [] }, /with at least one/],
    [{ fields: {} }, /with at least one/],
    [{ columns: { a: 'string' } }, /only parquet has `columns`/],
    [{ upload: 'grow' }, /for s3: only/],
    [{ s3: {} }, /for s3: only/],
    [{ spoolFolder: 'x' }, /for s3: and ftp:/],
    [{ batchItems: 5 }, /names of their own: put %\(batch_id\)d/],
    [{ uri: 'x-%(batch_id)d.jsonl' }, /no batches: set `batchItems`/],
    [{ uri: 'x-%(batch_id)d.jsonl', batchItems: 3, place: 'live' }, /cannot be `place: 'live'`/],
    [{ uri: 'x.parquet', place: 'live' }, /cannot be `place: 'live'`/],
    [{ uri: 'x.json.br', place: 'live' }, /cannot be `place: 'live'`/],
    [{ uri: 's3://media/x.parquet', upload: 'grow' }, /is parquet, which is written when/],
    [{ uri: '-', format: 'parquet' }, /cannot be written to standard output/],
    [{ uri: '-', place: 'atEnd' }, /is standard output/],
    [{ uri: 'ftp://me:secret@host/x.json', batchItems: 5 }, /the feed "ftp:\/\/host\/x\.json"/],
  ]
  for (const [options, message] of wrong) {
    it(`refuses ${JSON.stringify(options)}`, async () => {
      await expect(openFeed({ uri: at('x.jsonl'), ...options } as FeedOptions, feeds.context)).rejects.toMatchObject({
        name: 'UsageError',
        code: 'ERR_FEED_OPTION',
        message: expect.stringMatching(message),
      })
      expect(feeds.names()).toEqual([])
    })
  }

  it('may be undefined', async () => {
    const options = { uri: at('x.jsonl'), filter: undefined, batchItems: undefined } as unknown as FeedOptions
    await (await openFeed(options, feeds.context)).close()
    expect(feeds.names()).toEqual(['x.jsonl'])
  })

  it('compression needs no extension', async () => {
    const feed = await openFeed({ uri: at('x.jsonl'), compression: 'none' }, feeds.context)
    feed.write({ id: 1 })
    await feed.close()
    expect(await idsInFeed(at('x.jsonl'))).toEqual([1])
    await (await openFeed({ uri: at('y'), format: 'jsonl', compression: 'zstd' }, feeds.context)).close()
    expect(feeds.names()).toEqual(['x.jsonl', 'y'])
  })
})

describe('which items a feed takes', () => {
  class Book {
    readonly id: number
    constructor(id: number) {
      this.id = id
    }
  }
  class Novel extends Book {}

  it('those that its filter and its types let through', async () => {
    const feed = await openFeed(
      { uri: at('x.jsonl'), itemTypes: [Novel, Date], filter: (item) => (item as Book).id > 2 },
      feeds.context,
    )
    for (const item of [new Book(5), new Novel(1), new Novel(3), { id: 7 }]) feed.write(item)
    await feed.flush()
    await feed.close()
    expect(await idsInFeed(at('x.jsonl'))).toEqual([3])
    expect([feed.count, feed.format, feed.uri]).toEqual([1, 'jsonl', at('x.jsonl')])
  })

  it('fails for a filter that does not answer, and with what a filter throws', async () => {
    for (const [filter, what] of [
      [async () => false, /returned a promise/],
      [() => undefined, /returned undefined/],
      [() => 1, /returned number/],
    ] as const) {
      const feed = await openFeed({ uri: at('x.jsonl'), filter } as unknown as FeedOptions, feeds.context)
      expect(() => feed.write({})).toThrow(
        expect.objectContaining({ code: 'ERR_FEED_FILTER', message: expect.stringMatching(what) }),
      )
      await feed.close()
    }
    const error = new Error('mine')
    const feed = await openFeed(
      {
        uri: at('x.jsonl'),
        filter() {
          throw error
        },
      },
      feeds.context,
    )
    expect(() => feed.write({})).toThrow(error)
    await feed.close()
  })
})
