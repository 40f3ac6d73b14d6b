import { UsageError } from '../../../errors.ts'
import { basicCredentials, readUserinfo } from '../userinfo.ts'

/** A proxy, as its URL says. */
export interface ProxyServer {
  readonly kind: 'http' | 'socks5'
  /** TLS is spoken with the proxy itself. */
  readonly secure: boolean
  /** Without brackets. */
  readonly hostname: string
  readonly port: number
  /** Its URL without name and password, for messages. */
  readonly shown: string
  /** The bytes of name and password, percent-decoded. */
  readonly credentials: { readonly user: Buffer; readonly password: Buffer } | undefined
  /** The value of Proxy-Authorization. */
  readonly authorization: string | undefined
}

const PARTS = /^(https?|socks5h?):\/\/(?:([^\s/?#]*)@)?(\[[\da-f:.]+\]|[^\s/?#@:[\]]+)(?::(\d{1,5}))?\/?$/i

/** The ports of proxies that name none: those of their schemes. */
const PORTS: Readonly<Record<string, number>> = { http: 80, https: 443, socks5: 1080 }

/**
 * Reads `http://`, `https://` or `socks5://[user:password@]host[:port]`; `socks5h` is the same as `socks5`, whose proxies look names up anyway.
 *
 * Throws {@link UsageError} `ERR_PROXY_URL` without the value, in which there may be a password; `where` is what the message names.
 *
 * @example
 * parseProxy('http://me:p%40ss@proxy.example.com:3128', 'the setting proxy').authorization // 'Basic bWU6cEBzcw=='
 */
export function parseProxy(url: string, where: string): ProxyServer {
  const parts = PARTS.exec(url)
  if (parts === null) throw invalid(where)
  const scheme = parts[1]!.toLowerCase().replace('socks5h', 'socks5')
  const port = parts[4] === undefined ? PORTS[scheme]! : Number(parts[4])
  if (port < 1 || port > 65535) throw invalid(where)
  let host: string
  try {
    // international names and odd forms of addresses, as in any URL
    host = new URL(`http://${parts[3]}`).hostname
  } catch {
    throw invalid(where)
  }
  const { user, password } = readUserinfo(parts[2] ?? '')
  const named = user.length + password.length > 0
  if (scheme === 'socks5' && (user.length > 255 || password.length > 255)) throw invalid(where)
  return {
    kind: scheme === 'socks5' ? 'socks5' : 'http',
    secure: scheme === 'https',
    hostname: host.replace(/^\[|\]$/g, ''),
    port,
    shown: `${scheme}://${host}:${port}`,
    credentials: named ? { user, password } : undefined,
    authorization: named && scheme !== 'socks5' ? basicCredentials(user, password) : undefined,
  }
}

function invalid(where: string): UsageError {
  return new UsageError(
    'ERR_PROXY_URL',
    `Expected ${where} to be the URL of a proxy such as http://proxy.example.com:3128 (or https://, socks5://), with [user:password@] ` +
      'before the host where it wants them.',
  )
}
