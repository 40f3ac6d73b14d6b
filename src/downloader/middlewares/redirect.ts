import { isUtf8 } from 'node:buffer'
import { IgnoreRequest } from '../../errors.ts'
import type { Headers } from '../../http/headers.ts'
import type { Request } from '../../http/request.ts'
import { Response } from '../../http/response.ts'
import { hostOf, originOf } from '../../url/host.ts'
import { safeUrl } from '../../url/safe-url.ts'
import { urlJoin } from '../../url/url-join.ts'
import type { DownloaderMiddlewareSpec } from '../contract.ts'
import { isHttp, shownUrl } from '../url-parts.ts'

const STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** Headers that speak of a body (Fetch, "request-body-header name"); they go where the body goes. */
const BODY_HEADERS = ['Content-Type', 'Content-Length', 'Content-Encoding', 'Content-Language', 'Content-Location']

/** A page that was redirected to is wanted more than a page of which nothing is known yet. Scrapy's figure. */
const PRIORITY = 2

/**
 * Follows 301, 302, 303, 307 and 308: answers with the request to schedule instead. It goes through the seen set, keeps the
 * callback, the data and the depth, and has the way here in `state.redirectTimes`, `redirectUrls` and `redirectReasons`.
 *
 * POST becomes GET on 301 and 302, everything but GET and HEAD on 303; the body goes with the method. `Authorization` is
 * dropped when the origin changes, `Cookie` when the host does or https is left. A fragment is inherited.
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
  create({ settings, log }) {
    if (!settings.followRedirects) return undefined
    const handled = settings.handleStatus === true || new Set(settings.handleStatus)
    return async (request, next) => {
      const result = await next(request)
      if (!(result instanceof Response) || !STATUSES.has(result.status)) return result
      const { dontRedirect, handleStatus = [], maxRedirects = settings.maxRedirects } = request.options
      if (dontRedirect === true || handled === true || handled.has(result.status)) return result
      if (handleStatus === true || handleStatus.includes(result.status)) return result
      // the last one, should there be several
      const location = result.headers.getAll('location').at(-1)
      if (location === undefined || location === '') return result
      const url = targetUrl(request, location)
      const followed = url === undefined ? undefined : follow(request, url, result.status)
      if (followed === undefined) {
        throw new IgnoreRequest(
          `${shownUrl(request.url)} redirects to what is no URL: ${JSON.stringify(location.slice(0, 200))}`,
          'failed',
        )
      }
      if (!isHttp(followed.url)) {
        log.debug(`not followed out of http: ${shownUrl(request.url)} redirects to ${shownUrl(followed.url)}`)
        return result
      }
      const times = request.state.redirectTimes + 1
      if (times > maxRedirects) {
        throw new IgnoreRequest(
          `${shownUrl(request.url)} redirects once more after ${maxRedirects} redirects in a row; raise maxRedirects, or the ` +
            'maxRedirects of the request, if that is right',
          'failed',
        )
      }
      if (log.debugEnabled) log.debug(`redirect (${result.status}): ${shownUrl(request.url)} to ${shownUrl(followed.url)}`)
      return followed.withState({
        redirectTimes: times,
        redirectUrls: [...request.state.redirectUrls, request.url],
        redirectReasons: [...request.state.redirectReasons, result.status],
      })
    }
  },
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
    return url.replace(/#$/, '') + request.url.slice(fragment)
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

/** Undefined when there can be no request for that URL. */
function follow(request: Request, url: string, status: number): Request | undefined {
  const { method } = request
  const asGet = status === 303 ? method !== 'GET' && method !== 'HEAD' : (status === 301 || status === 302) && method === 'POST'
  let headers = withoutCredentials(request.headers, request.url, url)
  if (asGet) for (const name of BODY_HEADERS) if (headers.has(name)) headers = headers.with(name, null)
  const ownChain = url === request.url || request.state.redirectUrls.includes(url)
  try {
    return request.replace({
      url,
      headers,
      priority: request.priority + PRIORITY,
      ...(asGet ? { method: 'GET', body: '' } : undefined),
      ...(ownChain ? { dontFilter: true } : undefined),
    })
  } catch {
    return undefined
  }
}

function withoutCredentials(headers: Headers, from: string, to: string): Headers {
  let kept = headers
  if (kept.has('authorization') && originOf(from) !== originOf(to)) kept = kept.with('authorization', null)
  if (kept.has('cookie') && (hostOf(from) !== hostOf(to) || (from.startsWith('https:') && !to.startsWith('https:')))) {
    kept = kept.with('cookie', null)
  }
  return kept
}
