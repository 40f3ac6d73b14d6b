import { beforeEach, describe, expect, it } from 'vitest'
import { redisBench } from '../../../test/support/redis-backend.ts'
import { inconsistencies } from '../../../test/support/redis-consistency.ts'
import { Request } from '../../http/request.ts'
import type { RedisLink } from '../../redis/link.ts'
import type { Lease } from '../contract.ts'
import type { RedisSession } from './redis-session.ts'

const bench = redisBench()
const get = (path: string, init = {}): Request => new Request(`http://a.example/${path}`, init)
const done = (lease: Lease, requests: readonly Request[] = []) => ({ lease, outcome: { type: 'done' } as const, requests })
const cli = (...args: (string | number)[]) => bench.server.cli(...args)

/** What went over the line, to be sent again when others have been answered since: a line that broke may hold a call back. */
function recorded(): { readonly link: RedisLink; again(name: string): Promise<unknown> } {
  const calls: { readonly name: string; readonly send: () => Promise<unknown> }[] = []
  const { link } = bench
  return {
    link: {
      run: (script, keys, args) => {
        calls.push({ name: script.name, send: () => link.run(script, keys, args) })
        return link.run(script, keys, args)
      },
      command: (key, args) => link.command(key, args),
      subscribe: (channel, onMessage, onGap) => link.subscribe(channel, onMessage, onGap),
      onServerChanged: (listener) => link.onServerChanged(listener),
      close: () => link.close(),
    },
    again: (name) => calls.find((call) => call.name === name)!.send(),
  }
}

describe('a call that arrives a second time behind the one after it', () => {
  let frontier: RedisSession
  let again: (name: string) => Promise<unknown>

  beforeEach(async () => {
    const line = recorded()
    again = line.again
    frontier = await bench.backend({ link: line.link }).connect()
    await frontier.enqueue([get('1'), get('2'), get('3'), get('4'), get('x', { dontFilter: true })])
    await frontier.claimSeeding()
    await frontier.seeded()
  })

  it('leases nothing, as nobody would know of it', async () => {
    await frontier.lease(1)
    const { leases } = await frontier.lease(1)
    const before = await frontier.counts()
    await again('lease')
    expect(await frontier.counts()).toEqual(before)
    expect(before).toMatchObject({ leased: 2, queued: 3 })
    // and the next call is not taken for a repetition
    const next = await frontier.lease(1)
    expect(next.leases).toHaveLength(1)
    expect(next.leases[0]!.token).not.toBe(leases[0]!.token)
    expect(await inconsistencies(cli, bench.name)).toEqual([])
  })

  it('commits and counts nothing', async () => {
    const { leases } = await frontier.lease(3)
    const found = (n: number) => [done(leases[n]!, [get(`new-${n}`)])]
    const tally = { add: { item_scraped_count: 1 }, max: {} }
    await frontier.commit(found(0), tally)
    await frontier.commit(found(1), tally)
    const before = await frontier.counts()
    await again('commit')
    expect(await frontier.counts()).toEqual(before)
    expect(before).toMatchObject({ done: 2, leased: 1, queued: 4 })
    expect(await frontier.inspect.stats()).toEqual({ item_scraped_count: 2 })
    expect(await frontier.commit(found(2), tally)).toEqual([{ status: 'ok', duplicates: [] }])
  })

  it('enqueues nothing, neither what passes the seen set by', async () => {
    await frontier.enqueue([get('5')])
    const before = await frontier.counts()
    await again('enqueue')
    expect(await frontier.counts()).toEqual(before)
    expect(before).toMatchObject({ queued: 6 })
  })

  it('takes seeds that are enqueued all the same', async () => {
    const { name } = bench
    await cli('RPUSH', `${name}:start_urls`, 'http://a.example/seed-1')
    await frontier.lease(1)
    await expect.poll(async () => (await frontier.counts()).queued).toBe(5)
    await cli('RPUSH', `${name}:start_urls`, 'http://a.example/seed-2')
    await again('take-seeds')
    expect(await cli('EXISTS', `${name}:start_urls`)).toBe(0)
    // whoever has places asks for more
    expect((await frontier.lease(100)).leases).toHaveLength(5)
    await frontier.lease(1)
    await expect.poll(async () => (await frontier.counts()).queued).toBe(1)
    expect(await inconsistencies(cli, name)).toEqual([])
  })
})

describe('a session in place of one that was lost', () => {
  it('finds the crawl finished, and begins no other', async () => {
    const backend = bench.backend()
    const { name } = bench
    const lost = await backend.connect()
    const other = await bench.backend({ name }).connect()
    await other.claimSeeding()
    await other.seeded()
    expect(await other.finish()).toBe(true)
    await other.close()
    const next = await backend.connect(undefined, lost)
    expect(await next.lease(1)).toMatchObject({ state: 'finished', leases: [] })
    expect(await next.claimSeeding()).toBe(false)
  })

  it('begins no other crawl where its own is gone', async () => {
    const backend = bench.backend()
    const { name } = bench
    const lost = await backend.connect()
    await cli('FLUSHALL')
    await expect(backend.connect(undefined, lost)).rejects.toMatchObject({ code: 'ERR_CRAWL_GONE' })
    expect(await cli('KEYS', '*')).toEqual([])
    // nor does it join what others began since
    const stranger = await bench.backend({ name }).connect()
    await expect(backend.connect(undefined, lost)).rejects.toMatchObject({ code: 'ERR_CRAWL_GONE' })
    expect(await stranger.claimSeeding()).toBe(true)
  })
})
