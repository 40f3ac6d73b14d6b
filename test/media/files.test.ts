import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Config, files, type Item, type MediaOptions, type MediaResult, Request } from '../../src/index.ts'
import { crawlItems, filesIn, md5, sha1 } from '../support/media-crawl.ts'
import { type Route, type Site, startSite } from '../support/site.ts'

let site: Site
let folder: string
let store: string

beforeAll(async () => {
  const secret = mkdtempSync(join(tmpdir(), 'skein-secret-'))
  writeFileSync(join(secret, 'key.pem'), 'secret')
  site = await startSite({
    '/': '<h1>Page</h1>',
    '/other': '<h1>Page</h1>',
    '/a.pdf': 'file a',
    '/copy-of-a.pdf': 'file a',
    '/b.txt': (_, response) => response.writeHead(200, { 'content-type': 'text/plain' }).end('file b'),
    '/empty.pdf': '',
    '/moved.pdf': (_, response) => response.writeHead(302, { location: '/a.pdf' }).end(),
    '/to-file.pdf': (_, response) => response.writeHead(302, { location: pathToFileURL(join(secret, 'key.pem')).href }).end(),
    '/large.bin': (_, response) => response.writeHead(200).end(Buffer.alloc(100_000)),
    '/reset.bin': (request) => request.socket.destroy(),
    '/form': (request, response) => {
      request.on('data', (body: Buffer) => response.end(`form ${body}`))
    },
  })
  return () => rmSync(secret, { recursive: true })
})
afterAll(() => site.close())

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skein-media-'))
  store = join(folder, 'store')
  site.log.length = 0
  return () => rmSync(folder, { recursive: true, force: true })
})

const at = (path: string): string => `${site.url}${path}`
const nameOf = (path: string, extension: string): string => `full/${sha1(at(path))}${extension}`

/** One page with one item that names these files. */
async function fetched(urls: unknown, options: Partial<MediaOptions> = {}, config: Config = {}) {
  const result = await crawlItems([at('/')], () => ({ file_urls: urls }), {
    pipelines: [files({ store, ...options })],
    ...config,
  })
  const item = result.items[0] as { file_urls: unknown; files: MediaResult[] } | undefined
  return { ...result, item, files: item?.files }
}

