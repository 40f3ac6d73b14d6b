import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SeenSet } from './seen-set.ts'

describe('SeenSet', () => {
  it('does what a Set does', () => {
    const half = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(0xffff_ffff), fc.integer({ min: 0, max: 0xffff_ffff }))
    fc.assert(
      fc.property(fc.array(fc.tuple(half, half), { maxLength: 2000 }), (keys) => {
        const seen = new SeenSet()
        const model = new Set<string>()
        for (const [high, low] of keys) {
          // all-zero marks an empty place and is one with (0, 1),: no hash is all zero
          const name = high === 0 && low === 0 ? '0-1' : `${high}-${low}`
          expect(seen.has(high, low)).toBe(model.has(name))
          expect(seen.add(high, low)).toBe(!model.has(name))
          model.add(name)
        }
        expect(seen.size).toBe(model.size)
      }),
    )
  })

  it('keeps the key of zeros, which marks an empty place, as its neighbour', () => {
    const seen = new SeenSet()
    expect(seen.has(0, 0)).toBe(false)
    expect(seen.add(0, 0)).toBe(true)
    expect([seen.has(0, 0), seen.has(0, 1), seen.add(0, 1), seen.size]).toEqual([true, true, false, 1])
  })

  it('takes at most 16 bytes a key at every size from ten thousand to five million', () => {
    const seen = new SeenSet()
    const random = words()
    let worst = 0
    for (let i = 1; i <= 5_000_000; i++) {
      seen.add(random(), random())
      if (i >= 10_000 && i % 4096 === 0) worst = Math.max(worst, seen.bytes / seen.size)
    }
    expect(seen.size).toBe(5_000_000)
    expect(worst).toBeLessThanOrEqual(16)
  })
})

/** Words as a hash gives them: each digest of SHA-512 is sixteen. */
function words(): () => number {
  let block = Buffer.alloc(0)
  let at = 0
  let n = 0
  return () => {
    if (at === block.length) {
      block = createHash('sha512').update(String(n++)).digest()
      at = 0
    }
    at += 4
    return block.readUInt32LE(at - 4)
  }
}
