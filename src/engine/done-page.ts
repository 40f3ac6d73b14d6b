import type { Commit, Lease } from '../frontier/contract.ts'
import type { Request } from '../http/request.ts'
import type { Refused, Scraped, Scraper, Sorted } from '../scraper/scraper.ts'

/** A page that is done, and waits to be committed. */
export interface DonePage {
  readonly commit: Commit
  readonly lease: Lease
  /** How its request ended; undefined for a retry, which goes on. */
  readonly end: Pick<Scraped, 'reason' | 'error'> | undefined
  readonly refused: readonly Refused[]
  /** Of its body, which counts as held until the page is committed. */
  readonly bytes: number
  /** The spider asked to close, for this reason. */
  readonly close?: string | undefined
}

/** A page whose callback or errback has run. */
export function scrapedPage(lease: Lease, scraped: Scraped, bytes: number): DonePage {
  const { reason, error, handled, requests, refused, items, close } = scraped
  const outcome: Commit['outcome'] =
    reason === 'failed' && !handled
      ? { type: 'dead', reason, error: String(error instanceof Error ? error.message : error) }
      : { type: 'done' }
  const commit: Commit = items === undefined ? { lease, outcome, requests } : { lease, outcome, requests, items }
  return { lease, commit, end: { reason, error }, refused, bytes, close }
}

/** In place of a page a middleware gave another request: the same once more, or where it was redirected to. */
export function replacedPage(lease: Lease, next: Request, scraper: Scraper): DonePage | Promise<DonePage> {
  const before = lease.request.state
  if (next.state.retryTimes > before.retryTimes || next.state.putBack > before.putBack) {
    return { lease, commit: { lease, outcome: { type: 'retry', request: next } }, end: undefined, refused: [], bytes: 0 }
  }
  const redirected = ({ requests, refused, items, close }: Sorted): DonePage => {
    const commit: Commit = { lease, outcome: { type: 'done' }, requests, ...(items === undefined ? {} : { items }) }
    return { lease, commit, end: { reason: 'redirected' }, refused, bytes: 0, close }
  }
  const sorted = scraper.redirected(next)
  return sorted instanceof Promise ? sorted.then(redirected) : redirected(sorted)
}
