import { createRequire } from 'node:module'

type Tldts = typeof import('tldts')

let loaded: Tldts | undefined

/** Its public suffix list takes 15 ms to load, a third of what importing the package may cost, and few crawls ask for a domain. */
function tldts(): Tldts {
  return (loaded ??= createRequire(import.meta.url)('tldts') as Tldts)
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443', ws: '80', wss: '443', ftp: '21' }

/**
 * The host of a safe URL in lower case, without user, port and brackets: the slot of politeness. '' if the URL has none.
 *
 * @example
 * hostOf('https://user@Example.com:8443/a') // 'example.com'
 * hostOf('http://[2001:db8::1]/') // '2001:db8::1'
 */
export function hostOf(url: string): string {
  const start = authorityStart(url)
  if (start === -1) return ''
  let hostStart = start
  let hostEnd = -1
  let upper = false
  let i = start
  for (; i < url.length; i++) {
    const code = url.charCodeAt(i)
    if (code === 0x2f || code === 0x3f || code === 0x23) break
    if (code === 0x40) {
      hostStart = i + 1
      hostEnd = -1
    } else if (code === 0x3a && hostEnd === -1) hostEnd = i
    else if (code === 0x5b) return bracketedHost(url, start)
    else if (code >= 0x80 || (code >= 0x41 && code <= 0x5a)) upper = true
  }
  const host = url.slice(hostStart, hostEnd === -1 ? i : hostEnd)
  return upper ? host.toLowerCase() : host
}

/**
 * The registrable domain of a URL: the public suffix and the label in front of it. The host itself where there is none, as for an
 * IP address or `localhost`. Private suffixes do not count: `a.github.io` and `b.github.io` are one domain, as they are one service.
 *
 * @example
 * domainOf('https://shop.example.co.uk/') // 'example.co.uk'
 */
export function domainOf(url: string): string {
  const host = hostOf(url)
  return host === '' ? '' : (tldts().getDomain(host) ?? host)
}

/**
 * Scheme, host and port of a URL, the default port left out: what a connection, a robots.txt or a credential belongs to. '' if the
 * URL has no host.
 *
 * @example
 * originOf('https://user@Example.com:443/a') // 'https://example.com'
 */
export function originOf(url: string): string {
  const host = hostOf(url)
  if (host === '') return ''
  const scheme = url.slice(0, url.indexOf(':')).toLowerCase()
  const port = portOf(url)
  const written = host.includes(':') ? `[${host}]` : host
  return port === '' || DEFAULT_PORTS[scheme] === port ? `${scheme}://${written}` : `${scheme}://${written}:${port}`
}

function authorityStart(url: string): number {
  const colon = url.indexOf(':')
  return colon > 0 && url.startsWith('//', colon + 1) ? colon + 3 : -1
}

function authorityOf(url: string, start: number): string {
  const length = url.slice(start).search(/[/?#]/)
  const authority = length === -1 ? url.slice(start) : url.slice(start, start + length)
  return authority.slice(authority.lastIndexOf('@') + 1)
}

function bracketedHost(url: string, start: number): string {
  const match = /^\[([^\]]*)\]/.exec(authorityOf(url, start))
  return match ? match[1]!.toLowerCase() : ''
}

function portOf(url: string): string {
  const match = /:(\d+)$/.exec(authorityOf(url, authorityStart(url)).replace(/^\[[^\]]*\]/, ''))
  return match ? match[1]!.replace(/^0+(?=\d)/, '') : ''
}
