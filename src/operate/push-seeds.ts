import { SkeinError } from '../errors.ts'
import type { Pushed, Seed } from './contract.ts'
import type { CrawlHandle } from './crawl-handle.ts'
import { nameOfCall } from './name-of-call.ts'
import { operatorScripts } from './operator-scripts.ts'
import { numberOf } from './reply.ts'

/** Seeds that one script adds, and characters of them. */
const BATCH = 500
const BATCH_LENGTH = 1_000_000

/** Adds seeds to where workers take them from. `type` is what is made where there is nothing yet. */
export async function pushSeeds(
  handle: CrawlHandle,
  type: Pushed['type'],
  seeds: Iterable<Seed> | AsyncIterable<Seed>,
  onProgress?: (pushed: number) => void,
): Promise<Pushed> {
  const key = handle.keys.all[2]
  let result: Pushed = { key, type, pushed: 0, present: 0, waiting: 0, workers: 0 }
  const send = async (batch: readonly Seed[]): Promise<void> => {
    const args = batch.flatMap(({ message, priority = 0 }) => [message, String(priority)])
    const [status, kind, added, waiting, workers] = await handle.run(operatorScripts.push, [nameOfCall(), type, ...args])
    if (status === -5) throw otherType(key, String(kind))
    result = {
      key,
      type: String(kind) as Pushed['type'],
      pushed: result.pushed + numberOf(added),
      present: result.present + batch.length - numberOf(added),
      waiting: numberOf(waiting),
      workers: numberOf(workers),
    }
    onProgress?.(result.pushed + result.present)
  }
  let batch: Seed[] = []
  let length = 0
  for await (const seed of seeds) {
    batch.push(seed)
    length += seed.message.length
    if (batch.length < BATCH && length < BATCH_LENGTH) continue
    await send(batch)
    batch = []
    length = 0
  }
  // an empty one tells what is there
  if (batch.length > 0 || result.pushed + result.present === 0) await send(batch)
  return result
}

/** Says that seeds cannot be where something else is. */
export function otherType(key: string, type: string): SkeinError {
  return new SkeinError(
    'ERR_REDIS_WRONG_TYPE',
    `At ${key} in Redis is a ${type}: expected a list, a set or a sorted set of seeds. Nothing was added; name another key with the setting startUrlsKey.`,
  )
}
