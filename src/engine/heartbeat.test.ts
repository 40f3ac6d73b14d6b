import { beforeEach, describe, expect, it } from 'vitest'
import { FakeClock } from '../../test/support/fake-clock.ts'
import { startHeartbeat } from './heartbeat.ts'

let clock: FakeClock
let beats: { at: number; answer: () => void }[]
let cutOffs: number[]
let warnings: string[]
let start: number

const log = {
  debugEnabled: false,
  debug() {},
  info() {},
  error() {},
  warn: (message: string) => void warnings.push(message),
}

function begin(): () => void {
  return startHeartbeat({
    beat: () => new Promise((answer) => beats.push({ at: clock.now() - start, answer })),
    interval: 10_000,
    ttl: 30_000,
    cutOff: () => cutOffs.push(clock.now() - start),
    clock,
    log,
  })
}

/** Lets what waits for an answered beat run. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

beforeEach(() => {
  clock = new FakeClock()
  start = clock.now()
  beats = []
  cutOffs = []
  warnings = []
})

describe('a heart', () => {
  it('beats at its interval, one beat at a time', async () => {
    begin()
    clock.advance(10_000)
    clock.advance(15_000)
    expect(beats.map(({ at }) => at)).toEqual([10_000])
    beats[0]!.answer()
    await settle()
    // at once: the one before was answered so late that its session would run out before the next
    clock.advance(0)
    beats[1]!.answer()
    await settle()
    clock.advance(10_000)
    expect(beats.map(({ at }) => at)).toEqual([10_000, 25_000, 35_000])
    expect(cutOffs).toEqual([])
  })

  it('is cut off once no beat was answered for as long as a session lives, and again only after one was', async () => {
    begin()
    clock.advance(10_000)
    beats[0]!.answer()
    await settle()
    clock.advance(29_999)
    expect(cutOffs).toEqual([])
    clock.advance(1)
    // counted from when the answered beat was sent: the session may have been prolonged no later
    expect(cutOffs).toEqual([40_000])
    clock.advance(300_000)
    expect(cutOffs).toEqual([40_000])
    beats[1]!.answer()
    await settle()
    clock.advance(0)
    beats[2]!.answer()
    await settle()
    clock.advance(29_999)
    expect(cutOffs).toHaveLength(1)
    clock.advance(1)
    expect(cutOffs).toHaveLength(2)
  })

  it('is not cut off where the process itself stood still: it asks first', async () => {
    const stood = new StoodStill()
    clock = stood
    start = clock.now()
    begin()
    stood.standStill(100_000)
    expect(beats).toHaveLength(1)
    expect(warnings).toEqual([expect.stringContaining('stood still for 90.0 s')])
    expect(cutOffs).toEqual([])
    beats[0]!.answer()
    await settle()
    clock.advance(9_999)
    expect(cutOffs).toEqual([])
    clock.advance(1)
    beats[1]!.answer()
    await settle()
    expect(cutOffs).toEqual([])
  })

  it('is cut off when that question is not answered within an interval', () => {
    const stood = new StoodStill()
    clock = stood
    start = clock.now()
    begin()
    stood.standStill(100_000)
    clock.advance(9_999)
    expect(cutOffs).toEqual([])
    clock.advance(1)
    expect(cutOffs).toEqual([110_000])
  })

  it('stops', async () => {
    const stop = begin()
    clock.advance(10_000)
    stop()
    beats[0]!.answer()
    await settle()
    clock.advance(1_000_000)
    expect(beats).toHaveLength(1)
    expect(cutOffs).toEqual([])
    expect(clock.pending).toBe(0)
  })
})

/** Timers that are due all fire late, at one time, as after a long computation. */
class StoodStill extends FakeClock {
  #late = 0
  readonly #timers: { at: number; fn: () => void; cancelled: boolean }[] = []

  override now(): number {
    return super.now() + this.#late
  }

  override after(ms: number, fn: () => void): () => void {
    const timer = { at: this.now() + ms, fn, cancelled: false }
    this.#timers.push(timer)
    return () => {
      timer.cancelled = true
    }
  }

  override advance(ms: number): void {
    const end = this.now() + ms
    for (;;) {
      const due = this.#timers.filter((timer) => timer.at <= end && !timer.cancelled).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      due.cancelled = true
      this.#late += Math.max(0, due.at - this.now())
      due.fn()
    }
    this.#late += end - this.now()
  }

  standStill(ms: number): void {
    this.#late += ms
    this.advance(0)
  }
}
