import { decodeSlot, encodeSlot } from '../frontier/redis/redis-keys.ts'
import type { HostChange, HostPage, HostQuery, HostStatus } from './contract.ts'
import type { CrawlHandle } from './crawl-handle.ts'
import { nameOfCall } from './name-of-call.ts'
import { operatorScripts } from './operator-scripts.ts'
import { listOf, numberOf } from './reply.ts'

/** One page of the slots of a crawl. */
export async function readHosts(
  handle: CrawlHandle,
  { sort = 'queued', limit = 50, offset = 0 }: HostQuery = {},
): Promise<HostPage> {
  const [, time, total, policy, slots] = await handle.run(operatorScripts.hosts, [sort, String(offset), String(limit)])
  const [delay, concurrency, budget] = listOf(policy)
  const now = numberOf(time)
  return {
    total: numberOf(total),
    now,
    hosts: listOf(slots).map((slot): HostStatus => {
      const [name, queued, leased, , blockedUntil, own, admitted] = listOf(slot)
      // blank: as the crawl has it
      const [ownConcurrency, ownDelay, ownRandomize, ownBudget] = String(own)
        .split(' ')
        .map((part) => (/\d/.test(part) ? part : undefined))
      return {
        name: decodeSlot(String(name)),
        queued: numberOf(queued),
        leased: numberOf(leased),
        delay: numberOf(ownDelay ?? delay),
        concurrency: numberOf(ownConcurrency ?? concurrency),
        budget: numberOf(ownBudget ?? budget),
        admitted: numberOf(admitted),
        changed: [ownConcurrency, ownDelay, ownRandomize, ownBudget].some((part) => part !== undefined),
        blockedUntil: numberOf(blockedUntil) > now ? numberOf(blockedUntil) : 0,
      }
    }),
  }
}

/** Changes how a slot is treated. */
export async function setHost(
  handle: CrawlHandle,
  name: string,
  { concurrency, delay, budget, block }: HostChange,
): Promise<void> {
  const values = [concurrency, delay, budget, block].map((value) => (value === undefined ? '' : String(value)))
  await handle.run(operatorScripts.hostSet, [nameOfCall(), encodeSlot(name), ...values])
}

/** Drops what is queued for a slot. */
export async function purgeHost(handle: CrawlHandle, name: string): Promise<number> {
  const [, dropped] = await handle.run(operatorScripts.hostPurge, [nameOfCall(), encodeSlot(name)])
  return numberOf(dropped)
}
