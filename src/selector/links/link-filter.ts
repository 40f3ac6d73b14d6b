import { flatString } from '../../util/flat-string.ts'
import { asciiLower } from '../html/characters.ts'
import type { CheckedLinkOptions } from './link-options.ts'
import { anyMatches } from './patterns.ts'

/** Decides by its URL whether a link counts. */
export class LinkFilter {
  readonly #options: CheckedLinkOptions
  readonly #extensions: ReadonlySet<string>
  readonly #longest: number
  /** As far as the slash behind the host of the URL that was looked at last, and whether its domain may pass. Most links of a page share it. */
  #origin: string | undefined
  #mayPass = true

  constructor(options: CheckedLinkOptions) {
    this.#options = options
    this.#extensions = new Set(options.denyExtensions)
    this.#longest = Math.max(0, ...options.denyExtensions.map((extension) => extension.length))
  }

  /** Whether a link with this URL counts: scheme, patterns, domains and extension. */
  accepts(url: string): boolean {
    return isFollowable(url) && this.matches(url) && !this.#hasDeniedExtension(url)
  }

  /** Whether patterns and domains let the URL pass. */
  matches(url: string): boolean {
    const { allow, deny, allowDomains, denyDomains } = this.#options
    if (allow.length > 0 && !anyMatches(allow, url)) return false
    if (deny.length > 0 && anyMatches(deny, url)) return false
    return (allowDomains.length === 0 && denyDomains.length === 0) || this.#isWanted(url)
  }

  #isWanted(url: string): boolean {
    if (this.#origin !== undefined && url.startsWith(this.#origin)) return this.#mayPass
    const { allowDomains, denyDomains } = this.#options
    const [origin = '', authority = ''] = /^[^:/?#]*:\/\/([^/?#]*)\/?/.exec(url) ?? []
    const isFrom = (domains: readonly string[]): boolean => isFromAny(authority.toLowerCase(), domains)
    const wanted = (allowDomains.length === 0 || isFrom(allowDomains)) && !isFrom(denyDomains)
    if (origin.endsWith('/') && authority !== '') {
      this.#origin = flatString(origin)
      this.#mayPass = wanted
    }
    return wanted
  }

  #hasDeniedExtension(url: string): boolean {
    const end = pathEnd(url)
    for (let dot = end - 1; dot >= end - this.#longest - 1; dot--) {
      const c = url.charCodeAt(dot)
      if (c === 0x2f) return false
      if (c !== 0x2e) continue
      const name = asciiLower(url.slice(dot + 1, end))
      if (this.#extensions.has(name) && isInPath(url, dot)) return true
    }
    return false
  }
}

/** Where the path of a URL ends: before its query, its fragment, and the parameters behind a `;` in its last segment. */
function pathEnd(url: string): number {
  const hash = url.indexOf('#')
  const query = url.indexOf('?')
  let end = hash < 0 ? url.length : hash
  if (query >= 0 && query < end) end = query
  if (url.indexOf(';') < 0 || url.startsWith('file:')) return end
  const semicolon = url.indexOf(';', url.lastIndexOf('/', end - 1))
  return semicolon >= 0 && semicolon < end ? semicolon : end
}

/** Not in the host of a URL without a path. */
function isInPath(url: string, index: number): boolean {
  const slash = url.indexOf('/', url.indexOf('://') + 3)
  return slash >= 0 && slash < index
}

function isFollowable(url: string): boolean {
  return url.startsWith('http://') || url.startsWith('https://') || url.startsWith('file://') || url.startsWith('ftp://')
}

/** Scrapy compares the host with its port; here a domain without one means every port of it as well. */
function isFromAny(authority: string, domains: readonly string[]): boolean {
  if (authority === '') return false
  const host = authority.replace(/:\d*$/, '')
  return domains.some((domain) => isWithin(authority, domain) || isWithin(host, domain))
}

function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`)
}
