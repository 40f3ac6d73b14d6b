import { isOver, type ProcessMark } from './process-mark.ts'
import type { Step } from './step.ts'

/** What was found of sessions that died. */
export interface Reaped {
  readonly sessions: number
  /** Requests that go to others. */
  readonly returned: number
  /** Requests that have killed too many workers. */
  readonly buried: number
  /** Some of them ran when the machine went down, and did not wait for the disk. */
  readonly mayBeDamaged: boolean
  /** Sessions that live. */
  readonly live: readonly number[]
}

/**
 * Takes back what dead sessions held: of those that gave no sign of life for too long (but not while `sparing`: nobody has asked for their
 * work yet), and, where `own` is given, of those whose process is known to be over.
 */
export function reap(step: Step, own?: ProcessMark, sparing = false): Reaped {
  const { settings, sessions, now } = step
  let [dead, returned, buried] = [0, 0, 0]
  let mayBeDamaged = false
  const live: number[] = []
  for (const { id, record } of sessions.all()) {
    const overdue = record.expires <= now
    if (!(overdue && !sparing) && !(own !== undefined && isOver(record.process, own))) {
      if (!overdue) live.push(id)
      continue
    }
    dead++
    const { process, durability } = record
    if (own !== undefined && process.host === own.host && process.boot !== own.boot && durability === 'process')
      mayBeDamaged = true
    for (const token of step.tokensOf(id)) {
      const lease = step.takeLease(id, token)!
      const slot = step.slots.get(lease.slot)
      if (lease.deliveries < settings.maxDeliveries) {
        step.slots.push(slot, lease.priority, lease.deliveries, lease.text, 'front')
        returned++
      } else {
        step.bury(
          token,
          lease.deliveries,
          'dead',
          `its worker died ${lease.deliveries} times while it had this request`,
          lease.text,
        )
        buried++
      }
    }
    forget(step, id)
  }
  if (buried > 0) step.count({ add: { 'request_end_count/dead': buried }, max: {} })
  return { sessions: dead, returned, buried, mayBeDamaged, live }
}

/** Forgets a session. Its leases must have been seen to. */
export function forget({ sessions, crawl }: Step, id: number): void {
  sessions.remove(id)
  if (crawl.seeding === id) crawl.seeding = 0
}

/** What became of dead workers. */
export function describeReaped(sessions: number, returned: number, buried: number): string {
  return (
    `${sessions === 1 ? 'A worker' : `${sessions} workers`} ended without a word; ${returned === 1 ? '1 request goes' : `${returned} requests go`} to others` +
    (buried > 0 ? `, ${buried} have killed too many workers and are dead letters` : '')
  )
}
