import { expect } from 'vitest'
import { redisBench } from '../support/redis-backend.ts'
import { inconsistencies } from '../support/redis-consistency.ts'
import { describeFrontier, type MakeBackend } from './frontier.ts'
import { checkFrontierAgainstModel } from './frontier-model.ts'
import { describeSharedFrontier } from './shared-frontier.ts'

const bench = redisBench()

for (const dedupe of ['compact', 'scrapy-redis', 'bloom'] as const) {
  describeFrontier(`redis, dedupe: ${dedupe}`, async (options, clock) => bench.backend({ ...options, clock, dedupe }))
}

const make: MakeBackend = async (options, clock) => bench.backend({ ...options, clock })

/** Every answer is lost once, and its call sent again: nothing may be done twice. */
const makeDeaf: MakeBackend = async (options, clock) => {
  const { link } = bench
  const deaf = {
    ...link,
    command: link.command.bind(link),
    subscribe: link.subscribe.bind(link),
    onServerChanged: link.onServerChanged.bind(link),
    close: link.close.bind(link),
    async run(...call: Parameters<typeof link.run>) {
      await link.run(...call)
      return link.run(...call)
    },
  }
  return bench.backend({ ...options, clock, link: deaf })
}

const consistent = async (): Promise<void> => expect(await inconsistencies(bench.server.cli, bench.name)).toEqual([])

describeSharedFrontier('redis', make, consistent)
checkFrontierAgainstModel('redis', make, 100, consistent)
describeFrontier('redis, every call sent twice', makeDeaf)
checkFrontierAgainstModel('redis, every call sent twice', makeDeaf, 60, consistent)
