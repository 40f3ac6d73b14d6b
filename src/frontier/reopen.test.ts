import { beforeEach, describe, expect, it } from 'vitest'
import { freeOptions } from '../../test/conformance/frontier.ts'
import { FakeClock } from '../../test/support/fake-clock.ts'
import { SkeinError } from '../errors.ts'
import { Request } from '../http/request.ts'
import type { Frontier, FrontierBackend, Lease, WorkerInfo } from './contract.ts'
import { MemoryFrontier } from './memory/memory-frontier.ts'
import { type LastingFrontier, openLasting } from './reopen.ts'

const get = (path: string) => new Request(`http://a.example/${path}`)
const done = (lease: Lease, requests: Request[] = []) => ({ lease, outcome: { type: 'done' } as const, requests })

let clock: FakeClock
let memory: MemoryFrontier
let connected: (WorkerInfo | undefined)[]
/** What the next connection fails with. */
let refusal: Error | undefined
let warnings: string[]
let other: Frontier
let frontier: LastingFrontier
let losses: number
const worker: WorkerInfo = { host: 'h', pid: 1, version: '1' }

const backend: FrontierBackend = {
  async connect(who) {
    if (refusal !== undefined) throw refusal
    connected.push(who)
    return memory.connect()
  },
}

beforeEach(async () => {
  clock = new FakeClock()
  memory = new MemoryFrontier(freeOptions, clock)
  connected = []
  refusal = undefined
  warnings = []
  losses = 0
  other = await memory.connect()
  frontier = await openLasting(backend, worker, { warn: (message) => void warnings.push(message) })
  frontier.onLost(() => void losses++)
})

/** Takes the session of `frontier` for dead. */
async function lose(): Promise<void> {
  clock.advance(29_000)
  await other.beat()
  clock.advance(1_000)
  await other.beat()
}

describe('a lost session', () => {
  it('is followed by another in lease, which tells of it once', async () => {
    await frontier.enqueue([get('1')])
    await frontier.lease(1)
    await lose()
    const { leases } = await frontier.lease(1)
    expect(leases.map(({ request, deliveries }) => [request.url, deliveries])).toEqual([['http://a.example/1', 2]])
    expect([losses, connected, warnings.length]).toEqual([1, [worker, worker], 1])
    expect(await frontier.commit([done(leases[0]!)])).toEqual([{ status: 'ok', duplicates: [] }])
  })

  it('is followed by another in a beat', async () => {
    await lose()
    expect(await frontier.beat()).toEqual({ alive: true })
    expect([losses, connected.length]).toEqual([1, 2])
    expect(await frontier.beat()).toEqual({ alive: true })
    expect([losses, connected.length]).toEqual([1, 2])
  })

  it('is replaced once, whoever notices', async () => {
    await frontier.enqueue([get('1'), get('2'), get('3')])
    await lose()
    const [a, , b] = await Promise.all([frontier.lease(1), frontier.beat(), frontier.lease(1), frontier.lease(0)])
    expect([losses, connected.length]).toEqual([1, 2])
    expect([...a.leases, ...b.leases].map(({ request }) => request.url).sort()).toEqual([
      'http://a.example/2',
      'http://a.example/3',
    ])
  })

  it('is told of before the next one does anything', async () => {
    const order: string[] = []
    frontier.onLost(() => {
      order.push('lost')
      void frontier.claimSeeding().then((granted) => order.push(`claimed ${granted}`))
    })
    expect(await frontier.claimSeeding()).toBe(true)
    await lose()
    await frontier.lease(0)
    await frontier.counts()
    expect(order).toEqual(['lost', 'claimed true'])
    expect(await other.claimSeeding()).toBe(false)
  })
})

