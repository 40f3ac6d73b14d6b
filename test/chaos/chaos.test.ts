import { describe, expect, test } from 'vitest'
import type { Row } from './row.ts'
import { poisonSeeds } from './rows/crawls-differ.ts'
import { repliesLost } from './rows/network-breaks.ts'
import { redisDies } from './rows/redis-dies.ts'
import { workerEnds, workersDie } from './rows/workers-die.ts'
import { versionSkew } from './rows/workers-differ.ts'

/** The short form of what `npm run chaos` does in full: real processes, a real Redis, real faults. */
describe('a crawl goes on', () => {
  test.each<[string, Row]>([
    ['when workers are killed', workersDie],
    ['when Redis is killed', redisDies],
    ['when answers of Redis are lost', repliesLost],
    ['when a worker is asked to end', workerEnds],
    ['with bad messages among the seeds', poisonSeeds],
    ['with workers of two versions', versionSkew],
  ])('%s', { timeout: 120_000 }, async (_, row) => {
    const { problems, lost, committedTwice } = await row.run({ progress: () => {}, short: true })
    expect(problems).toEqual([])
    expect([lost, committedTwice]).toEqual([0, 0])
  })
})
