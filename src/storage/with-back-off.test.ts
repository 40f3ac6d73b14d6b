import { describe, expect, it } from 'vitest'
import { FakeClock } from '../../test/support/fake-clock.ts'
import { HurriedClock } from '../../test/support/hurried-clock.ts'
import { StorageError } from './storage-error.ts'
import { withBackOff } from './with-back-off.ts'

const away = (): StorageError => new StorageError('ERR_STORAGE_AWAY', 'away')

/** Fails so often, and then gives a word. */
function failing(times: number, error: () => Error = away) {
  const action = async (): Promise<string> => {
    if (++action.calls <= times) throw error()
    return 'done'
  }
  action.calls = 0
  return action
}

describe('withBackOff', () => {
  it('tries again while the store is away, for as long as it takes, with growing waits', async () => {
    const clock = new HurriedClock()
    const told: number[] = []
    const action = failing(200)
    expect(await withBackOff(action, { clock, maxWait: 10_000, onRetry: (_error, wait) => void told.push(wait) })).toBe('done')
    expect(action.calls).toBe(201)
    expect(told).toEqual(clock.waits)
    told.forEach((wait, n) => {
      expect(wait).toBeLessThanOrEqual(Math.min(250 * 2 ** n, 10_000))
      expect(wait).toBeGreaterThanOrEqual(Math.min(250 * 2 ** n, 10_000) / 2)
    })
  })

  it('gives up after so many attempts, with what failed last', async () => {
    const action = failing(10)
    await expect(withBackOff(action, { clock: new HurriedClock(), attempts: 3 })).rejects.toThrow('away')
    expect(action.calls).toBe(3)
  })

  it('throws at once what does not pass by itself', async () => {
    for (const error of [new StorageError('ERR_STORAGE_DENIED', 'no'), new TypeError('a bug')]) {
      const action = failing(1, () => error)
      await expect(withBackOff(action, { clock: new FakeClock() })).rejects.toBe(error)
      expect(action.calls).toBe(1)
    }
  })

  it('stops waiting when told to, and leaves no timer', async () => {
    const clock = new FakeClock()
    const controller = new AbortController()
    const waiting = withBackOff(failing(10), {
      clock,
      signal: controller.signal,
      onRetry: () => queueMicrotask(() => controller.abort()),
    })
    await expect(waiting).rejects.toThrow('away')
    expect(clock.pending).toBe(0)
    const action = failing(10)
    await expect(withBackOff(action, { clock, signal: controller.signal })).rejects.toThrow('away')
    expect(action.calls).toBe(1)
  })
})
