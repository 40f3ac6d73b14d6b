import { describe, expect, it } from 'vitest'
import { fakeContext } from '../../test/support/extension-context.ts'
import { frontierOptions } from '../crawl/frontier-of.ts'
import type { SlotChange } from '../frontier/contract.ts'
import { Request, type RequestInit } from '../http/request.ts'
import { Response } from '../http/response.ts'
import type { Settings } from '../settings/settings.ts'
import { defaultSettings } from '../settings/settings.ts'
import { autoThrottle } from './auto-throttle.ts'

interface Bench {
  readonly told: [name: string, change: SlotChange][]
  readonly lines: string[]
  readonly close: (() => void) | undefined
  answer(latency: number | undefined, options?: RequestInit & { status?: number; url?: string }): Promise<void>
  robots(origin: string, crawlDelay: number | undefined): Promise<void>
}

function open(settings: Partial<Settings> = {}): Bench {
  const told: Bench['told'] = []
  const { context, lines } = fakeContext({ autoThrottle: true, ...settings })
  const close = autoThrottle.open({ ...context, slot: (name, change) => void told.push([name, change]) })
  return {
    told,
    lines,
    close,
    answer(latency, { status = 200, url = 'http://a.example/', ...init } = {}) {
      const request = new Request(url, init)
      return context.signals.emit('responseDownloaded', { request, response: new Response({ url, status, latency, request }) })
    },
    robots: (origin, crawlDelay) =>
      context.signals.emit('robotsParsed', { origin, sitemaps: [], allows: () => true, crawlDelay: () => crawlDelay }),
  }
}

const delays = ({ told }: Bench): (number | undefined)[] => told.map(([, { delay }]) => delay)

describe('the algorithm', () => {
  it('goes half-way down to the latency, and at once up to it', async () => {
    const bench = open({ autoThrottleStartDelay: 0.4 })
    for (const latency of [56, 56, 56, 1000, 100]) await bench.answer(latency)
    expect(delays(bench)).toEqual([228, 142, 99, 1000, 550])
  })

  it('aims at latency divided by the target concurrency', async () => {
    const bench = open({ autoThrottleStartDelay: 1, autoThrottleTargetConcurrency: 4 })
    await bench.answer(400)
    await bench.answer(8000)
    expect(delays(bench)).toEqual([550, 2000])
  })

  it('stays between the delay of the settings and the longest', async () => {
    const bench = open({ delay: 2, autoThrottleMaxDelay: 10, autoThrottleStartDelay: 5 })
    for (let i = 0; i < 5; i++) await bench.answer(0)
    await bench.answer(50_000)
    expect(delays(bench)).toEqual([2500, 2000, 10_000])
  })

  it('takes a slot\u2019s own delay for the least, also where that is beyond the longest', async () => {
    const bench = open({ slots: { 'a.example': { delay: 7 }, 'b.example': { delay: 90 } }, autoThrottleStartDelay: 8 })
    await bench.answer(0)
    await bench.answer(0, { url: 'http://b.example/' })
    await bench.answer(0, { url: 'http://c.example/' })
    expect(bench.told).toEqual([
      ['a.example', { delay: 7000 }],
      ['b.example', { delay: 90_000 }],
      ['c.example', { delay: 4000 }],
    ])
  })

  it('lets an answer other than 200 raise the delay only', async () => {
    const bench = open({ autoThrottleStartDelay: 1 })
    for (const status of [404, 503, 301, 204]) await bench.answer(10, { status })
    expect(delays(bench)).toEqual([])
    await bench.answer(3000, { status: 503 })
    expect(delays(bench)).toEqual([3000])
  })

  it('leaves out dontThrottle, and what came from no network', async () => {
    const bench = open()
    await bench.answer(10, { dontThrottle: true })
    await bench.answer(undefined)
    expect(bench.told).toEqual([])
    await bench.answer(10, { dontThrottle: false })
    expect(delays(bench)).toEqual([2505])
  })

  it('keeps slots apart, by the name they have in the frontier', async () => {
    const bench = open({ autoThrottleStartDelay: 1 })
    await bench.answer(100)
    await bench.answer(300, { url: 'http://b.example/' })
    await bench.answer(100)
    expect(bench.told).toEqual([
      ['a.example', { delay: 550 }],
      ['b.example', { delay: 650 }],
      ['a.example', { delay: 325 }],
    ])
  })
})

