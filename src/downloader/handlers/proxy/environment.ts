import { UsageError } from '../../../errors.ts'
import { parseProxy } from './parse-proxy.ts'

/** What the environment says about proxies; URLs as a request's `proxy` wants them. */
export interface ProxyEnvironment {
  readonly http: string | undefined
  readonly https: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads `http_proxy`, `https_proxy` and `all_proxy` (for what the other two do not name), in small letters or capitals; the small ones win.
 * A proxy without a scheme is one of http, as curl has it. `HTTP_PROXY` does not count in a CGI program (where `REQUEST_METHOD` is set): there it is
 * a header of whoever sent the request (CVE-2016-5385).
 *
 * Throws {@link UsageError} `ERR_PROXY_URL` that names the variable, and not its value, for a proxy that cannot be read.
 */
export function proxyEnvironment(env: Environment): ProxyEnvironment {
  const all = read(env, 'all_proxy', 'ALL_PROXY')
  const http = env['REQUEST_METHOD'] === undefined ? read(env, 'http_proxy', 'HTTP_PROXY') : read(env, 'http_proxy')
  const https = read(env, 'https_proxy', 'HTTPS_PROXY')
  return { http: (http ?? all)?.(), https: (https ?? all)?.() }
}

/** The entries of `no_proxy`, in small letters or capitals. */
export function noProxyEnvironment(env: Environment): string[] {
  const [, list = ''] = first(env, 'no_proxy', 'NO_PROXY')
  return list.split(/[\s,]+/).filter((entry) => entry !== '')
}

/** The value is looked at only where it is used. */
function read(env: Environment, ...names: string[]): (() => string) | undefined {
  const [name, value] = first(env, ...names)
  if (name === undefined) return undefined
  const url = value.includes('://') ? value : `http://${value}`
  return () => {
    if (/^socks(4a?)?:/i.test(url)) {
      throw new UsageError(
        'ERR_PROXY_URL',
        `The environment variable ${name} names a SOCKS4 proxy; only SOCKS5 is spoken here (socks5://).`,
      )
    }
    parseProxy(url, `the environment variable ${name}`)
    return url
  }
}

function first(env: Environment, ...names: string[]): [name: string, value: string] | [name: undefined, value: undefined] {
  for (const name of names) {
    const value = env[name]?.trim()
    if (value !== undefined && value !== '') return [name, value]
  }
  return [undefined, undefined]
}
