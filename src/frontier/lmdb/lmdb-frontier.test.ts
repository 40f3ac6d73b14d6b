import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { freeOptions } from '../../../test/conformance/frontier.ts'
import { lmdbBench } from '../../../test/support/lmdb-backend.ts'
import { Request } from '../../http/request.ts'
import { openStore, storeError } from './crawl-store.ts'
import { numberKey } from './ordered-key.ts'
import { ownMark } from './process-mark.ts'
import { SessionTable } from './session-table.ts'

const bench = lmdbBench()
const get = (path: string, init = {}): Request => new Request(`http://a.example/${path}`, init)
const pathsOf = (leases: readonly { readonly request: Request }[]): string[] =>
  leases.map(({ request }) => new URL(request.url).pathname.slice(1))

describe('the life of a crawl in a folder', () => {
  it('keeps everything beyond its backend: order, delays, blocks, leases of others, what was seen', async () => {
    const folder = bench.folder()
    const first = await bench.backend({ folder }).connect()
    await first.enqueue([get('1'), get('2', { priority: -5 }), get('3', { notBefore: bench.clock.now() + 500 })])
    await first.enqueue([new Request('http://b.example/')])
    await first.slot('b.example', { blockedUntil: bench.clock.now() + 9_000, delay: 77 })
    await first.seeded()
    await first.close()
    await bench.close()

    const next = await bench.backend({ folder }).connect()
    expect(await next.claimSeeding()).toBe(false)
    expect(await next.counts()).toEqual({ queued: 3, delayed: 1, leased: 0, done: 0, dead: 0, seen: 4 })
    expect((await next.enqueue([get('1'), get('3')])).duplicates).toEqual([0, 1])
    expect(pathsOf((await next.lease(9)).leases)).toEqual(['1', '2'])
    bench.clock.advance(500)
    expect(pathsOf((await next.lease(9)).leases)).toEqual(['3'])
    expect((await next.inspect.slots()).find(({ name }) => name === 'b.example')).toMatchObject({ delay: 77, queued: 1 })
    bench.clock.advance(8_500)
    expect((await next.lease(9)).leases).toHaveLength(1)
  })

  it('gives no token twice, whichever run it is', async () => {
    const folder = bench.folder()
    const tokens: number[] = []
    for (let run = 0; run < 3; run++) {
      const session = await bench.backend({ folder }).connect()
      await session.enqueue([get('1'), get('2')])
      const { leases } = await session.lease(2)
      tokens.push(...leases.map(({ token }) => token))
      await session.commit(leases.map((lease) => ({ lease, outcome: { type: 'done' } })))
      await session.seeded()
      expect(await session.finish()).toBe(true)
      await session.close()
      await bench.close()
    }
    expect(new Set(tokens).size).toBe(6)
  })

  it('throws nothing away with `flushOnStart` while others take part, and then only once', async () => {
    const folder = bench.folder()
    const other = await bench.backend({ folder }).connect()
    await other.enqueue([get('1')])
    const flushing = bench.backend({ folder, flushOnStart: true })
    await expect(flushing.connect()).rejects.toMatchObject({ code: 'ERR_CRAWL_IN_USE' })
    await other.close()
    const session = await flushing.connect()
    await session.enqueue([get('2')])
    bench.clock.advance(30_000)
    const again = await flushing.connect(undefined, session)
    expect(pathsOf((await again.lease(9)).leases)).toEqual(['2'])
    // whoever took part in what was thrown away hears of it
    await expect(other.enqueue([get('3')])).rejects.toMatchObject({ code: 'ERR_CRAWL_GONE' })
  })

  it('lets whoever lost its session go on in its own run, or in none', async () => {
    const folder = bench.folder()
    const backend = bench.backend({ folder })
    const lost = await backend.connect()
    await lost.seeded()
    await lost.finish()
    const heir = await backend.connect(undefined, lost)
    expect((await heir.lease(1)).state).toBe('finished')
    await bench.backend({ folder }).connect()
    await expect(backend.connect(undefined, lost)).rejects.toMatchObject({ code: 'ERR_CRAWL_GONE' })
    await expect(lost.beat()).rejects.toMatchObject({ code: 'ERR_CRAWL_GONE' })
  })

  it('holds by the settings of whoever joined last', async () => {
    const folder = bench.folder()
    const first = await bench.backend({ folder }).connect()
    await first.enqueue([get('1'), get('2'), get('3')])
    await bench.backend({ folder, slot: { concurrency: 1, delay: 0, randomizeDelay: false } }).connect()
    expect((await first.lease(9)).leases).toHaveLength(1)
    await bench.backend({ folder, slots: { 'a.example': { concurrency: 2 } } }).connect()
    expect((await first.lease(9)).leases).toHaveLength(1)
  })
})

