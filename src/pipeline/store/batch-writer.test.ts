import { describe, expect, it } from 'vitest'
import { FakeClock } from '../../../test/support/fake-clock.ts'
import type { Logger } from '../../log/contract.ts'
import { Stats } from '../../stats/stats.ts'
import { type BatchTarget, BatchWriter } from './batch-writer.ts'
import { StoreError } from './store-error.ts'

/** A store whose writes end when, and as, the test says. */
class Store implements BatchTarget<string> {
  readonly name = 'store'
  readonly where = 'the store'
  /** Every write that was begun. */
  readonly writes: string[][] = []
  readonly stored: string[] = []
  /** What the next writes end with; without any they succeed. */
  readonly faults: (StoreError | 'never')[] = []

  async write(entries: readonly string[]): Promise<void> {
    this.writes.push([...entries])
    await undefined
    const fault = this.faults.shift()
    if (fault === 'never') return new Promise(() => {})
    if (fault !== undefined) throw fault
    this.stored.push(...entries)
  }
}

const away = (): StoreError => new StoreError('ERR_STORE_AWAY', 'the store is away')
const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}

function bench(limits: Partial<{ entries: number; bytes: number; deadline: number }> = {}) {
  const store = new Store()
  const clock = new FakeClock()
  const said: string[] = []
  const say = (level: string) => (message: string) => void said.push(`${level} ${message}`)
  const log: Logger = { debugEnabled: false, debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
  const stats = new Stats()
  const writer = new BatchWriter<string>(store, { entries: 3, bytes: 1000, deadline: 60_000, ...limits }, { log, clock, stats })
  const put = (...entries: string[]): (void | Promise<void>)[] => entries.map((entry) => writer.add(entry, entry, 1))
  return { store, clock, said, stats, writer, put }
}

describe('BatchWriter', () => {
  it('writes full batches while they are gathered, and the rest when flushed', async () => {
    const { store, writer, put, stats } = bench()
    expect(put('a', 'b', 'c', 'd')).toEqual([undefined, undefined, undefined, undefined])
    await settled()
    expect(store.writes).toEqual([['a', 'b', 'c']])
    await writer.flush()
    expect(store.stored).toEqual(['a', 'b', 'c', 'd'])
    await writer.flush()
    expect(store.writes).toHaveLength(2)
    expect(stats.get('store/stored_count')).toBe(4)
  })

  it('writes one batch at a time, and lets those wait that find no room', async () => {
    const { store, clock, put, writer } = bench()
    store.faults.push(away())
    const results = put('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
    expect(results.slice(0, 6)).toEqual(new Array(6).fill(undefined))
    await settled()
    let waiting = 2
    for (const one of results.slice(6)) void one!.then(() => waiting--)
    await settled()
    expect({ waiting, writes: store.writes.length }).toEqual({ waiting: 2, writes: 1 })
    clock.advance(100)
    await settled()
    expect(waiting).toBe(0)
    await writer.flush()
    expect(store.stored.join('')).toBe('abcdefgh')
  })

  it('lets nobody overtake those that wait, or of two with one key the older would stay', async () => {
    const { store, put, writer } = bench({ entries: 1 })
    const later: (void | Promise<void>)[] = []
    const write = store.write.bind(store)
    // there is room from here on, and who waits has not heard of it yet
    store.write = (entries) => {
      if (entries[0] === 'b') later.push(writer.add('key', 'later', 1))
      return write(entries)
    }
    put('a', 'b')
    const earlier = writer.add('key', 'earlier', 1)
    await earlier
    await Promise.all(later)
    await writer.flush()
    expect(store.stored).toEqual(['a', 'b', 'earlier', 'later'])
  })

  it('holds no more bytes than a batch may have, and writes an entry that is larger alone', async () => {
    const { store, writer } = bench({ bytes: 100 })
    for (const [key, bytes] of [
      ['a', 60],
      ['b', 60],
      ['c', 500],
      ['d', 1],
    ] as const)
      await writer.add(key, key, bytes)
    await writer.flush()
    expect(store.writes).toEqual([['a', 'b'], ['c'], ['d']])
  })

  it('keeps the last of two with the same key, in a batch and over batches', async () => {
    const { store, writer } = bench()
    for (const [key, entry] of [
      ['k', '1'],
      ['l', '2'],
      ['k', '3'],
      ['m', '4'],
      ['k', '5'],
    ] as const)
      void writer.add(key, entry, 1)
    await writer.flush()
    expect(store.stored).toEqual(['3', '2', '4', '5'])
  })

  it('lets the store make one of two with the same key', async () => {
    const { store, writer } = bench()
    Object.assign(store, { merge: (present: string, next: string) => present + next })
    for (const entry of ['1', '2', '3']) void writer.add('k', entry, 1)
    await writer.flush()
    expect(store.stored).toEqual(['123'])
  })

  it('tries again for as long as the store is away, with growing waits, and says so once, every minute, and when it is back', async () => {
    const { store, clock, said, writer, put, stats } = bench()
    store.faults.push(...Array.from({ length: 30 }, away))
    put('a', 'b')
    let done = false
    const flushed = writer.flush().then(() => (done = true))
    await settled()
    expect(said).toEqual([
      'warn the store is away. Waiting for it: 2 items. No more pages are taken than may be in flight; it is tried again until it answers',
    ])
    const begun = clock.now()
    let longest = 0
    while (!done) {
      const writes = store.writes.length
      const at = clock.now()
      while (!done && store.writes.length === writes) {
        clock.advance(50)
        await settled()
      }
      longest = Math.max(longest, clock.now() - at)
    }
    await flushed
    expect(longest).toBeGreaterThanOrEqual(15_000)
    expect(longest).toBeLessThanOrEqual(30_050)
    const minutes = Math.floor((clock.now() - begun) / 60_000)
    expect(minutes).toBeGreaterThan(3)
    expect(
      said.filter((line) => /^warn the store has been away for \d+\.\d s; waiting for it: 2 items$/.test(line)),
    ).toHaveLength(minutes)
    expect(said.at(-1)).toMatch(/^info the store is back after \d+\.\d s; what waited is stored now$/)
    expect(said).toHaveLength(minutes + 2)
    expect(stats.flat()).toMatchObject({ 'store/away_count': 1, 'store/retry_count': 30, 'store/stored_count': 2 })
    expect(clock.pending).toBe(0)
  }, 60_000)

  it('gives up a write that does not answer, and writes less at once until it does', async () => {
    const { store, clock, writer, put } = bench({ entries: 8 })
    store.faults.push('never', 'never')
    put('a', 'b', 'c', 'd', 'e', 'f', 'g')
    const flushed = writer.flush()
    for (let i = 0; i < 4; i++) {
      await settled()
      clock.advance(60_000)
    }
    await flushed
    expect(store.writes.map((entries) => entries.join(''))).toEqual(['abcdefg', 'abc', 'a', 'bc', 'defg'])
    expect(store.stored.join('')).toBe('abcdefg')
  })

  it('fails for good at an error that does not pass: each flush says so, and nobody waits', async () => {
    const { store, writer, put, said } = bench()
    store.faults.push(new StoreError('ERR_STORE_DENIED', 'no right'))
    const results = put('a', 'b', 'c', 'd', 'e', 'f', 'g')
    await results[6]
    await expect(writer.flush()).rejects.toThrow('no right')
    expect(put('h')).toEqual([undefined])
    await expect(writer.flush()).rejects.toMatchObject({ code: 'ERR_STORE_DENIED' })
    expect(said).toEqual([])
    await writer.close()
  })

  it('names what a store throws that is no StoreError', async () => {
    const { store, writer, put } = bench()
    store.write = () => Promise.reject(new TypeError('x is undefined'))
    put('a')
    await expect(writer.flush()).rejects.toThrow('the store could not be written to: TypeError: x is undefined')
  })

  describe('when it is closed', () => {
    it('stores what is left', async () => {
      const { store, writer, put } = bench()
      put('a')
      await writer.close()
      expect(store.stored).toEqual(['a'])
    })

    it('does not wait for a store that is away: whoever waits hears how many items are not stored', async () => {
      const { store, writer, put, clock } = bench()
      store.faults.push(...Array.from({ length: 100 }, away))
      const [, , , , , , last] = put('a', 'b', 'c', 'd', 'e', 'f', 'g')
      const flushed = writer.flush()
      flushed.catch(() => {})
      await settled()
      await expect(writer.close()).rejects.toMatchObject({
        code: 'ERR_STORE_CLOSED',
        message: expect.stringContaining('6 items were not stored. Their pages were not committed'),
      })
      await expect(flushed).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' })
      await last
      expect(clock.pending).toBe(0)
      await writer.close()
    })

    it('does not wait for a write that never ends', async () => {
      const { store, writer, put, clock } = bench()
      store.faults.push('never')
      put('a')
      const closing = writer.close()
      closing.catch(() => {})
      await settled()
      clock.advance(5_000)
      await expect(closing).rejects.toThrow('1 item was not stored')
    })

    it('tells what a write failed with that nobody has asked for', async () => {
      const { store, writer, put } = bench()
      store.faults.push(new StoreError('ERR_STORE_REFUSED', 'no'))
      put('a', 'b', 'c')
      await settled()
      await expect(writer.close()).rejects.toThrow('no')
    })
  })
})
