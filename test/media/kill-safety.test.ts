import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Extension, Frontier, FrontierBackend, HtmlResponse, Pipeline } from '../../src/index.ts'
import {
  crawl,
  files,
  images,
  type MediaResult,
  MemoryFrontier,
  memoryFrontierOptions,
  resolveSettings,
  Spider,
} from '../../src/index.ts'
import { filesIn, sha1 } from '../support/media-crawl.ts'
import { type Site, startSite } from '../support/site.ts'

const PAGES = 6

const PLACES = [
  'page download',
  'page downloaded',
  'file download',
  'file downloaded',
  'file stat',
  'file create',
  'file write',
  'file sync',
  'file rename',
  'file renamed',
  'next pipeline',
  'flush',
  'commit',
  'committed',
] as const // prettier-ignore
type Place = (typeof PLACES)[number]

/** The worker dies at the n-th step of a kind: it does nothing further, and the pages it held go back. */
const death = vi.hoisted(() => ({ place: undefined as string | undefined, at: 0, calls: 0, armed: false, die: () => {} }))
const step = vi.hoisted(() => (place: string): void => {
  if (!death.armed || place !== death.place || ++death.calls !== death.at) return
  death.die()
  throw new Error('the worker died')
})

vi.mock('node:fs/promises', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs/promises')>()
  return {
    ...fs,
    async lstat(path: string) {
      step('file stat')
      return fs.lstat(path)
    },
    async open(path: string, flags: string) {
      if (flags === 'wx') step('file create')
      const handle = await fs.open(path, flags)
      const writeFile = handle.writeFile.bind(handle)
      const sync = handle.sync.bind(handle)
      handle.writeFile = async (bytes: Uint8Array) => {
        await writeFile(bytes.subarray(0, bytes.length / 2))
        step('file write')
        await writeFile(bytes.subarray(bytes.length / 2))
      }
      handle.sync = async () => {
        step('file sync')
        return sync()
      }
      return handle
    },
    async rename(from: string, to: string) {
      step('file rename')
      await fs.rename(from, to)
      step('file renamed')
    },
  }
})

let site: Site
let store: string

beforeAll(async () => {
  const png = async (n: number): Promise<Buffer> =>
    sharp({ create: { width: 30 + n, height: 20, channels: 3, background: 'red' } })
      .png()
      .toBuffer()
  const routes: Parameters<typeof startSite>[0] = { '/shared.bin': 'wanted by all' }
  for (let n = 0; n < PAGES; n++) {
    const picture = await png(n)
    routes[`/${n}`] = '<h1>Page</h1>'
    routes[`/${n}.bin`] = `file ${n}`.repeat(1000)
    routes[`/${n}.png`] = (_, response) => response.end(picture)
  }
  site = await startSite(routes)
})
afterAll(() => site.close())
beforeEach(() => {
  store = mkdtempSync(join(tmpdir(), 'skein-kill-'))
  death.place = undefined
  return () => rmSync(store, { recursive: true, force: true })
})

class Media extends Spider {
  override *start() {
    for (let n = 0; n < PAGES; n++) yield this.request(`${site.url}/${n}`)
  }

  override parse(page: HtmlResponse) {
    return { page: page.url, file_urls: [`${page.url}.bin`, '/shared.bin'], image_urls: [`${page.url}.png`] }
  }
}

function mortal(backend: FrontierBackend): FrontierBackend {
  return {
    async connect(): Promise<Frontier> {
      const frontier = await backend.connect()
      return {
        ...frontier,
        commit: async (commits, tally) => {
          step('commit')
          const results = await frontier.commit(commits, tally)
          step('committed')
          return results
        },
      }
    },
  }
}

const sum = (url: string, extension: string): string => `full/${sha1(url)}${extension}`

/** What has to be in the store for a page. */
function filesOf(page: string): string[] {
  const image = sum(`${page}.png`, '.jpg')
  return [sum(`${page}.bin`, '.bin'), sum(`${site.url}/shared.bin`, '.bin'), image, image.replace('full/', 'thumbs/small/')]
}