describe('other processes', () => {
  it('are looked for as long as there is nothing to do, since they send no message', async () => {
    const folder = bench.folder()
    const mine = await bench.backend({ folder }).connect()
    let woken = 0
    mine.onWake(() => woken++)
    expect((await mine.lease(1)).nextAt).toBe(undefined)
    const theirs = await bench.backend({ folder }).connect()
    bench.clock.advance(500)
    expect((await mine.lease(1)).nextAt).toBe(bench.clock.now() + 1_000)
    // that they live is nothing to wake up for
    await theirs.lease(1)
    bench.clock.advance(500)
    expect(woken).toBe(0)
    await theirs.enqueue([get('1'), get('2')])
    bench.clock.advance(99)
    expect(woken).toBe(0)
    bench.clock.advance(1)
    expect(woken).toBe(1)
    expect((await mine.lease(1)).leases).toHaveLength(1)
    await theirs.close()
    expect((await mine.lease(2)).nextAt).toBe(undefined)
    bench.clock.advance(1_000)
    expect(woken).toBe(1)
  })

  it('are not looked for any more by a session that is closed, nor by a backend that is', async () => {
    const folder = bench.folder()
    const backend = bench.backend({ folder })
    const [closed, open] = [await backend.connect(), await backend.connect()]
    const theirs = await bench.backend({ folder }).connect()
    await Promise.all([closed.lease(1), open.lease(1)])
    await closed.close()
    await backend.close()
    await theirs.enqueue([get('1')])
    for (const session of [closed, open]) session.onWake(() => expect.unreachable())
    bench.clock.advance(1_000)
  })

  it('that are over are found out at the next start, and by those that live within a second', async () => {
    const folder = bench.folder()
    const backend = bench.backend({ folder })
    const victim = await backend.connect()
    await victim.enqueue([get('1'), get('2')])
    await victim.lease(1)
    await endProcessOf(folder, victim.id)
    const heir = await bench.backend({ folder }).connect()
    expect(bench.log.filter((line) => line.startsWith('warn'))).toEqual([
      'warn A worker ended without a word; 1 request goes to others',
    ])
    const { leases } = await heir.lease(9)
    expect(leases.map(({ deliveries }) => deliveries).sort()).toEqual([1, 2])

    await endProcessOf(folder, heir.id)
    const third = await bench.backend({ folder }).connect()
    await endProcessOf(folder, (await bench.backend({ folder }).connect()).id)
    bench.clock.advance(1_000)
    expect((await third.lease(9)).nextAt).toBe(undefined)
  })

  it('of other machines and containers are not judged by the numbers of this one', async () => {
    const folder = bench.folder()
    const session = await bench.backend({ folder }).connect()
    await session.enqueue([get('1')])
    await session.lease(1)
    await endProcessOf(folder, session.id, { host: 'another' })
    const other = await bench.backend({ folder }).connect()
    expect((await other.lease(1)).leases).toEqual([])
    bench.clock.advance(30_000)
    expect((await other.lease(1)).leases).toHaveLength(1)
  })
})

