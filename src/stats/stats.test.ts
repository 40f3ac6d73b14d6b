import { describe, expect, it } from 'vitest'
import { Stats } from './stats.ts'

describe('takeTally', () => {
  it('tells each change once, counters as what was added and maxima as they stand', () => {
    const stats = new Stats()
    expect(stats.takeTally()).toBeUndefined()
    stats.inc('pages', 2)
    stats.counter('status').label(200).add()
    stats.max('depth', 3)
    expect(stats.takeTally()).toEqual({ add: { pages: 2, 'status/200': 1 }, max: { depth: 3 } })
    expect(stats.takeTally()).toBeUndefined()
    stats.inc('pages')
    stats.counter('status').label(404).add()
    stats.max('depth', 2)
    expect(stats.takeTally()).toEqual({ add: { pages: 1, 'status/404': 1 }, max: {} })
    stats.max('depth', 5)
    stats.max('depth', 4)
    expect(stats.takeTally()).toEqual({ add: {}, max: { depth: 5 } })
  })

  it('leaves alone what was set or only asked for', () => {
    const stats = new Stats()
    stats.set('start_time', 'now')
    stats.set('elapsed', 5)
    stats.counter('never')
    stats.counter('status').label(200)
    stats.inc('nothing', 0)
    expect(stats.takeTally()).toBeUndefined()
    expect(stats.flat()).toMatchObject({ elapsed: 5, nothing: 0 })
  })

  it('adds up to the flat view whenever it is taken, labels that are too many included', () => {
    const stats = new Stats()
    const total: Record<string, number> = {}
    const status = stats.counter('status')
    for (let i = 0; i < 3000; i++) {
      status.label(i % 1500).add()
      if (i % 7 !== 0) continue
      for (const [name, by] of Object.entries(stats.takeTally()!.add)) total[name] = (total[name] ?? 0) + by
    }
    for (const [name, by] of Object.entries(stats.takeTally()?.add ?? {})) total[name] = (total[name] ?? 0) + by
    const flat = stats.flat()
    expect(flat['status/other']).toBeGreaterThan(900)
    expect(total).toEqual(flat)
  })

  it('takes names that objects have of their own for names', () => {
    const stats = new Stats()
    stats.inc('constructor')
    stats.inc('toString', 2)
    expect(stats.takeTally()).toEqual({ add: { constructor: 1, toString: 2 }, max: {} })
  })
})
