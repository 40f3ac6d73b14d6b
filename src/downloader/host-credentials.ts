import { domainToASCII } from 'node:url'
import type { Credentials } from '../settings/polite-settings.ts'
import { hostOf } from '../url/host.ts'
import { endOfAuthority } from './url-parts.ts'

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

/** Names and passwords by host, each as the header that says them. */
export class HostCredentials {
  readonly #headers: ReadonlyMap<string, string>
  /** Scheme and authority of the last URL, and what was found for it: the next page is most often on the same site. */
  #lastPrefix = ''
  #lastHeader: string | undefined

  /** Keys are hosts, which stand for their subdomains as well, or `host:port`, which stand for that port only. */
  constructor(byHost: Readonly<Record<string, Credentials>>) {
    this.#headers = new Map(Object.entries(byHost).map(([host, credentials]) => [domainKey(host), basic(credentials)]))
  }

  get size(): number {
    return this.#headers.size
  }

  /** The value of `Authorization` for a URL: that of the host with its port, of the host, or of the nearest domain it is in. */
  for(url: string): string | undefined {
    const end = endOfAuthority(url)
    if (end !== this.#lastPrefix.length || !url.startsWith(this.#lastPrefix)) {
      this.#lastPrefix = url.slice(0, end)
      this.#lastHeader = this.#find(this.#lastPrefix)
    }
    return this.#lastHeader
  }

  #find(prefix: string): string | undefined {
    const host = hostOf(prefix)
    for (const key of [`${host} ${portOf(prefix)}`, ...domainsOf(host)]) {
      const header = this.#headers.get(key)
      if (header !== undefined) return header
    }
    return undefined
  }
}

/** Whether a URL is of a domain (its subdomains included), or of a `host:port`. */
export function isOfDomain(url: string, domain: string): boolean {
  const key = domainKey(domain)
  const host = hostOf(url)
  if (host === '') return false
  return key.includes(' ') ? key === `${host} ${portOf(url)}` : domainsOf(host).includes(key)
}

/** The value of `Authorization` that says a name and a password (RFC 7617, UTF-8). */
export function basic({ user, password }: Credentials): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

/** The host, and each domain it is in; an address is in none. */
function domainsOf(host: string): string[] {
  const domains = [host]
  if (host.includes(':') || /^[\d.]+$/.test(host)) return domains
  for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) domains.push(host.slice(dot + 1))
  // behind the dot of the root there is nothing
  return domains.filter((domain) => domain !== '')
}

/** A host as it is compared, and behind a space the port if there is one. */
function domainKey(written: string): string {
  const text = written.trim().toLowerCase().replace(/^\./, '')
  const [, bracketed, bracketedPort] = /^\[([^\]]*)\](?::(\d+))?$/.exec(text) ?? []
  if (bracketed !== undefined) return bracketedPort === undefined ? bracketed : `${bracketed} ${bracketedPort}`
  const [, host = text, port] = /^([^:]*):(\d+)$/.exec(text) ?? []
  // an IPv6 address has colons of its own
  const name = host.includes(':') ? host : domainToASCII(host) || host
  return port === undefined ? name : `${name} ${port}`
}

function portOf(url: string): string {
  const authority = url.slice(url.indexOf('://') + 3, endOfAuthority(url))
  const port = /:(\d+)$/.exec(authority)?.[1]
  return port ?? DEFAULT_PORTS[url.slice(0, url.indexOf(':') + 1)] ?? ''
}
