import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { fakeContext } from '../../test/support/extension-context.ts'
import type { Settings } from '../settings/settings.ts'
import { memoryUsage } from './memory-usage.ts'

const MIB = 2 ** 20
let rss: MockInstance<() => number>
beforeEach(() => {
  rss = vi.spyOn(process.memoryUsage, 'rss').mockReturnValue(100 * MIB)
})
afterEach(() => rss.mockRestore())

function open(settings: Partial<Settings>) {
  const { context, clock, lines } = fakeContext(settings)
  const closed: string[] = []
  const warnings: unknown[] = []
  context.signals.on('memoryWarning', (event) => void warnings.push(event))
  const close = memoryUsage.open({ ...context, close: (reason) => void closed.push(reason) })
  return { stats: context.stats, clock, lines, closed, warnings, close }
}

describe('without a limit', () => {
  it('does nothing', () => {
    const { close, clock, stats } = open({})
    expect(close).toBeUndefined()
    expect(clock.pending).toBe(0)
    expect(stats.flat()).toEqual({})
    expect(rss).not.toHaveBeenCalled()
  })
})

describe('memoryLimit', () => {
  it('ends the worker once, when it is exceeded', () => {
    const { stats, clock, lines, closed } = open({ memoryLimit: 200 * MIB })
    rss.mockReturnValue(200 * MIB)
    clock.advance(5000)
    expect(closed).toEqual([])
    rss.mockReturnValue(200 * MIB + 1)
    clock.advance(4999)
    expect(closed).toEqual([])
    clock.advance(1)
    expect(closed).toEqual(['memusage_exceeded'])
    expect(lines).toEqual(['quotes holds 200 MiB of memory, more than memoryLimit (200 MiB): it ends'])
    clock.advance(60_000)
    expect([closed.length, clock.pending]).toEqual([1, 0])
    expect(stats.flat()).toEqual({
      'memusage/limit_reached': 1,
      'memusage/max': 200 * MIB + 1,
      'memusage/startup': 100 * MIB,
    })
  })

  it('is looked at before the first page', () => {
    expect(open({ memoryLimit: MIB }).closed).toEqual(['memusage_exceeded'])
  })
})

describe('memoryWarning', () => {
  it('is said once, and the crawl goes on', () => {
    const { stats, clock, lines, closed, warnings } = open({ memoryWarning: 150 * MIB })
    for (const held of [160, 100, 170]) {
      rss.mockReturnValue(held * MIB)
      clock.advance(5000)
    }
    expect(warnings).toEqual([{ bytes: 160 * MIB, limit: 150 * MIB }])
    expect(lines).toHaveLength(1)
    expect(closed).toEqual([])
    expect(stats.flat()).toEqual({
      'memusage/max': 170 * MIB,
      'memusage/startup': 100 * MIB,
      'memusage/warning_reached': 1,
    })
  })
})

it('leaves no timer when the crawl is over', () => {
  const { close, clock } = open({ memoryWarning: 1000 * MIB })
  clock.advance(5000)
  expect(clock.pending).toBe(1)
  close!()
  expect(clock.pending).toBe(0)
})
