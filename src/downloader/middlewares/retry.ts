import { DownloadError, type DownloadErrorCode } from '../../errors.ts'
import type { Request } from '../../http/request.ts'
import { Response } from '../../http/response.ts'
import type { DownloaderContext, DownloaderMiddlewareSpec } from '../contract.ts'
import { retryAfter } from '../retry-after.ts'
import { statusText } from '../status-text.ts'
import { shownUrl } from '../url-parts.ts'

/** Failures that another try may not meet. The others (a certificate, a body too large or not decodable) would be the same again. */
const PASSING: ReadonlySet<DownloadErrorCode> = new Set<DownloadErrorCode>([
  'ERR_DNS',
  'ERR_CONNECT',
  'ERR_RESET',
  'ERR_TIMEOUT',
  'ERR_DATA_LOSS',
  'ERR_PROTOCOL',
])

/** Milliseconds that back-off alone never exceeds: ten minutes. */
const MAX_BACK_OFF = 600_000

/**
 * Tries failed downloads again: those that end with one of `retryStatuses`, and those that fail for a reason that may pass. Up to
 * `maxRetries` further tries (the request's own `maxRetries` wins; `dontRetry`: none), of every method.
 *
 * A retry is the same request with `state.retryTimes` one higher, priority one lower, and a `notBefore` that grows: `retryDelay`
 * doubled for each try before, drawn between 0.5 and 1.5 times that, ten minutes at most. It passes the seen set by as what it is, so
 * `dontFilter` stays as the user set it. After the last try the response goes on, or the error is thrown.
 *
 * Retry-After of a 429 or 503 (an hour at most) holds the whole slot, not only this request.
 *
 * Scrapy retries at once: `retryDelay` 0 does the same.
 */
export const retry: DownloaderMiddlewareSpec = {
  name: 'retry',
  order: 550,
  create(context) {
    const { settings } = context
    if (!settings.retry) return undefined
    const statuses = new Set(settings.retryStatuses)
    const policy = new RetryPolicy(context)
    return async (request, next) => {
      let result: Response | Request
      try {
        result = await next(request)
      } catch (error) {
        const again = error instanceof DownloadError && PASSING.has(error.code) ? policy.again(request, error.code, 0) : undefined
        if (again === undefined) throw error
        return again
      }
      if (!(result instanceof Response)) return result
      const { status } = result
      const asked = status === 429 || status === 503 ? policy.holdSlot(request, result) : 0
      if (!statuses.has(status)) return result
      return policy.again(request, `${status} ${statusText(status)}`, asked) ?? result
    }
  },
}

class RetryPolicy {
  readonly #context: DownloaderContext

  constructor(context: DownloaderContext) {
    this.#context = context
  }

  /** The request to schedule instead, not before `asked` (milliseconds from now); undefined when there is no further try. */
  again(request: Request, reason: string, asked: number): Request | undefined {
    const { settings, stats, clock, log } = this.#context
    if (request.options.dontRetry === true) return undefined
    const times = request.state.retryTimes + 1
    const max = request.options.maxRetries ?? settings.maxRetries
    if (times > max) {
      stats.inc('retry/max_reached')
      log.debug(`gave up after ${times} tries: ${shownUrl(request.url)} (${reason})`, { reason })
      return undefined
    }
    stats.inc('retry/count')
    stats.counter('retry/reason_count').label(reason).add()
    const backOff = Math.min(settings.retryDelay * 1000 * 2 ** (times - 1), MAX_BACK_OFF) * (0.5 + Math.random())
    const wait = Math.max(asked, Math.min(backOff, MAX_BACK_OFF))
    if (log.debugEnabled)
      log.debug(`try ${times} of ${max} failed: ${shownUrl(request.url)} (${reason}); again in ${Math.round(wait)} ms`, {
        reason,
      })
    return request
      .replace({ priority: request.priority - 1, ...(wait > 0 ? { notBefore: clock.now() + wait } : undefined) })
      .withState({ retryTimes: times })
  }

  /** Leaves the slot alone for as long as the server asks, and says for how many milliseconds. */
  holdSlot(request: Request, response: Response): number {
    const now = this.#context.clock.now()
    const asked = retryAfter(response.headers.get('retry-after'), now) ?? 0
    if (asked > 0) this.#context.slot(request, { blockedUntil: now + asked })
    return asked
  }
}
