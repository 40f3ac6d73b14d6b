import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SlidingWindow } from './sliding-window.ts'

test('counts what a filter over all times counts, however many there are', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 300 }), (waits) => {
      const window = new SlidingWindow(1000)
      const times: number[] = []
      let now = 0
      for (const wait of waits) {
        now += wait
        times.push(now)
        const inside = times.filter((time) => time > now - 1000)
        expect(window.add(now)).toBe(inside.length)
        expect(window.untilRoom(now)).toBeCloseTo(inside[0]! + 1000 - now)
      }
      expect(window.sizeAt(now + 1000)).toBe(0)
      expect(window.untilRoom(now + 1000)).toBe(0)
    }),
  )
})
