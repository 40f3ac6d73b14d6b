import { describe, expect, it } from 'vitest'
import { Budget } from './budget.ts'

describe('Budget', () => {
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

  /** Asks, and notes when it got it. */
  function asker(budget: Budget, got: number[]) {
    return (amount: number): void => void budget.take(amount).then(() => got.push(amount))
  }

  it('gives as long as there is room, and then to those who asked first', async () => {
    const budget = new Budget(10)
    const got: number[] = []
    const ask = asker(budget, got)
    for (const amount of [4, 6, 3, 1, 2]) ask(amount)
    await turn()
    expect(got).toEqual([4, 6])
    budget.free(2)
    await turn()
    expect(got).toEqual([4, 6])
    budget.free(2)
    await turn()
    expect(got).toEqual([4, 6, 3, 1])
    budget.free(10)
    await turn()
    expect(got).toEqual([4, 6, 3, 1, 2])
  })

  it('gives what is more than all there is, alone', async () => {
    const budget = new Budget(10)
    const got: number[] = []
    const ask = asker(budget, got)
    for (const amount of [1, 99, 1]) ask(amount)
    await turn()
    expect(got).toEqual([1])
    budget.free(1)
    await turn()
    expect(got).toEqual([1, 99])
    budget.free(99)
    await turn()
    expect(got).toEqual([1, 99, 1])
  })

  it('has nobody begin while what was added is too much', async () => {
    const budget = new Budget(10)
    const got: number[] = []
    const ask = asker(budget, got)
    budget.add(6)
    ask(0)
    await turn()
    expect(got).toEqual([0])
    budget.add(6)
    ask(0)
    await turn()
    expect(got).toEqual([0])
    budget.free(6)
    await turn()
    expect(got).toEqual([0, 0])
  })
})
