import { setMaxListeners } from 'node:events'
import { expect, it } from 'vitest'
import { failure } from '../../../test/support/download.ts'
import { FakeClock } from '../../../test/support/fake-clock.ts'
import { type Answer, type Asked, DnsCache, type Resolver } from './dns-cache.ts'

class Script implements Resolver {
  readonly asked: string[] = []
  readonly open: { resolve: (answer: Answer) => void; reject: (error: Error) => void }[] = []
  cancelled = 0
  droppable = true
  ask(name: string): Asked {
    this.asked.push(name)
    const answer = new Promise<Answer>((resolve, reject) => this.open.push({ resolve, reject }))
    return {
      answer,
      cancel: () => {
        this.cancelled++
        return this.droppable
      },
    }
  }
  close(): void {
    this.asked.push('closed')
  }
}

const one = (address: string, ttl = Number.POSITIVE_INFINITY): Answer => ({ addresses: [{ address, family: 4 }], ttl })
const never = new AbortController().signal
setMaxListeners(0, never)

function made(ttl = 300, maxNames?: number): { cache: DnsCache; clock: FakeClock; script: Script } {
  const clock = new FakeClock()
  const script = new Script()
  return { clock, script, cache: new DnsCache({ clock, resolver: script, ttl, ...(maxNames === undefined ? {} : { maxNames }) }) }
}

it('asks once for all who wait, whatever the case of the name, and remembers', async () => {
  const { cache, script, clock } = made()
  const waiting = Array.from({ length: 50 }, (_, i) => cache.resolve(i % 2 === 0 ? 'a.test' : 'A.Test', never))
  script.open[0]!.resolve(one('1.1.1.1'))
  const all = await Promise.all(waiting)
  expect(new Set(all.map(([address]) => address!.address))).toEqual(new Set(['1.1.1.1']))
  clock.advance(299_999)
  await cache.resolve('a.test', never)
  expect(script.asked).toEqual(['a.test'])
  clock.advance(1)
  const again = cache.resolve('a.test', never)
  script.open[1]!.resolve(one('2.2.2.2'))
  expect((await again)[0]!.address).toBe('2.2.2.2')
})

it('believes a record no longer than it says, and no longer than it may', async () => {
  const { cache, script, clock } = made(300)
  for (const [ttl, kept] of [
    [10, 10],
    [3600, 300],
  ] as const) {
    const name = `${ttl}.test`
    const first = cache.resolve(name, never)
    script.open.at(-1)!.resolve(one('1.1.1.1', ttl))
    await first
    clock.advance(kept * 1000 - 1)
    await cache.resolve(name, never)
    expect(script.asked.filter((asked) => asked === name)).toHaveLength(1)
    clock.advance(1)
    cache.resolve(name, never).catch(() => undefined)
    expect(script.asked.filter((asked) => asked === name)).toHaveLength(2)
  }
})

it('believes a failure for five seconds', async () => {
  const { cache, script, clock } = made()
  const first = failure(cache.resolve('no.test', never))
  script.open[0]!.reject(new Error('NXDOMAIN'))
  expect((await first).message).toBe('NXDOMAIN')
  clock.advance(4999)
  expect((await failure(cache.resolve('no.test', never))).message).toBe('NXDOMAIN')
  clock.advance(1)
  cache.resolve('no.test', never).catch(() => undefined)
  expect(script.asked).toHaveLength(2)
})

it('remembers nothing with a TTL of 0, neither answers nor failures, nor a record that may not be kept', async () => {
  for (const [ttl, record] of [
    [0, 60],
    [300, 0],
  ] as const) {
    const { cache, script } = made(ttl)
    const first = cache.resolve('a.test', never)
    script.open[0]!.resolve(one('1.1.1.1', record))
    await first
    expect(cache.size).toBe(0)
  }
  const { cache, script } = made(0)
  const first = failure(cache.resolve('a.test', never))
  script.open[0]!.reject(new Error('no'))
  await first
  expect(cache.size).toBe(0)
})

it('holds a bounded number of names: the oldest goes', async () => {
  const { cache, script } = made(300, 3)
  for (const name of ['a', 'b', 'c', 'd']) {
    const asked = cache.resolve(name, never)
    script.open.at(-1)!.resolve(one('1.1.1.1'))
    await asked
  }
  expect(cache.size).toBe(3)
  await cache.resolve('d', never)
  await cache.resolve('b', never)
  cache.resolve('a', never).catch(() => undefined)
  expect(script.asked).toEqual(['a', 'b', 'c', 'd', 'a'])
})

it('lets one leave without the others, drops a question that nobody waits for, and asks anew then', async () => {
  const { cache, script } = made()
  const [one1, two] = [new AbortController(), new AbortController()]
  const first = failure(cache.resolve('a.test', one1.signal))
  const second = failure(cache.resolve('a.test', two.signal))
  one1.abort(new Error('late'))
  expect((await first).message).toBe('late')
  expect(script.cancelled).toBe(0)
  two.abort(new Error('late too'))
  expect((await second).message).toBe('late too')
  expect(script.cancelled).toBe(1)
  const third = cache.resolve('a.test', never)
  script.open[1]!.resolve(one('3.3.3.3'))
  expect((await third)[0]!.address).toBe('3.3.3.3')
})

it('joins a question that could not be dropped', async () => {
  const { cache, script } = made()
  script.droppable = false
  const gone = new AbortController()
  const first = failure(cache.resolve('a.test', gone.signal))
  gone.abort(new Error('late'))
  await first
  const second = cache.resolve('a.test', never)
  script.open[0]!.resolve(one('1.1.1.1'))
  expect((await second)[0]!.address).toBe('1.1.1.1')
  expect(script.asked).toEqual(['a.test'])
})
