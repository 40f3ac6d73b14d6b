import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  crawl,
  files,
  type HtmlResponse,
  images,
  type MediaResult,
  MemoryFrontier,
  memoryFrontierOptions,
  resolveSettings,
  Spider,
} from '../../src/index.ts'
import { crawlItems, filesIn, md5, sha1 } from '../support/media-crawl.ts'
import { refuse, type S3Server, startS3Server } from '../support/s3-server.ts'
import { type Site, startSite } from '../support/site.ts'

let site: Site
let s3: S3Server

beforeAll(async () => {
  s3 = await startS3Server()
  const png = await sharp({ create: { width: 40, height: 20, channels: 3, background: 'red' } })
    .png()
    .toBuffer()
  const hubs = Array.from({ length: 12 }, (_, n) => [`/${n}`, '<h1>Page</h1>'])
  const bodies = Array.from({ length: 12 }, (_, n) => [`/${n}.txt`, `file ${n}`])
  site = await startSite({
    ...Object.fromEntries([...hubs, ...bodies]),
    '/a.png': (_, response) => response.writeHead(200, { 'content-type': 'image/png' }).end(png),
    '/odd.txt': (_, response) => response.writeHead(200, { 'content-type': 'text/html; x="\xff"' }).end('odd'),
  })
  pages = Array.from({ length: 12 }, (_, n) => at(`/${n}`))
})
afterAll(async () => {
  await site.close()
  await s3.close()
})
beforeEach(() => {
  s3.fault = undefined
  s3.log.length = 0
  site.log.length = 0
})

const at = (path: string): string => `${site.url}${path}`
let pages: string[]
const itemOf = (page: HtmlResponse) => ({ file_urls: [`${page.url}.txt`] })

