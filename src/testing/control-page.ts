import type { SitePage } from './contract.ts'
import { pathOf } from './incoming.ts'
import type { Limits } from './limits.ts'
import type { SiteLog } from './site-log.ts'

/** What a fake site tells other processes about itself; undefined for a page of the site. */
export function controlPage(url: string, log: SiteLog, limits: Limits): SitePage | undefined {
  if (!url.startsWith('/__')) return undefined
  switch (pathOf(url)) {
    case '/__log':
      return { json: { visits: log.visits(), hits: log.hits() } }
    case '/__stats':
      return { json: log.stats() }
    case '/__reset':
      log.reset()
      limits.reset()
      return { json: { reset: true } }
    default:
      return undefined
  }
}
