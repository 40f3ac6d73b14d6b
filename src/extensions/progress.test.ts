import { expect, test } from 'vitest'
import { fakeContext, settle } from '../../test/support/extension-context.ts'
import type { Request } from '../http/request.ts'
import type { Response } from '../http/response.ts'
import { progress } from './progress.ts'

function open(...args: Parameters<typeof fakeContext>) {
  const fake = fakeContext(...args)
  const drawn: (readonly string[])[] = []
  const close = progress({ draw: (lines) => drawn.push(lines) }).open(fake.context)
  const page = async (url: string) => {
    fake.context.stats.inc('response_received_count')
    await fake.context.signals.emit('responseReceived', { request: { url } as Request, response: {} as Response })
  }
  const tick = async (ms = 200) => {
    fake.clock.advance(ms)
    await settle()
  }
  return { ...fake, drawn, close: close!, page, tick }
}

test('pages, rate, queue, items, errors and time', async () => {
  const { context, drawn, tick } = open()
  await tick(0)
  context.stats.inc('response_received_count', 1234)
  context.stats.inc('item_scraped_count', 5678)
  context.stats.counter('request_end_count').label('failed').add(2)
  await tick(62_000)
  expect(drawn.at(-1)).toEqual(['quotes  1,234 pages  20/s  5,678 items  2 errors  7 queued  3 in flight  1:02'])
})

test('the rate is that of the last seconds', async () => {
  const { context, drawn, tick } = open()
  context.stats.inc('response_received_count', 100_000)
  for (let i = 0; i < 60; i++) await tick()
  expect(drawn.at(-1)![0]).toContain('100,000 pages  0.0/s')
})

test('hosts have rows while they are few', async () => {
  const { drawn, tick, page } = open()
  await page('https://a.example/1')
  await tick()
  expect(drawn.at(-1)).toHaveLength(1)
  await page('https://user@b.example:8080/?x')
  await page('https://b.example:8080/')
  await tick()
  expect(drawn.at(-1)!.slice(1)).toEqual(['  b.example:8080  2', '  a.example       1'])
})

test('with many hosts the rows go, for good, and nothing is kept of them', async () => {
  const { context, drawn, tick, page } = open()
  for (let i = 0; i < 9; i++) await page(`https://h${i}.example/`)
  expect(context.signals.has('responseReceived')).toBe(false)
  await page('https://h0.example/')
  await tick()
  expect(drawn.at(-1)).toHaveLength(1)
})

test('at the end the block is taken away and nothing is left running', async () => {
  const { context, clock, drawn, tick, close } = open()
  await tick()
  clock.advance(200)
  close()
  await settle()
  expect(drawn.at(-1)).toEqual([])
  expect(clock.pending).toBe(0)
  expect(context.signals.has('responseReceived')).toBe(false)
})

test('a frontier that does not answer is said to', async () => {
  const { drawn, tick } = open({}, () => Promise.reject(new Error('gone')))
  await tick()
  expect(drawn.at(-1)![0]).toContain('queue does not answer')
})
