import type { Request } from '../../http/request.ts'
import { Response } from '../../http/response.ts'
import { hostOf } from '../../url/host.ts'
import type { Download, DownloaderMiddlewareSpec } from '../contract.ts'
import { noProxyEnvironment, proxyEnvironment } from '../handlers/proxy/environment.ts'
import { NoProxy } from '../handlers/proxy/no-proxy.ts'
import { parseProxy } from '../handlers/proxy/parse-proxy.ts'
import { endOfAuthority } from '../url-parts.ts'

/**
 * Gives requests of http and https the proxy that the setting `proxy` names, or the environment where that is empty; not those to hosts of
 * `noProxy`, or of the environment's `no_proxy` where that is empty. A request's own `proxy` wins over all that.
 *
 * It is the innermost but for the counting, so that robots.txt, redirects and retries are judged anew, and what goes back to the queue does not carry a
 * proxy that it was not given by the spider.
 *
 * Throws {@link UsageError} `ERR_PROXY_URL` at start for a proxy that cannot be read.
 */
export const proxy: DownloaderMiddlewareSpec = {
  name: 'proxy',
  order: 750,
  create: ({ settings }) => proxyMiddleware(settings.proxy, settings.noProxy, process.env),
}

/** As {@link proxy}, with the environment given. */
export function proxyMiddleware(
  setting: string,
  noProxy: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ((request: Request, next: Download) => Promise<Response | Request>) | undefined {
  if (setting === 'direct') return undefined
  if (setting !== '') parseProxy(setting, 'the setting `proxy`')
  const said = setting === '' ? proxyEnvironment(env) : { http: setting, https: setting }
  if (said.http === undefined && said.https === undefined) return undefined
  const exceptions = new NoProxy(noProxy.length > 0 ? noProxy : noProxyEnvironment(env))

  const proxyOf = (prefix: string): string | undefined => {
    const secure = prefix.startsWith('https:')
    const url = secure ? said.https : prefix.startsWith('http:') ? said.http : undefined
    if (url === undefined) return undefined
    const port = /:(\d+)$/.exec(prefix)?.[1]
    return exceptions.has(hostOf(prefix), port === undefined ? (secure ? 443 : 80) : Number(port)) ? undefined : url
  }

  // the next page is most often on the same site
  let lastPrefix = ''
  let last: string | undefined
  return (request, next) => {
    if (request.options.proxy !== undefined) return next(request)
    const { url } = request
    const end = endOfAuthority(url)
    if (end !== lastPrefix.length || !url.startsWith(lastPrefix)) {
      lastPrefix = url.slice(0, end)
      last = proxyOf(lastPrefix)
    }
    return last === undefined ? next(request) : through(last, request, next)
  }
}

/** The spider sees the request as it made it: one made from that, should it do so, has no password of a proxy in it. */
async function through(url: string, request: Request, next: Download): Promise<Response | Request> {
  const result = await next(request.replace({ proxy: url }))
  return result instanceof Response ? result.replace({ request }) : result
}
