import * as zlib from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { type Config, type Failure, HtmlResponse, Request, type Response, Spider } from '../../src/index.ts'
import { run, type Witnessed } from '../support/run.ts'
import { type Site, startSite } from '../support/site.ts'

/** What Content-Encoding says, and what comes of it. */

let site: Site
afterEach(() => site.close())

interface Fetched {
  readonly page: Response | undefined
  readonly text: string | undefined
  readonly error: unknown
  readonly crawl: Witnessed
}

/** A page of these bytes, over a real connection. */
async function fetched(coding: string, body: Uint8Array, config: Config = {}): Promise<Fetched> {
  site = await startSite({
    '/': (request, response) => {
      expect(request.headers['accept-encoding']).toBe('gzip, deflate, br, zstd')
      const headers = { 'content-type': 'text/html; charset=utf-8', 'content-encoding': coding, 'content-length': body.length }
      response.writeHead(200, headers).end(body)
    },
  })
  let page: Response | undefined
  let text: string | undefined
  let error: unknown
  class One extends Spider {
    override *start() {
      yield new Request(`${site.url}/`, { errback: 'failed' })
    }
    override parse(response: Response): void {
      page = response
      if (response instanceof HtmlResponse) text = response.text
    }
    failed(failure: Failure): void {
      error = failure.error
    }
  }
  const crawl = await run(One, { retry: true, ...config })
  expect(site.log).toEqual(['/'])
  return { page, text, error, crawl }
}

const html = `<html><p>${'café '.repeat(100)}</p></html>`
/** As the reference compressor writes it. */
const ZSTD = 'KLUv/WBUAMUAAIg8cD5oZWxsbyB6c3RkPC9wPgEAgUidSw=='

/** zstd of one byte many times over (RFC 8878, 3.1.1.2.2): 128 KiB for every four bytes. */
function zstdBomb(blocks: number): Buffer {
  const block = (last: boolean): Buffer => {
    const head = Buffer.alloc(4, 65)
    head.writeUIntLE(((128 * 1024) << 3) | 2 | (last ? 1 : 0), 0, 3)
    return head
  }
  const frame = Buffer.of(0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3)
  return Buffer.concat([frame, ...Array.from({ length: blocks }, (_, i) => block(i === blocks - 1))])
}

describe('compression', () => {
  it.each([
    ['gzip', zlib.gzipSync(html)],
    ['x-gzip', zlib.gzipSync(html)],
    ['deflate', zlib.deflateSync(html)],
    ['deflate', zlib.deflateRawSync(html)],
    ['gzip, gzip', zlib.gzipSync(zlib.gzipSync(html))],
    ['br', zlib.brotliCompressSync(html)],
  ])('row 29: %s is undone, and its header goes', async (coding, body) => {
    const { page, text } = await fetched(coding, body)
    expect(text).toBe(html)
    expect(page!.headers.has('content-encoding')).toBe(false)
  })

  it('row 29: zstd is undone, and its header goes', async () => {
    const { page, text } = await fetched('zstd', Buffer.from(ZSTD, 'base64'))
    expect(text).toBe('<p>hello zstd</p>'.repeat(20))
    expect(page!.headers.has('content-encoding')).toBe(false)
  })

  it('row 30: a coding that is not known leaves body and header', async () => {
    const { page, crawl } = await fetched('foo', Buffer.from('as it is'))
    expect(page!.body.toString()).toBe('as it is')
    expect(page!.headers.get('content-encoding')).toBe('foo')
    expect(crawl.log.filter(({ level, message }) => level === 'warn' && message.includes('"foo"'))).toHaveLength(1)
  })

  it('row 31: what is no gzip is an error for the errback, after one request', async () => {
    const { page, error, crawl } = await fetched('gzip', Buffer.from('<html>no gzip</html>'))
    expect(page).toBeUndefined()
    expect(error).toMatchObject({ code: 'ERR_DECODE' })
    expect(crawl.ends).toEqual([['/', 'failed']])
  })

  it('row 31: gzip that breaks off gives what came', async () => {
    const lines = Array.from({ length: 3000 }, (_, i) => `<p>${(i * 7919) % 10_007}</p>`).join('\n')
    const { page, text } = await fetched('gzip', zlib.gzipSync(lines).subarray(0, 6000))
    expect(page!.flags).toEqual(['partial'])
    expect(text!.length).toBeGreaterThan(2000)
    expect(lines.startsWith(text!)).toBe(true)
  })

  it('row 31: an empty body is an empty page', async () => {
    const { page, crawl } = await fetched('gzip', Buffer.alloc(0))
    expect(page).toMatchObject({ status: 200, body: Buffer.alloc(0) })
    expect(crawl.ends).toEqual([['/', 'done']])
  })

  const bombs: [string, string, () => Buffer][] = [
    ['gzip', 'gzip', () => zlib.gzipSync(Buffer.alloc(50_000_000))],
    ['deflate', 'deflate', () => zlib.deflateSync(Buffer.alloc(50_000_000))],
    [
      'br',
      'br',
      () => zlib.brotliCompressSync(Buffer.alloc(50_000_000), { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 2 } }),
    ],
    ['zstd', 'zstd', () => zstdBomb(400)],
    ['gzip in gzip', 'gzip, gzip', () => zlib.gzipSync(zlib.gzipSync(Buffer.alloc(50_000_000)))],
    ['gzip in br', 'gzip, br', () => zlib.brotliCompressSync(zlib.gzipSync(Buffer.alloc(50_000_000)))],
  ]
  it.each(bombs)('row 32: a bomb of %s is given up, and the errback hears of it', async (_, coding, make) => {
    const bomb = make()
    expect(bomb.length).toBeLessThan(100_000)
    const { page, error, crawl } = await fetched(coding, bomb, { maxResponseSize: 10_000_000 })
    expect(page).toBeUndefined()
    expect(error).toMatchObject({ code: 'ERR_TOO_LARGE' })
    expect(crawl.ends).toEqual([['/', 'failed']])
  })
})