describe('requests whose callback a worker lacks', () => {
  const worker = (...callbacks: string[]) => ({ host: 'h', pid: 1, version: '1', callbacks })

  it('are put aside a thousand a step, and come back in their order', async () => {
    const folder = bench.folder()
    const old = await bench.backend({ folder, order: 'fifo' }).connect(worker('parse'))
    const many = Array.from({ length: 2500 }, (_, n) => get(String(n), { callback: 'parseUser' }))
    await old.enqueue([...many, get('plain')])
    for (const delayed of [1000, 2000]) {
      expect(await old.lease(4)).toMatchObject({ leases: [], nextAt: bench.clock.now(), state: 'active' })
      expect(await old.counts()).toMatchObject({ queued: 2501 - delayed, delayed })
    }
    expect(pathsOf((await old.lease(4)).leases)).toEqual(['plain'])
    const fresh = await bench.backend({ folder, order: 'fifo' }).connect(worker('parse', 'parseUser'))
    expect(pathsOf((await fresh.lease(3)).leases)).toEqual(['0', '1', '2'])
    expect(pathsOf((await fresh.lease(2)).leases)).toEqual(['3', '4'])
    // no more than were asked for
    expect(await fresh.counts()).toMatchObject({ queued: 0, delayed: 2495, leased: 6 })
  })

  it('are told of once, and again when they are given up', async () => {
    const session = await bench.backend({ order: 'fifo' }).connect(worker('parse'))
    await session.enqueue([get('1', { callback: 'parseUser' }), get('2', { callback: 'parseUser' })])
    await session.lease(1)
    await session.enqueue([get('3', { callback: 'parseUser' })])
    await session.lease(1)
    for (let i = 0; i < 3; i++) {
      bench.clock.advance(20_000)
      await session.beat()
    }
    expect(bench.log).toEqual([
      expect.stringMatching(/^warn This spider has no method parseUser, .* held for a worker that has it/),
      'warn No worker has had the callback parseUser for long: 3 requests are dead letters',
    ])
  })
})

