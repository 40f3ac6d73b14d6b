import { IgnoreRequest } from '../errors.ts'
import type { Commit, Lease } from '../frontier/contract.ts'
import type { Request } from '../http/request.ts'
import type { Refused, Scraped, Scraper } from '../scraper/scraper.ts'

/** A page that is done, and waits to be committed. */
export interface DonePage {
  readonly commit: Commit
  readonly lease: Lease
  /** How its request ended; undefined for a retry, which goes on. */
  readonly end: Pick<Scraped, 'reason' | 'error'> | undefined
  readonly refused: readonly Refused[]
  /** Of its body, which counts as held until the page is committed. */
  readonly bytes: number
}

/** A page whose callback or errback has run. */
export function scrapedPage(lease: Lease, scraped: Scraped, bytes: number): DonePage {
  const { reason, error, handled, requests, refused, items } = scraped
  const outcome: Commit['outcome'] =
    reason === 'failed' && !handled
      ? { type: 'dead', reason, error: String(error instanceof Error ? error.message : error) }
      : { type: 'done' }
  const commit: Commit = items === undefined ? { lease, outcome, requests } : { lease, outcome, requests, items }
  return { lease, commit, end: { reason, error }, refused, bytes }
}

/** In place of a page a middleware gave another request: the same once more, or where it was redirected to. */
export function replacedPage(lease: Lease, next: Request, scraper: Scraper): DonePage {
  const base = { lease, refused: [], bytes: 0 }
  if (next.state.retryTimes > lease.request.state.retryTimes) {
    return { ...base, commit: { lease, outcome: { type: 'retry', request: next } }, end: undefined }
  }
  const end = { reason: 'redirected' } as const
  const outcome = { type: 'done' } as const
  try {
    return { ...base, commit: { lease, outcome, requests: [scraper.redirected(next)] }, end }
  } catch (error) {
    const refusal = error instanceof IgnoreRequest ? error : new IgnoreRequest(String(error), 'failed', { cause: error })
    return { ...base, commit: { lease, outcome }, end, refused: [{ request: next, error: refusal }] }
  }
}
