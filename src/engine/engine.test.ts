import { beforeEach, describe, expect, it } from 'vitest'
import { freeOptions } from '../../test/conformance/frontier.ts'
import { FakeClock } from '../../test/support/fake-clock.ts'
import { DownloadError } from '../errors.ts'
import type { Frontier } from '../frontier/contract.ts'
import { MemoryFrontier } from '../frontier/memory/memory-frontier.ts'
import { openLasting } from '../frontier/reopen.ts'
import { createResponse } from '../http/create-response.ts'
import { Request } from '../http/request.ts'
import type { Response } from '../http/response.ts'
import type { Scraper } from '../scraper/scraper.ts'
import { resolveSettings } from '../settings/resolve-settings.ts'
import type { CrawlEvents } from '../signals/contract.ts'
import { Signals } from '../signals/signals.ts'
import { Stats } from '../stats/stats.ts'
import { Engine } from './engine.ts'

/** A call of the frontier that waits to be let through. */
type Gate = 'commit' | 'beat' | 'lease' | 'release'

let clock: FakeClock
let memory: MemoryFrontier
let stats: Stats
/** Calls of the frontier, in order. */
let calls: string[]
/** Calls of these verbs are not answered until the gate is opened. */
let gates: Map<Gate, Promise<void>>
let downloads: { path: string; answer: () => void }[]
let failures: string[]
let ends: string[]
let engine: Engine

const close = (...verbs: Gate[]): (() => void) => {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  for (const verb of verbs) gates.set(verb, opened)
  return () => {
    for (const verb of verbs) gates.delete(verb)
    open()
  }
}

