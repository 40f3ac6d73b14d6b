import { beforeEach, describe, expect, it } from 'vitest'
import type { Frontier, FrontierBackend, FrontierOptions, Lease } from '../../src/frontier/contract.ts'
import { Request, type RequestInit } from '../../src/http/request.ts'
import { fingerprint } from '../../src/url/fingerprint.ts'
import { hostOf } from '../../src/url/host.ts'
import { FakeClock } from '../support/fake-clock.ts'

/** Makes an empty crawl of one kind of frontier on a clock of the test's. */
export type MakeBackend = (options: FrontierOptions, clock: FakeClock) => Promise<FrontierBackend>

/** Options under which nothing holds a request back. */
export const freeOptions: FrontierOptions = {
  order: 'lifo',
  slot: { concurrency: 1000, delay: 0, randomizeDelay: false },
  slots: {},
  maxDeliveries: 3,
  sessionTtl: 30_000,
  slotOf: (request) => hostOf(request.url),
  fingerprint: (request) => fingerprint(request),
}

const get = (path: string, init?: RequestInit): Request => new Request(`http://a.example/${path}`, init)
const done = (lease: Lease, requests: readonly Request[] = []) => ({ lease, outcome: { type: 'done' } as const, requests })
const paths = (leases: readonly Lease[]): string[] =>
  leases.map((lease) => lease.request.url.replace(/^http:\/\/a\.example\//, ''))

/** What holds for every frontier. Each backend runs this suite. */
export function describeFrontier(name: string, make: MakeBackend): void {
  describe(`frontier: ${name}`, () => {
    let clock: FakeClock
    let backend: FrontierBackend
    let frontier: Frontier

    async function open(options: Partial<FrontierOptions> = {}): Promise<void> {
      clock = new FakeClock()
      backend = await make({ ...freeOptions, ...options }, clock)
      frontier = await backend.connect()
    }

    async function leaseAll(): Promise<Lease[]> {
      const leases: Lease[] = []
      for (;;) {
        const more = (await frontier.lease(1)).leases
        if (more.length === 0) return leases
        leases.push(...more)
      }
    }

    beforeEach(() => open())

    describe('enqueue', () => {
      it('adds what is new and names what is not', async () => {
        expect(await frontier.enqueue([get('1'), get('2'), get('1')])).toEqual({ added: 2, duplicates: [2] })
        expect(await frontier.enqueue([get('3'), get('2')])).toEqual({ added: 1, duplicates: [1] })
        expect(await frontier.counts()).toEqual({ queued: 3, delayed: 0, leased: 0, done: 0, dead: 0, seen: 3 })
      })

      it('tells requests apart by method, canonical URL and body', async () => {
        const requests = [
          get('x?a=1&b=2'),
          get('x?b=2&a=1'),
          get('x#y'),
          get('x'),
          get('x', { method: 'POST' }),
          get('x', { method: 'POST', body: 'z' }),
        ]
        expect((await frontier.enqueue(requests)).duplicates).toEqual([1, 3])
      })

      it('lets dontFilter pass, without marking it seen', async () => {
        expect(
          (await frontier.enqueue([get('1', { dontFilter: true }), get('1', { dontFilter: true }), get('1')])).duplicates,
        ).toEqual([])
        expect((await frontier.counts()).seen).toBe(1)
        expect((await frontier.enqueue([get('1')])).duplicates).toEqual([0])
      })

      it('takes nothing at all', async () => {
        expect(await frontier.enqueue([])).toEqual({ added: 0, duplicates: [] })
      })
    })

    describe('order', () => {
      it('gives the newest first with lifo, the oldest first with fifo', async () => {
        await frontier.enqueue([get('1'), get('2'), get('3')])
        expect(paths(await leaseAll())).toEqual(['3', '2', '1'])
        await open({ order: 'fifo' })
        await frontier.enqueue([get('1'), get('2'), get('3')])
        expect(paths(await leaseAll())).toEqual(['1', '2', '3'])
      })

      it('gives seeds in their order behind what pages gave, with lifo', async () => {
        const seeds = [get('a'), get('b'), get('c')].map((request) => request.withState({ seed: true }))
        await frontier.enqueue(seeds)
        await frontier.enqueue([get('d').withState({ seed: true })])
        const { leases } = await frontier.lease(1)
        expect(paths(leases)).toEqual(['a'])
        await frontier.commit([{ lease: leases[0]!, outcome: { type: 'done' }, requests: [get('a1'), get('a2')] }])
        expect(paths(await leaseAll())).toEqual(['a2', 'a1', 'b', 'c', 'd'])
      })

      it('gives a seed that is tried again in its turn, as if a page gave it', async () => {
        const [seed, ...others] = ['1', '2', '3'].map((path) => get(path).withState({ seed: true }))
        await frontier.enqueue([seed!, ...others])
        const [lease] = (await frontier.lease(1)).leases
        await frontier.commit([{ lease: lease!, outcome: { type: 'retry', request: lease!.request } }])
        expect(paths(await leaseAll())).toEqual(['1', '2', '3'])
      })

      it('gives higher priorities first', async () => {
        await open({ order: 'fifo' })
        const priorities = [0, 5, -3, 10, 5]
        await frontier.enqueue(priorities.map((priority, i) => get(String(i), { priority })))
        expect(paths(await leaseAll())).toEqual(['3', '1', '4', '0', '2'])
      })

      it('gives what was released before everything else of its priority', async () => {
        for (const order of ['lifo', 'fifo'] as const) {
          await open({ order })
          await frontier.enqueue([get('1'), get('2'), get('3'), get('hot', { priority: 1 })])
          const [hot, next] = (await frontier.lease(2)).leases
          await frontier.enqueue([get('4')])
          await frontier.release([hot!, next!])
          expect(paths(await leaseAll()).slice(0, 2)).toEqual(paths([hot!, next!]))
        }
      })

      it('goes round the slots', async () => {
        const urls = ['a', 'b', 'c'].flatMap((host) => [1, 2, 3].map((i) => new Request(`http://${host}.example/${i}`)))
        await frontier.enqueue(urls)
        const hosts = (await leaseAll()).map((lease) => lease.slot.charAt(0))
        for (const round of [hosts.slice(0, 3), hosts.slice(3, 6), hosts.slice(6)])
          expect([...round].sort()).toEqual(['a', 'b', 'c'])
      })

      it('serves the slot with the best priority first, and starves none', async () => {
        const urls = Array.from({ length: 100 }, (_, i) => new Request(`http://eager.example/${i}`, { priority: 10 }))
        await frontier.enqueue([...urls, new Request('http://patient.example/')])
        const slots = (await leaseAll()).map((lease) => lease.slot)
        expect(slots[0]).toBe('eager.example')
        expect(slots.indexOf('patient.example')).toBeLessThan(16)
      })
    })

    describe('a big slot beside many small ones', () => {
      const openBig = () => open({ order: 'fifo', slot: { concurrency: 1000, delay: 0, randomizeDelay: false } })
      const small = Array.from({ length: 200 }, (_, i) => new Request(`http://small-${i}.example/`))
      const big = Array.from({ length: 100 }, (_, i) => new Request(`http://big.example/${i}`))

      it.each([1, 16])('has one choice in eight, and no more than that, when leased %i at a time', async (max) => {
        await openBig()
        await frontier.enqueue([...small, ...big])
        const slots: string[] = []
        while (slots.length < 64) slots.push(...(await frontier.lease(max)).leases.map((lease) => lease.slot))
        const share = slots.filter((slot) => slot === 'big.example').length
        expect(share).toBeGreaterThanOrEqual(7)
        expect(share).toBeLessThanOrEqual(9)
      })

      it('has none where others have a better priority', async () => {
        await openBig()
        await frontier.enqueue([...small.map((request) => request.replace({ priority: 1 })), ...big])
        const { leases } = await frontier.lease(7)
        expect(leases.map((lease) => lease.slot)).not.toContain('big.example')
      })
    })

    describe('lease', () => {
      it('gives each request to one session only', async () => {
        const other = await backend.connect()
        await frontier.enqueue(Array.from({ length: 20 }, (_, i) => get(String(i))))
        const [mine, theirs] = await Promise.all([frontier.lease(12), other.lease(12)])
        expect(new Set(paths([...mine.leases, ...theirs.leases])).size).toBe(20)
        expect(await frontier.counts()).toMatchObject({ queued: 0, leased: 20 })
      })

      it('gives the request as it was enqueued', async () => {
        const request = get('x?q=1', {
          method: 'POST',
          body: 'ä',
          headers: { 'X-A': '1' },
          meta: { n: [1] },
          cbArgs: { a: 'b' },
          callback: 'parseX',
        })
        await frontier.enqueue([request])
        const [lease] = (await frontier.lease(1)).leases
        expect(JSON.stringify(lease!.request)).toBe(JSON.stringify(request))
        expect(lease!.deliveries).toBe(1)
      })

      it('asked for none gives none, and the state', async () => {
        await frontier.enqueue([get('1')])
        expect(await frontier.lease(0)).toMatchObject({ leases: [], state: 'active' })
      })
    })

    describe('slots', () => {
      it('never gives more than the concurrency', async () => {
        await open({ slot: { concurrency: 2, delay: 0, randomizeDelay: false } })
        await frontier.enqueue([get('1'), get('2'), get('3'), new Request('http://b.example/')])
        const first = (await frontier.lease(10)).leases
        expect(first.filter((lease) => lease.slot === 'a.example')).toHaveLength(2)
        expect(first).toHaveLength(3)
        await frontier.commit([done(first.find((lease) => lease.slot === 'a.example')!)])
        expect((await frontier.lease(10)).leases).toHaveLength(1)
      })

      it('leaves the delay between two leases, and says when the next may go', async () => {
        await open({ slot: { concurrency: 8, delay: 500, randomizeDelay: false } })
        await frontier.enqueue([get('1'), get('2')])
        const { leases, nextAt } = await frontier.lease(10)
        expect(leases).toHaveLength(1)
        expect(nextAt).toBe(clock.now() + 500)
        clock.advance(499)
        expect((await frontier.lease(10)).leases).toHaveLength(0)
        clock.advance(1)
        expect((await frontier.lease(10)).leases).toHaveLength(1)
      })

      it('draws randomised delays between half and one and a half', async () => {
        await open({ slot: { concurrency: 1000, delay: 1000, randomizeDelay: true } })
        await frontier.enqueue(Array.from({ length: 50 }, (_, i) => get(String(i))))
        const gaps: number[] = []
        for (let i = 0; i < 49; i++) {
          const { nextAt } = await frontier.lease(1)
          gaps.push(nextAt! - clock.now())
          clock.advance(Math.ceil(nextAt! - clock.now()))
        }
        expect(Math.min(...gaps)).toBeGreaterThanOrEqual(500)
        expect(Math.max(...gaps)).toBeLessThanOrEqual(1500)
        expect(new Set(gaps).size).toBeGreaterThan(5)
      })

      it('holds a blocked slot back, and only that one; a block never ends earlier', async () => {
        await frontier.enqueue([get('1'), new Request('http://b.example/')])
        const until = clock.now() + 10_000
        await frontier.slot('a.example', { blockedUntil: until })
        await frontier.slot('a.example', { blockedUntil: until - 9_000 })
        expect((await frontier.inspect.slots()).find(({ name }) => name === 'a.example')?.blockedUntil).toBe(until)
        const { leases, nextAt } = await frontier.lease(10)
        expect(leases.map((lease) => lease.slot)).toEqual(['b.example'])
        expect(nextAt).toBe(until)
        clock.advance(10_000)
        expect((await frontier.lease(10)).leases).toHaveLength(1)
      })

      it('takes changes of delay and concurrency', async () => {
        await frontier.enqueue([get('1'), get('2'), get('3'), get('4')])
        await frontier.slot('a.example', { concurrency: 1 })
        const { leases } = await frontier.lease(10)
        expect(leases).toHaveLength(1)
        await frontier.slot('a.example', { concurrency: 2, delay: 100 })
        expect((await frontier.lease(10)).leases).toHaveLength(1)
        await frontier.commit([done(leases[0]!)])
        expect((await frontier.lease(10)).leases).toHaveLength(0)
        clock.advance(100)
        expect((await frontier.lease(10)).leases).toHaveLength(1)
      })

      it('caps a slot for a time, below its concurrency and never above', async () => {
        await open({ slot: { concurrency: 3, delay: 0, randomizeDelay: false } })
        await frontier.enqueue(Array.from({ length: 8 }, (_, i) => get(String(i))))
        await frontier.slot('a.example', { cap: 1 })
        const { leases } = await frontier.lease(10)
        expect(leases).toHaveLength(1)
        await frontier.slot('a.example', { cap: 2 })
        expect((await frontier.lease(10)).leases).toHaveLength(1)
        await frontier.slot('a.example', { cap: 9 })
        expect((await frontier.lease(10)).leases).toHaveLength(1)
        await frontier.slot('a.example', { cap: 1 })
        await frontier.commit([done(leases[0]!)])
        expect((await frontier.lease(10)).leases).toHaveLength(0)
        // what the policy says changes below the cap, and shows when the cap is lifted
        await frontier.slot('a.example', { concurrency: 5 })
        expect((await frontier.lease(10)).leases).toHaveLength(0)
        await frontier.slot('a.example', { cap: 0 })
        expect((await frontier.lease(10)).leases).toHaveLength(3)
      })

      it('knows slots by the options, and requests that name their own', async () => {
        await open({ slots: { slow: { concurrency: 1 } } })
        await frontier.enqueue([get('1', { slot: 'slow' }), get('2', { slot: 'slow' }), get('3')])
        expect((await frontier.lease(10)).leases.map((lease) => lease.slot).sort()).toEqual(['a.example', 'slow'])
      })
    })

    describe('time', () => {
      it('keeps a request until its notBefore', async () => {
        await frontier.enqueue([get('later', { notBefore: clock.now() + 1000 })])
        expect(await frontier.counts()).toMatchObject({ queued: 0, delayed: 1 })
        expect(await frontier.lease(1)).toMatchObject({ leases: [], nextAt: clock.now() + 1000, state: 'active' })
        clock.advance(1000)
        expect(paths((await frontier.lease(1)).leases)).toEqual(['later'])
        expect(await frontier.counts()).toMatchObject({ delayed: 0, leased: 1 })
      })
    })

    describe('commit', () => {
      it('takes the lease, counts it done and adds what is new, at once', async () => {
        await frontier.enqueue([get('1'), get('2')])
        const [lease] = (await frontier.lease(1)).leases
        expect(await frontier.commit([done(lease!, [get('1'), get('3'), get('4'), get('3')])])).toEqual([
          { status: 'ok', duplicates: [0, 3] },
        ])
        expect(await frontier.counts()).toEqual({ queued: 3, delayed: 0, leased: 0, done: 1, dead: 0, seen: 4 })
      })

      it('is stale the second time, and then changes nothing', async () => {
        await frontier.enqueue([get('1')])
        const [lease] = (await frontier.lease(1)).leases
        const commits = [done(lease!, [get('2')]), done(lease!, [get('3')])]
        expect((await frontier.commit(commits)).map((result) => result.status)).toEqual(['ok', 'stale'])
        expect((await frontier.commit(commits)).map((result) => result.status)).toEqual(['stale', 'stale'])
        expect(await frontier.counts()).toMatchObject({ queued: 1, done: 1, seen: 2 })
      })

      it("is stale for somebody else's lease", async () => {
        const other = await backend.connect()
        await frontier.enqueue([get('1')])
        const [lease] = (await frontier.lease(1)).leases
        expect((await other.commit([done(lease!)]))[0]!.status).toBe('stale')
        expect((await frontier.commit([done(lease!)]))[0]!.status).toBe('ok')
      })

      it('puts a retry in place of the request, past the seen set, when its time has come', async () => {
        await frontier.enqueue([get('1')])
        const [lease] = (await frontier.lease(1)).leases
        const request = lease!.request.replace({ notBefore: clock.now() + 2000, priority: -1 })
        await frontier.commit([{ lease: lease!, outcome: { type: 'retry', request } }])
        expect(await frontier.counts()).toEqual({ queued: 0, delayed: 1, leased: 0, done: 0, dead: 0, seen: 1 })
        clock.advance(2000)
        expect((await frontier.lease(1)).leases[0]!.request.priority).toBe(-1)
      })

      it('keeps a dead letter with its reason, and the requests of its page', async () => {
        await frontier.enqueue([get('1')])
        const [lease] = (await frontier.lease(1)).leases
        await frontier.commit([
          { lease: lease!, outcome: { type: 'dead', reason: 'failed', error: 'no route' }, requests: [get('2')] },
        ])
        expect(await frontier.counts()).toMatchObject({ queued: 1, done: 0, dead: 1 })
        const [letter] = await frontier.inspect.deadLetters()
        expect(letter).toMatchObject({ reason: 'failed', error: 'no route', deliveries: 1 })
        expect(letter!.request.url).toBe(lease!.request.url)
      })
    })

    describe('release', () => {
      it('does not count as a delivery, and makes a later commit stale', async () => {
        await frontier.enqueue([get('1')])
        const [lease] = (await frontier.lease(1)).leases
        await frontier.release([lease!])
        expect((await frontier.commit([done(lease!)]))[0]!.status).toBe('stale')
        const [again] = (await frontier.lease(1)).leases
        expect(again!.deliveries).toBe(1)
        expect(again!.token).not.toBe(lease!.token)
      })

      it('is done by closing a session', async () => {
        const other = await backend.connect()
        await other.enqueue([get('1'), get('2')])
        await other.lease(2)
        await other.close()
        expect(await frontier.counts()).toMatchObject({ queued: 2, leased: 0 })
      })

      it('leaves their order to those that are given back together, or by closing', async () => {
        for (const order of ['lifo', 'fifo'] as const) {
          await open({ order })
          await frontier.enqueue(['1', '2', '3', '4'].map((path) => get(path)))
          const { leases } = await frontier.lease(3)
          await frontier.release(leases)
          const other = await backend.connect()
          expect(paths((await other.lease(3)).leases)).toEqual(paths(leases))
          await other.close()
          expect(paths(await leaseAll()).slice(0, 3)).toEqual(paths(leases))
        }
      })
    })

    describe('sessions', () => {
      it('hands what a dead session held to others, and fences it off', async () => {
        const other = await backend.connect()
        await frontier.enqueue([get('1')])
        const [lost] = (await other.lease(1)).leases
        clock.advance(29_000)
        expect(await frontier.beat()).toEqual({ alive: true })
        expect((await frontier.lease(1)).leases).toHaveLength(0)
        clock.advance(1_000)
        const [found] = (await frontier.lease(1)).leases
        expect(found!.request.url).toBe(lost!.request.url)
        expect(found!.deliveries).toBe(2)
        expect((await other.commit([done(lost!, [get('2')])]))[0]!.status).toBe('stale')
        expect(await other.beat()).toEqual({ alive: false })
        await expect(other.lease(1)).rejects.toMatchObject({ code: 'ERR_SESSION_LOST' })
        expect(await frontier.counts()).toMatchObject({ queued: 0, leased: 1, seen: 1 })
      })

      it('forgets the cap of a slot with the session that set it', async () => {
        await open({ slot: { concurrency: 3, delay: 0, randomizeDelay: false } })
        const other = await backend.connect()
        await frontier.enqueue(['1', '2', '3', '4'].map((path) => get(path)))
        await other.slot('a.example', { cap: 1 })
        expect((await other.lease(10)).leases).toHaveLength(1)
        expect((await frontier.lease(10)).leases).toHaveLength(0)
        clock.advance(20_000)
        await frontier.beat()
        expect((await frontier.lease(10)).leases).toHaveLength(0)
        clock.advance(10_000)
        await frontier.beat()
        expect((await frontier.lease(10)).leases).toHaveLength(3)
      })

      it('keeps a session that beats', async () => {
        const other = await backend.connect()
        await frontier.enqueue([get('1')])
        await other.lease(1)
        for (let i = 0; i < 10; i++) {
          clock.advance(20_000)
          await other.beat()
          await frontier.beat()
        }
        expect((await frontier.lease(1)).leases).toHaveLength(0)
      })

      it('does not condemn what was in flight beside a request that kills its sessions', async () => {
        await open({ maxDeliveries: 5, order: 'fifo' })
        await frontier.enqueue(['1', '2', 'poison', '3', '4'].map((path) => get(path)))
        const finished: string[] = []
        for (let deaths = 0; deaths < 20; ) {
          const { leases } = await frontier.lease(10)
          if (leases.length === 0) break
          if (paths(leases).includes('poison')) {
            deaths++
            clock.advance(30_000)
            frontier = await backend.connect()
          } else {
            finished.push(...paths(leases))
            await frontier.commit(leases.map((lease) => done(lease)))
          }
        }
        expect((await frontier.inspect.deadLetters()).map(({ request }) => request.url)).toEqual(['http://a.example/poison'])
        expect(finished.sort()).toEqual(['1', '2', '3', '4'])
      })

      it('buries a request that killed its session too often', async () => {
        await frontier.enqueue([get('good'), get('poison')])
        for (let i = 0; i < 3; i++) {
          expect(paths((await frontier.lease(1)).leases)).toEqual(['poison'])
          clock.advance(30_000)
          frontier = await backend.connect()
        }
        await frontier.beat()
        expect(await frontier.counts()).toMatchObject({ queued: 1, leased: 0, dead: 1 })
        expect((await frontier.inspect.deadLetters())[0]).toMatchObject({ reason: 'dead', deliveries: 3 })
      })
    })

    describe('the life of a crawl', () => {
      it('is seeded by exactly one, and by another when that one dies', async () => {
        const others = await Promise.all([backend.connect(), backend.connect()])
        const claims = await Promise.all([frontier, ...others].map((session) => session.claimSeeding()))
        expect(claims).toEqual([true, false, false])
        clock.advance(29_999)
        await Promise.all(others.map((session) => session.beat()))
        clock.advance(1)
        await others[0]!.beat()
        expect(await others[1]!.claimSeeding()).toBe(true)
        await others[1]!.seeded()
        expect(await others[0]!.claimSeeding()).toBe(false)
      })

      it('is empty only when it is seeded and nothing is anywhere', async () => {
        const state = async () => (await frontier.lease(0)).state
        expect(await state()).toBe('active')
        await frontier.claimSeeding()
        await frontier.enqueue([get('1'), get('2', { notBefore: clock.now() + 1000 })])
        await frontier.seeded()
        expect(await frontier.finish()).toBe(false)
        const first = (await frontier.lease(1)).leases
        expect(await frontier.finish()).toBe(false)
        await frontier.commit(first.map((lease) => done(lease)))
        expect(await state()).toBe('active')
        clock.advance(1000)
        await frontier.commit((await frontier.lease(1)).leases.map((lease) => done(lease)))
        expect(await state()).toBe('empty')
      })

      it('is finished once, and everybody hears of it', async () => {
        const other = await backend.connect()
        await frontier.claimSeeding()
        await frontier.seeded()
        const heard = new Promise<void>((resolve) => other.onWake(resolve))
        expect(await Promise.all([frontier.finish(), other.finish()])).toEqual([true, false])
        await heard
        expect((await other.lease(1)).state).toBe('finished')
      })

      it('wakes other sessions when there is work', async () => {
        const other = await backend.connect()
        const woken = new Promise<void>((resolve) => other.onWake(resolve))
        await frontier.enqueue([get('1')])
        await woken
        expect((await other.lease(1)).leases).toHaveLength(1)
      })
    })

    describe('a page with very many requests', () => {
      const many = (count: number): Request[] => Array.from({ length: count }, (_, n) => get(`many/${n}`))

      it('has them all in the queue, and says which were not taken', async () => {
        await open({ slots: { 'b.example': { budget: 2 } } })
        await frontier.enqueue([get('1'), get('many/7')])
        const [lease] = (await frontier.lease(1)).leases
        const over = [0, 1, 2, 3].map((n) => new Request(`http://b.example/${n}`))
        const requests = [...many(2500), get('many/7'), get('again', { dontFilter: true }), ...over, get('many/2499')]
        const taken = lease!.request.url.endsWith('/1') ? [7] : []
        expect(await frontier.commit([done(lease!, requests)])).toEqual([
          { status: 'ok', duplicates: [...new Set([7, ...taken]), 2500, 2506], overBudget: [2504, 2505] },
        ])
        expect(await frontier.counts()).toMatchObject({ queued: 2503, leased: 0, done: 1 })
      })

      it('is committed beside others, each with its own answer', async () => {
        await frontier.enqueue([get('1'), get('2'), get('3')])
        const [a, b, c] = (await frontier.lease(3)).leases
        const results = await frontier.commit([done(a!, [get('x'), get('x')]), done(b!, many(2001)), done(c!, [get('y')])])
        expect(results).toEqual([
          { status: 'ok', duplicates: [1] },
          { status: 'ok', duplicates: [] },
          { status: 'ok', duplicates: [] },
        ])
        expect(await frontier.counts()).toMatchObject({ queued: 2003, leased: 0, done: 3 })
      })

      it('is not empty while it is committed, and not given back', async () => {
        await frontier.enqueue([get('1')])
        await frontier.seeded()
        const { leases } = await frontier.lease(1)
        const committing = frontier.commit([done(leases[0]!, many(5000))])
        expect((await frontier.lease(0)).state).toBe('active')
        expect(await frontier.finish()).toBe(false)
        expect((await committing)[0]!.status).toBe('ok')
        expect(await frontier.counts()).toMatchObject({ queued: 5000, leased: 0, done: 1 })
        expect((await frontier.commit([done(leases[0]!, many(5000))]))[0]!.status).toBe('stale')
      })

      it('comes in seeds as well', async () => {
        const { added, duplicates } = await frontier.enqueue([...many(2200), get('many/2100')])
        expect([added, duplicates]).toEqual([2200, [2200]])
      })
    })

    describe('limits', () => {
      const none = { pages: 0, items: 0, errors: 0, time: 0 }
      const add = (counted: Record<string, number>) => ({ add: counted, max: {} })

      it.each([
        ['pages', 'response_received_count', 'closespider_pagecount'],
        ['items', 'item_scraped_count', 'closespider_itemcount'],
        ['errors', 'spider_exceptions/count', 'closespider_errorcount'],
      ] as const)('of %s stop the crawl for all when the tallies of all workers reach them', async (limit, stat, reason) => {
        await open({ limits: { ...none, [limit]: 5 } })
        const other = await backend.connect()
        await frontier.enqueue([get('1'), get('2'), get('3')])
        const [mine] = (await frontier.lease(1)).leases
        const [theirs] = (await other.lease(1)).leases
        await frontier.commit([done(mine!)], add({ [stat]: 3, unlimited: 100 }))
        expect((await other.lease(0)).state).toBe('active')
        await other.commit([done(theirs!)], add({ [stat]: 2 }))
        for (const session of [frontier, other])
          expect(await session.lease(10)).toMatchObject({ leases: [], state: 'stopped', reason })
        expect(await frontier.counts()).toMatchObject({ queued: 1, leased: 0, done: 2 })
      })

      it('of pages without an item count those since the last tally that had one, of all workers', async () => {
        await open({ limits: { ...none, pagesWithoutItem: 5 } })
        const other = await backend.connect()
        await frontier.enqueue(Array.from({ length: 9 }, (_, n) => get(String(n))))
        const page = async (session: Frontier, counted: Record<string, number>): Promise<string> => {
          const { leases, state, reason } = await session.lease(1)
          if (state !== 'stopped') await session.commit([done(leases[0]!)], add(counted))
          return reason ?? state
        }
        expect(await page(frontier, { response_received_count: 4 })).toBe('active')
        expect(await page(other, { response_received_count: 3, item_scraped_count: 1 })).toBe('active')
        expect(await page(frontier, { response_received_count: 2 })).toBe('active')
        expect(await page(other, { response_received_count: 2, unlimited: 7 })).toBe('active')
        expect(await page(frontier, { 'spider_exceptions/count': 9 })).toBe('active')
        expect(await page(other, { response_received_count: 1 })).toBe('active')
        for (const session of [frontier, other]) expect(await page(session, {})).toBe('closespider_pagecount_no_item')
      })

      it('of time without an item begin anew with every tally that has one, and say when to look', async () => {
        await open({ limits: { ...none, timeWithoutItem: 25_000 } })
        const other = await backend.connect()
        const start = clock.now()
        await frontier.enqueue([get('1'), get('2'), get('3', { notBefore: start + 3_600_000 })])
        const first = await frontier.lease(1)
        expect(first.nextAt).toBe(start + 25_000)
        clock.advance(20_000)
        await other.beat()
        await frontier.commit(
          first.leases.map((lease) => done(lease)),
          add({ response_received_count: 1, item_scraped_count: 1 }),
        )
        const second = await other.lease(1)
        expect(second).toMatchObject({ state: 'active', nextAt: start + 45_000 })
        clock.advance(10_000)
        // a page without an item changes nothing
        await other.commit(
          second.leases.map((lease) => done(lease)),
          add({ response_received_count: 1 }),
        )
        await frontier.beat()
        clock.advance(14_999)
        expect(await other.lease(1)).toMatchObject({ state: 'active', nextAt: start + 45_000 })
        clock.advance(1)
        for (const session of [frontier, other])
          expect(await session.lease(1)).toMatchObject({ leases: [], state: 'stopped', reason: 'closespider_timeout_no_item' })
      })

      it('without an item hold when the worker dies that saw the last one', async () => {
        await open({ limits: { ...none, timeWithoutItem: 60_000, pagesWithoutItem: 4 } })
        const start = clock.now()
        await frontier.enqueue([get('1'), get('2', { notBefore: start + 3_600_000 })])
        const { leases } = await frontier.lease(1)
        await frontier.commit(
          leases.map((lease) => done(lease)),
          add({ response_received_count: 3 }),
        )
        clock.advance(20_000)
        const other = await backend.connect()
        clock.advance(20_000)
        // the first session is dead now
        expect(await other.lease(1)).toMatchObject({ state: 'active', nextAt: start + 60_000 })
        await other.commit([], add({ response_received_count: 1 }))
        expect(await other.lease(1)).toMatchObject({ state: 'stopped', reason: 'closespider_pagecount_no_item' })
      })

      it('without an item begin anew when the crawl is taken up again', async () => {
        await open({ limits: { ...none, timeWithoutItem: 60_000, pagesWithoutItem: 2 } })
        await frontier.enqueue([get('1'), get('2'), get('3', { notBefore: clock.now() + 3_600_000 })])
        await frontier.commit([], add({ response_received_count: 2 }))
        expect((await frontier.lease(1)).reason).toBe('closespider_pagecount_no_item')
        await frontier.close()
        clock.advance(100_000)
        frontier = await backend.connect()
        expect(await frontier.lease(2)).toMatchObject({ state: 'active', nextAt: clock.now() + 60_000 })
        await frontier.commit([], add({ response_received_count: 1 }))
        expect((await frontier.lease(1)).state).toBe('active')
        await frontier.commit([], add({ response_received_count: 1 }))
        expect((await frontier.lease(1)).reason).toBe('closespider_pagecount_no_item')
      })

      it('count what comes with the end of a session', async () => {
        await open({ limits: { ...none, items: 2 } })
        const other = await backend.connect()
        await frontier.enqueue([get('1')])
        await other.close(add({ item_scraped_count: 2 }))
        expect(await frontier.lease(1)).toMatchObject({ leases: [], state: 'stopped', reason: 'closespider_itemcount' })
      })

      it('of time stop it when the time is over, and say when to look', async () => {
        await open({ limits: { ...none, time: 60_000 } })
        const start = clock.now()
        await frontier.enqueue([get('1', { notBefore: start + 3_600_000 })])
        expect((await frontier.lease(1)).nextAt).toBe(start + 60_000)
        clock.advance(20_000)
        await frontier.beat()
        clock.advance(20_000)
        await frontier.beat()
        clock.advance(19_999)
        expect((await frontier.lease(1)).state).toBe('active')
        clock.advance(1)
        expect(await frontier.lease(1)).toMatchObject({ state: 'stopped', reason: 'closespider_timeout' })
      })

      it('begin anew when the crawl is taken up again', async () => {
        await open({ limits: { ...none, pages: 2, time: 60_000 } })
        await frontier.enqueue([get('1'), get('2'), get('3')])
        const [first] = (await frontier.lease(1)).leases
        await frontier.commit([done(first!)], add({ response_received_count: 2 }))
        expect((await frontier.lease(1)).state).toBe('stopped')
        await frontier.close()
        clock.advance(50_000)
        frontier = await backend.connect()
        const [second, third] = (await frontier.lease(2)).leases
        await frontier.commit([done(second!)], add({ response_received_count: 1 }))
        clock.advance(20_000)
        expect(await frontier.lease(0)).toMatchObject({ state: 'active' })
        await frontier.commit([done(third!, [get('4')])], add({ response_received_count: 1 }))
        expect(await frontier.lease(1)).toMatchObject({ leases: [], state: 'stopped', reason: 'closespider_pagecount' })
      })
    })

    describe('stop', () => {
      it('gives no more leases, takes commits of those that were given, and keeps the first reason', async () => {
        const other = await backend.connect()
        await frontier.enqueue([get('1'), get('2')])
        const [lease] = (await frontier.lease(1)).leases
        await other.stop('enough')
        await frontier.stop('more than enough')
        for (const session of [frontier, other])
          expect(await session.lease(5)).toMatchObject({ leases: [], state: 'stopped', reason: 'enough' })
        expect(await frontier.commit([done(lease!, [get('3')])])).toEqual([{ status: 'ok', duplicates: [] }])
        expect(await frontier.finish()).toBe(false)
        expect(await frontier.counts()).toMatchObject({ queued: 2, leased: 0, done: 1 })
      })

      it('wakes the others', async () => {
        const other = await backend.connect()
        await other.lease(1)
        const woken = new Promise<void>((resolve) => other.onWake(resolve))
        await frontier.stop('enough')
        await woken
      })

      it('holds for whoever joins while a worker is there, and ends with the last of them', async () => {
        await frontier.enqueue([get('1')])
        await frontier.stop('enough')
        const late = await backend.connect()
        expect((await late.lease(1)).state).toBe('stopped')
        await frontier.close()
        await late.close()
        const next = await backend.connect()
        const { leases, state } = await next.lease(1)
        expect([state, paths(leases)]).toEqual(['active', ['1']])
      })

      it('ends too when the last worker died', async () => {
        await frontier.enqueue([get('1'), get('2')])
        await frontier.lease(1)
        await frontier.stop('enough')
        clock.advance(30_000)
        frontier = await backend.connect()
        expect(await frontier.lease(5)).toMatchObject({ leases: { length: 2 }, state: 'active' })
      })
    })

    describe('budgets', () => {
      it('bound what a slot takes, and name what it does not', async () => {
        await open({ slot: { ...freeOptions.slot, budget: 2 }, slots: { 'b.example': { budget: 0 } } })
        const b = Array.from({ length: 5 }, (_, i) => new Request(`http://b.example/${i}`))
        expect(await frontier.enqueue([get('1'), get('1'), get('2'), get('3'), ...b])).toEqual({
          added: 7,
          duplicates: [1],
          overBudget: [3],
        })
        const lease = (await frontier.lease(10)).leases.find(({ slot }) => slot === 'a.example')
        expect(await frontier.commit([done(lease!, [get('4'), get('2'), new Request('http://c.example/')])])).toEqual([
          { status: 'ok', duplicates: [1], overBudget: [0] },
        ])
      })

      it('leave what was not taken unseen: it may be taken when there is room', async () => {
        await open({ slot: { ...freeOptions.slot, budget: 1 } })
        await frontier.enqueue([get('1'), get('2')])
        expect((await frontier.counts()).seen).toBe(1)
        expect(await frontier.inspect.seen(get('2'))).toBe(false)
        await frontier.slot('a.example', { budget: 2 })
        expect(await frontier.enqueue([get('2'), get('3')])).toEqual({ added: 1, duplicates: [], overBudget: [1] })
      })

      it('let retries and dontFilter pass, which count for nothing', async () => {
        await open({ slot: { ...freeOptions.slot, budget: 2 } })
        await frontier.enqueue([get('1'), get('1', { dontFilter: true }), get('x', { dontFilter: true })])
        const [lease] = (await frontier.lease(1)).leases
        await frontier.commit([{ lease: lease!, outcome: { type: 'retry', request: lease!.request } }])
        expect(await frontier.enqueue([get('2'), get('3')])).toEqual({ added: 1, duplicates: [], overBudget: [1] })
      })

      it('are not given back with what was done', async () => {
        await open({ slot: { ...freeOptions.slot, budget: 1 } })
        await frontier.enqueue([get('1')])
        await frontier.commit((await frontier.lease(1)).leases.map((lease) => done(lease)))
        clock.advance(60_000)
        expect(await frontier.enqueue([get('2')])).toEqual({ added: 0, duplicates: [], overBudget: [0] })
      })
    })

    describe('requests a second', () => {
      it.each([2, 40, 500])('%i are started, of all slots and workers together', async (perSecond) => {
        await open({ maxRequestsPerSecond: perSecond })
        const other = await backend.connect()
        await frontier.enqueue(Array.from({ length: 12 * perSecond }, (_, i) => new Request(`http://h${i % 7}.example/${i}`)))
        const start = clock.now()
        const startedAt: number[] = []
        while (clock.now() < start + 10_000) {
          const session = startedAt.length % 2 === 0 ? frontier : other
          const { leases, nextAt } = await session.lease(64)
          for (const _ of leases) startedAt.push(clock.now())
          await session.commit(leases.map((lease) => done(lease)))
          expect(nextAt).toBeGreaterThan(clock.now())
          // as late as a timer is
          clock.advance(Math.ceil(nextAt! - clock.now()) + (startedAt.length % 3))
        }
        expect(startedAt.length / 10).toBeGreaterThan(perSecond * 0.95)
        // what was missed may be made up for, a twentieth of a second's worth
        const most = Math.max(...startedAt.map((from) => startedAt.filter((at) => at >= from && at < from + 1000).length))
        expect(most).toBeLessThanOrEqual(perSecond * 1.05 + 1)
      })

      it('are those of the crawl when a delay is longer', async () => {
        await open({ maxRequestsPerSecond: 100, slot: { concurrency: 8, delay: 500, randomizeDelay: false } })
        await frontier.enqueue([get('1'), get('2')])
        const { leases, nextAt } = await frontier.lease(10)
        expect(leases).toHaveLength(1)
        expect(nextAt).toBe(clock.now() + 500)
      })
    })

    describe('inspection', () => {
      it('shows slots, leases and what was seen', async () => {
        await frontier.enqueue([get('1'), get('2')])
        const [lease] = (await frontier.lease(1)).leases
        expect(await frontier.inspect.slots()).toMatchObject([{ name: 'a.example', queued: 1, leased: 1 }])
        expect((await frontier.inspect.leases()).map((l) => l.token)).toEqual([lease!.token])
        expect(await frontier.inspect.seen(get('2'))).toBe(true)
        expect(await frontier.inspect.seen(get('3'))).toBe(false)
      })
    })
  })
}
