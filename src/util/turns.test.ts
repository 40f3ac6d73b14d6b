import { expect, it } from 'vitest'
import { Turns } from './turns.ts'

const compute = (ms: number): void => {
  const end = performance.now() + ms
  while (performance.now() < end);
}

it('is over some time, and begins anew with the next', async () => {
  const turns = new Turns()
  for (let round = 0; round < 3; round++) {
    let steps = 1
    for (; !turns.over(); steps++) compute(1)
    expect(steps).toBeGreaterThan(1)
    let others = false
    setImmediate(() => {
      others = true
    })
    await turns.next()
    expect(others).toBe(true)
  }
})

it('is not over where the steps are few, however long they take', () => {
  const turns = new Turns()
  for (let steps = 0; steps < 15; steps++) {
    compute(5)
    expect(turns.over()).toBe(false)
  }
})
