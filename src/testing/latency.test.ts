import { expect, test } from 'vitest'
import type { SiteRequest } from './contract.ts'
import { latencyOf } from './latency.ts'

const at = (url: string, attempt = 1): SiteRequest => ({ url, attempt }) as SiteRequest
const urls = Array.from({ length: 5000 }, (_, i) => `/page/${i}`)

test('a log-normal latency has its median, its tail and its end, and is the same in each run', () => {
  const latency = latencyOf({ median: 100, sigma: 1, max: 1000 }, 3)
  const drawn = urls.map((url) => latency(at(url))).sort((a, b) => a - b)
  expect(Math.abs(drawn[2500]! - 100)).toBeLessThan(8)
  // one in 40 is beyond two sigmas, one in a hundred beyond the end
  expect(Math.abs(drawn[Math.floor(5000 * 0.9772)]! - 100 * Math.exp(2))).toBeLessThan(120)
  expect(drawn.at(-1)).toBe(1000)
  expect(drawn.filter((one) => one === 1000).length).toBeGreaterThan(20)
  expect(drawn[0]!).toBeGreaterThan(0)
  const again = latencyOf({ median: 100, sigma: 1, max: 1000 }, 3)
  expect(urls.map((url) => again(at(url))).sort((a, b) => a - b)).toEqual(drawn)
  expect(latency(at('/page/1', 2))).not.toBe(latency(at('/page/1')))
  expect(latencyOf({ median: 100 }, 4)(at('/page/1'))).not.toBe(latencyOf({ median: 100 }, 3)(at('/page/1')))
})

test('others are a number, or what a function says', () => {
  expect(latencyOf(undefined, 0)(at('/'))).toBe(0)
  expect(latencyOf(30, 0)(at('/'))).toBe(30)
  expect(latencyOf(({ url }) => url.length, 0)(at('/abc'))).toBe(4)
})