describe('leases of a lost session', () => {
  it('are stale without being asked for, also where their tokens are given again', async () => {
    // each connection counts tokens anew, as a server does that was restored
    const restored: FrontierBackend = {
      connect: async () => {
        const fresh = new MemoryFrontier(freeOptions, clock)
        const session = await fresh.connect()
        await session.enqueue([get('same')])
        let alive = true
        return {
          ...session,
          lease: async (max) => {
            if (!alive) throw new SkeinError('ERR_SESSION_LOST', 'gone')
            return session.lease(max)
          },
          stop: async () => void (alive = false),
        }
      },
    }
    const lasting = await openLasting(restored, undefined, { warn() {} })
    const [before] = (await lasting.lease(1)).leases
    await lasting.stop('the first is lost from now on')
    const [after] = (await lasting.lease(1)).leases
    expect(after!.token).toBe(before!.token)
    expect(await lasting.commit([done(before!, [get('never')]), done(after!)])).toEqual([
      { status: 'stale', duplicates: [] },
      { status: 'ok', duplicates: [] },
    ])
    expect(await lasting.counts()).toMatchObject({ done: 1, seen: 1, leased: 0 })
  })

  it('are not given back in the next', async () => {
    await frontier.enqueue([get('1')])
    const before = (await frontier.lease(1)).leases
    await lose()
    await frontier.beat()
    const after = (await frontier.lease(1)).leases
    await frontier.release(before)
    expect(await frontier.counts()).toMatchObject({ leased: 1, queued: 0 })
    await frontier.release(after)
    expect(await frontier.counts()).toMatchObject({ leased: 0, queued: 1 })
  })

  it('are stale the second time in one session too', async () => {
    await frontier.enqueue([get('1')])
    const [lease] = (await frontier.lease(1)).leases
    expect((await frontier.commit([done(lease!)]))[0]!.status).toBe('ok')
    expect((await frontier.commit([done(lease!, [get('2')])]))[0]!.status).toBe('stale')
    expect(await frontier.counts()).toMatchObject({ queued: 0, done: 1 })
  })

  it('may be committed again when the first commit failed', async () => {
    let broken = true
    const flaky: FrontierBackend = {
      connect: async () => {
        const session = await memory.connect()
        const commit: Frontier['commit'] = async (commits, tally) => {
          if (broken) throw new Error('no')
          return session.commit(commits, tally)
        }
        return { ...session, commit }
      },
    }
    const lasting = await openLasting(flaky, undefined, { warn() {} })
    await lasting.enqueue([get('1')])
    const [lease] = (await lasting.lease(1)).leases
    await expect(lasting.commit([done(lease!)])).rejects.toThrow('no')
    broken = false
    expect((await lasting.commit([done(lease!)]))[0]!.status).toBe('ok')
  })
})

describe('a next session that cannot be opened', () => {
  it('makes the call fail, and is tried again with the next', async () => {
    await frontier.enqueue([get('1')])
    await lose()
    refusal = new SkeinError('ERR_CRAWL_GONE', 'emptied')
    await expect(frontier.lease(1)).rejects.toMatchObject({ code: 'ERR_CRAWL_GONE' })
    await expect(frontier.beat()).rejects.toMatchObject({ code: 'ERR_CRAWL_GONE' })
    expect(losses).toBe(1)
    refusal = undefined
    expect((await frontier.lease(1)).leases).toHaveLength(1)
    expect(losses).toBe(1)
  })

  it('is not opened any more when the crawl is closing', async () => {
    await lose()
    await frontier.close()
    await expect(frontier.lease(1)).rejects.toMatchObject({ code: 'ERR_SESSION_LOST' })
    expect(connected).toHaveLength(1)
  })
})

describe('seeding', () => {
  it('is not said to be over by a session that did not seed', async () => {
    expect(await frontier.claimSeeding()).toBe(true)
    await lose()
    // noticed by the beat while the end of start() is being told
    const beating = frontier.beat()
    await Promise.resolve()
    await Promise.all([beating, frontier.lease(0)])
    expect(await other.claimSeeding()).toBe(true)
  })
})

it('wakes, whichever session it is', async () => {
  let woken = 0
  frontier.onWake(() => void woken++)
  await other.enqueue([get('1')])
  await lose()
  await frontier.beat()
  const before = woken
  expect(before).toBeGreaterThan(0)
  await other.enqueue([get('2')])
  expect(woken).toBeGreaterThan(before)
})

it('gives back what it holds when it is closed', async () => {
  await frontier.enqueue([get('1')])
  await frontier.lease(1)
  await frontier.close()
  expect(await other.counts()).toMatchObject({ queued: 1, leased: 0 })
})
