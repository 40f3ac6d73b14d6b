import { DownloadError } from '../../errors.ts'
import type { Request } from '../../http/request.ts'
import { Response } from '../../http/response.ts'
import type { DownloaderContext, DownloaderMiddlewareSpec } from '../contract.ts'
import { retryAfter } from '../retry-after.ts'
import { RetryPolicy } from '../retry-policy.ts'
import { statusText } from '../status-text.ts'

/**
 * Tries failed downloads again: those that end with one of `retryStatuses`, and those that fail with one of `retryErrors`. Up to
 * `maxRetries` further tries (the request's own `maxRetries` wins; `dontRetry`: none); without `retryUnsafe` only of methods that change
 * nothing at the server.
 *
 * A retry is the same request with `state.retryTimes` one higher, its priority changed by `retryPriority`, and a `notBefore` that grows:
 * `retryDelay` doubled for each try before, drawn between 0.5 and 1.5 times that, ten minutes at most. It passes the seen set by as what it
 * is, so `dontFilter` stays as the user set it. After the last try the response goes on, or the error is thrown.
 *
 * 429 and 503 speak of the site, so they hold the whole slot and not only this request: for as long as Retry-After asks (an hour at most),
 * or for the back-off of this request where there is no such header. That holds after the last try too. With the setting `retry` off,
 * only Retry-After holds it; `obeyRetryAfter` off treats that header as if it were not there.
 *
 * Scrapy retries at once: `retryDelay` 0 and `obeyRetryAfter` false do the same.
 */
export const retry: DownloaderMiddlewareSpec = {
  name: 'retry',
  order: 550,
  create(context) {
    const { settings } = context
    if (!settings.retry) return settings.obeyRetryAfter ? holdOnly(context) : undefined
    const statuses = new Set(settings.retryStatuses)
    const errors = new Set(settings.retryErrors)
    const policy = new RetryPolicy(context)

    function judge(request: Request, result: Response | Request): Response | Request {
      if (!(result instanceof Response)) return result
      const { status } = result
      const ofSite = speaksOfSite(status)
      const again = statuses.has(status)
      if (!ofSite && !again) return result
      const backOff = policy.backOff(request)
      const asked = ofSite ? askedFor(context, result) : undefined
      if (ofSite) hold(context, request, asked ?? backOff)
      if (!again) return result
      return policy.again(request, `${status} ${statusText(status)}`, Math.max(asked ?? 0, backOff)) ?? result
    }

    function judgeError(request: Request, error: unknown): Request {
      const again = error instanceof DownloadError && errors.has(error.code)
      const next = again ? policy.again(request, error.code, policy.backOff(request)) : undefined
      if (next === undefined) throw error
      return next
    }

    return (request, next) =>
      next(request).then(
        (result) => judge(request, result),
        (error: unknown) => judgeError(request, error),
      )
  },
}

/** Retries are not wanted, but a site that asks to be left alone is. */
function holdOnly(context: DownloaderContext) {
  return (request: Request, next: (request: Request) => Promise<Response | Request>): Promise<Response | Request> =>
    next(request).then((result) => {
      if (result instanceof Response && speaksOfSite(result.status)) hold(context, request, askedFor(context, result) ?? 0)
      return result
    })
}

function speaksOfSite(status: number): boolean {
  return status === 429 || status === 503
}

/** Milliseconds that the server asks for; undefined when it does not, or is not to be heard. */
function askedFor({ settings, clock }: DownloaderContext, response: Response): number | undefined {
  return settings.obeyRetryAfter ? retryAfter(response.headers.get('retry-after'), clock.now()) : undefined
}

function hold(context: DownloaderContext, request: Request, ms: number): void {
  if (ms > 0) context.slot(request, { blockedUntil: context.clock.now() + ms })
}
