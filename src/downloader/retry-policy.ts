import type { Request } from '../http/request.ts'
import type { Logger } from '../log/contract.ts'
import type { Settings } from '../settings/settings.ts'
import type { Stats } from '../stats/stats.ts'
import type { Clock } from '../util/clock.ts'
import { shownUrl } from './url-parts.ts'

/** Milliseconds that back-off alone never exceeds: ten minutes. */
const MAX_BACK_OFF = 600_000

/** Methods that change nothing at the server (RFC 9110, 9.2.1). */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** What a policy decides by, and tells. */
export interface RetryContext {
  readonly settings: Settings
  readonly stats: Stats
  readonly log: Logger
  readonly clock: Clock
}

/** Whether a request is tried once more, when, and what is counted. */
export class RetryPolicy {
  readonly #context: RetryContext

  constructor(context: RetryContext) {
    this.#context = context
  }

  /**
   * Milliseconds until the next try: `retryDelay` doubled for each one before, drawn between 0.5 and 1.5 times that, ten minutes at most.
   */
  backOff(request: Request): number {
    const base = this.#context.settings.retryDelay * 1000 * 2 ** request.state.retryTimes
    return Math.min(Math.min(base, MAX_BACK_OFF) * (0.5 + Math.random()), MAX_BACK_OFF)
  }

  /**
   * The same request with `state.retryTimes` one higher, a priority changed by `retryPriority`, and not before `wait` milliseconds have passed.
   * Undefined when there is no further try.
   */
  again(request: Request, reason: string, wait: number): Request | undefined {
    const { settings, stats, clock, log } = this.#context
    const { dontRetry, maxRetries: max = settings.maxRetries, retryPriority = settings.retryPriority } = request.options
    if (dontRetry === true || !(settings.retryUnsafe || SAFE_METHODS.has(request.method))) return undefined
    const times = request.state.retryTimes + 1
    if (times > max) {
      stats.inc('retry/max_reached')
      if (log.debugEnabled) log.debug(`gave up after ${tries(times)}: ${shownUrl(request.url)} (${reason})`, { reason })
      return undefined
    }
    stats.inc('retry/count')
    stats.counter('retry/reason_count').label(reason).add()
    if (log.debugEnabled) {
      log.debug(`try ${times} of ${max + 1} failed: ${shownUrl(request.url)} (${reason}); again in ${Math.round(wait)} ms`, {
        reason,
      })
    }
    return request
      .replace({ priority: request.priority + retryPriority, ...(wait > 0 ? { notBefore: clock.now() + wait } : undefined) })
      .withState({ retryTimes: times })
  }

  /**
   * For a callback that was given a page it cannot use: as `again`, after the back-off, and past the seen set, which the request has passed
   * before. Where there is no further try, a line says so at `giveUpLogLevel`.
   */
  fromCallback(request: Request, reason: string): Request | undefined {
    const { settings, log } = this.#context
    const next = this.again(request, reason, this.backOff(request))
    if (next !== undefined) return next.replace({ dontFilter: true })
    const level = request.options.giveUpLogLevel ?? settings.giveUpLogLevel
    log[level](`${request} is not tried again after ${tries(request.state.retryTimes + 1)}: ${reason}`)
    return undefined
  }
}

function tries(count: number): string {
  return count === 1 ? '1 try' : `${count} tries`
}
