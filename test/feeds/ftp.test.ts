import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { FeedOptions } from '../../src/feed/contract.ts'
import { openFeed } from '../../src/feed/open-feed.ts'
import { FtpTarget } from '../../src/feed/targets/ftp-target.ts'
import { useFeedFolder } from '../support/feed-folder.ts'
import { type FtpServer, startFtpServer } from '../support/ftp-server.ts'
import { idsInFeed } from '../support/read-feed.ts'

/** `npm test` says why the packages are missing, where they are; run by hand, this suite fails without them. */
const missing = process.env['SKEIN_NO_FEED_TOOLS'] !== undefined

describe.skipIf(missing)('feeds on an FTP server', () => {
  let server: FtpServer
  const feeds = useFeedFolder()
  let spoolFolder: string

  beforeAll(async () => {
    server = await startFtpServer()
  })
  afterAll(() => server.close())
  beforeEach(() => {
    spoolFolder = feeds.path
  })
  afterEach(() => {
    for (const name of readdirSync(server.folder)) rmSync(join(server.folder, name), { recursive: true })
  })

  const spools = (): string[] => feeds.names('.part')

  async function writeItems(options: FeedOptions, ids: readonly number[]): Promise<void> {
    await feeds.write({ spoolFolder, ...options }, ids)
  }

  async function failure(promise: Promise<unknown>): Promise<Error> {
    const error = await promise.then(
      () => new Error('it went well'),
      (reason: Error) => reason,
    )
    expect(`${error.stack} ${(error.cause as Error | undefined)?.stack}`).not.toMatch(/s3cr/)
    return error
  }

  for (const name of ['x.jsonl', 'x.json.gz', 'x.csv.br', 'x.xml.zst', 'x.parquet']) {
    it(`${name}: arrives whole, in folders that are made`, async () => {
      const feed = await openFeed({ uri: `${server.url}/a/b c/${name}`, spoolFolder }, feeds.context)
      for (let id = 0; id < 500; id++) feed.write({ id, text: 'é' })
      await feed.flush()
      expect(existsSync(join(server.folder, 'a/b c', name))).toBe(false)
      await feed.close()
      expect(await idsInFeed(join(server.folder, 'a/b c', name))).toHaveLength(500)
      expect(readdirSync(join(server.folder, 'a/b c'))).toEqual([name])
      expect(spools()).toEqual([])
      expect(feed.uri).toBe(`ftp://127.0.0.1:${server.port}/a/b c/${name}`)
    })
  }

  it('-o refuses what is there, -O replaces it', async () => {
    const uri = `${server.url}/x.json`
    await writeItems({ uri }, [1])
    expect(await failure(openFeed({ uri, spoolFolder }, feeds.context))).toMatchObject({
      name: 'UsageError',
      code: 'ERR_FEED_APPEND',
    })
    await writeItems({ uri, overwrite: true }, [2])
    expect(await idsInFeed(join(server.folder, 'x.json'))).toEqual([2])
    expect(spools()).toEqual([])
  })

  it('batches go on behind those that are there', async () => {
    const uri = `${server.url}/%(name)s/%(batch_id)03d.csv`
    for (const ids of [[1, 2, 3], [4], [5, 6, 7, 8, 9], [10]]) await writeItems({ uri, batchItems: 2 }, ids)
    const files = readdirSync(join(server.folder, 'books')).sort()
    expect(files).toEqual(['001.csv', '002.csv', '003.csv', '004.csv', '005.csv', '006.csv', '007.csv'])
    expect(await idsInFeed(join(server.folder, 'books/006.csv'))).toEqual([9])
  })

  it('what a dead process left arrives with the next run, under its own name too', async () => {
    const uri = `${server.url}/%(time)s.jsonl`
    const feed = await openFeed({ uri, spoolFolder }, feeds.context)
    feed.write({ id: 1 })
    await feed.flush()
    feeds.die()
    feeds.context = { ...feeds.context, startTime: new Date(60_000) }
    await writeItems({ uri }, [2])
    expect(await idsInFeed(join(server.folder, '1970-01-01T00-00-00+00-00.jsonl'))).toEqual([1])
    expect(await idsInFeed(join(server.folder, '1970-01-01T00-01-00+00-00.jsonl'))).toEqual([2])
    expect(spools()).toEqual([])
  })

  it('says before the crawl what is wrong, and never the password', async () => {
    const wrong = server.url.replace('s3cr', 's3crX')
    expect((await failure(openFeed({ uri: `${wrong}/x.json`, spoolFolder }, feeds.context))).message).toMatch(
      /refuses the user or the password/,
    )
    const gone = await startFtpServer()
    await gone.close()
    expect((await failure(openFeed({ uri: `${gone.url}/x.json`, spoolFolder }, feeds.context))).message).toMatch(
      /cannot be reached/,
    )
    // may not write; may not rename
    for (const permissions of ['elr', 'elradmwMT']) {
      const strict = await startFtpServer(permissions)
      try {
        expect((await failure(openFeed({ uri: `${strict.url}/x.json`, spoolFolder }, feeds.context))).message).toMatch(
          /does not let this user write/,
        )
      } finally {
        await strict.close()
      }
    }
    expect(readdirSync(spoolFolder)).toEqual([])
  })

  it('leaves a file on its way alone when another process asks whether it may write', async () => {
    const path = join(server.folder, 'x.json')
    writeFileSync(`${path}.part`, 'half')
    await openFeed({ uri: `${server.url}/x.json`, spoolFolder }, feeds.context)
    expect(readFileSync(`${path}.part`, 'utf8')).toBe('half')
    expect(readdirSync(server.folder)).toEqual(['x.json.part'])
  })

  it('takes nothing away when what was sent is gone before it could take its place', async () => {
    const target = await FtpTarget.open(server.url)
    const path = join(server.folder, 'x.json')
    writeFileSync(path, 'theirs')
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('ours')
      await vi.waitUntil(() => existsSync(`${path}.part`))
      rmSync(`${path}.part`)
    }
    await failure(target.put('/x.json', pieces()))
    expect(readFileSync(path, 'utf8')).toBe('theirs')
  })

  it('keeps the items when the server goes, and the next run brings them', async () => {
    const first = await startFtpServer()
    const uri = `${first.url}/x.json`
    const feed = await openFeed({ uri, spoolFolder }, feeds.context)
    feed.write({ id: 1 })
    await feed.flush()
    await first.close()
    const error = await failure(feed.close())
    expect(error).toMatchObject({
      code: 'ERR_FEED_DELIVERY',
      message: expect.stringMatching(/cannot be reached.*safe in .*\.part/),
    })
    expect(spools()).toHaveLength(1)
  })
})
