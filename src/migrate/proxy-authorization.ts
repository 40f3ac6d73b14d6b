import type { RequestInit } from '../http/request.ts'
import { quoteBinary, UNRESERVED_BYTES } from '../url/percent.ts'

/**
 * Headers and proxy as they belong together here: Scrapy's proxy middleware takes name and password out of the URL of the proxy and makes a header
 * of them, which is pickled with a request that is tried again. Here they are in the URL, where no site can come to see them.
 *
 * @example
 * toProxiedInit([['Proxy-Authorization', 'Basic bWU6cHc=']], 'http://proxy:3128') // { headers: [], proxy: 'http://me:pw@proxy:3128' }
 */
export function toProxiedInit(
  headers: readonly [string, string][] | undefined,
  proxy: string | null | undefined,
): Pick<RequestInit, 'headers' | 'proxy'> {
  if (headers === undefined) return { proxy }
  const own = headers.find(isProxyAuthorization)
  if (own === undefined) return { headers, proxy }
  const rest = headers.filter((header) => !isProxyAuthorization(header))
  const encoded = /^Basic +([A-Za-z0-9+/]+=*) *$/i.exec(own[1])?.[1]
  const bare = typeof proxy === 'string' ? /^([a-z][a-z0-9+.-]*:\/\/)([^@/?#]+\/?)$/i.exec(proxy) : null
  if (encoded === undefined || bare === null) return { headers: rest, proxy }
  // bytes, which Scrapy's HTTPPROXY_AUTH_ENCODING has made
  const bytes = Buffer.from(encoded, 'base64').toString('latin1')
  const colon = bytes.indexOf(':')
  const [user, password] = colon < 0 ? [bytes, ''] : [bytes.slice(0, colon), bytes.slice(colon + 1)]
  const credentials = `${quoteBinary(user, UNRESERVED_BYTES)}:${quoteBinary(password, UNRESERVED_BYTES)}`
  return { headers: rest, proxy: `${bare[1]}${credentials}@${bare[2]}` }
}

function isProxyAuthorization([name]: readonly [string, string]): boolean {
  return name.toLowerCase() === 'proxy-authorization'
}