describe('media in a bucket', () => {
  it('are stored with their types, found again, and have their checksums', async () => {
    const types: unknown[] = []
    s3.fault = (request) => {
      if (request.method === 'PUT')
        types.push([request.url!.replace(/.*\/media|\?.*$/g, '').replace(/[\da-f]{40}/, '…'), request.headers['content-type']])
      return false
    }
    const once = () =>
      crawlItems([at('/0')], () => ({ file_urls: ['/1.txt', '/odd.txt'], image_urls: ['/a.png'] }), {
        pipelines: [
          files({ store: 's3://media/run', s3: s3.options }),
          images({ store: 's3://media/run', s3: s3.options, thumbnails: { s: [9, 9] } }),
        ],
      })
    const { items } = await once()
    const item = items[0] as { files: MediaResult[]; images: MediaResult[] }
    expect(item.files[0]).toEqual({
      url: at('/1.txt'),
      path: `full/${sha1(at('/1.txt'))}.txt`,
      checksum: md5('file 1'),
      status: 'downloaded',
    })
    expect(await s3.object(`run/${item.files[0]!.path}`)).toEqual(Buffer.from('file 1'))
    expect(item.images[0]!.checksum).toBe(md5((await s3.object(`run/${item.images[0]!.path}`))!))
    expect(types).toEqual(
      expect.arrayContaining([
        ['/run/full/….txt', 'text/html; charset=utf-8'],
        ['/run/full/….jpg', 'image/jpeg'],
        ['/run/thumbs/s/….jpg', 'image/jpeg'],
      ]),
    )
    expect(types).toHaveLength(4)
    const again = (await once()).items[0] as typeof item
    expect(again.files.map(({ status }) => status)).toEqual(['uptodate', 'uptodate'])
    expect(again.images).toEqual([{ ...item.images[0], status: 'uptodate' }])
    expect(site.hits()['/a.png']).toBe(1)
  })

  it('that cannot be had for lack of rights or of a bucket end the crawl before it begins', async () => {
    for (const [store, options, code] of [
      ['s3://media', { ...s3.options, accessKeyId: 'wrong' }, 'ERR_STORAGE_DENIED'],
      ['s3://none', s3.options, 'ERR_STORAGE_MISSING'],
    ] as const)
      await expect(crawlItems(pages, itemOf, { pipelines: [files({ store, s3: options })] })).rejects.toMatchObject({ code })
    // rights to write, but not to look
    s3.fault = (request, response) => request.method === 'HEAD' && refuse(response, 403, 'AccessDenied')
    await expect(
      crawlItems(pages, itemOf, { pipelines: [files({ store: 's3://media', s3: s3.options })] }),
    ).rejects.toMatchObject({
      code: 'ERR_STORAGE_DENIED',
      message: expect.stringContaining('s3:ListBucket'),
    })
    expect(site.log).toEqual([])
    const blind = await crawlItems(pages, itemOf, { pipelines: [files({ store: 's3://media', s3: s3.options, expires: 0 })] })
    expect(blind.stats['file_count']).toBe(12)
  })

  it('wait while the store is away, and no other page is begun; then all is there', async () => {
    let puts = 0
    let pagesAsked = 0
    s3.fault = (request, response) => {
      if (request.method !== 'PUT' || ++puts <= 2 || puts > 8) return false
      pagesAsked = site.log.filter((path) => /^\/\d+$/.test(path)).length
      return refuse(response, 503, 'SlowDown')
    }
    const { items, log, reason, counts, stats } = await crawlItems(pages, itemOf, {
      concurrency: 2,
      pipelines: [files({ store: 's3://media/away', s3: { ...s3.options, attempts: 1 } })],
    })
    expect(reason).toBe('finished')
    expect(counts).toMatchObject({ done: 12, dead: 0 })
    expect(items.flatMap((item) => (item as { files: MediaResult[] }).files)).toHaveLength(12)
    expect((await s3.keys()).filter((key) => key.startsWith('away/'))).toHaveLength(12)
    // two were stored, and two wait
    expect(pagesAsked).toBeLessThanOrEqual(4)
    expect(stats).toMatchObject({ 'files/away_count': 1 })
    expect(log.filter(({ message }) => /Waiting for it: 1 file\. /.test(message))).toHaveLength(1)
    expect(log.filter(({ message }) => /^s3:\/\/media\/away is back after /.test(message))).toHaveLength(1)
  })

  it('end the crawl when rights are taken away, with nothing committed that is not stored; later it goes on', async () => {
    const backend = new MemoryFrontier(memoryFrontierOptions(resolveSettings([])))
    class Media extends Spider {
      override startUrls = pages
      override parse(page: HtmlResponse) {
        return itemOf(page)
      }
    }
    const once = () =>
      crawl(Media, {
        frontier: backend,
        config: {
          logLevel: 'silent',
          obeyRobotsTxt: false,
          concurrency: 2,
          pipelines: [files({ store: 's3://media/denied', s3: s3.options })],
        },
      })
    let puts = 0
    s3.fault = (request, response) => request.method === 'PUT' && ++puts > 5 && refuse(response, 403, 'AccessDenied')
    const first = await once()
    expect(first).toMatchObject({
      reason: 'store_error',
      ok: false,
      error: { code: 'ERR_STORAGE_DENIED' },
      counts: { dead: 0, leased: 0 },
    })
    expect(first.counts.done).toBeLessThanOrEqual(5)
    s3.fault = undefined
    expect(await once()).toMatchObject({ reason: 'finished', counts: { done: 12, dead: 0 } })
    expect((await s3.keys()).filter((key) => key.startsWith('denied/'))).toHaveLength(12)
  })

  it('give their pages back when the crawl is ended while the store is away', async () => {
    const stop = new AbortController()
    s3.fault = (request, response) => {
      if (request.method !== 'PUT') return false
      stop.abort()
      return refuse(response, 503, 'SlowDown')
    }
    class Media extends Spider {
      override startUrls = pages
      override parse(page: HtmlResponse) {
        return itemOf(page)
      }
    }
    const result = await crawl(Media, {
      force: stop.signal,
      config: { logLevel: 'silent', obeyRobotsTxt: false, pipelines: [files({ store: 's3://media/ended', s3: s3.options })] },
    })
    expect(result).toMatchObject({ reason: 'shutdown', counts: { leased: 0, done: 0, dead: 0 } })
    expect(result.counts.queued).toBe(12)
  })
})

describe('media in a folder', () => {
  it('end the crawl when the folder is gone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'skein-gone-'))
    const store = join(folder, 'store')
    const { reason, error, counts } = await crawlItems(
      pages,
      (page) => {
        if (page.url.endsWith('/5')) rmSync(store, { recursive: true })
        return itemOf(page)
      },
      { concurrency: 1, pipelines: [files({ store })] },
    )
    expect({ reason, error, counts }).toMatchObject({
      reason: 'store_error',
      error: { code: 'ERR_STORAGE_MISSING' },
      counts: { dead: 0 },
    })
    expect(filesIn(folder)).toEqual([])
    rmSync(folder, { recursive: true })
  })
})