describe('files', () => {
  it('are stored under Scrapy’s names, with its results', async () => {
    const { files, stats, reason } = await fetched(['/a.pdf', at('/b.txt')])
    expect(files).toEqual([
      { url: at('/a.pdf'), path: nameOf('/a.pdf', '.pdf'), checksum: md5('file a'), status: 'downloaded' },
      { url: at('/b.txt'), path: nameOf('/b.txt', '.txt'), checksum: md5('file b'), status: 'downloaded' },
    ])
    expect(reason).toBe('finished')
    expect(filesIn(store)).toEqual([nameOf('/a.pdf', '.pdf'), nameOf('/b.txt', '.txt')].sort())
    expect(readFileSync(join(store, nameOf('/a.pdf', '.pdf')), 'utf8')).toBe('file a')
    expect(stats).toMatchObject({ file_count: 2, 'file_status_count/downloaded': 2 })
  })

  it('may be URLs, requests, one alone, or none', async () => {
    const form = (body: string): Request => new Request(at('/form'), { method: 'POST', body })
    const { item, files } = await fetched([form('one'), form('two'), new URL(at('/a.pdf'))])
    expect(files!.map(({ checksum }) => checksum)).toEqual([md5('form one'), md5('form two'), md5('file a')])
    expect(new Set(files!.map(({ path }) => path)).size).toBe(3)
    expect(JSON.parse(JSON.stringify(item)).file_urls).toEqual([at('/form'), at('/form'), at('/a.pdf')])
    expect((await fetched('/a.pdf')).files).toHaveLength(1)
    expect((await fetched([])).item).toEqual({ file_urls: [], files: [] })
    expect((await fetched(undefined)).item).toEqual({ file_urls: undefined })
    expect((await fetched(null)).item).toEqual({ file_urls: null })
    expect((await fetched(17)).stats['item_error_count']).toBe(1)
  })

  it('are asked for once, whoever wants them and when', async () => {
    const pages = Array.from({ length: 20 }, (_, n) => at(`/?${n}`))
    const { items, stats } = await crawlItems(pages, () => [{ file_urls: ['/a.pdf', '/a.pdf'] }, { file_urls: ['/a.pdf'] }], {
      pipelines: [files({ store, expires: 0 })],
    })
    expect(items).toHaveLength(40)
    expect(site.hits()['/a.pdf']).toBe(1)
    expect(stats['file_count']).toBe(60)
    const results = items.flatMap((item) => (item as { files: MediaResult[] }).files)
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1)
    expect(new Set(results).size).toBe(60)
  })

  it('are not asked for again until they expire', async () => {
    const first = await fetched(['/a.pdf'])
    const second = await fetched(['/a.pdf'])
    expect(second.files).toEqual([{ ...first.files![0], status: 'uptodate' }])
    expect(second.stats).toMatchObject({ 'file_status_count/uptodate': 1 })
    expect(site.hits()['/a.pdf']).toBe(1)
    const old = new Date(Date.now() - 91 * 86_400_000)
    utimesSync(join(store, first.files![0]!.path), old, old)
    expect((await fetched(['/a.pdf'], { expires: 92 })).files![0]!.status).toBe('uptodate')
    expect((await fetched(['/a.pdf'])).files![0]!.status).toBe('downloaded')
    expect((await fetched(['/a.pdf'])).files![0]!.status).toBe('uptodate')
    expect((await fetched(['/a.pdf'], { expires: 0 })).files![0]!.status).toBe('downloaded')
    expect(site.hits()['/a.pdf']).toBe(3)
  })

  it('that are not to be had are left out, logged and counted', async () => {
    const { files, stats, log } = await fetched(
      [
        '/missing.pdf',
        '/empty.pdf',
        '/a.pdf',
        '/reset.bin',
        '/large.bin',
        'mailto:me@example.com',
        '',
        undefined,
        '/missing.pdf',
      ],
      { maxSize: 50_000 },
    )
    expect(files!.map(({ url }) => url)).toEqual([at('/a.pdf')])
    expect(stats).toMatchObject({
      file_count: 1,
      file_error_count: 8,
      'file_error_count/ERR_MEDIA_STATUS': 2,
      'file_error_count/ERR_MEDIA_EMPTY': 1,
      'file_error_count/ERR_RESET': 1,
      'file_error_count/ERR_TOO_LARGE': 1,
      'file_error_count/ERR_MEDIA_URL': 3,
    })
    const warnings = log.filter(({ level, message }) => level === 'warn' && message.startsWith('A file of an item'))
    expect(warnings).toHaveLength(8)
    expect(warnings[0]!.message).toContain(`<GET ${at('/missing.pdf')}> was answered with status 404`)
    expect(filesIn(store)).toHaveLength(1)
    expect(site.hits()['/missing.pdf']).toBe(1)
  })

  it('that are not to be had drop the item, or fail its page, where that is wanted', async () => {
    const dropped = await fetched(['/missing.pdf', '/a.pdf'], { onFailure: 'drop' })
    expect(dropped).toMatchObject({ items: [], stats: { item_dropped_count: 1 }, counts: { done: 1, dead: 0 } })
    const failed = await fetched(['/missing.pdf', '/a.pdf'], { onFailure: 'fail' })
    expect(failed).toMatchObject({ items: [], stats: { item_error_count: 1 }, counts: { dead: 1 } })
    const error = failed.log.find(({ level }) => level === 'error')!.fields!['error']
    expect(error).toMatchObject({
      code: 'ERR_MEDIA_FAILED',
      message: expect.stringMatching(/^1 of 2 files are not to be had: .*404/),
    })
  })

  it('follow redirects, robots.txt and retries as pages do', async () => {
    let asked = 0
    const other = await startSite({
      '/robots.txt': 'User-agent: *\nDisallow: /private/',
      '/private/x.pdf': 'x',
      '/busy.pdf': (_, response) => response.writeHead(++asked === 1 ? 503 : 200).end('at last'),
    })
    try {
      const { files, stats } = await fetched(
        ['/moved.pdf', `${other.url}/private/x.pdf`, `${other.url}/busy.pdf`],
        {},
        {
          obeyRobotsTxt: true,
          retry: true,
          retryDelay: 0,
        },
      )
      expect(files!.map(({ checksum }) => checksum)).toEqual([md5('file a'), md5('at last')])
      expect(files![0]!.path).toBe(nameOf('/moved.pdf', '.pdf'))
      expect(stats['file_error_count/ERR_IGNORED']).toBe(1)
      expect(other.hits()['/private/x.pdf']).toBeUndefined()
    } finally {
      await other.close()
    }
  })

  it('are never files of this machine that a page of the web names', async () => {
    const secret = join(folder, 'secret.txt')
    writeFileSync(secret, 'secret')
    const url = pathToFileURL(secret).href
    const { files: none, stats } = await fetched([url, new Request(url), url.replace('file:', 'FILE:'), '/to-file.pdf'])
    expect(none).toEqual([])
    expect(stats['file_error_count/ERR_MEDIA_URL']).toBe(3)
    expect(stats['file_error_count/ERR_MEDIA_STATUS']).toBe(1)
    expect(filesIn(folder)).toEqual(['secret.txt'])
    // a page that is a local file itself may
    writeFileSync(join(folder, 'page.html'), '<h1>Page</h1>')
    const local = await crawlItems([pathToFileURL(join(folder, 'page.html')).href], () => ({ file_urls: ['secret.txt'] }), {
      pipelines: [files({ store })],
    })
    expect((local.items[0] as { files: MediaResult[] }).files[0]!.checksum).toBe(md5('secret'))
  })

  it('may be data: URLs', async () => {
    const { files } = await fetched([
      `data:text/plain;base64,${Buffer.from('inline').toString('base64')}`,
      'data:,',
      'data:nonsense',
    ])
    expect(files!.map(({ checksum, path }) => [checksum, path.length])).toEqual([[md5('inline'), 45]])
  })

  it('have the names that a function gives, made fit for every system', async () => {
    const names = new Map<string, string>([
      ['/a.pdf', 'by/shelf/1.pdf'],
      ['/b.txt', `con.${'x'.repeat(300)}`],
      ['/form', 'trailing. '],
    ])
    const { files } = await fetched([...names.keys()].slice(0, 2), {
      path: (request, item, info) => {
        expect(item).toHaveProperty('file_urls')
        expect(info.response!.url).toBe(at('/'))
        return names.get(request.url.slice(site.url.length))!
      },
    })
    expect(filesIn(store)).toEqual(files!.map(({ path }) => path).sort())
    expect(files![0]!.path).toBe('by/shelf/1.pdf')
    expect(files![1]!.path).toMatch(/^_con\./)
    expect(files!.every(({ path }) => path.length <= 255)).toBe(true)
  })

  it('fail the item where a function gives a name that leads out of the store', async () => {
    for (const name of ['../x.pdf', '/etc/x.pdf', 'a/../../x', 'a\0b', '', 'a\\b']) {
      const { stats, counts } = await fetched(['/a.pdf'], { path: () => name })
      expect(stats['item_error_count'], name).toBe(1)
      expect(counts.dead, name).toBe(1)
    }
    expect(filesIn(folder)).toEqual([])
  })

  it('fail the item where a function gives no name: they would all be stored under one', async () => {
    for (const path of [() => undefined, async () => 'a.pdf', () => 17]) {
      const { log, counts } = await fetched(['/a.pdf'], { path: path as never })
      expect(counts.dead).toBe(1)
      const error = log.find(({ level }) => level === 'error')!.fields!['error']
      expect(error).toMatchObject({
        code: 'ERR_MEDIA_PATH',
        message: expect.stringMatching(/gave (?:undefined|a promise|number) for <GET .*Expected the name/),
      })
    }
    expect(filesIn(store)).toEqual([])
  })

  it('are stored once for many URLs with the same bytes, where that is wanted', async () => {
    const { files } = await fetched(['/a.pdf', '/copy-of-a.pdf', '/b.txt'], { dedupe: 'checksum' })
    expect(files![0]!.path).toMatch(/^full\/[\da-f]{64}\.pdf$/)
    expect(files![1]).toEqual({ ...files![0], url: at('/copy-of-a.pdf') })
    expect(filesIn(store)).toHaveLength(2)
    expect((await fetched(['/a.pdf'], { dedupe: 'checksum' })).files![0]).toEqual(files![0])
  })

  it('of one item are fetched some at a time, within the limits of their host', async () => {
    const paths = Array.from({ length: 12 }, (_, n) => `/${n}.bin`)
    // nobody is answered before three are there
    const waiting: (() => void)[] = []
    const answer: Route = (_, response) => {
      waiting.push(() => void response.end('x'))
      if (waiting.length === 3) for (const go of waiting.splice(0)) go()
    }
    const many = await startSite(Object.fromEntries(paths.map((path) => [path, answer])))
    try {
      const urls = paths.map((path) => many.url + path)
      const { files } = await fetched(urls, { concurrency: 3 })
      expect(files!.map(({ url }) => url)).toEqual(urls)
      expect(many.peak).toBe(3)
    } finally {
      await many.close()
    }
  })

  it('leave items alone that are classes, and go on through other pipelines', async () => {
    class Paper {
      file_urls = ['/a.pdf']
      files: MediaResult[] = []
      get title(): string {
        return `a paper with ${this.files.length}`
      }
    }
    const { items } = await crawlItems([at('/')], () => new Paper(), { pipelines: [files({ store })] })
    expect(items[0]).toBeInstanceOf(Paper)
    expect((items[0] as Paper).title).toBe('a paper with 1')
  })

  it('go to fields of other names', async () => {
    const { items } = await crawlItems([at('/')], () => ({ pdfs: ['/a.pdf'], file_urls: ['/b.txt'] }) as Item, {
      pipelines: [files({ store, urlsField: 'pdfs', resultField: 'stored' })],
    })
    expect(items[0]).toMatchObject({ stored: [{ url: at('/a.pdf') }] })
    expect(items[0]).not.toHaveProperty('files')
  })
})