/** What is wrong with the files of a page that is done. */
function missing(page: string): string[] {
  const n = Number(/\d+$/.exec(page)![0])
  const contents = [`file ${n}`.repeat(1000), 'wanted by all']
  return filesOf(page).filter((name, i) => {
    if (!existsSync(join(store, name))) return true
    return contents[i] !== undefined && readFileSync(join(store, name), 'utf8') !== contents[i]
  })
}

/** One crawl, taken up by another worker as often as one died. */
async function crawlToTheEnd() {
  const backend = new MemoryFrontier(memoryFrontierOptions(resolveSettings([])))
  const done: string[] = []
  const stored: { page: string; files: MediaResult[]; images: MediaResult[] }[] = []
  const reasons: string[] = []
  for (;;) {
    const stop = new AbortController()
    death.die = () => stop.abort()
    death.armed = false
    const next: Pipeline = {
      name: 'next',
      // the last that is opened: what the stores do before the crawl is no step of a page
      open: () => void (death.armed = true),
      process(item) {
        step('next pipeline')
        stored.push(item as (typeof stored)[number])
        return item
      },
      flush: () => step('flush'),
    }
    const witness: Extension = {
      name: 'witness',
      open: ({ signals }) =>
        signals.on('requestEnded', ({ request, reason }) => {
          if (reason === 'done') done.push(request.url)
        }),
    }
    const result = await crawl(Media, {
      frontier: mortal(backend),
      force: stop.signal,
      config: {
        logLevel: 'silent',
        obeyRobotsTxt: false,
        retryDelay: 0,
        concurrency: 3,
        extensions: [witness],
        pipelines: [files({ store }), images({ store, thumbnails: { small: [9, 9] } }), next],
        downloaderMiddlewares: [
          {
            name: 'mortal',
            order: 900,
            create: () => async (request, next) => {
              const what = /\/\d+$/.test(request.url) ? 'page' : 'file'
              step(`${what} download`)
              const response = await next(request)
              step(`${what} downloaded`)
              return response
            },
          },
        ],
      },
    })
    reasons.push(result.reason)
    for (const page of done) expect(missing(page), `${page} was committed`).toEqual([])
    // where an image is, its thumbnail is too
    for (const name of filesIn(store))
      if (/^full\/.*\.jpg$/.test(name)) expect(existsSync(join(store, name.replace('full/', 'thumbs/small/'))), name).toBe(true)
    if (result.reason === 'finished') return { reasons, done, stored, counts: result.counts, frontier: await backend.connect() }
    expect(reasons.length).toBeLessThan(4)
  }
}

describe('a page with files', () => {
  for (const place of PLACES) {
    it(`has them all, once, when its worker dies at: ${place}, whichever call of it`, { timeout: 60_000 }, async () => {
      let died = 0
      for (const at of [1, 3, 7]) {
        rmSync(store, { recursive: true, force: true })
        Object.assign(death, { place: place satisfies Place, at, calls: 0 })
        const { reasons, done, counts, stored, frontier } = await crawlToTheEnd()
        const context = `${place}, call ${at}`
        if (reasons.length > 1) died++
        expect(counts, context).toMatchObject({ queued: 0, delayed: 0, leased: 0, done: PAGES, dead: 0 })
        expect(await frontier.inspect.deadLetters(), context).toEqual([])
        expect(new Set(done).size, context).toBe(place === 'committed' ? new Set(done).size : PAGES)

        const expected = [...new Set(Array.from({ length: PAGES }, (_, n) => filesOf(`${site.url}/${n}`)).flat())].sort()
        const whole = filesIn(store).filter((name) => !name.includes('.skein-'))
        expect(whole, context).toEqual(expected)
        for (const item of stored) {
          expect(
            item.files.map(({ path }) => path),
            context,
          ).toEqual(filesOf(item.page).slice(0, 2))
          expect(
            item.images.map(({ path }) => path),
            context,
          ).toEqual(filesOf(item.page).slice(2, 3))
        }
        expect(new Set(stored.map(({ page }) => page)).size, context).toBe(PAGES)
      }
      expect(died, 'somebody died there').toBeGreaterThan(0)
    })
  }
})
