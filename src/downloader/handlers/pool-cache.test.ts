import { expect, it } from 'vitest'
import { type Closable, PoolCache } from './pool-cache.ts'

class FakePool implements Closable {
  state = 'open'
  async close(): Promise<void> {
    this.state = 'closed'
    throw new Error('closing may fail')
  }
  async destroy(error: Error): Promise<void> {
    this.state = error.message
  }
}

function cacheOf(max: number): { cache: PoolCache<FakePool>; made: string[] } {
  const made: string[] = []
  const create = (origin: string): FakePool => {
    made.push(origin)
    return new FakePool()
  }
  return { made, cache: new PoolCache(max, create) }
}

it('makes a pool for each origin once', () => {
  const { cache, made } = cacheOf(10)
  const one = cache.get('http://a')
  expect(cache.get('http://a')).toBe(one)
  cache.get('http://b')
  expect(made).toEqual(['http://a', 'http://b'])
})

it('closes the one idle longest', () => {
  const { cache } = cacheOf(2)
  const a = cache.get('a')
  const b = cache.get('b')
  cache.get('a')
  cache.get('c')
  expect([a.pool.state, b.pool.state, cache.size]).toEqual(['open', 'closed', 2])
  expect(cache.get('b')).not.toBe(b)
  expect(a.pool.state).toBe('closed')
})

it('never closes one with requests in flight, and shrinks when it can', () => {
  const { cache } = cacheOf(2)
  const busy = ['a', 'b', 'c', 'd'].map((origin) => {
    const entry = cache.get(origin)
    entry.running++
    return entry
  })
  expect(cache.size).toBe(4)
  expect(busy.every(({ pool }) => pool.state === 'open')).toBe(true)
  for (const entry of busy) entry.running--
  cache.get('e')
  expect(cache.size).toBe(2)
  expect(busy.map(({ pool }) => pool.state)).toEqual(['closed', 'closed', 'closed', 'open'])
})

it('keeps at least the one that was just made', () => {
  const { cache } = cacheOf(0)
  expect(cache.get('a').pool.state).toBe('open')
  expect(cache.get('b').pool.state).toBe('open')
  expect(cache.size).toBe(1)
})

it('remembers nothing of an origin that no pool can be made for', () => {
  const cache = new PoolCache<FakePool>(2, () => {
    throw new Error('bad')
  })
  expect(() => cache.get('x')).toThrow('bad')
  expect(cache.size).toBe(0)
})

it('destroys all of them', async () => {
  const { cache } = cacheOf(5)
  const entries = [cache.get('a'), cache.get('b')]
  await cache.destroy(new Error('over'))
  expect(entries.map(({ pool }) => pool.state)).toEqual(['over', 'over'])
  expect(cache.size).toBe(0)
})