describe('what the frontier is told', () => {
  it('is no change below 1 %, until it has become one, and none below a millisecond', async () => {
    const bench = open({ autoThrottleStartDelay: 10 })
    await bench.answer(10_000)
    for (let i = 0; i < 50; i++) await bench.answer(9900 + (i % 3))
    expect(delays(bench)).toEqual([10_000])
    for (let i = 0; i < 12; i++) await bench.answer(9820)
    expect(delays(bench)).toHaveLength(2)
    const quick = open({ autoThrottleStartDelay: 5 })
    for (let i = 0; i < 500; i++) await quick.answer(0)
    expect(delays(quick).length).toBeLessThan(15)
    expect(delays(quick).at(-1)).toBeLessThan(2)
  })

  it('is said in the log', async () => {
    const bench = open()
    await bench.answer(100)
    expect(bench.lines).toEqual(['AutoThrottle: a.example from 5000 to 2550 ms (100 ms for status 200)'])
  })

  it('is nothing when the crawl is over, or with the setting off', async () => {
    const bench = open()
    bench.close!()
    await bench.answer(100)
    await bench.robots('http://a.example', 9)
    expect(bench.told).toEqual([])
    expect(open({ autoThrottle: false }).close).toBeUndefined()
  })
})

describe('Crawl-delay', () => {
  it('is the least that a slot gets, told again over what robots.txt set', async () => {
    const bench = open({ autoThrottleStartDelay: 1 })
    await bench.answer(100)
    await bench.robots('http://a.example', 3)
    for (let i = 0; i < 5; i++) await bench.answer(0)
    expect(delays(bench)).toEqual([550, 3000])
    await bench.answer(0, { url: 'http://b.example/' })
    expect(delays(bench)).toEqual([550, 3000, 500])
  })

  it('is a minute at most, also beyond autoThrottleMaxDelay', async () => {
    const bench = open({ autoThrottleMaxDelay: 10 })
    await bench.robots('http://a.example', 86_400)
    await bench.answer(0)
    expect(delays(bench)).toEqual([60_000])
  })

  it.each([undefined, 0, -1])('of %s is none, nor is any with obeyCrawlDelay off', async (crawlDelay) => {
    for (const bench of [open({ autoThrottleStartDelay: 1 }), open({ autoThrottleStartDelay: 1, obeyCrawlDelay: false })]) {
      await bench.robots('http://a.example', crawlDelay)
      await bench.answer(100)
      expect(delays(bench)).toEqual([550])
    }
    const off = open({ autoThrottleStartDelay: 1, obeyCrawlDelay: false })
    await off.robots('http://a.example', 30)
    await off.answer(100)
    expect(delays(off)).toEqual([550])
  })
})

it('a slot begins with the start delay, or its own where that is longer', () => {
  const settings: Settings = {
    ...defaultSettings,
    delay: 1,
    slots: { slow: { delay: 9 }, quick: { delay: 0.1 }, narrow: { concurrency: 1 } },
  }
  const { slot, slots } = frontierOptions({ ...settings, autoThrottle: true })
  expect([slot.delay, slots['slow'], slots['quick'], slots['narrow']]).toEqual([
    5000,
    { delay: 9000 },
    { delay: 5000 },
    { concurrency: 1 },
  ])
  expect(frontierOptions(settings).slots['quick']).toEqual({ delay: 100 })
  expect(frontierOptions(settings).slot.delay).toBe(1000)
})

it('remembers a bounded number of slots', async () => {
  const bench = open({ autoThrottleStartDelay: 1 })
  for (let i = 0; i < 30_000; i++) await bench.answer(100, { url: `http://h${i}.example/` })
  bench.told.length = 0
  // forgotten: it begins anew; the latest is not
  await bench.answer(100, { url: 'http://h0.example/' })
  await bench.answer(100, { url: 'http://h29999.example/' })
  expect(delays(bench)).toEqual([550, 325])
})
