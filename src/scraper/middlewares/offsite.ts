import { IgnoreRequest } from '../../errors.ts'
import { hostOf } from '../../url/host.ts'
import type { ScraperMiddlewareSpec } from '../contract.ts'

/** Domains remembered for the count of different ones; a hostile site may have any number of them (I7). */
const MAX_DOMAINS = 10_000

/**
 * Ends requests to hosts outside the spider's `allowedDomains` and their subdomains as `offsite`. `allowOffsite` and `dontFilter` let a
 * request pass. Redirects are held against the same rule, since they come through here as well.
 */
export const offsite: ScraperMiddlewareSpec = {
  name: 'offsite',
  order: 500,
  create({ spider, stats, log }) {
    const filtered = stats.counter('offsite/filtered')
    const domains = new Set<string>()
    let list: readonly string[] | undefined
    let allowed: (host: string) => boolean = () => true
    return {
      request(request) {
        if (list !== spider.allowedDomains) allowed = domainMatcher((list = spider.allowedDomains))
        const host = hostOf(request.url)
        if (allowed(host) || request.options.allowOffsite || request.dontFilter) return request
        filtered.add()
        if (!domains.has(host) && domains.size < MAX_DOMAINS) {
          domains.add(host)
          stats.set('offsite/domains', domains.size)
          log.debug(`Offsite: no request goes to ${host}`, { url: request.url })
        }
        throw new IgnoreRequest(`${host} is outside of allowedDomains`, 'offsite')
      },
    }
  },
}

/** Whether a host is one of these domains or below one of them. Domains may be written with a dot before them, in any case. */
function domainMatcher(list: readonly string[]): (host: string) => boolean {
  if (list.length === 0) return () => true
  const domains = new Set(list.map((domain) => hostOf(`http://${domain.replace(/^\./, '')}/`)))
  return (host) => {
    for (let rest = host; ; rest = rest.slice(rest.indexOf('.') + 1)) {
      if (domains.has(rest)) return true
      if (!rest.includes('.')) return false
    }
  }
}
