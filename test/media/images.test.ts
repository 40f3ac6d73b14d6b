import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import sharp, { type Sharp } from 'sharp'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type ImageOptions, images, type MediaResult } from '../../src/index.ts'
import { crawlItems, filesIn, md5, sha1 } from '../support/media-crawl.ts'
import { type Site, startSite } from '../support/site.ts'

let site: Site
let store: string
/** Whether /fleeting.png is. */
let gone = false
const bodies = new Map<string, Uint8Array>()

/** A picture whose left half is red and whose right half is blue. */
function picture(width: number, height: number, blue: object = { r: 0, g: 0, b: 255 }) {
  const left = { create: { width: Math.ceil(width / 2), height, channels: 3 as const, background: { r: 255, g: 0, b: 0 } } }
  return sharp({ create: { width, height, channels: 4, background: blue } }).composite([{ input: left, left: 0, top: 0 }])
}

/** A PNG that says so many pixels in its head, and is a few hundred bytes. */
function pngBomb(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const length = Buffer.alloc(4)
    length.writeUInt32BE(data.length)
    return Buffer.concat([length, body, crcOf(body)])
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width)
  head.writeUInt32BE(height, 4)
  head.set([8, 2, 0, 0, 0], 8)
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.alloc(1000))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function crcOf(bytes: Uint8Array): Buffer {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  const out = Buffer.alloc(4)
  out.writeUInt32BE((crc ^ 0xffffffff) >>> 0)
  return out
}

/** A GIF that says so many pixels in its head. */
function gifBomb(width: number, height: number): Buffer {
  const gif = Buffer.from('R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw==', 'base64')
  for (const at of [6, 24]) {
    gif.writeUInt16LE(width, at)
    gif.writeUInt16LE(height, at + 2)
  }
  return gif
}

/** A WebP that says so many pixels in its head. */
function webpBomb(width: number, height: number): Buffer {
  const head = Buffer.alloc(40)
  head.write('RIFF', 0, 'latin1')
  head.writeUInt32LE(32, 4)
  head.write('WEBPVP8L', 8, 'latin1')
  head.writeUInt32LE(20, 16)
  head[20] = 0x2f
  head.writeUInt32LE(((height - 1) << 14) | (width - 1), 21)
  return head
}

beforeAll(async () => {
  const jpeg = await picture(200, 100).jpeg().toBuffer()
  const frames = await Promise.all(
    ['#ff0000', '#00ff00'].map((background) =>
      sharp({ create: { width: 40, height: 30, channels: 3, background } })
        .png()
        .toBuffer(),
    ),
  )
  const all: Record<string, Uint8Array> = {
    '/a.png': await picture(200, 100).png().toBuffer(),
    '/a.jpg': jpeg,
    '/lying': await picture(200, 100).jpeg().withMetadata({ orientation: 6 }).toBuffer(),
    '/glass.png': await picture(200, 100, { r: 0, g: 0, b: 255, alpha: 0 }).png().toBuffer(),
    '/a.webp': await picture(200, 100).webp().toBuffer(),
    '/a.avif': await picture(64, 64).avif({ effort: 0 }).toBuffer(),
    '/a.tiff': await picture(64, 64).tiff().toBuffer(),
    '/cmyk.jpg': await picture(64, 64).toColourspace('cmyk').jpeg().toBuffer(),
    '/moving.gif': await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer(),
    '/html.jpg': Buffer.from('<!doctype html><title>Not found</title>'),
    '/pdf.jpg': Buffer.from('%PDF-1.4\n%âãÏÓ\n'),
    '/truncated.jpg': jpeg.subarray(0, jpeg.length * 0.6),
    '/truncated.png': (await picture(200, 100).png().toBuffer()).subarray(0, 200),
    '/head-only.png': Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    '/bomb.png': pngBomb(10_001, 10_000),
    '/bomb.gif': gifBomb(65_535, 65_535),
    '/bomb.webp': webpBomb(16_000, 16_000),
    '/bomb.svg': Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="90000" height="90000"><rect width="9" height="9"/></svg>',
    ),
    '/icon.svg': Buffer.from(
      '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="60" height="40"><rect width="60" height="40" fill="red"/></svg>',
    ),
    '/dot.png': await picture(2, 2).png().toBuffer(),
    '/long.png': await picture(70_000, 10).png().toBuffer(),
  }
  const routes: Parameters<typeof startSite>[0] = { '/': '<h1>Page</h1>' }
  for (const [path, body] of Object.entries(all)) {
    bodies.set(path, body)
    routes[path] = (_, response) => response.writeHead(200, { 'content-type': 'image/jpeg' }).end(body)
  }
  routes['/fleeting.png'] = (_, response) => (gone ? response.writeHead(404).end() : response.end(all['/a.png']))
  site = await startSite(routes)
})
afterAll(() => site.close())

beforeEach(() => {
  store = mkdtempSync(join(tmpdir(), 'skein-images-'))
  site.log.length = 0
  gone = false
  return () => rmSync(store, { recursive: true, force: true })
})

