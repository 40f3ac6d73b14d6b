import { expect, it } from 'vitest'
import { answer, around, downloadBench, failure } from '../../../test/support/download.ts'
import { DownloadError } from '../../errors.ts'
import { Request } from '../../http/request.ts'
import { stats } from './stats.ts'

it('counts requests and responses as Scrapy does', async () => {
  const bench = downloadBench()
  const download = around(stats, bench.context, async (r) =>
    answer(
      r,
      200,
      [
        ['A', '1'],
        ['B', 'x'],
      ],
      'hello',
    ),
  )
  await download(new Request('http://a.example:8080/x?y=1#f', { headers: { A: 'b', C: 'dd' } }))
  await download(new Request('http://a.example', { method: 'POST', body: 'abc' }))
  expect(bench.stats.flat()).toEqual({
    'downloader/request_count': 2,
    'downloader/request_method_count/GET': 1,
    'downloader/request_method_count/POST': 1,
    // Scrapy's request_httprepr of the first is 53 bytes; `POST / HTTP/1.1`, Host, an empty line and three bytes
    'downloader/request_bytes': 53 + (17 + 17 + 2 + 3),
    'downloader/response_count': 2,
    'downloader/response_status_count/200': 2,
    // body 5, get_header_size 10, get_status_size 17, and 4
    'downloader/response_bytes': 2 * (5 + 10 + 17 + 4),
  })
})

it('counts errors by code, and passes them on', async () => {
  const bench = downloadBench()
  const error = new DownloadError('ERR_TIMEOUT', 'late')
  const errors: unknown[] = [error, error, new TypeError('x'), 'a string']
  const download = around(stats, bench.context, async () => {
    throw errors.shift()
  })
  for (let i = 0; i < 2; i++) expect(await failure(download(new Request('http://a.example/')))).toBe(error)
  await failure(download(new Request('http://a.example/')))
  await failure(download(new Request('http://a.example/')))
  expect(bench.stats.flat()).toMatchObject({
    'downloader/exception_count': 4,
    'downloader/exception_type_count/ERR_TIMEOUT': 2,
    'downloader/exception_type_count/TypeError': 1,
    'downloader/exception_type_count/string': 1,
  })
  expect(bench.stats.get('downloader/response_count')).toBeUndefined()
})

it('counts no response where there is none', async () => {
  const bench = downloadBench()
  const other = new Request('http://a.example/other')
  expect(await around(stats, bench.context, async () => other)(new Request('http://a.example/'))).toBe(other)
  expect(bench.stats.get('downloader/response_count')).toBeUndefined()
})

it('grows no table for statuses that a server makes up', async () => {
  const bench = downloadBench()
  let status = 200
  const download = around(stats, bench.context, async (r) => answer(r, status++))
  for (let i = 0; i < 3000; i++) await download(new Request('http://a.example/'))
  expect(bench.stats.get('downloader/response_count')).toBe(3000)
  expect(Object.keys(bench.stats.flat()).length).toBeLessThan(1100)
})
