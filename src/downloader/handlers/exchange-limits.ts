import type { Request } from '../../http/request.ts'
import type { Settings } from '../../settings/settings.ts'

/** What bounds one download. */
export interface ExchangeLimits {
  /** Bytes of the body on the wire; 0: no limit. */
  readonly maxSize: number
  /** Bytes of the body; 0: never warn. */
  readonly warnSize: number
  readonly failOnDataLoss: boolean
  /** Seconds for all. */
  readonly timeout: number
  /** Seconds from the request until the head is there; 0: no limit. */
  readonly headersTimeout: number
  /** Seconds without a byte of the body; 0: no limit. */
  readonly idleTimeout: number
  /** Milliseconds: the shortest of the three. */
  readonly shortest: number
}

/** Those of requests that say nothing of theirs. */
export function usualLimits(settings: Settings): ExchangeLimits {
  const { downloadTimeout, headersTimeout, idleTimeout } = settings
  return {
    maxSize: settings.maxResponseSize,
    warnSize: settings.warnResponseSize,
    failOnDataLoss: settings.failOnDataLoss,
    timeout: downloadTimeout,
    headersTimeout,
    idleTimeout,
    shortest: shortest(downloadTimeout, headersTimeout, idleTimeout),
  }
}

/** The request's own where it has them; the same object where it has none. */
export function limitsOf({ options }: Request, usual: ExchangeLimits): ExchangeLimits {
  const { timeout, maxSize, warnSize, failOnDataLoss } = options
  if (timeout === undefined && maxSize === undefined && warnSize === undefined && failOnDataLoss === undefined) return usual
  const { headersTimeout, idleTimeout } = usual
  return {
    maxSize: maxSize ?? usual.maxSize,
    warnSize: warnSize ?? usual.warnSize,
    failOnDataLoss: failOnDataLoss ?? usual.failOnDataLoss,
    timeout: timeout ?? usual.timeout,
    headersTimeout,
    idleTimeout,
    shortest: timeout === undefined ? usual.shortest : shortest(timeout, headersTimeout, idleTimeout),
  }
}

function shortest(timeout: number, ...others: number[]): number {
  return 1000 * Math.min(timeout, ...others.filter((seconds) => seconds > 0))
}
