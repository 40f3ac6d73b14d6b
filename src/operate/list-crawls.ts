import type { RedisLink } from '../redis/link.ts'
import { listOf } from './reply.ts'

/** Steps through the keys after which no more are looked at: a Redis that others use too may have any number. */
const MAX_STEPS = 2_000

/** The names of the crawls on a Redis, sorted. In a Cluster: of those on one of its nodes. */
export async function listCrawls(link: RedisLink): Promise<string[]> {
  const names = new Set<string>()
  let cursor = '0'
  for (let step = 0; step < MAX_STEPS; step++) {
    const [next, keys] = listOf(await link.command('', ['SCAN', cursor, 'MATCH', '{*}:crawl', 'COUNT', '2000', 'TYPE', 'hash']))
    for (const key of listOf(keys)) names.add(String(key).slice(1, -'}:crawl'.length))
    cursor = String(next)
    if (cursor === '0') break
  }
  return [...names].sort()
}