/** Some turns of the event loop: all that is not waiting for something has happened. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

const pathOf = (request: Request): string => request.url.replace('http://a.example/', '')

async function start(paths: readonly string[], concurrency: number): Promise<Promise<{ reason: string }>> {
  const backend = {
    async connect(): Promise<Frontier> {
      const session = await memory.connect()
      const gated = <A extends unknown[], R>(verb: Gate, call: (...args: A) => Promise<R>) => {
        return async (...args: A): Promise<R> => {
          calls.push(verb)
          await gates.get(verb)
          return call(...args)
        }
      }
      return {
        ...session,
        shared: true,
        lease: gated('lease', session.lease),
        commit: gated('commit', session.commit),
        beat: gated('beat', session.beat),
        release: gated('release', session.release),
      }
    },
  }
  const log = { debugEnabled: false, debug() {}, info() {}, warn() {}, error() {} }
  const signals = new Signals<CrawlEvents>(() => {})
  signals.on('requestEnded', ({ request, reason }) => void ends.push(`${pathOf(request)} ${reason}`))
  const running = new Set<(error: Error) => void>()
  const done = { reason: 'done', handled: true, requests: [], refused: [] } as const
  const scraper: Scraper = {
    page: () => done,
    failed: (request) => {
      failures.push(pathOf(request))
      return { ...done, reason: 'failed' }
    },
    redirected: (request) => ({ requests: [request], refused: [] }),
    seed: async (output) => ({ requests: [output as Request], refused: [] }),
  }
  engine = new Engine({
    spiderName: 'test',
    frontier: await openLasting(backend, undefined, log),
    download: (request) =>
      new Promise<Response>((resolve, reject) => {
        running.add(reject)
        downloads.push({
          path: pathOf(request),
          answer: () => {
            running.delete(reject)
            resolve(createResponse({ url: request.url, request }))
          },
        })
      }),
    abortDownloads: () => {
      for (const reject of running) reject(new DownloadError('ERR_ABORTED', 'aborted'))
      running.clear()
    },
    scraper,
    callbacks: { resolve: String },
    flushItems: async () => {},
    start: () => paths.map((path) => new Request(`http://a.example/${path}`)),
    settings: resolveSettings([{ name: 'test', values: { concurrency } }]),
    stats,
    log,
    signals,
    clock,
    sessionTtl: 30_000,
  })
  return engine.run()
}

beforeEach(() => {
  clock = new FakeClock()
  memory = new MemoryFrontier({ ...freeOptions, order: 'fifo' }, clock)
  stats = new Stats()
  calls = []
  gates = new Map()
  downloads = []
  failures = []
  ends = []
})

describe('commits and leases', () => {
  it('go out together: the next pages come with the answer to the commit', async () => {
    const over = start(['1', '2', '3', '4'], 2)
    await settle()
    calls.length = 0
    const open = close('commit')
    for (const { answer } of downloads) answer()
    await settle()
    expect(calls).toEqual(['commit', 'lease'])
    // they did not wait for that answer
    expect(downloads.map(({ path }) => path)).toEqual(['1', '2', '3', '4'])
    open()
    await settle()
    for (const { answer } of downloads) answer()
    expect(await over).toEqual({ reason: 'finished' })
  })

  it('hold no more pages than twice the places, however long a commit takes', async () => {
    const paths = Array.from({ length: 20 }, (_, n) => String(n))
    const over = start(paths, 3)
    await settle()
    const open = close('commit')
    const other = await memory.connect()
    for (let round = 0; round < 4; round++) {
      for (const { answer } of downloads) answer()
      await settle()
      // others put something in the queue, and wake this one
      await other.enqueue([new Request(`http://a.example/other-${round}`)])
      await settle()
    }
    paths.push('other-0', 'other-1', 'other-2', 'other-3')
    expect(downloads).toHaveLength(6)
    expect(await memory.connect().then((session) => session.counts())).toMatchObject({ leased: 6 })
    open()
    while (ends.length < 24) {
      await settle()
      for (const { answer } of downloads) answer()
    }
    expect(await over).toEqual({ reason: 'finished' })
    expect(ends.sort()).toEqual(paths.map((path) => `${path} done`).sort())
  })

  it('cost one lease a group where there is work', async () => {
    const over = start(
      Array.from({ length: 100 }, (_, n) => String(n)),
      10,
    )
    await settle()
    calls.length = 0
    while (ends.length < 100) {
      for (const { answer } of downloads.splice(0)) answer()
      await settle()
    }
    await over
    expect(calls.filter((verb) => verb === 'commit')).toHaveLength(10)
    // and one that finds nothing left
    expect(calls.filter((verb) => verb === 'lease').length).toBeLessThanOrEqual(12)
  })
})

describe('a worker that is cut off', () => {
  it('gives its pages up, starts nothing, and goes on when the frontier answers again', async () => {
    const over = start(['1', '2', '3'], 2)
    await settle()
    expect(downloads.map(({ path }) => path)).toEqual(['1', '2'])
    const open = close('beat', 'lease', 'release', 'commit')
    clock.advance(29_999)
    await settle()
    expect(stats.get('frontier/cut_off_count')).toBeUndefined()
    clock.advance(1)
    await settle()
    expect(stats.get('frontier/cut_off_count')).toBe(1)
    // ended, without an errback and without an end
    expect([downloads.length, failures, ends]).toEqual([2, [], []])
    clock.advance(100_000)
    await settle()
    expect(stats.get('frontier/cut_off_count')).toBe(1)
    open()
    while (ends.length < 3) {
      await settle()
      for (const { answer } of downloads) answer()
    }
    expect(await over).toEqual({ reason: 'finished' })
    expect(ends.sort()).toEqual(['1 done', '2 done', '3 done'])
    expect(downloads).toHaveLength(5)
    const counts = await (await memory.connect()).counts()
    expect(counts).toMatchObject({ done: 3, dead: 0, leased: 0, queued: 0 })
  })

  it('counts the pages whose commit was under way, if it arrived', async () => {
    const over = start(['1', '2'], 1)
    await settle()
    const open = close('beat', 'lease', 'release', 'commit')
    downloads[0]!.answer()
    await settle()
    clock.advance(30_000)
    await settle()
    expect(ends).toEqual([])
    open()
    while (ends.length < 2) {
      await settle()
      for (const { answer } of downloads) answer()
    }
    expect(await over).toEqual({ reason: 'finished' })
    expect(ends).toEqual(['1 done', '2 done'])
    expect(downloads.map(({ path }) => path)).toEqual(['1', '2'])
  })

  it('can be ended all the same', async () => {
    const over = start(['1', '2'], 1)
    await settle()
    close('beat', 'lease', 'release', 'commit')
    downloads[0]!.answer()
    await settle()
    void engine.abandon()
    await settle()
    clock.advance(5_000)
    await settle()
    clock.advance(5_000)
    expect(await over).toEqual({ reason: 'shutdown' })
  })
})

describe('seeding', () => {
  it('is taken over from a worker that died', async () => {
    const dead = await memory.connect()
    expect(await dead.claimSeeding()).toBe(true)
    const over = start(['1'], 1)
    await settle()
    expect(downloads).toEqual([])
    for (let beat = 0; beat < 4 && downloads.length === 0; beat++) {
      clock.advance(10_000)
      await settle()
    }
    expect(downloads.map(({ path }) => path)).toEqual(['1'])
    downloads[0]!.answer()
    expect(await over).toEqual({ reason: 'finished' })
  })
})
