import type { CrawlState, HeldCallback } from './crawl-state.ts'
import type { CrawlStore } from './crawl-store.ts'
import { decodeEntry, encodeEntry } from './entry-text.ts'
import { numberKey } from './ordered-key.ts'
import type { Head } from './slots.ts'
import type { Step } from './step.ts'

/** How long no worker may have a callback until it is taken to be gone for good, as a multiple of the sessions' time to live. */
const HELD_FOR = 2
/** Requests that become dead letters in one step. */
const MOST_BURIED = 1000

/** Keeps the request that a slot has given for a worker that has its callback. */
export function hold({ crawl, store, now }: Step, callback: string, slot: string, { priority, deliveries, text }: Head): void {
  let held = crawl.held.find((one) => one.callback === callback)
  if (held === undefined) {
    held = { callback, id: ++crawl.sequence, count: 0, since: now }
    crawl.held.push(held)
  }
  held.count++
  store.held.putSync(numberKey(held.id, ++crawl.sequence), encodeEntry({ slot, priority, deliveries }, text))
}

/** Puts requests that a worker with these callbacks can run back as the next of their slots, so many at most of each callback. */
export function takeBack({ crawl, store, slots }: Step, can: ReadonlySet<string> | undefined, atMost: number): void {
  for (const held of crawl.held) {
    if (can !== undefined && !can.has(held.callback)) continue
    // the last first: each goes before those that are there
    for (const { slot, priority, deliveries, text } of take(store, held, atMost).reverse())
      slots.push(slots.get(slot), priority, deliveries, text, 'front')
  }
  forgetEmpty(crawl)
  slots.settle()
}

/** Makes dead letters of requests whose callback no worker has had for long; says how many, by callback. */
export function buryHeld(step: Step): ReadonlyMap<string, number> {
  const { crawl, store, sessions, settings, now } = step
  const buried = new Map<string, number>()
  if (crawl.held.length === 0) return buried
  const workers = sessions.all().map(({ record }) => record.worker)
  for (const held of crawl.held) {
    if (workers.some(({ callbacks }) => callbacks === undefined || callbacks.includes(held.callback))) held.since = now
    if (held.since + HELD_FOR * settings.sessionTtl > now) continue
    for (const { deliveries, text } of take(store, held, MOST_BURIED)) {
      step.bury(++crawl.token, deliveries, 'dead', `no worker has the callback ${held.callback}`, text)
      buried.set(held.callback, (buried.get(held.callback) ?? 0) + 1)
    }
  }
  forgetEmpty(crawl)
  for (const count of buried.values()) step.count({ add: { 'request_end_count/dead': count }, max: {} })
  return buried
}

/** How many are held. */
export function countHeld({ held }: CrawlState): number {
  return held.reduce((total, { count }) => total + count, 0)
}

function take(store: CrawlStore, held: HeldCallback, atMost: number): ReturnType<typeof decodeEntry>[] {
  const found = [...store.held.getRange({ start: numberKey(held.id), limit: Math.min(held.count, atMost) })]
  for (const { key } of found) store.held.removeSync(key)
  held.count -= found.length
  return found.map(({ value }) => decodeEntry(value))
}

function forgetEmpty(crawl: CrawlState): void {
  crawl.held = crawl.held.filter(({ count }) => count > 0)
}
