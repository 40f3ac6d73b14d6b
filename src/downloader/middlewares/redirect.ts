import { isUtf8 } from 'node:buffer'
import type { Request } from '../../http/request.ts'
import { Response } from '../../http/response.ts'
import { safeUrl } from '../../url/safe-url.ts'
import { urlJoin } from '../../url/url-join.ts'
import type { DownloaderMiddlewareSpec } from '../contract.ts'
import { Redirection } from '../redirection.ts'

const STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/**
 * Follows 301, 302, 303, 307 and 308: answers with the request to schedule instead, as {@link Redirection} makes it. POST becomes GET on 301 and
 * 302, everything but GET and HEAD on 303; the body goes with the method. A fragment is inherited.
 *
 * The response itself is handed on where there is no Location, where it leads out of http and https, and where the request says
 * `dontRedirect` or names the status in `handleStatus` (`true` names all). Ends the request as `failed` after `maxRedirects` in a row, and for a
 * Location that is no URL.
 *
 * A redirect to a page of its own chain (a page that sets a cookie and asks again) is not held for a duplicate; Scrapy loses those in silence.
 */
export const redirect: DownloaderMiddlewareSpec = {
  name: 'redirect',
  order: 600,
  create(context) {
    const { settings } = context
    if (!settings.followRedirects) return undefined
    const handled = settings.handleStatus === true || new Set(settings.handleStatus)
    const redirection = new Redirection(context)

    function look(request: Request, result: Response | Request): Response | Request {
      if (!(result instanceof Response) || !STATUSES.has(result.status)) return result
      const { dontRedirect, handleStatus = [] } = request.options
      if (dontRedirect === true || handled === true || handled.has(result.status)) return result
      if (handleStatus === true || handleStatus.includes(result.status)) return result
      // the last one, should there be several; one without a word in it leads to where it stands (RFC 3986, 4.4), as in Scrapy
      const written = result.headers.getAll('location').at(-1)
      if (written === undefined) return result
      const target = { url: targetUrl(request, written), written, reason: result.status, asGet: becomesGet(request, result) }
      return redirection.follow(request, result, target) ?? result
    }

    return (request, next) => next(request).then((result) => look(request, result))
  },
}

function becomesGet({ method }: Request, { status }: Response): boolean {
  return status === 303 ? method !== 'GET' && method !== 'HEAD' : (status === 301 || status === 302) && method === 'POST'
}

/** Where a Location leads; undefined when it cannot be read. */
function targetUrl(request: Request, location: string): string | undefined {
  try {
    let reference = safeUrl(decodeLocation(location))
    if (location.startsWith('//'))
      reference = `${request.url.slice(0, request.url.indexOf(':'))}://${reference.replace(/^\/+/, '')}`
    const url = urlJoin(request.url, reference)
    const fragment = request.url.indexOf('#')
    if (fragment < 0 || (url.includes('#') && !url.endsWith('#'))) return url
    return urlJoin(url, request.url.slice(fragment))
  } catch {
    return undefined
  }
}

/** Headers are bytes: UTF-8 where they are that, and otherwise the bytes themselves, percent-encoded. */
function decodeLocation(location: string): string {
  if (!/[\x80-\xff]/.test(location)) return location
  const bytes = Buffer.from(location, 'latin1')
  if (isUtf8(bytes)) return bytes.toString()
  return location.replace(/[\x80-\xff]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}
