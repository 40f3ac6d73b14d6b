import { describe, expect, it } from 'vitest'
import { FakeClock } from '../../test/support/fake-clock.ts'
import { Signals } from './signals.ts'

interface Events {
  a: { readonly n: number }
  b: object
}

interface Problem {
  readonly signal: string
  readonly message: string
  readonly error: unknown
}

function make() {
  const problems: Problem[] = []
  const signals = new Signals<Events>((message, { signal, error }) => void problems.push({ signal, message, error }))
  return { signals, problems, said: [] as string[] }
}

const turns = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}

describe('handlers', () => {
  it('run in the order in which they were added, each when the one before has settled', async () => {
    const { signals, said } = make()
    signals.on('a', async ({ n }) => {
      said.push(`first ${n}`)
      await turns()
      said.push('first is over')
    })
    signals.on('a', () => void said.push('second'))
    signals.on('b', () => void said.push('another signal'))
    await signals.emit('a', { n: 7 })
    expect(said).toEqual(['first 7', 'first is over', 'second'])
  })

  it('that throw, or reject, are reported with the name of the signal; the others still run', async () => {
    const { signals, said, problems } = make()
    const [thrown, rejected] = [new Error('thrown'), new Error('rejected')]
    signals.on('a', () => {
      throw thrown
    })
    signals.on('a', async () => {
      throw rejected
    })
    signals.on('a', () => void said.push('third'))
    await signals.emit('a', { n: 1 })
    expect(said).toEqual(['third'])
    expect(problems.map(({ signal, error }) => [signal, error])).toEqual([
      ['a', thrown],
      ['a', rejected],
    ])
  })

  it('may be taken away, also while they run, each by itself', async () => {
    const { signals, said } = make()
    const handler = (): void => void said.push('twice')
    const off = signals.on('a', handler)
    signals.on('a', handler)
    const offOnce = signals.on('a', () => {
      said.push('once')
      offOnce()
    })
    signals.on('a', () => void said.push('last'))
    await signals.emit('a', { n: 1 })
    expect(said).toEqual(['twice', 'twice', 'once', 'last'])
    off()
    off()
    await signals.emit('a', { n: 1 })
    expect(said.slice(4)).toEqual(['twice', 'last'])
  })

  it('that are added while one runs hear of the next event', async () => {
    const { signals, said } = make()
    const off = signals.on('a', () => {
      signals.on('a', ({ n }) => void said.push(`new ${n}`))
      off()
    })
    await signals.emit('a', { n: 1 })
    await signals.emit('a', { n: 2 })
    expect(said).toEqual(['new 2'])
  })

  it('are not asked for where there are none', () => {
    const { signals } = make()
    expect(signals.has('a')).toBe(false)
    expect(signals.emit('a', { n: 1 })).toBe(signals.emit('b', {}))
    const off = signals.on('a', () => {})
    expect([signals.has('a'), signals.has('b')]).toEqual([true, false])
    off()
    expect(signals.has('a')).toBe(false)
  })
})

describe('a crawl that ends', () => {
  const never = (): Promise<void> => new Promise(() => {})

  it('waits for a handler as long as it is told, then goes on to the next', async () => {
    const { signals, said, problems } = make()
    const clock = new FakeClock()
    signals.on('a', never)
    signals.on('a', () => void said.push('second'))
    const emitted = signals.emit('a', { n: 1 }).then(() => said.push('emitted'))
    await turns()
    expect(clock.pending).toBe(0)
    signals.hurry(30_000, clock)
    clock.advance(29_999)
    await turns()
    expect(said).toEqual([])
    clock.advance(1)
    await emitted
    expect(said).toEqual(['second', 'emitted'])
    expect(problems).toEqual([{ signal: 'a', message: expect.stringMatching(/signal a .*30 s/), error: undefined }])
  })

  it('does not wait for the same handler again, but calls it', async () => {
    const { signals, said, problems } = make()
    const clock = new FakeClock()
    signals.hurry(1000, clock)
    signals.on('a', ({ n }) => {
      said.push(String(n))
      return never()
    })
    const first = signals.emit('a', { n: 1 })
    clock.advance(1000)
    await first
    for (const n of [2, 3]) await signals.emit('a', { n })
    expect(said).toEqual(['1', '2', '3'])
    expect(problems).toHaveLength(1)
  })

  it('loses no error of a handler that settles too late', async () => {
    const { signals, problems } = make()
    const clock = new FakeClock()
    let fail = (_: Error): void => {}
    signals.on('a', () => new Promise((_, reject) => void (fail = reject)))
    signals.hurry(1000, clock)
    const emitted = signals.emit('a', { n: 1 })
    clock.advance(1000)
    await emitted
    const late = new Error('late')
    fail(late)
    await turns()
    expect(problems.map(({ error }) => error)).toEqual([undefined, late])
  })

  it('keeps the shortest bound, and leaves no timer', async () => {
    const { signals, problems } = make()
    const clock = new FakeClock()
    let settle = (): void => {}
    signals.on('a', () => new Promise((resolve) => void (settle = resolve)))
    const emitted = signals.emit('a', { n: 1 })
    signals.hurry(5000, clock)
    signals.hurry(50_000, clock)
    signals.hurry(2000, clock)
    expect(clock.pending).toBe(1)
    clock.advance(1999)
    settle()
    await emitted
    expect([clock.pending, problems]).toEqual([0, []])
  })

  it('waits for handlers that do settle even where the bound is nothing', async () => {
    const { signals, said, problems } = make()
    const clock = new FakeClock()
    signals.hurry(0, clock)
    signals.on('a', async () => {
      await Promise.resolve()
      said.push('settled')
    })
    await signals.emit('a', { n: 1 })
    expect([said, problems]).toEqual([['settled'], []])
  })
})
