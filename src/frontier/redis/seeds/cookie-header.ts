import { SkeinError } from '../../../errors.ts'
import { describeValue } from '../../../http/describe-value.ts'
import type { Request } from '../../../http/request.ts'
import { hostOf } from '../../../url/host.ts'

/** What ends a cookie, or a header. */
const BAD_NAME = /[\0-\x20\x7f;=,]/
const BAD_VALUE = /[\0-\x1f\x7f;]/

/**
 * The request with these cookies in its Cookie header, behind those that are there. As in Scrapy they are `{name: value}`, or a list of
 * `{name, value, domain, path, secure}`, of which those are left out that are for another place than the request's URL. undefined and null: none.
 *
 * Throws `ERR_REQUEST_OPTION` for what is neither, and for text that cannot stand in a cookie.
 */
export function withCookies(request: Request, cookies: unknown): Request {
  const pairs = pairsOf(cookies, request.url)
  if (pairs.length === 0) return request
  const before = request.headers.get('cookie')
  const all = before === undefined || before === '' ? pairs : [before, ...pairs]
  return request.withHeaders(request.headers.with('Cookie', all.join('; ')))
}

function pairsOf(cookies: unknown, url: string): string[] {
  if (cookies === undefined || cookies === null) return []
  if (typeof cookies !== 'object') throw wrong('`cookies`', 'an object or a list', cookies)
  if (!Array.isArray(cookies)) return Object.entries(cookies).map(([name, value]) => pair(name, value))
  return (cookies as unknown[]).flatMap((cookie) => {
    if (typeof cookie !== 'object' || cookie === null) throw wrong('each of `cookies`', 'an object with name and value', cookie)
    const { name, value, domain, path, secure } = cookie as Readonly<Record<string, unknown>>
    return isFor(url, domain, path, secure) ? [pair(name, value)] : []
  })
}

function pair(name: unknown, value: unknown): string {
  if (typeof name !== 'string' || name === '' || BAD_NAME.test(name))
    throw wrong('the name of a cookie', 'text without spaces, ; = and ,', name)
  const text = typeof value === 'number' ? String(value) : value
  // a value is often a credential: it is not shown
  if (typeof text !== 'string' || BAD_VALUE.test(text)) {
    throw new SkeinError(
      'ERR_REQUEST_OPTION',
      `Expected the cookie ${name} to have a text without ; and control characters as its value.`,
    )
  }
  return `${name}=${text}`
}

function isFor(url: string, domain: unknown, path: unknown, secure: unknown): boolean {
  const host = hostOf(url)
  if (typeof domain === 'string' && domain !== '') {
    const wanted = domain.toLowerCase().replace(/^\./, '')
    if (host !== wanted && !host.endsWith(`.${wanted}`)) return false
  }
  if (typeof path === 'string' && path.startsWith('/')) {
    const own = /^[^?#]*?:\/\/[^/?#]*([^?#]*)/.exec(url)?.[1] || '/'
    if (own !== path && !own.startsWith(path.endsWith('/') ? path : `${path}/`)) return false
  }
  return secure !== true || url.startsWith('https:')
}

function wrong(what: string, expected: string, value: unknown): SkeinError {
  return new SkeinError('ERR_REQUEST_OPTION', `Expected ${what} to be ${expected}, got ${describeValue(value)}.`)
}
