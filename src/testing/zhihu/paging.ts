import type { SiteRequest } from '../contract.ts'

/** Entries of a page at most, and where a request does not say. */
export const MAX_LIMIT = 20

/**
 * What the API has made of its links over the years: `v1` always begins with `http:`, `v2` lacks `/api/v4`, `v3` is what one would expect.
 */
export type NextStyle = 'v1' | 'v2' | 'v3'

/** What part of a list is asked for. */
export interface Page {
  readonly offset: number
  readonly limit: number
  /** The text of `include`, to be handed on. */
  readonly include: string | null
}

/** Reads a page from a query; undefined where `offset` or `limit` is not a whole number of at least 0 and 1. More than 20 is 20. */
export function pageOf({ query }: SiteRequest): Page | undefined {
  const offset = numberOf(query.get('offset'), 0)
  const limit = numberOf(query.get('limit'), MAX_LIMIT)
  if (offset === undefined || limit === undefined || limit < 1) return undefined
  return { offset, limit: Math.min(limit, MAX_LIMIT), include: query.get('include') }
}

function numberOf(text: string | null, missing: number): number | undefined {
  if (text === null) return missing
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

/** The `paging` of a list. `list` is its path behind `/api/v4`, `origin` what its links begin with. */
export function paging(page: Page, totals: number, list: string, origin: string, style: NextStyle): object {
  const { offset, limit } = page
  const base = (style === 'v1' ? origin.replace(/^https:/, 'http:') : origin) + (style === 'v2' ? '' : '/api/v4')
  const include = page.include === null ? '' : `include=${encoded(page.include)}&`
  const at = (from: number): string => `${base}${list}?${include}limit=${limit}&offset=${from}`
  return {
    is_end: offset + limit >= totals,
    is_start: offset === 0,
    totals,
    next: at(offset + limit),
    previous: at(Math.max(0, offset - limit)),
  }
}

/** As Python's `quote` does it, which leaves less as it is than `encodeURIComponent`. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
