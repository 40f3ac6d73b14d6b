import { expect, test } from 'vitest'
import { mongoForTests, noMongo } from '../support/mongo-server.ts'
import { Fleet, type FleetPlan, type FleetResult } from './fleet.ts'
import { difference, expectedUsers, storedInMongo, storedInRedis } from './stored-users.ts'

const PLAN: FleetPlan = { users: 400, workers: 3, limit: 1000 }

/** How workers that were not killed ended. */
const endings = ({ ended }: FleetResult): string[] =>
  ended.map(({ code, stderr }) => `${code} ${/closed \(\w+\)/.exec(stderr)?.[0] ?? stderr}`)

test('every user is in the list of items in Redis, once, whoever dies; a start after the end does nothing', {
  timeout: 120_000,
}, async () => {
  await using fleet = await Fleet.open(PLAN)
  const { site, redis } = fleet
  const crawled = await fleet.crawl((nth) => site.reached(nth * 300))
  expect(new Set(endings(crawled))).toEqual(new Set(['0 closed (finished)']))
  expect(crawled.kills).toBeGreaterThanOrEqual(2)
  expect(crawled.unasked).toEqual([])
  expect(crawled.site.peakRate).toBeLessThanOrEqual(PLAN.limit)
  expect(difference(await storedInRedis(redis), expectedUsers(site))).toEqual([])

  const { requests } = site.stats()
  expect(new Set(endings(await fleet.crawl()))).toEqual(new Set(['0 closed (finished)']))
  expect(site.stats().requests).toBe(requests)
  expect(difference(await storedInRedis(redis), expectedUsers(site))).toEqual([])
})

test.skipIf(noMongo)('every user is in MongoDB, once, whoever dies', { timeout: 120_000 }, async () => {
  const mongo = await mongoForTests()
  try {
    await using fleet = await Fleet.open({ ...PLAN, mongo: mongo.url })
    const crawled = await fleet.crawl((nth) => fleet.site.reached(nth * 300))
    expect(new Set(endings(crawled))).toEqual(new Set(['0 closed (finished)']))
    expect(crawled.kills).toBeGreaterThanOrEqual(2)
    expect(difference(await storedInMongo(mongo.url), expectedUsers(fleet.site))).toEqual([])
  } finally {
    await mongo.stop()
  }
})

test('a crawl that was stopped in the middle goes on where it was', { timeout: 120_000 }, async () => {
  await using fleet = await Fleet.open(PLAN)
  const { site, redis } = fleet
  const crawling = fleet.crawl()
  await site.reached(600)
  fleet.shutDown()
  expect(new Set(endings(await crawling))).toEqual(new Set(['0 closed (shutdown)']))
  const half = await storedInRedis(redis)
  expect(half.length).toBeLessThan(site.expected.users)

  expect(new Set(endings(await fleet.crawl()))).toEqual(new Set(['0 closed (finished)']))
  expect(difference(await storedInRedis(redis), expectedUsers(site))).toEqual([])
  // nothing that was done was done again: what is beyond are the faults
  const { requests, statuses } = site.stats()
  const faults = Object.values(site.stats().faults).reduce((sum, n) => sum + n, 0)
  expect(requests - (statuses['302'] ?? 0) - faults).toBeLessThanOrEqual(site.expected.requests)
})
