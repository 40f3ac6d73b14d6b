import { Headers } from '../../http/headers.ts'
import { Request } from '../../http/request.ts'
import { hostOf } from '../../url/host.ts'
import type { DownloaderMiddlewareSpec } from '../contract.ts'
import { basic, HostCredentials, isOfDomain } from '../host-credentials.ts'
import { endOfAuthority } from '../url-parts.ts'

/**
 * Basic authentication (RFC 7617): the `auth` of a request for its domain, or what the setting `httpAuth` says for the host.
 *
 * `auth` without a `domain` is for the host of the request, whatever it is redirected to; none is sent in the clear after a redirect that
 * came from https. An Authorization header of the request's own stays as it is, and a name and password in the URL win over the setting.
 * The header is made for the download only: a retry or redirect goes into the queue without it.
 */
export const httpAuth: DownloaderMiddlewareSpec = {
  name: 'http-auth',
  order: 300,
  create({ settings }) {
    const byHost = new HostCredentials(settings.httpAuth)
    // the headers of the last page, and what became of them: those of the next are most often the same object
    let given = Headers.empty
    let added = ''
    let filled = given
    const withAuthorization = (headers: Headers, authorization: string): Headers => {
      if (headers !== given || authorization !== added) {
        filled = headers.with('Authorization', authorization)
        given = headers
        added = authorization
      }
      return filled
    }
    return (request, next) => {
      const { auth } = request.options
      if (auth === undefined && byHost.size === 0) return next(request)
      const asked = auth === undefined ? request : withDomain(request)
      const authorization = headerFor(asked, byHost)
      if (authorization === undefined) return next(asked)
      return next(asked.withHeaders(withAuthorization(asked.headers, authorization))).then((result) =>
        result instanceof Request ? without(result, authorization) : result,
      )
    }
  },
}

/** So that a redirect does not make it the credentials of another host. */
function withDomain(request: Request): Request {
  const auth = request.options.auth!
  return auth.domain === undefined ? request.replace({ auth: { ...auth, domain: hostOf(request.url) } }) : request
}

function headerFor(request: Request, byHost: HostCredentials): string | undefined {
  const { url, headers, options, state } = request
  if (headers.has('authorization')) return undefined
  if (!url.startsWith('https:') && state.redirectUrls.some((from) => from.startsWith('https:'))) return undefined
  const { auth } = options
  if (auth !== undefined && isOfDomain(url, auth.domain ?? '')) return basic(auth)
  return hasUserinfo(url) ? undefined : byHost.for(url)
}

function hasUserinfo(url: string): boolean {
  const at = url.indexOf('@')
  return at >= 0 && at < endOfAuthority(url)
}

function without(request: Request, authorization: string): Request {
  return request.headers.get('authorization') === authorization
    ? request.withHeaders(request.headers.with('Authorization', null))
    : request
}
