import { expect, test } from 'vitest'
import type { CrawlResult } from '../crawl/crawl.ts'
import { defaultSettings } from '../settings/settings.ts'
import { summary } from './summary.ts'

const look = { columns: 100, colors: false }
const result: CrawlResult = {
  reason: 'finished',
  ok: true,
  elapsed: 100,
  feeds: [{ uri: 'a.jsonl', format: 'jsonl', count: 1234 }],
  counts: { queued: 0, delayed: 0, leased: 0, done: 0, dead: 0, seen: 0 },
  stats: {
    response_received_count: 2000,
    'downloader/response_status_count/200': 1900,
    'downloader/response_status_count/301': 20,
    'downloader/response_status_count/404': 70,
    'downloader/response_status_count/410': 11,
    'downloader/response_status_count/503': 1,
    'robotstxt/response_status_count/404': 1,
    'robotstxt/response_status_count/503': 1,
    item_scraped_count: 1234,
    item_dropped_count: 5,
    'request_end_count/done': 1900,
    'request_end_count/duplicate': 50_000,
    'retry/count': 3,
    'retry/reason_count/503': 1,
    'retry/reason_count/ERR_TIMEOUT': 2,
    'downloader/exception_type_count/ERR_TIMEOUT': 2,
    'spider_exceptions/count': 4,
    'spider_exceptions/TypeError': 4,
    'downloader/response_bytes': 1_234_567,
    'downloader/request_bytes': 999,
    'log_count/ERROR': 4,
  },
}
const print = (over: Partial<CrawlResult> = {}, log = {}, columns = 100): string =>
  summary('books', { ...result, ...over }, { ...defaultSettings, ...log }, { ...look, columns })

test('says all there is to say', () => {
  expect(print()).toBe(`
books finished
  pages       2,000 (20/s) · 1,900 2xx · 20 3xx · 80 4xx (404: 69, 410: 11)
  items       1,234 (12/s) · 5 dropped
  written     1,234 to a.jsonl (jsonl)
  requests    50,000 duplicate · 1,900 done
  retries     3 · 2 ERR_TIMEOUT · 1 503
  errors      6 · 4 TypeError · 2 ERR_TIMEOUT
  traffic     1.2 MB received, 999 bytes sent
  time        100.0 s
4 errors were logged: the lines marked ERROR above. With --log-file FILE they are kept.
`)
})

test('a crawl of nothing is short', () => {
  expect(print({ stats: {}, feeds: [], elapsed: 0 })).toBe(`
books finished
  pages       0
  items       0
  requests    none
  traffic     0 bytes received, 0 bytes sent
  time        0.00 s
`)
})

test('how it ended is said: in good order, early, or by an error', () => {
  expect(print({ reason: 'shutdown', counts: { ...result.counts, queued: 3, delayed: 1, leased: 1 } })).toMatch(
    /books stopped early \(shutdown\)[\s\S]*left {8}5 requests were not fetched/,
  )
  expect(print({ reason: 'store_error', ok: false, error: new Error('disk full\x1b[2J') })).toMatch(
    /books failed \(store_error\)[\s\S]*Error: disk full\\u001b\[2J/,
  )
})

test('of a crawl on many machines, this worker and all of them', () => {
  const crawlStats = {
    response_received_count: 9000,
    item_scraped_count: 8000,
    'request_end_count/done': 9000,
    'spider_exceptions/TypeError': 7,
  }
  const text = print({ crawlStats, counts: { ...result.counts, queued: 12 } })
  expect(text).toMatch(/books finished\nthis worker\n {2}pages {7}2,000 \(20\/s\)[\s\S]*time {8}100\.0 s\nthe whole crawl\n/)
  expect(text).toContain(`the whole crawl
  pages       9,000
  items       8,000
  requests    9,000 done
  left        12 requests still to be fetched
  errors      7 · 7 TypeError
  traffic     0 bytes received, 0 bytes sent
4 errors`)
  expect(print({ crawlStats, counts: { ...result.counts, queued: 12 } }, { jobDir: 'crawls/books' })).toContain(
    'left        12 requests still to be fetched: the same command goes on with them',
  )
  // whoever did it all says it once
  const numbers = Object.fromEntries(Object.entries(result.stats).map(([name, value]) => [name, Number(value)]))
  expect(print({ crawlStats: numbers })).toBe(print())
})

test('where to read about errors depends on where they went', () => {
  expect(print({}, { logFile: 'a.log' })).toContain('grep ERROR a.log')
  expect(print({}, { logLevel: 'silent' })).toContain('--log-level error')
  expect(print({ stats: { 'log_count/ERROR': 1 } })).toContain('1 error was logged')
})

test('nothing from a page or a URL comes through as it is', () => {
  const text = print({
    stats: { 'spider_exceptions/\x1b[31mX\n': 1 },
    feeds: [{ uri: 's3://key:secret@bucket/a', format: 'json', count: 1 }],
  })
  expect(text).not.toContain('\x1b')
  expect(text).not.toContain('secret')
})

test('a narrow terminal breaks lines between words', () => {
  for (const line of print({}, {}, 50).split('\n').slice(0, -2)) expect(line.length).toBeLessThanOrEqual(50)
  expect(print({}, {}, 50)).toContain('TypeError')
})
