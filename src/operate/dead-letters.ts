import { SkeinError } from '../errors.ts'
import { decodeRequest } from '../http/codec.ts'
import type { DeadChoice, DeadLetterPage, DeadLetterStatus, DeadQuery, Retried } from './contract.ts'
import type { CrawlHandle } from './crawl-handle.ts'
import { readDeadLetter, whereTo } from './dead-letter.ts'
import { nameOfCall } from './name-of-call.ts'
import { operatorScripts } from './operator-scripts.ts'
import { listOf, numberOf } from './reply.ts'

/** Dead letters that one script handles. */
const BATCH = 200

interface Found {
  readonly id: string
  readonly text: string
}

/** The dead letters asked for: how many by reason, and the latest of them. */
export async function readDeadLetters(handle: CrawlHandle, { limit = 50, ...choice }: DeadQuery = {}): Promise<DeadLetterPage> {
  const reasons: Record<string, number> = {}
  let total = 0
  let latest: DeadLetterStatus[] = []
  const keepLatest = (): void => {
    latest = latest.sort((a, b) => b.at - a.at || b.id - a.id).slice(0, limit)
  }
  for await (const { id, text } of choose(handle, choice)) {
    const { at, reason, error, deliveries, request } = readDeadLetter(text)
    total++
    reasons[reason] = (reasons[reason] ?? 0) + 1
    latest.push({ id: Number(id), at, ...whereTo(request), reason, error, deliveries })
    // more than can be shown are not held either
    if (latest.length >= 2 * limit + 1000) keepLatest()
  }
  keepLatest()
  return { total, reasons, letters: latest }
}

/** Puts dead letters back into the queue. */
export async function retryDead(handle: CrawlHandle, choice: DeadChoice): Promise<Retried> {
  const forgotten = await forgetSeen(handle)
  const unreadable: number[] = []
  let retried = 0
  for await (const batch of batches(choose(handle, choice))) {
    const args = batch.flatMap(({ id, text }) => {
      const { slot, request } = readDeadLetter(text)
      const again = fresh(request)
      if (again !== undefined) return [id, text, slot, String(again.priority), again.json]
      unreadable.push(Number(id))
      return []
    })
    const [, count] = await handle.run(operatorScripts.deadRetry, [nameOfCall(), ...args])
    retried += numberOf(count)
  }
  return { retried, unreadable, forgotten: forgotten && retried > 0 }
}

/** Deletes dead letters for good. */
export async function dropDead(handle: CrawlHandle, choice: DeadChoice): Promise<number> {
  let dropped = 0
  for await (const batch of batches(choose(handle, choice))) {
    const [, count] = await handle.run(operatorScripts.deadDrop, [nameOfCall(), ...batch.map(({ id }) => id)])
    dropped += numberOf(count)
  }
  return dropped
}

/**
 * A crawl that has finished without `persist` throws away what it had seen. That must be complete before it goes on: a set that is half
 * there would pass for a whole one. True when nothing is left of it.
 */
async function forgetSeen(handle: CrawlHandle): Promise<boolean> {
  const [epoch, state, persist, dedupe] = listOf(
    await handle.command('HMGET', handle.keys.all[0], 'epoch', 'state', 'persist', 'dedupe'),
  ).map((value) => String(value ?? ''))
  if (state !== 'finished' || persist === '1') return false
  for (;;) {
    const [status, gone] = listOf(
      await handle.run(operatorScripts.clear, [epoch!, 'seen', dedupe!]).catch((error: unknown) => {
        // somebody else began with it anew
        if (error instanceof SkeinError && error.code === 'ERR_CRAWL_UNKNOWN') return [0, 1]
        throw error
      }),
    )
    if (numberOf(status) !== 0 || numberOf(gone) === 1) return true
  }
}

/** The request of a dead letter as if it had never been tried; undefined for what is no request. */
function fresh(json: string): { priority: number; json: string } | undefined {
  try {
    const { priority } = decodeRequest(json)
    const { notBefore: _, state, ...parts } = JSON.parse(json) as Record<string, unknown>
    const { retryTimes: __, putBack: ___, ...others } = (state ?? {}) as Record<string, unknown>
    const again = Object.keys(others).length === 0 ? parts : { ...parts, state: others }
    return { priority, json: JSON.stringify(again) }
  } catch (error) {
    if (error instanceof SkeinError) return undefined
    throw error
  }
}

/** Steps through the dead letters there are now; those that are buried meanwhile may be left out. */
async function* choose(handle: CrawlHandle, { ids, reason = '', url = '' }: DeadChoice): AsyncGenerator<Found> {
  const wanted = ids === undefined ? undefined : new Set(ids.map(String))
  const seen = new Set<string>()
  let cursor = '0'
  do {
    const [, next, found] = await handle.run(operatorScripts.deadScan, [cursor, reason, url])
    const flat = listOf(found)
    for (let i = 0; i < flat.length; i += 2) {
      const id = String(flat[i])
      // a hash that shrinks while one steps through it may show an entry twice
      if (seen.has(id) || wanted?.has(id) === false) continue
      seen.add(id)
      yield { id, text: String(flat[i + 1]) }
    }
    cursor = String(next)
  } while (cursor !== '0')
}

async function* batches(all: AsyncIterable<Found>): AsyncGenerator<Found[]> {
  let batch: Found[] = []
  for await (const one of all) {
    batch.push(one)
    if (batch.length === BATCH) {
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}
