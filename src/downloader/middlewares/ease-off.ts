import { DownloadError, type DownloadErrorCode } from '../../errors.ts'
import type { Request } from '../../http/request.ts'
import { Response } from '../../http/response.ts'
import type { DownloaderContext, DownloaderMiddlewareSpec } from '../contract.ts'

/** Successes in a row that make room for one more: with each of them a host that answers every other request would stay at two or three. */
const STREAK = 4
/** Slots that are remembered to be failing; the one that failed first is let go first, and begins anew when it fails again. */
const MAX_SLOTS = 10_000

/**
 * Halves the requests that may be in flight at a slot with each download that fails, and allows one more with every four in a row that succeed, up to
 * what its settings allow: additive increase and multiplicative decrease, as in TCP (RFC 5681). A host that does not answer so comes down to one place,
 * where it would hold 8 of 16 for as long as its time-outs last; and one that is overloaded gets less to do.
 *
 * A failure is one of `retryErrors` or `retryStatuses`. The workers of a crawl share the cap of a slot.
 */
export const easeOff: DownloaderMiddlewareSpec = {
  name: 'ease-off',
  order: 800,
  create(context) {
    const { settings } = context
    if (!settings.easeOff) return undefined
    const errors = new Set<DownloadErrorCode>(settings.retryErrors)
    const statuses = new Set(settings.retryStatuses)
    const caps = new SlotCaps(context)
    return (request, next) =>
      next(request).then(
        (result) => {
          if (result instanceof Response && statuses.has(result.status)) caps.lower(request)
          else caps.raise(request)
          return result
        },
        (error: unknown) => {
          if (error instanceof DownloadError && errors.has(error.code)) caps.lower(request)
          throw error
        },
      )
  },
}

class SlotCaps {
  readonly #context: DownloaderContext
  readonly #caps = new Map<string, { cap: number; streak: number }>()

  constructor(context: DownloaderContext) {
    this.#context = context
  }

  lower(request: Request): void {
    const name = this.#context.slotOf(request)
    const before = this.#caps.get(name)
    const cap = Math.max(1, (before?.cap ?? this.#most(name)) >> 1)
    if (before === undefined && this.#caps.size >= MAX_SLOTS) this.#caps.delete(this.#caps.keys().next().value!)
    this.#caps.set(name, { cap, streak: 0 })
    if (cap === before?.cap) return
    this.#context.slot(request, { cap })
    if (cap === 1) this.#context.log.info(`${name || request.url} fails: one request at a time until it answers`)
  }

  raise(request: Request): void {
    if (this.#caps.size === 0) return
    const name = this.#context.slotOf(request)
    const known = this.#caps.get(name)
    if (known === undefined || ++known.streak < STREAK) return
    known.streak = 0
    known.cap++
    const most = this.#most(name)
    if (known.cap >= most) this.#caps.delete(name)
    this.#context.slot(request, { cap: known.cap < most ? known.cap : 0 })
  }

  /** What the settings allow. */
  #most(name: string): number {
    const { slots, concurrencyPerSlot } = this.#context.settings
    return slots[name]?.concurrency ?? concurrencyPerSlot
  }
}
