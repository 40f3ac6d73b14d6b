import { beforeEach, describe, expect, it } from 'vitest'
import type { FrontierBackend, Lease, WorkerInfo } from '../../src/frontier/contract.ts'
import { Request, type RequestInit } from '../../src/http/request.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { freeOptions, type MakeBackend } from './frontier.ts'

const get = (path: string, init?: RequestInit): Request => new Request(`http://a.example/${path}`, init)
const worker = (...callbacks: string[]): WorkerInfo => ({ host: 'h', pid: 1, version: '1', callbacks })
const paths = (leases: readonly Lease[]): string[] => leases.map(({ request }) => new URL(request.url).pathname.slice(1))
const done = (lease: Lease) => ({ lease, outcome: { type: 'done' } as const })

/**
 * What holds beyond `describeFrontier` for frontiers of which processes take part that run different versions of a spider.
 *
 * @param consistent checks what is stored of the crawl
 */
export function describeSharedFrontier(name: string, make: MakeBackend, consistent: () => Promise<void>): void {
  it.each(['', 'a b', `found/${'x'.repeat(5000)}`])(`frontier: ${name}, counts under any name`, async (stat) => {
    const frontier = await (await make(freeOptions, new FakeClock())).connect()
    for (const count of [2, 0.5]) await frontier.commit([], { add: { [stat]: count }, max: { [`${stat}!`]: count } })
    expect(await frontier.inspect.stats()).toEqual({ [stat]: 2.5, [`${stat}!`]: 2 })
  })

  describe(`frontier: ${name}, workers with different spiders`, () => {
    let clock: FakeClock
    let backend: FrontierBackend

    beforeEach(async () => {
      clock = new FakeClock()
      backend = await make(freeOptions, clock)
    })

    it('a request waits for a worker that has its callback', async () => {
      const old = await backend.connect(worker('parse'))
      const fresh = await backend.connect(worker('parse', 'parseUser'))
      await fresh.enqueue([get('1', { callback: 'parseUser' }), get('2', { callback: 'parse' }), get('3')])
      const mine = (await old.lease(5)).leases
      expect(paths(mine).sort()).toEqual(['2', '3'])
      expect(await old.counts()).toMatchObject({ queued: 0, delayed: 1, leased: 2 })
      await consistent()
      const theirs = (await fresh.lease(5)).leases
      expect(paths(theirs)).toEqual(['1'])
      expect(theirs[0]).toMatchObject({ deliveries: 1, request: { callback: 'parseUser' } })
      expect(await fresh.counts()).toMatchObject({ delayed: 0, leased: 3 })
      await consistent()
    })

    it('while it waits the crawl is not over', async () => {
      const old = await backend.connect(worker('parse'))
      const fresh = await backend.connect(worker('parse', 'parseUser'))
      await fresh.enqueue([get('1', { callback: 'parseUser' })])
      await fresh.seeded()
      expect(await old.lease(5)).toMatchObject({ leases: [], state: 'active' })
      expect(await old.finish()).toBe(false)
      await fresh.commit((await fresh.lease(5)).leases.map(done))
      expect(await old.finish()).toBe(true)
    })

    it('it waits beyond the end of every worker, and goes to whoever comes and has it', async () => {
      const old = await backend.connect(worker('parse'))
      await old.enqueue([get('1', { callback: 'parseUser' })])
      await old.lease(5)
      await old.close()
      clock.advance(3_600_000)
      const fresh = await backend.connect(worker('parse', 'parseUser'))
      expect(paths((await fresh.lease(5)).leases)).toEqual(['1'])
    })

    it('it waits as long as somebody lives who has it, and then for a while', async () => {
      const old = await backend.connect(worker('parse'))
      const busy = await backend.connect(worker('parseUser'))
      await old.enqueue([get('1', { callback: 'parseUser' })])
      await old.seeded()
      await old.lease(5)
      const pass = async (steps: number): Promise<void> => {
        for (let i = 0; i < steps; i++) {
          clock.advance(10_000)
          await old.beat()
        }
      }
      for (let i = 0; i < 12; i++) {
        await busy.beat()
        await pass(1)
      }
      expect(await old.counts()).toMatchObject({ delayed: 1, dead: 0 })
      await busy.close()
      await pass(5)
      expect(await old.counts()).toMatchObject({ delayed: 1, dead: 0 })
      await pass(1)
      expect(await old.counts()).toMatchObject({ delayed: 0, dead: 1 })
      expect((await old.inspect.deadLetters())[0]).toMatchObject({
        reason: 'dead',
        error: 'no worker has the callback parseUser',
        deliveries: 0,
      })
      expect(await old.inspect.stats()).toMatchObject({ 'request_end_count/dead': 1 })
      expect(await old.lease(0)).toMatchObject({ state: 'empty' })
      await consistent()
    })
  })
}
