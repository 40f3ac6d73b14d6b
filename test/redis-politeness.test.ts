import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Config } from '../src/index.ts'
import { Spider } from '../src/index.ts'
import { type PoliteSite, startPoliteSite, type Visit } from './support/polite-site.ts'
import { type RedisServer, startRedis } from './support/redis-server.ts'
import { run } from './support/run.ts'

/** Workers of one crawl, each with a session and connections of its own, on a site that looks up when Redis granted what it is asked for. */

const DELAY = 100
const AT_ONCE = 2
const SECOND = 1000

let redis: RedisServer
let site: PoliteSite | undefined
let crawls = 0
let job = ''

beforeAll(async () => {
  redis = await startRedis()
})
afterEach(async () => {
  await site?.close()
  site = undefined
})
afterAll(() => redis.stop())

const slotOf = (path: string): string => new URL(path, 'http://site').searchParams.get('slot') ?? 'one'

class Polite extends Spider {
  static override spiderName = 'polite'
  static paths: readonly string[] = []
  override async *start() {
    for (const path of Polite.paths) yield this.request(`${site!.url}${path}`, { slot: slotOf(path) })
  }
  override parse() {}
}

/** When Redis leased the request that is in flight now, by its clock. */
async function leasedAt(path: string): Promise<number> {
  for (const key of (await redis.cli('KEYS', `{polite.${job}}:leases:*`)) as string[]) {
    for (const entry of (await redis.cli('HVALS', key)) as string[]) {
      const [at, , , , text] = entry.split('\t')
      if ((JSON.parse(text!) as { url: string }).url.endsWith(path)) return Number(at)
    }
  }
  return Number.NaN
}

async function crawlTogether(workers: number, paths: readonly string[], latency: (path: string) => number): Promise<Visit[]> {
  job = String(++crawls)
  site = await startPoliteSite({ group: slotOf, latency, onVisit: leasedAt })
  Polite.paths = paths
  const config: Config = {
    redis: redis.url,
    job,
    delay: DELAY / 1000,
    randomizeDelay: false,
    concurrencyPerSlot: AT_ONCE,
  }
  const results = await Promise.all(Array.from({ length: workers }, () => run(Polite, config)))
  expect(results.map(({ reason }) => reason)).toEqual(results.map(() => 'finished'))
  expect(site.visits.map(({ path }) => path).sort()).toEqual([...paths].sort())
  return site.visits
}

/**
 * No more at once than allowed, and no window of a second with more than its ten: exactly, and without a clock's patience. Only a request
 * that was granted before a window, and came late into it by the network or a busy processor, is not of that window.
 */
function expectPolite(visits: readonly Visit[]): void {
  expect(Math.max(...visits.map(({ atOnce }) => atOnce))).toBeLessThanOrEqual(AT_ONCE)
  for (const { start, note } of visits) expect(start, 'arrived before it was leased').toBeGreaterThanOrEqual(note)
  const inWindows = visits.map(({ start }) => {
    const end = start + SECOND
    return visits.filter((other) => other.start < end && other.note >= start && other.note < end).length
  })
  expect(Math.max(...inWindows)).toBeLessThanOrEqual(SECOND / DELAY)
  const granted = visits.map(({ note }) => note).sort((a, b) => a - b)
  const gaps = granted.slice(1).map((time, i) => time - granted[i]!)
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(DELAY)
}

describe('one host, seen from the host', () => {
  for (const workers of [1, 4, 16]) {
    it(`sees the pace of one crawler from ${workers} of them`, async () => {
      // answers that are quick, for the rate; then some that take longer than two turns, for the concurrency
      const paths = Array.from({ length: 20 }, (_, n) => `/${n < 8 ? 'slow' : 'quick'}?${n}`)
      const visits = await crawlTogether(workers, paths, (path) => (path.startsWith('/slow') ? 3 * DELAY : 1))
      expectPolite(visits)
      // not for want of requests: both places were taken
      expect(Math.max(...visits.map(({ atOnce }) => atOnce))).toBe(AT_ONCE)
    })
  }
})

describe('a big host and many small ones', () => {
  it('are served side by side, each at its pace', async () => {
    const big = Array.from({ length: 25 }, (_, n) => `/big?slot=big&n=${n}`)
    const small = Array.from({ length: 40 * 3 }, (_, n) => `/small?slot=small-${n % 40}&n=${n}`)
    const visits = await crawlTogether(3, [...big, ...small], () => 1)
    const bySlot = new Map<string, Visit[]>()
    for (const visit of visits) {
      const slot = slotOf(visit.path)
      bySlot.set(slot, [...(bySlot.get(slot) ?? []), visit])
    }
    expect(bySlot.size).toBe(41)
    for (const of of bySlot.values()) expectPolite(of)

    // no small host waits for the end of the big one, nor for its second second
    const ofBig = bySlot.get('big')!
    const tenth = ofBig[9]!.start
    const late = [...bySlot].filter(([, [first]]) => first!.start > tenth).map(([slot]) => slot)
    expect(late).toEqual([])
    // and the big one does not wait for the end of the small ones
    const lastSmall = Math.max(...visits.filter(({ path }) => path.startsWith('/small')).map(({ start }) => start))
    expect(ofBig[1]!.start).toBeLessThan(lastSmall)
  })
})
