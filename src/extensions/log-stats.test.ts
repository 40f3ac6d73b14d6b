import { expect, test } from 'vitest'
import { fakeContext, settle } from '../../test/support/extension-context.ts'
import { logStats } from './log-stats.ts'

test('a line after each interval, with the rates of that interval', async () => {
  const { context, clock, lines } = fakeContext({ logStatsInterval: 30 })
  const close = logStats.open(context)
  context.stats.inc('response_received_count', 120)
  context.stats.inc('item_scraped_count', 30)
  clock.advance(30_000)
  await settle()
  context.stats.inc('response_received_count', 10)
  clock.advance(30_000)
  await settle()
  expect(lines).toEqual([
    'Crawled 120 pages (240/min), scraped 30 items (60/min), queued 7, in flight 3',
    'Crawled 130 pages (20/min), scraped 30 items (0/min), queued 7, in flight 3',
  ])
  close?.()
  clock.advance(300_000)
  await settle()
  expect(lines).toHaveLength(2)
  expect(clock.pending).toBe(0)
})

test('an interval of 0 says nothing', () => {
  const { context, clock } = fakeContext({ logStatsInterval: 0 })
  expect(logStats.open(context)).toBeUndefined()
  expect(clock.pending).toBe(0)
})

test('nothing is said any more once the crawl is over, also if the counts come late', async () => {
  const { context, clock, lines } = fakeContext({ logStatsInterval: 1 })
  const close = logStats.open(context)
  clock.advance(1000)
  close?.()
  await settle()
  expect(lines).toEqual([])
  expect(clock.pending).toBe(0)
})

test('a frontier that does not answer does not end the lines', async () => {
  const { context, clock, lines } = fakeContext({ logStatsInterval: 1 }, () => Promise.reject(new Error('gone')))
  logStats.open(context)
  clock.advance(1000)
  await settle()
  clock.advance(1000)
  await settle()
  expect(lines).toEqual(['Crawled 0 pages (0/min), scraped 0 items (0/min)', 'Crawled 0 pages (0/min), scraped 0 items (0/min)'])
})