describe('options of files', () => {
  it('that are wrong are refused at once', () => {
    for (const [options, words] of [
      [undefined, /expected options with a store/],
      [{}, /expected options with a store/],
      [{ store: '' }, /the option store/],
      [{ store: 'x', urlField: 'a' }, /no option "urlField"/],
      [{ store: 'x', expires: -1 }, /expires to be a number of days/],
      [{ store: 'x', onFailure: 'ignore' }, /one of keep, drop, fail/],
      [{ store: 'x', concurrency: 0 }, /concurrency/],
      [{ store: 'x', maxSize: 1.5 }, /maxSize/],
      [{ store: 'x', thumbnails: {} }, /no option "thumbnails"/],
      [{ store: 'x', dedupe: 'checksum', expires: 3 }, /neither expires nor path/],
      [{ store: 'x', dedupe: 'checksum', path: () => 'a' }, /neither expires nor path/],
    ] as const)
      expect(() => files(options as never)).toThrow(
        expect.objectContaining({ code: 'ERR_MEDIA_OPTION', message: expect.stringMatching(words) }),
      )
  })

  it('that name no store end the crawl before it begins', async () => {
    writeFileSync(join(folder, 'file'), '')
    for (const [options, code] of [
      [{ store: join(folder, 'file') }, 'ERR_STORAGE_FAILED'],
      [{ store: 'gs://bucket' }, 'ERR_STORAGE_URI'],
      [{ store, s3: { region: 'x' } }, 'ERR_STORAGE_OPTION'],
    ] as const)
      await expect(fetched(['/a.pdf'], options)).rejects.toMatchObject({ code })
    expect(site.log).toEqual([])
  })
})