describe('what may go wrong', () => {
  it('a machine that went down is told of, where that may have done harm', async () => {
    const folder = bench.folder()
    const session = await bench.backend({ folder }).connect()
    await session.enqueue([get('1')])
    await endProcessOf(folder, session.id, { boot: 'the one before' })
    // whichever way it is opened now
    const careful = await bench.backend({ folder, durability: 'power' }).connect()
    expect(bench.log).toContainEqual(expect.stringMatching(/^warn The machine went down while the crawl in .*'power'/))
    bench.log.length = 0
    await endProcessOf(folder, careful.id, { boot: 'the one before' })
    expect(await (await bench.backend({ folder }).connect()).counts()).toMatchObject({ queued: 1 })
    expect(bench.log.join()).not.toContain('went down')
  })

  it('a disk that is full is told from one that fails', () => {
    const error = Object.assign(new Error('Input/output error'), { code: 5 })
    expect(storeError(error, '/crawl', 4096)).toMatchObject({ code: 'ERR_JOB_FULL', cause: error })
    expect(storeError(error, '/crawl', 4096).message).toMatch(/disk of \/crawl is full: 4,096 bytes/)
    expect(storeError(error, '/crawl', 2 ** 30)).toMatchObject({ code: 'ERR_JOB_STORE', cause: error })
  })

  it('a tree that leads nowhere is said to be damaged', async () => {
    const folder = bench.folder()
    const session = await bench.backend({ folder }).connect()
    await session.enqueue(Array.from({ length: 200 }, (_, n) => get(String(n))))
    await session.close()
    await bench.close()
    const file = join(folder, 'data.mdb')
    // all but the two heads, each of them a page
    writeFileSync(file, readFileSync(file).fill(0, 2 * Number(execFileSync('getconf', ['PAGESIZE']))))
    await expect(bench.backend({ folder }).connect()).rejects.toMatchObject({ code: 'ERR_JOB_DAMAGED' })
  })

  it('a clock that is set back holds nothing up', async () => {
    const session = await bench.backend().connect()
    await session.enqueue([get('1'), get('2', { notBefore: bench.clock.now() + 1_000 })])
    await session.slot('a.example', { delay: 500 })
    await session.lease(1)
    bench.clock.advance(-3_600_000)
    expect((await session.lease(1)).nextAt).toBe(bench.clock.now() + 1_000)
    bench.clock.advance(1_000)
    expect((await session.lease(1)).leases).toHaveLength(1)
    expect(await session.beat()).toEqual({ alive: true })
  })

  it('a large body, a long name of a slot and one that is none are kept', async () => {
    const body = 'ü'.repeat(3_000_000)
    const long = 'x'.repeat(5_000)
    const session = await bench.backend().connect()
    await session.enqueue([
      get('1', { method: 'POST', body, slot: long }),
      new Request('data:,x'),
      get('2', { slot: `${long}y` }),
    ])
    const { leases } = await session.lease(9)
    expect(leases.map(({ slot }) => slot).sort()).toEqual(['', long, `${long}y`])
    expect(leases.find(({ slot }) => slot === long)!.request.body.length).toBe(6_000_000)
  })

  it('something in the queue that is no request is a dead letter, and the others go on', async () => {
    const folder = bench.folder()
    const session = await bench.backend({ folder }).connect()
    await session.enqueue([get('1'), get('2')])
    const store = await openStore(folder, 'process')
    store.transact(() => {
      const [last] = [...store.queue.getKeys({ start: Buffer.of(0), limit: 1 })]
      store.queue.putSync(last!, '{"url":5}')
    })
    await store.close()
    expect(pathsOf((await session.lease(9)).leases)).toEqual(['1'])
    expect(await session.counts()).toMatchObject({ queued: 0, leased: 1, dead: 1 })
    expect(bench.log.at(-1)).toMatch(/^error Something in the queue is no request/)
    expect(await session.inspect.stats()).toEqual({ 'request_end_count/failed': 1 })
  })

  it('a step that throws leaves nothing behind, and what it had seen is not taken for known', async () => {
    let broken = true
    const slotOf: typeof freeOptions.slotOf = (request) => {
      if (broken && request.url.endsWith('/3')) throw new Error('no slot')
      return freeOptions.slotOf(request)
    }
    const session = await bench.backend({ slotOf }).connect()
    await expect(session.enqueue([get('1'), get('2'), get('3')])).rejects.toThrow('no slot')
    expect(await session.counts()).toMatchObject({ queued: 0, seen: 0 })
    broken = false
    expect(await session.enqueue([get('1'), get('2'), get('3')])).toEqual({ added: 3, duplicates: [] })
  })

  it('a folder may be opened either way, one after the other', async () => {
    const folder = bench.folder()
    const session = await bench.backend({ folder, durability: 'power' }).connect()
    await session.enqueue([get('1')])
    const [lease] = (await session.lease(1)).leases
    await session.commit([{ lease: lease!, outcome: { type: 'done' }, requests: [get('2')] }])
    await session.close()
    await bench.close()
    expect(await (await bench.backend({ folder }).connect()).counts()).toMatchObject({ queued: 1, done: 1, seen: 2 })
  })
})

/** As if the process of a session were over: it is said to be another one, whose number is free. */
async function endProcessOf(folder: string, id: number, place: { host?: string; boot?: string } = {}): Promise<void> {
  const store = await openStore(folder, 'process')
  store.transact(() => {
    const table = new SessionTable(store.sessions)
    const record = table.get(id)!
    table.put(id, { ...record, process: { ...ownMark(), pid: 2 ** 30, ...place } })
  })
  expect(store.sessions.get(numberKey(id))).toContain('1073741824')
  await store.close()
}
