import { UsageError } from '../../errors.ts'
import type { WorkerInfo } from '../contract.ts'
import { crawlSettings } from './crawl-settings.ts'
import { type CrawlState, newCrawl } from './crawl-state.ts'
import { countHeld } from './held.ts'
import type { ProcessMark } from './process-mark.ts'
import { type Reaped, reap } from './reap.ts'
import { Step } from './step.ts'
import { crawlGone, type Steps } from './steps.ts'
import { beginLimits } from './tally.ts'

/** Who takes part. */
export interface Joining {
  readonly worker: WorkerInfo
  readonly process: ProcessMark
  /** An earlier run is to be thrown away. */
  readonly flush: boolean
  /** The run that a lost session took part in. */
  readonly lost: string | undefined
}

/** A session that was opened. */
export interface Joined {
  readonly session: number
  readonly epoch: string
  /** A crawl was begun, begun again with what was seen before, taken up where it was, or joined. */
  readonly how: 'created' | 'again' | 'resumed' | 'joined'
  /** Other sessions. */
  readonly others: number
  readonly reaped: Reaped | undefined
  /** Requests that are left. */
  readonly left: number
}

/** Opens a session: begins the crawl, joins it, or takes it up again. */
export function joinCrawl(steps: Steps, { worker, process, flush, lost }: Joining): Joined {
  const { store, options } = steps
  return store.transact(() => {
    const present = Step.read(store)
    if (lost !== undefined && present?.epoch !== lost) throw crawlGone(options.folder)
    const reaped = present === undefined ? undefined : reapPresent(steps, present, process)
    const live = reaped?.live.length ?? 0
    if (flush && live > 0) throw inUse(options.folder, live)
    // whoever lost its session goes on in the very crawl it had, also when that has finished meanwhile
    const goesOn = present !== undefined && !flush && (present.state === 'running' || lost !== undefined)
    const keep = !goesOn && present?.keepSeen === true && options.persist && !flush
    const crawl = goesOn ? present : begin(steps, present, keep)
    const settings = crawlSettings(options)
    crawl.settings++
    Step.writeSettings(store, settings)
    const step = steps.step(crawl, settings)
    if ((settings.slot.budget ?? 0) > 0) crawl.bounded = true
    for (const [name, policy] of Object.entries(options.slots)) step.slots.setPolicy(name, policy)
    const others = goesOn ? live : 0
    if (others === 0) {
      beginLimits(store.stats, crawl, step.now)
      crawl.nextStart = 0
      // workers that have the callback may be about to join as well
      for (const held of crawl.held) held.since = step.now
      // a stop is over when all have ended
      crawl.stopped = false
      crawl.reason = ''
    }
    const session = ++crawl.session
    step.sessions.put(session, {
      expires: step.now + settings.sessionTtl,
      process,
      worker,
      durability: options.durability,
      suspect: 0,
    })
    step.save()
    const how = goesOn ? (others > 0 ? 'joined' : 'resumed') : keep ? 'again' : 'created'
    return {
      session,
      epoch: crawl.epoch,
      how,
      others,
      reaped,
      left: crawl.queued + crawl.delayed + countHeld(crawl) + crawl.leased,
    }
  })
}

/** Takes back what workers held whose process is over, before anything is decided. */
function reapPresent(steps: Steps, present: CrawlState, process: ProcessMark): Reaped {
  const step = steps.step(present, Step.readSettings(steps.store))
  const reaped = reap(step, process, true)
  step.slots.save()
  return reaped
}

/** A run that begins; all that is left of the one before goes, or all but what it has seen and done. */
function begin({ store }: Steps, before: CrawlState | undefined, keep: boolean): CrawlState {
  if (!keep || before === undefined) {
    store.clear()
    return newCrawl(before)
  }
  store.sessions.clearSync()
  const { seen, done, dead, bounded } = before
  return { ...newCrawl(before), seen, done, dead, bounded }
}

function inUse(folder: string, live: number): UsageError {
  const [workers, them] = live === 1 ? ['worker takes', 'it'] : ['workers take', 'them']
  return new UsageError(
    'ERR_CRAWL_IN_USE',
    `\`flushOnStart\` would throw away a crawl that ${live} ${workers} part in (${folder}). Stop ${them} first, or start without it to join.`,
  )
}
