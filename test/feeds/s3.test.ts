import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { FeedOptions } from '../../src/feed/contract.ts'
import { openFeed } from '../../src/feed/open-feed.ts'
import { range, useFeedFolder } from '../support/feed-folder.ts'
import { idsInFeed } from '../support/read-feed.ts'
import { refuse, type S3Server, startS3Server } from '../support/s3-server.ts'

const MIB = 1024 * 1024

describe('feeds in a bucket', () => {
  let server: S3Server
  const feeds = useFeedFolder()
  const { at, told } = feeds
  let spoolFolder: string
  let s3: FeedOptions['s3']

  beforeAll(async () => {
    server = await startS3Server()
    s3 = { ...server.options, partSize: 5 * MIB, attempts: 1 }
  })
  afterAll(() => server.close())
  beforeEach(() => {
    spoolFolder = at('spools')
    server.fault = undefined
    server.log.length = 0
  })

  const spools = (ending = '.part'): string[] => feeds.names(ending)

  async function idsAt(key: string): Promise<number[]> {
    const path = at(key.replaceAll('/', '_'))
    writeFileSync(path, (await server.object(key))!)
    return idsInFeed(path)
  }

  async function writeItems(options: FeedOptions, ids: readonly number[]): Promise<void> {
    await feeds.write({ spoolFolder, ...options, ...(s3 === undefined ? {} : { s3 }) }, ids)
  }

  for (const name of ['x.jsonl', 'x.json.gz', 'x.csv.br', 'x.xml.zst', 'x.parquet']) {
    it(`${name}: is there as a whole at the end`, async () => {
      const key = `end/${name}`
      const feed = await openFeed({ uri: `s3://media/${key}`, spoolFolder, s3: s3! }, feeds.context)
      for (let id = 0; id < 500; id++) feed.write({ id, text: 'é' })
      await feed.flush()
      expect(await server.object(key)).toBeUndefined()
      expect(spools()).toHaveLength(1)
      await feed.close()
      expect(await idsAt(key)).toHaveLength(500)
      expect(spools()).toEqual([])
    })
  }

  for (const name of ['x.jsonl', 'x.json', 'x.xml.gz', 'x.csv.br', 'x.jsonl.zst']) {
    it(`${name}: is sent while it grows`, async () => {
      const key = `grow/${name}`
      const options = { ...s3!, attempts: 3 }
      const feed = await openFeed({ uri: `s3://media/${key}`, spoolFolder, s3: options, upload: 'grow' }, feeds.context)
      const parts = (): number => server.log.filter((line) => line.includes('partNumber=')).length
      for (let id = 0; id < 200; id++) {
        // noise, so that packed parts fill too
        feed.write({ id, text: randomBytes(45_000).toString('base64') })
        await feed.flush()
      }
      await vi.waitUntil(() => parts() >= 1, { timeout: 15_000 })
      expect(await server.object(key)).toBeUndefined()
      await feed.close()
      expect(parts()).toBeGreaterThanOrEqual(2)
      expect(await idsAt(key)).toEqual(Array.from({ length: 200 }, (_, id) => id))
      expect(spools()).toEqual([])
      expect(await server.uploads()).toEqual([])
    })
  }

  it('what is too small to grow is sent at the end', async () => {
    await writeItems({ uri: 's3://media/grow/small.json', upload: 'grow' }, [1, 2])
    expect(await idsAt('grow/small.json')).toEqual([1, 2])
  })

  it('what fails while it grows is sent as a whole at the end', async () => {
    const feed = await openFeed({ uri: 's3://media/grow/fault.jsonl', spoolFolder, s3: s3!, upload: 'grow' }, feeds.context)
    let failed = 0
    server.fault = (request, response) => {
      if (!request.url!.includes('partNumber=') || failed > 0) return false
      failed++
      return refuse(response, 403, 'AccessDenied')
    }
    const text = 'x'.repeat(1_000_000)
    for (let id = 0; id < 15; id++) {
      feed.write({ id, text })
      await feed.flush()
    }
    await vi.waitUntil(() => told.length > 0)
    expect(told).toEqual([expect.stringMatching(/may not do that.*whole in the end/)])
    await feed.close()
    expect(await idsAt('grow/fault.jsonl')).toHaveLength(15)
    expect(await server.uploads()).toEqual([])
  })

  it('what a dead process left is taken up, whether it grew or not', async () => {
    for (const upload of ['end', 'grow'] as const) {
      const uri = `s3://media/dead/${upload}.json`
      const feed = await openFeed({ uri, spoolFolder, s3: s3!, upload }, feeds.context)
      feed.write({ id: 1 })
      await feed.flush()
      feeds.die()
      await writeItems({ uri, upload }, [2])
      expect(await idsAt(`dead/${upload}.json`)).toEqual([1, 2])
      await expect(openFeed({ uri, spoolFolder, s3: s3! }, feeds.context)).rejects.toMatchObject({ code: 'ERR_FEED_APPEND' })
      await writeItems({ uri, upload, overwrite: true }, [3])
      expect(await idsAt(`dead/${upload}.json`)).toEqual([3])
    }
    expect(spools()).toEqual([])
  })

  it('parts that a dead process had sent are taken back by the next run, and no others', async () => {
    const uri = 's3://media/dead/parts.jsonl'
    const parts = (): number => server.log.filter((line) => line.includes('partNumber=')).length
    const others = await openFeed({ uri: 's3://media/dead/other.jsonl', spoolFolder, s3: s3!, upload: 'grow' }, feeds.context)
    const dying = await openFeed({ uri, spoolFolder, s3: s3!, upload: 'grow' }, feeds.context)
    for (const feed of [others, dying]) {
      for (const id of [1, 2, 3]) {
        feed.write({ id, text: 'x'.repeat(2_000_000) })
        await feed.flush()
      }
    }
    await vi.waitUntil(() => parts() >= 2)
    const [note] = feeds.names('parts.jsonl.part.upload')
    feeds.die()
    expect(await server.uploads()).toHaveLength(2)
    const next = await openFeed({ uri, spoolFolder, s3: s3!, upload: 'end' }, feeds.context)
    expect(await server.uploads()).toHaveLength(1)
    expect(feeds.names('.upload')).toHaveLength(1)
    expect(note).toBeDefined()
    await next.close()
    expect(await idsAt('dead/parts.jsonl')).toEqual([1, 2, 3])
    await others.close()
    expect(await idsAt('dead/other.jsonl')).toEqual([1, 2, 3])
    expect(await server.uploads()).toEqual([])
    expect(spools('.upload')).toEqual([])
  })

  it('parts that cannot be taken back stop nothing, and stay noted', async () => {
    const uri = 's3://media/dead/refused-%(time)s.jsonl'
    const dying = await openFeed({ uri, spoolFolder, s3: s3!, upload: 'grow' }, feeds.context)
    for (const id of [1, 2, 3]) dying.write({ id, text: 'x'.repeat(2_000_000) })
    await dying.flush()
    await vi.waitUntil(async () => (await server.uploads()).length === 1)
    feeds.die()
    feeds.context = { ...feeds.context, startTime: new Date(60_000) }
    server.fault = (request, response) =>
      request.method === 'DELETE' && request.url!.includes('refused') && refuse(response, 403, 'AccessDenied')
    await writeItems({ uri }, [4])
    expect(told).toEqual([expect.stringMatching(/may not do that.*broke off/), expect.stringContaining('was left unfinished')])
    expect(await idsAt('dead/refused-1970-01-01T00-00-00+00-00.jsonl')).toEqual([1, 2, 3])
    expect(await server.uploads()).toHaveLength(1)
    server.fault = undefined
    feeds.context = { ...feeds.context, startTime: new Date(120_000) }
    await writeItems({ uri }, [5])
    expect(await server.uploads()).toEqual([])
    expect(spools('.upload')).toEqual([])
  })

  it('batches arrive as they are whole, and go on behind those that are there', async () => {
    const uri = 's3://media/batches/%(name)s-%(batch_id)02d.jsonl.gz'
    for (const ids of [[1, 2, 3], [4], [5, 6, 7]]) await writeItems({ uri, batchItems: 2 }, ids)
    const keys = (await server.keys()).filter((key) => key.startsWith('batches/')).sort()
    expect(keys).toEqual([1, 2, 3, 4, 5].map((id) => `batches/books-0${id}.jsonl.gz`))
    expect(await idsAt('batches/books-05.jsonl.gz')).toEqual([7])
  })

  it('a bucket that is away for a while stops no batch', async () => {
    const uri = 's3://media/away/%(batch_id)d.jsonl'
    const feed = await openFeed({ uri, spoolFolder, s3: s3!, batchItems: 1 }, feeds.context)
    let down = true
    server.fault = (request, response) => request.method === 'PUT' && down && refuse(response, 503, 'SlowDown')
    for (const id of [1, 2, 3]) {
      feed.write({ id })
      await feed.flush()
    }
    await vi.waitUntil(() => told.length >= 2)
    expect(told[0]).toContain('It is kept')
    down = false
    await feed.close()
    for (const id of [1, 2, 3]) expect(await idsAt(`away/${id}.jsonl`)).toEqual([id])
    expect(spools()).toEqual([])
  })

  it('a bucket that is away in the end is not asked for each batch; the next run brings them all', async () => {
    const uri = 's3://media/gone/%(batch_id)d.jsonl'
    const feed = await openFeed({ uri, spoolFolder, s3: s3!, batchItems: 1 }, feeds.context)
    server.fault = (request, response) => request.method === 'PUT' && refuse(response, 503, 'SlowDown')
    for (const id of range(0, 20)) {
      feed.write({ id })
      await feed.flush()
    }
    await vi.waitUntil(() => told.length === 20)
    server.log.length = 0
    await expect(feed.close()).rejects.toThrow(/safe in .*1\.jsonl\.part, .* and 15 more, and the next crawl/)
    expect(server.log.filter((line) => line.startsWith('PUT'))).toHaveLength(3)
    server.fault = undefined
    await writeItems({ uri, batchItems: 1 }, [])
    for (const id of range(0, 20)) expect(await idsAt(`gone/${id + 1}.jsonl`)).toEqual([id])
    expect(spools()).toEqual([])
  })

  it('what cannot be stored is known before the crawl; what is refused in the end is kept', async () => {
    for (const [uri, options] of [
      ['s3://nowhere/x.json', s3],
      ['s3://media/a\\b.json', s3],
      ['s3://media/x.json', { ...s3, accessKeyId: 'SOMEBODY', secretAccessKey: 'wrong-secret' }],
    ] as const) {
      const error = await openFeed({ uri, overwrite: true, spoolFolder, s3: options! }, feeds.context).catch(
        (reason: Error) => reason as Error,
      )
      expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_STORAGE_/) })
      expect((error as Error).message).not.toContain('wrong-secret')
    }
    expect(spools('.lock')).toEqual([])
    writeFileSync(at('file'), '')
    await expect(
      openFeed({ uri: 's3://media/x.json', spoolFolder: at('file/spools'), s3: s3! }, feeds.context),
    ).rejects.toMatchObject({ name: 'UsageError', code: 'ERR_FEED_OPEN' })
    const feed = await openFeed({ uri: 's3://media/refused.json', spoolFolder, s3: s3! }, feeds.context)
    feed.write({ id: 1 })
    await feed.flush()
    server.fault = (_request, response) => refuse(response, 403, 'AccessDenied')
    await expect(feed.close()).rejects.toMatchObject({ code: 'ERR_FEED_DELIVERY', message: expect.stringMatching(/safe in/) })
    server.fault = undefined
    await writeItems({ uri: 's3://media/refused.json' }, [2])
    expect(await idsAt('refused.json')).toEqual([1, 2])
  })
})
