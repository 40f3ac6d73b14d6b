import type { DeadSeedPage, DeadSeedStatus, Pushed } from './contract.ts'
import type { CrawlHandle } from './crawl-handle.ts'
import { nameOfCall } from './name-of-call.ts'
import { operatorScripts } from './operator-scripts.ts'
import { otherType } from './push-seeds.ts'
import { listOf, numberOf } from './reply.ts'

/** Bad seeds that one script handles. */
const BATCH = 200

/** The seeds that could not be read, oldest first. */
export async function readDeadSeeds(handle: CrawlHandle, limit = 50): Promise<DeadSeedPage> {
  const [total, entries] = await Promise.all([
    handle.command('LLEN', keyOf(handle)),
    limit > 0 ? handle.command('LRANGE', keyOf(handle), '0', String(limit - 1)) : [],
  ])
  return { total: numberOf(total), seeds: listOf(entries).map((entry) => readDeadSeed(String(entry))) }
}

/** Moves bad seeds back to where seeds are taken from; those that are no UTF-8 stay. */
export function retryDeadSeeds(handle: CrawlHandle, type: Pushed['type']): Promise<number> {
  return takeOut(handle, type, (entry) => {
    const { message, base64 } = readDeadSeed(entry)
    // an empty message stands for none
    return base64 || message === '' ? undefined : message
  })
}

/** Deletes the bad seeds. */
export function dropDeadSeeds(handle: CrawlHandle, type: Pushed['type']): Promise<number> {
  return takeOut(handle, type, () => '')
}

/** Goes through the bad seeds there are now; `messageOf` gives what is pushed again, '' for nothing, undefined where the seed is to stay. */
async function takeOut(
  handle: CrawlHandle,
  type: Pushed['type'],
  messageOf: (entry: string) => string | undefined,
): Promise<number> {
  let left = numberOf(await handle.command('LLEN', keyOf(handle)))
  let skipped = 0
  let count = 0
  while (left > 0) {
    const last = skipped + Math.min(BATCH, left) - 1
    const entries = listOf(await handle.command('LRANGE', keyOf(handle), String(skipped), String(last))).map(String)
    if (entries.length === 0) break
    const args: string[] = []
    for (const entry of entries) {
      const message = messageOf(entry)
      if (message === undefined) skipped++
      else args.push(entry, message)
    }
    if (args.length > 0) {
      const [status, taken] = await handle.run(operatorScripts.deadSeeds, [nameOfCall(), type, ...args])
      if (status === -5) throw otherType(handle.keys.all[2], String(taken))
      count += numberOf(taken)
    }
    left -= entries.length
  }
  return count
}

function keyOf(handle: CrawlHandle): string {
  return `${handle.keys.prefix}start_urls:dead`
}

function readDeadSeed(entry: string): DeadSeedStatus {
  try {
    const { at, error, message, base64 } = JSON.parse(entry) as Record<string, unknown>
    return { at: numberOf(at), error: String(error ?? ''), message: String(message ?? ''), base64: base64 === true }
  } catch {
    // put there by hand
    return { at: 0, error: '', message: entry, base64: false }
  }
}
