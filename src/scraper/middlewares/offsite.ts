import { IgnoreRequest } from '../../errors.ts'
import { hostOf } from '../../url/host.ts'
import { idnaToAscii } from '../../url/idna.ts'
import type { ScraperMiddlewareSpec } from '../contract.ts'

/** Domains remembered for the count of different ones; a hostile site may have any number of them (I7). */
const MAX_DOMAINS = 10_000
/** A list of so many is looked through at every request, a longer one when the page is another: spiders may change it as they go. */
const SHORT = 32

/**
 * Ends requests to hosts outside the spider's `allowedDomains` and their subdomains as `offsite`. `allowOffsite` and `dontFilter` let a
 * request pass. Redirects are held against the same rule, since they come through here as well. Where there are `allowedDomains`, a URL without
 * a host (`file:`, `data:`) is outside of them.
 *
 * The list may be changed while the crawl runs. As in Scrapy, what is no domain (a URL, a port, a path) matches nothing; it is warned of.
 */
export const offsite: ScraperMiddlewareSpec = {
  name: 'offsite',
  order: 500,
  create({ spider, stats, log }) {
    const filtered = stats.counter('offsite/filtered')
    const domains = new Set<string>()
    let known: readonly unknown[] = []
    let page: string | undefined
    let allowed: Matcher = () => true
    const warn = (text: string): void => log.warn(text)

    function follow(from: string | undefined): void {
      const list = listOf(spider.allowedDomains)
      if (list.length === known.length) {
        if (list.length > SHORT && from !== undefined && from === page) return
        page = from
        let i = 0
        while (i < list.length && list[i] === known[i]) i++
        if (i === list.length) return
      }
      page = from
      known = [...list]
      allowed = matcherOf(spider.allowedDomains, warn)
    }

    return {
      request(request, from) {
        follow(from?.url)
        const host = hostOf(request.url)
        if (allowed(host) || request.options.allowOffsite || request.dontFilter) return request
        filtered.add()
        const name = host === '' ? 'a URL without a host' : host
        if (!domains.has(host) && domains.size < MAX_DOMAINS) {
          domains.add(host)
          stats.set('offsite/domains', domains.size)
          log.debug(`Offsite: no request goes to ${name}`, { url: request.url })
        }
        throw new IgnoreRequest(`${name} is outside of allowedDomains`, 'offsite')
      },
    }
  },
}

type Matcher = (host: string) => boolean

/** A spider in JavaScript may give anything. */
function listOf(given: unknown): readonly unknown[] {
  return Array.isArray(given) ? given : given === undefined || given === null ? [] : [given]
}

/** Whether a host is one of these domains or below one of them. Domains may be written with a dot before them, in any case, and in Unicode. */
function matcherOf(given: unknown, warn: (text: string) => void): Matcher {
  const list = listOf(given)
  if (list.length === 0) return () => true
  const domains = new Set<string>()
  if (!Array.isArray(given))
    warn(`allowedDomains: expected a list of domains such as ['example.com'], got ${String(given)}; no host matches it`)
  else {
    for (const entry of given as unknown[]) {
      const domain = domainOf(entry)
      if (domain === undefined) {
        warn(
          `allowedDomains: ${JSON.stringify(entry)} is no domain such as 'example.com' (no scheme, no port, no path); no host matches it`,
        )
      } else domains.add(domain)
    }
  }
  return (host) => {
    for (let rest = host; rest !== ''; rest = rest.slice(rest.indexOf('.') + 1)) {
      if (domains.has(rest)) return true
      if (!rest.includes('.')) return false
    }
    return false
  }
}

const DOMAIN = /^[^\s/:@?#*\\[\]%]+$/
const IPV6 = /^[\da-f:.]*:[\da-f:.]*:[\da-f:.]*$/

function domainOf(entry: unknown): string | undefined {
  if (typeof entry !== 'string') return undefined
  const name = entry.toLowerCase().replace(/^\./, '')
  if (IPV6.test(name)) return name
  if (!DOMAIN.test(name)) return undefined
  return /[^\0-\x7f]/.test(name) ? (idnaToAscii(name.normalize('NFKC')) ?? name) : name
}
