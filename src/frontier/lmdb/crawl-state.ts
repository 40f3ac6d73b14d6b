import { randomUUID } from 'node:crypto'

/** Requests that wait for a worker that has their callback. */
export interface HeldCallback {
  readonly callback: string
  /** What the callback is called in keys. */
  readonly id: number
  count: number
  /** When a worker was last known to have it, or the first request came to be held. */
  since: number
}

/** What a crawl is, beside its requests. Counts are changed in the step that changes what they count. */
export interface CrawlState {
  /** Which run of the crawl this is. */
  epoch: string
  state: 'running' | 'finished'
  /** Session that finished it. */
  finishedBy: number
  stopped: boolean
  reason: string
  seeded: boolean
  /** Session that runs `start()`; 0: none. */
  seeding: number
  queued: number
  delayed: number
  /** Requests that wait for a worker that has their callback. */
  held: HeldCallback[]
  leased: number
  done: number
  dead: number
  seen: number
  /** The last token that was given; like the five numbers below, it never goes back, whichever run this is. */
  token: number
  /** The last position in a queue. */
  sequence: number
  /** The last turn of a slot. */
  turn: number
  /** Choices among slots. */
  choices: number
  /** The last number of a session. */
  session: number
  /** The last number of a slot. */
  slot: number
  /** Version of the settings. */
  settings: number
  /** Some slot has a budget. */
  bounded: boolean
  /** What was seen is to be kept by the next run. */
  keepSeen: boolean
  /** When it was begun or taken up. */
  started: number
  /** When the last tally came that had an item. */
  itemAt: number
  pagesWithoutItem: number
  /** Stats that limits are held against, as they were when it was begun or taken up. */
  base: Readonly<Record<string, number>>
  /** When the next request may be started, of all slots. */
  nextStart: number
  /** The latest time that was seen, and how much later than the machine's clock it is: the time of a crawl does not go back. */
  clock: number
  shift: number
}

/** A run that begins. `before`: the one of which it takes the numbers over. */
export function newCrawl(before?: CrawlState): CrawlState {
  return {
    epoch: randomUUID(),
    state: 'running',
    finishedBy: 0,
    stopped: false,
    reason: '',
    seeded: false,
    seeding: 0,
    queued: 0,
    delayed: 0,
    held: [],
    leased: 0,
    done: 0,
    dead: 0,
    seen: 0,
    token: before?.token ?? 0,
    sequence: before?.sequence ?? 0,
    turn: before?.turn ?? 0,
    choices: before?.choices ?? 0,
    session: before?.session ?? 0,
    slot: before?.slot ?? 0,
    settings: before?.settings ?? 0,
    bounded: false,
    keepSeen: false,
    started: 0,
    itemAt: 0,
    pagesWithoutItem: 0,
    base: {},
    nextStart: 0,
    clock: before?.clock ?? 0,
    shift: before?.shift ?? 0,
  }
}
