import { DownloadError, IgnoreRequest } from '../../errors.ts'
import type { Request } from '../../http/request.ts'
import { shownUrl } from '../url-parts.ts'
import type { ExchangeLimits } from './exchange-limits.ts'

/** What an exchange says when it ends before its time: what happened, and what to do. */

/** A deadline passed. `part`: which of them. */
export function timedOut(
  { url }: Request,
  part: 'all' | 'head' | 'body',
  { timeout, headersTimeout, idleTimeout }: ExchangeLimits,
  size: number | undefined,
): DownloadError {
  const so = size === undefined ? 'no answer' : `no complete answer (${size} bytes so far)`
  const what = {
    all: `${so} within ${timeout} s; raise downloadTimeout, or the timeout of the request, if the site is slow`,
    head: `no head of an answer within ${headersTimeout} s after the request was sent; raise headersTimeout if the site is slow`,
    body: `no further byte of the body within ${idleTimeout} s (${size} bytes so far); raise idleTimeout if the site is slow`,
  }[part]
  return new DownloadError('ERR_TIMEOUT', `${shownUrl(url)}: ${what}`)
}

/** The body is larger than is allowed. */
export function tooLarge({ url }: Request, what: string, maxSize: number): DownloadError {
  return new DownloadError(
    'ERR_TOO_LARGE',
    `${shownUrl(url)}: the server ${what}, more than the ${maxSize} allowed; raise maxResponseSize, or the maxSize of the request, if you want it`,
  )
}

/** The body broke off. */
export function dataLost({ url }: Request, size: number, cause: Error): DownloadError {
  return new DownloadError(
    'ERR_DATA_LOSS',
    `${shownUrl(url)}: the body ended before it was complete, after ${size} bytes (${cause.message}); ` +
      'set failOnDataLoss to false to get what came',
    { cause },
  )
}

/** Heads came that make no sense before an answer. */
export function badInterim({ url }: Request, what: string): DownloadError {
  return new DownloadError('ERR_PROTOCOL', `${shownUrl(url)}: the answer is not valid HTTP: it has ${what}`)
}

/** A handler of a signal wants no more. */
export function stoppedByHandler({ url }: Request, size: number): IgnoreRequest {
  return new IgnoreRequest(
    `${shownUrl(url)}: a handler of headersReceived or bytesReceived stopped the download after ${size} bytes of the body`,
  )
}
