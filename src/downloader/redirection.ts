import { IgnoreRequest } from '../errors.ts'
import type { Headers } from '../http/headers.ts'
import { parseReferrerPolicy, refererFor } from '../http/referrer-policy.ts'
import { fromParts, type Request } from '../http/request.ts'
import { CheckedParts, type RequestOptions } from '../http/request-parts.ts'
import type { Response } from '../http/response.ts'
import { hostOf, originOf } from '../url/host.ts'
import type { DownloaderContext } from './contract.ts'
import { isOfDomain } from './host-credentials.ts'
import { isHttp, shownUrl } from './url-parts.ts'

/** Headers that speak of a body (Fetch, "request-body-header name"); they go where the body goes. */
const BODY_HEADERS = ['Content-Type', 'Content-Length', 'Content-Encoding', 'Content-Language', 'Content-Location']
/** Characters of a URL that a message shows; a server may send a Location of any length. */
const SHOWN = 200

/** Where a response leads. */
export interface Target {
  /** As the response says it, once it is absolute; undefined where it cannot be read. */
  readonly url: string | undefined
  /** What the response said, for messages. */
  readonly written: string
  /** The status, or what else redirected. */
  readonly reason: number | string
  /** Asked for with GET and without a body, whatever the request was. */
  readonly asGet: boolean
}

/**
 * Makes the request that takes the place of one that was redirected, in a header or in the markup of a page. It goes through the seen set, keeps the
 * callback, the data and the depth, and has the way here in `state.redirectTimes`, `redirectUrls` and `redirectReasons`.
 *
 * `Authorization` and the option `auth` are dropped when the origin changes (but for an `auth` whose `domain` covers the target, unless https is
 * left), `Cookie` when the host does or https is left, and the option `cookies` always: they are in the jar, which knows whom they are for. Referer
 * names the page that redirected, by the policy of the request, the response, or the settings.
 */
export class Redirection {
  readonly #context: Pick<DownloaderContext, 'settings' | 'log'>

  constructor(context: Pick<DownloaderContext, 'settings' | 'log'>) {
    this.#context = context
  }

  /**
   * The request that is to be made instead; undefined where the target is out of http and https, and not to be followed.
   *
   * Throws IgnoreRequest, with the reason `failed`, for a target that is no URL, and after `maxRedirects` in a row.
   */
  follow(request: Request, response: Response, target: Target): Request | undefined {
    const { settings, log } = this.#context
    const from = shownUrl(request.url)
    const next = target.url === undefined ? undefined : this.#replace(request, response, target.url, target.asGet)
    if (next === undefined || (isHttp(next.url) && hostOf(next.url) === '')) {
      throw new IgnoreRequest(`${from} redirects to what is no URL: ${JSON.stringify(cut(target.written))}`, 'failed')
    }
    const to = cut(shownUrl(next.url))
    if (!isHttp(next.url)) {
      log.debug(`not followed out of http: ${from} redirects to ${to}`)
      return undefined
    }
    const times = request.state.redirectTimes + 1
    const { maxRedirects = settings.maxRedirects } = request.options
    if (times > maxRedirects) {
      throw new IgnoreRequest(
        `${from} redirects once more after ${maxRedirects} redirects in a row; raise maxRedirects, or the maxRedirects of the request, ` +
          'if that is right',
        'failed',
      )
    }
    if (log.debugEnabled) log.debug(`redirect (${target.reason}): ${from} to ${to}`)
    next.state = {
      ...request.state,
      redirectTimes: times,
      redirectUrls: [...request.state.redirectUrls, request.url],
      redirectReasons: [...request.state.redirectReasons, target.reason],
    }
    return fromParts(next)
  }

  /** Undefined when there can be no request for that URL. */
  #replace(request: Request, response: Response, url: string, asGet: boolean): CheckedParts | undefined {
    const ownChain = url === request.url || request.state.redirectUrls.includes(url)
    let next: CheckedParts
    try {
      next = new CheckedParts(
        request.replace({
          url,
          priority: request.priority + this.#context.settings.redirectPriority,
          ...(asGet ? { method: 'GET', body: '' } : undefined),
          ...(ownChain ? { dontFilter: true } : undefined),
        }),
      )
    } catch {
      return undefined
    }
    let headers = withoutCredentials(request.headers, request.url, next.url)
    if (asGet) for (const name of BODY_HEADERS) if (headers.has(name)) headers = headers.with(name, null)
    next.headers = this.#withReferer(headers, request, response, next.url)
    next.options = optionsFor(request, next.url)
    return next
  }

  /** The old one says where the first link was found: it is not told to whom it was not meant for. */
  #withReferer(headers: Headers, request: Request, response: Response, to: string): Headers {
    const { settings } = this.#context
    const without = headers.has('referer') ? headers.with('Referer', null) : headers
    if (!settings.referer) return without
    const policy =
      request.options.referrerPolicy ?? parseReferrerPolicy(response.headers.getAll('referrer-policy')) ?? settings.referrerPolicy
    const referer = refererFor(policy, response.url, to)
    return referer === undefined ? without : without.with('Referer', referer)
  }
}

function withoutCredentials(headers: Headers, from: string, to: string): Headers {
  let kept = headers
  if (kept.has('authorization') && originOf(from) !== originOf(to)) kept = kept.with('authorization', null)
  if (kept.has('cookie') && (hostOf(from) !== hostOf(to) || leavesTls(from, to))) kept = kept.with('cookie', null)
  return kept
}

function optionsFor(request: Request, to: string): RequestOptions {
  const { cookies, auth, ...others } = request.options
  if (auth === undefined) return cookies === undefined ? request.options : others
  const kept =
    originOf(request.url) === originOf(to) ||
    (auth.domain !== undefined && isOfDomain(to, auth.domain) && !leavesTls(request.url, to))
  return kept ? { ...others, auth } : others
}

function leavesTls(from: string, to: string): boolean {
  return from.startsWith('https:') && !to.startsWith('https:')
}

function cut(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
}
