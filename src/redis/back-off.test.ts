import { describe, expect, it } from 'vitest'
import { backOff } from './back-off.ts'

describe('backOff', () => {
  it('doubles from 50 ms to 2 s', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 7, 5_000].map((failures) => backOff(failures, () => 0))).toEqual([
      50, 100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000,
    ])
  })

  it('takes off at most half, at random', () => {
    expect(backOff(0, () => 1)).toBe(25)
    expect(new Set(Array.from({ length: 20 }, () => backOff(3))).size).toBeGreaterThan(10)
  })
})
