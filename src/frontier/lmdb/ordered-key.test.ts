import fc from 'fast-check'
import { expect, it } from 'vitest'
import { numberKey, readNumber } from './ordered-key.ts'

const number = fc.oneof(fc.double({ noNaN: true }), fc.maxSafeInteger(), fc.integer())

it('gives numbers back', () => {
  fc.assert(
    fc.property(number, (value) => {
      expect(readNumber(numberKey(value), 0)).toBe(value + 0)
    }),
  )
})

it('keeps their order, whatever follows', () => {
  fc.assert(
    fc.property(number, number, number, number, (a, b, c, d) => {
      const order = a !== b ? a - b : c - d
      expect(Math.sign(Buffer.compare(numberKey(a, c), numberKey(b, d)))).toBe(Math.sign(order))
    }),
  )
})

it('knows no difference between 0 and -0', () => {
  expect(numberKey(-0)).toEqual(numberKey(0))
})