const at = (path: string): string => `${site.url}${path}`
const open = (path: string): Sharp => sharp(readFileSync(join(store, path)))

async function fetched(paths: readonly string[], options: Partial<ImageOptions> = {}) {
  const result = await crawlItems([at('/')], () => ({ image_urls: paths }), { pipelines: [images({ store, ...options })] })
  const item = result.items[0] as { images: MediaResult[] } | undefined
  return { ...result, images: item?.images ?? [] }
}

/** The colour of a point. */
async function colourAt(path: string, left: number, top: number): Promise<string> {
  const [r = 0, g = 0, b = 0] = await open(path).extract({ left, top, width: 1, height: 1 }).removeAlpha().raw().toBuffer()
  const word = (value: number): string => (value > 200 ? '1' : value < 55 ? '0' : '?')
  return word(r) + word(g) + word(b)
}

describe('images', () => {
  it('become JPEGs under Scrapy’s names, whatever they were', async () => {
    const paths = ['/a.png', '/a.jpg', '/a.webp', '/a.avif', '/a.tiff', '/cmyk.jpg']
    const { images, stats } = await fetched(paths)
    expect(images.map(({ path }) => path)).toEqual(paths.map((path) => `full/${sha1(at(path))}.jpg`))
    for (const { path, checksum } of images) {
      expect(checksum).toBe(md5(readFileSync(join(store, path))))
      expect(await open(path).metadata()).toMatchObject({ format: 'jpeg', space: 'srgb' })
      expect(await colourAt(path, 5, 5)).toBe('100')
      // the same blue cannot be printed
      if (path !== images[5]!.path) expect(await colourAt(path, 63, 5), path).toMatch(/100|001/)
    }
    expect(stats).toMatchObject({ file_count: 6, 'file_status_count/downloaded': 6 })
    const again = await fetched(paths)
    expect(again.images).toEqual(images.map((result) => ({ ...result, status: 'uptodate' })))
  })

  it('stand upright, are white where they were transparent, and of a moving one the first picture', async () => {
    const { images } = await fetched(['/lying', '/glass.png', '/moving.gif'])
    const [lying, glass, moving] = images.map(({ path }) => path) as [string, string, string]
    const { width, height, orientation, exif } = await open(lying).metadata()
    expect([width, height, orientation, exif]).toEqual([100, 200, undefined, undefined])
    expect([await colourAt(lying, 50, 10), await colourAt(lying, 50, 190)]).toEqual(['100', '001'])
    expect([await colourAt(glass, 10, 50), await colourAt(glass, 190, 50)]).toEqual(['100', '111'])
    expect(await open(moving).metadata()).toMatchObject({ width: 40, height: 30 })
    expect(await colourAt(moving, 20, 15)).toBe('100')
  })

  it('have thumbnails that keep their proportions and are not enlarged', async () => {
    const { images } = await fetched(['/a.png', '/lying', '/dot.png'], { thumbnails: { small: [50, 50], big: [270, 270] } })
    const sizes = async (kind: string, n: number): Promise<unknown> => {
      const { format, width, height } = await open(images[n]!.path.replace('full/', `thumbs/${kind}/`)).metadata()
      return [format, width, height]
    }
    expect(await sizes('small', 0)).toEqual(['jpeg', 50, 25])
    expect(await sizes('small', 1)).toEqual(['jpeg', 25, 50])
    expect(await sizes('small', 2)).toEqual(['jpeg', 2, 2])
    expect(await sizes('big', 0)).toEqual(['jpeg', 200, 100])
    expect(filesIn(store)).toHaveLength(9)
  })

  it('get a thumbnail size that is added at the next crawl, with one look, and stay if they are not to be had any more', async () => {
    const small = { small: [50, 50] as const }
    await fetched(['/a.png', '/fleeting.png'], { thumbnails: small })
    gone = true
    const more = { ...small, tiny: [5, 5] as const, big: [90, 90] as const }
    const { images } = await fetched(['/a.png', '/fleeting.png'], { thumbnails: more })
    expect(images.map(({ status }) => status)).toEqual(['downloaded', 'uptodate'])
    expect(site.hits()['/fleeting.png']).toBe(2)
    const name = images[0]!.path.slice('full/'.length)
    expect(filesIn(store).filter((path) => path.endsWith(name))).toEqual(
      ['full', 'thumbs/big', 'thumbs/small', 'thumbs/tiny'].map((folder) => `${folder}/${name}`),
    )
    expect((await fetched(['/a.png'], { thumbnails: more })).images[0]!.status).toBe('uptodate')
    expect(site.hits()['/a.png']).toBe(2)
  })

  it('with the same content get a thumbnail size that is added', async () => {
    await fetched(['/a.png'], { dedupe: 'checksum', thumbnails: { small: [50, 50] } })
    await fetched(['/a.png'], { dedupe: 'checksum', thumbnails: { small: [50, 50], t: [9, 9] } })
    expect(filesIn(store).map((path) => path.replace(/\/[^/]*$/, ''))).toEqual(['full', 'thumbs/small', 'thumbs/t'])
  })

  it('keep their bytes or become something else, where that is wanted', async () => {
    const { images: kept } = await fetched(['/a.png', '/moving.gif', '/lying'], { format: 'original', thumbnails: { t: [9, 9] } })
    expect(kept.map(({ checksum }) => checksum)).toEqual(
      ['/a.png', '/moving.gif', '/lying'].map((path) => md5(bodies.get(path)!)),
    )
    expect(kept.map(({ path }) => path.slice(45))).toEqual(['.png', '.gif', ''])
    expect(filesIn(store).filter((name) => /^thumbs\/t\/[\da-f]{40}\.jpg$/.test(name))).toHaveLength(3)
    const { images: webp } = await fetched(['/glass.png'], { format: 'webp', thumbnails: { t: [9, 9] } })
    expect(webp[0]!.path).toMatch(/^full\/[\da-f]{40}\.webp$/)
    expect(await open(webp[0]!.path).metadata()).toMatchObject({ format: 'webp', hasAlpha: true })
    const { images: named } = await fetched(['/a.png'], { path: () => 'shelf/1/front', thumbnails: { t: [9, 9] }, format: 'png' })
    expect(named[0]!.path).toBe('shelf/1/front')
    expect(filesIn(store)).toEqual(expect.arrayContaining(['shelf/1/front', 'thumbs/t/shelf/1/front.png']))
  })

  it('that are none, or broken, are left out, whatever their name and type say', async () => {
    const wrong = ['/html.jpg', '/pdf.jpg', '/truncated.jpg', '/truncated.png', '/head-only.png', '/icon.svg', '/long.png']
    const { images, stats, log } = await fetched([...wrong, '/a.png'], { thumbnails: { t: [9, 9] } })
    expect(images.map(({ url }) => url)).toEqual([at('/a.png')])
    expect(stats).toMatchObject({ 'file_error_count/ERR_MEDIA_IMAGE': wrong.length, file_count: 1 })
    expect(filesIn(store)).toHaveLength(2)
    const said = log.filter(({ level }) => level === 'warn').map(({ message }) => message)
    expect(said[0]).toMatch(/<GET http.*\/html\.jpg> is no image\. Expected JPEG, PNG/)
    expect(said.find((line) => line.includes('truncated.jpg'))).toMatch(/broken image/)
    for (const path of wrong.slice(0, 5)) expect((await fetched([path], { format: 'original' })).images, path).toEqual([])
  })

  it('that are bombs are refused by their heads', async () => {
    const bombs = ['/bomb.png', '/bomb.gif', '/bomb.webp', '/bomb.svg']
    const before = process.memoryUsage().rss
    const { images, stats, log } = await fetched(bombs, { svg: true })
    expect(images).toEqual([])
    expect(stats['file_error_count/ERR_MEDIA_PIXELS']).toBe(bombs.length)
    expect(log.find(({ message }) => message.includes('bomb.png'))!.message).toContain(
      '10001 × 10000 pixels, more than maxPixels: 50000000',
    )
    // decoded, the smallest of them is 300 MB
    expect(process.memoryUsage().rss - before).toBeLessThan(150e6)
    expect((await fetched(['/a.png'], { maxPixels: 19_999 })).stats['file_error_count/ERR_MEDIA_PIXELS']).toBe(1)
    rmSync(store, { recursive: true })
    expect((await fetched(['/a.png'], { maxPixels: 20_000 })).images).toHaveLength(1)
  })

  it('that are too small are left out', async () => {
    const { images, stats } = await fetched(['/a.png', '/lying', '/dot.png'], { minWidth: 150, minHeight: 100 })
    expect(images.map(({ url }) => url)).toEqual([at('/a.png')])
    expect(stats['file_error_count/ERR_MEDIA_SMALL']).toBe(2)
  })

  it('may be SVG where that is wanted, and are drawn', async () => {
    const { images } = await fetched(['/icon.svg'], { svg: true })
    expect(await open(images[0]!.path).metadata()).toMatchObject({ format: 'jpeg', width: 60, height: 40 })
    expect(await colourAt(images[0]!.path, 30, 20)).toBe('100')
  })

  it('with the same content are stored once, thumbnails too, where that is wanted', async () => {
    const twice = ['/a.png', '/a.png?again']
    const { images } = await fetched(twice, { dedupe: 'checksum', thumbnails: { t: [9, 9] } })
    expect(images[0]!.path).toMatch(/^full\/[\da-f]{64}\.jpg$/)
    expect(images[1]!.path).toBe(images[0]!.path)
    expect(filesIn(store)).toHaveLength(2)
  })

  it('have options that are checked', () => {
    for (const options of [
      { thumbnails: { 'a/b': [1, 1] } },
      { thumbnails: { a: [0, 1] } },
      { thumbnails: { a: 50 } },
      { format: 'gif' },
      { quality: 101 },
      { minWidth: -1 },
      { maxPixels: 0 },
      { svg: 'yes' },
      { thumbs: {} },
    ])
      expect(() => images({ store, ...options } as never)).toThrow(expect.objectContaining({ code: 'ERR_MEDIA_OPTION' }))
  })
})
