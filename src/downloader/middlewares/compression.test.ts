import * as zlib from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { answer, around, downloadBench, failure } from '../../../test/support/download.ts'
import type { HeadersInit } from '../../http/headers.ts'
import { HtmlResponse } from '../../http/html-response.ts'
import { Request, type RequestInit } from '../../http/request.ts'
import { Response } from '../../http/response.ts'
import type { Settings } from '../../settings/settings.ts'
import { compression } from './compression.ts'

const page = '<html><p>café</p></html>'

async function receive(
  body: Uint8Array | string,
  coding: string | string[] | undefined,
  settings: Partial<Settings> = {},
  init: RequestInit = {},
) {
  const bench = downloadBench(settings)
  const headers: HeadersInit = {
    'Content-Type': 'text/html; charset=utf-8',
    ...(coding === undefined ? {} : { 'Content-Encoding': coding }),
  }
  const result = await around(compression, bench.context, async (request) => answer(request, 200, headers, body))(
    new Request('http://a.example/x.bin', init),
  )
  if (!(result instanceof Response)) throw new Error('expected a response')
  return { ...bench, response: result }
}

describe('asking', () => {
  it('asks for what it can undo, unless the request asks for something itself', async () => {
    const asked: (string | undefined)[] = []
    const download = around(compression, downloadBench().context, async (request) => {
      asked.push(request.headers.get('accept-encoding'))
      return answer(request)
    })
    await download(new Request('http://a.example/'))
    await download(new Request('http://a.example/', { headers: { 'accept-encoding': 'identity' } }))
    expect(asked).toEqual(['gzip, deflate, br, zstd', 'identity'])
  })

  it('is not there with the setting off', () => {
    expect(compression.create(downloadBench({ compression: false }).context)).toBeUndefined()
  })
})

describe('undoing', () => {
  it.each([
    ['gzip', zlib.gzipSync(page)],
    ['x-gzip', zlib.gzipSync(page)],
    [' GZip ', zlib.gzipSync(page)],
    ['deflate', zlib.deflateSync(page)],
    ['deflate', zlib.deflateRawSync(page)],
    ['br', zlib.brotliCompressSync(page)],
    ['gzip, gzip', zlib.gzipSync(zlib.gzipSync(page))],
    ['deflate,br', zlib.brotliCompressSync(zlib.deflateSync(page))],
    [['deflate', 'br'], zlib.brotliCompressSync(zlib.deflateSync(page))],
    ['identity, gzip', zlib.gzipSync(page)],
    ['identity', Buffer.from(page)],
    [',', Buffer.from(page)],
  ])('%j', async (coding, body) => {
    const { response, stats } = await receive(body, coding)
    expect(response).toBeInstanceOf(HtmlResponse)
    expect((response as HtmlResponse).text).toBe(page)
    expect(response.headers.has('content-encoding')).toBe(false)
    expect(response.flags).toEqual([])
    expect(stats.flat()).toEqual({
      'httpcompression/response_bytes': Buffer.byteLength(page),
      'httpcompression/response_count': 1,
    })
  })

  it('leaves what is not compressed as it is', async () => {
    const { response, stats } = await receive(page, undefined)
    expect((response as HtmlResponse).text).toBe(page)
    expect(stats.flat()).toEqual({})
  })

  it('leaves a coding it does not know, with those before it, and says so once', async () => {
    const { response, lines, context } = await receive('??', 'foo')
    expect([response.headers.get('content-encoding'), response.body.toString()]).toEqual(['foo', '??'])
    expect(lines).toHaveLength(1)
    const both = await receive(zlib.gzipSync('inner'), 'gzip, foo, gzip')
    expect([both.response.headers.get('content-encoding'), both.response.body.toString()]).toEqual(['gzip, foo', 'inner'])
    const download = around(compression, context, async (r) => answer(r, 200, { 'Content-Encoding': 'foo' }, 'x'))
    for (let i = 0; i < 5; i++) await download(new Request('http://a.example/'))
    expect(lines).toHaveLength(2)
  })

  it('leaves HEAD alone', async () => {
    const { response } = await receive('', 'gzip', {}, { method: 'HEAD' })
    expect(response.headers.get('content-encoding')).toBe('gzip')
  })

  it('takes an empty body for empty', async () => {
    const { response } = await receive('', 'gzip')
    expect([response.body.length, response.headers.has('content-encoding')]).toEqual([0, false])
  })

  it('keeps what the response was', async () => {
    const request = new Request('http://a.example/')
    const result = await around(compression, downloadBench().context, async (asked) =>
      answer(asked, 404, { 'Content-Encoding': 'gzip', 'X-A': '1' }, zlib.gzipSync(page)).replace({
        flags: ['dataloss'],
        protocol: 'HTTP/1.1',
        ipAddress: '::1',
      }),
    )(request)
    expect(result).toMatchObject({ status: 404, protocol: 'HTTP/1.1', ipAddress: '::1', flags: ['dataloss'], url: request.url })
    expect((result as Response).headers.toFlat()).toEqual(['X-A', '1'])
  })
})

describe('bodies that are wrong', () => {
  it('what is no gzip: ERR_DECODE', async () => {
    const error = await failure(receive('<html>plain</html>', 'gzip'))
    expect(error.code).toBe('ERR_DECODE')
    expect(error.message).toContain('http://a.example/x.bin')
  })

  it('what breaks off: what came, with a flag', async () => {
    const long = Array.from({ length: 2000 }, (_, i) => `<p>${i * 7919}</p>`).join('')
    const { response } = await receive(zlib.gzipSync(long).subarray(0, 3000), 'gzip')
    expect(response.flags).toEqual(['partial'])
    expect(long.startsWith(response.body.toString())).toBe(true)
    expect(response.body.length).toBeGreaterThan(1000)
  })

  it('a bomb: ERR_TOO_LARGE, by the limit of the request', async () => {
    const bomb = zlib.gzipSync(Buffer.alloc(3_000_000))
    expect((await failure(receive(bomb, 'gzip', { maxResponseSize: 1_000_000 }))).code).toBe('ERR_TOO_LARGE')
    expect((await receive(bomb, 'gzip', { maxResponseSize: 1_000_000 }, { maxSize: 0 })).response.body.length).toBe(3_000_000)
    expect((await failure(receive(zlib.gzipSync(bomb), 'gzip, gzip', { maxResponseSize: 1_000_000 }))).code).toBe('ERR_TOO_LARGE')
  })

  it('a hundred codings on top of each other: ERR_DECODE', async () => {
    let body = Buffer.from(page)
    for (let i = 0; i < 100; i++) body = zlib.gzipSync(body)
    expect((await failure(receive(body, Array(100).fill('gzip').join(',')))).code).toBe('ERR_DECODE')
  })

  it('a large one: one warning', async () => {
    const { lines } = await receive(zlib.gzipSync(Buffer.alloc(5000)), 'gzip', { warnResponseSize: 1000 })
    expect(lines.filter((line) => line.includes('5000 bytes'))).toHaveLength(1)
  })
})
