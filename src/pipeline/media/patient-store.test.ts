import { describe, expect, it } from 'vitest'
import { FakeClock } from '../../../test/support/fake-clock.ts'
import type { Logger } from '../../log/contract.ts'
import { Stats } from '../../stats/stats.ts'
import type { ObjectStore } from '../../storage/contract.ts'
import { StorageError, type StorageErrorCode } from '../../storage/storage-error.ts'
import { PatientStore } from './patient-store.ts'

const BYTES = new Uint8Array(1)
const settled = () => new Promise((resolve) => setImmediate(resolve))

/** A store of which puts fail while their key is among `failing`, and looks never do. */
function bench() {
  const failing = new Map<string, StorageErrorCode>()
  const place: ObjectStore = {
    uri: 's3://media',
    put: async (key) => {
      const code = failing.get(key)
      if (code !== undefined) throw new StorageError(code, `s3://media says ${code}`)
    },
    stat: async () => undefined,
    upload: () => expect.fail('nothing is uploaded'),
    check: async () => {},
    close: async () => {},
  }
  const clock = new FakeClock()
  const said: string[] = []
  const log: Logger = {
    debugEnabled: false,
    debug: () => {},
    info: (message) => void said.push(message),
    warn: (message) => void said.push(message),
    error: () => {},
  }
  const stats = new Stats()
  return { failing, clock, said, stats, store: new PatientStore('files', place, { log, clock, stats }) }
}

const WENT = /^s3:\/\/media says ERR_STORAGE_AWAY\. Waiting for it: 1 file\. No more pages are taken/

describe('PatientStore', () => {
  it('says once that the store is away, every minute how many wait, and once that it is back, when the last of them is stored', async () => {
    const { failing, clock, said, stats, store } = bench()
    failing.set('a', 'ERR_STORAGE_AWAY').set('b', 'ERR_STORAGE_AWAY')
    const puts = [store.put('a', BYTES, {}), store.put('b', BYTES, {})]
    await settled()
    // that something else comes through says little
    await store.stat('c', {})
    await store.put('c', BYTES, {})
    expect(said).toEqual([expect.stringMatching(WENT)])
    clock.advance(60_000)
    await settled()
    expect(said.slice(1)).toEqual(['s3://media has been away for 60.0 s; waiting for it: 2 files'])
    failing.delete('a')
    clock.advance(30_000)
    await puts[0]
    expect(said).toHaveLength(2)
    failing.delete('b')
    clock.advance(60_000)
    await puts[1]
    expect(said.at(-1)).toMatch(/^s3:\/\/media is back after \d+\.\d s; what waited is stored now$/)
    expect(stats.flat()).toEqual({ 'files/away_count': 1 })
    expect(clock.pending).toBe(0)
    failing.set('a', 'ERR_STORAGE_AWAY')
    const again = store.put('a', BYTES, {})
    await settled()
    expect(said.at(-1)).toMatch(WENT)
    failing.clear()
    clock.advance(60_000)
    await again
    expect(stats.flat()).toEqual({ 'files/away_count': 2 })
  })

  it('is broken for good by what does not pass by itself, and does not call that being back', async () => {
    const { failing, clock, said, store } = bench()
    failing.set('a', 'ERR_STORAGE_AWAY')
    const put = store.put('a', BYTES, {})
    await settled()
    failing.set('a', 'ERR_STORAGE_DENIED')
    clock.advance(60_000)
    await expect(put).rejects.toMatchObject({ code: 'ERR_STORAGE_DENIED' })
    expect(store.broken).toMatchObject({ code: 'ERR_STORAGE_DENIED' })
    await expect(store.put('c', BYTES, {})).rejects.toBe(store.broken)
    expect(said.some((line) => /is back/.test(line))).toBe(false)
    expect(clock.pending).toBe(0)
  })

  it('ends what waits when it is closed, without a word and without a timer', async () => {
    const { failing, clock, said, store } = bench()
    failing.set('a', 'ERR_STORAGE_AWAY')
    const put = expect(store.put('a', BYTES, {})).rejects.toMatchObject({ code: 'ERR_STORAGE_AWAY' })
    await settled()
    await store.close()
    await put
    expect(said).toHaveLength(1)
    expect(clock.pending).toBe(0)
    expect(store.broken).toBeUndefined()
  })
})
