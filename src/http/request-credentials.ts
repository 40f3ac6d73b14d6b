import { SkeinError } from '../errors.ts'
import { describeValue } from './describe-value.ts'
import type { RequestAuth, RequestCookie } from './request-parts.ts'

/** What ends a cookie, or a header (RFC 6265, 4.1.1). */
const BAD_NAME = /[\0-\x20\x7f;=,]/
const BAD_TEXT = /[\0-\x1f\x7f;]/

/**
 * The option `cookies`, which may be said as `{ name: value }` or as a list of `{ name, value, domain, path, secure }`. Those whose value is null or
 * undefined are left out, and of an object the one without a name, as in Scrapy. Values are often credentials: no message shows one. Throws `ERR_REQUEST_OPTION`.
 */
export function readCookies(value: unknown): readonly RequestCookie[] {
  if (typeof value !== 'object' || value === null)
    throw wrong("`cookies` of a request to be an object such as { name: 'value' } or a list of them", value)
  if (!Array.isArray(value)) {
    const named = Object.entries(value).filter(([name, text]) => name !== '' && text !== null && text !== undefined)
    return named.map(([name, text]) => readCookie({ name, value: text as unknown }))
  }
  return (value as unknown[]).flatMap((cookie) => {
    if (typeof cookie !== 'object' || cookie === null) throw wrong("each of `cookies` to be { name: 'a', value: '1' }", cookie)
    const given = cookie as Readonly<Record<string, unknown>>
    return 'value' in given && (given['value'] === null || given['value'] === undefined) ? [] : [readCookie(given)]
  })
}

function readCookie(given: Readonly<Record<string, unknown>>): RequestCookie {
  const { name, value, domain, path, secure } = given
  if (typeof name !== 'string' || name === '' || BAD_NAME.test(name))
    throw wrong('the name of a cookie to be text without spaces, ; = and ,', name)
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
  if (typeof text !== 'string' || BAD_TEXT.test(text)) {
    throw new SkeinError(
      'ERR_REQUEST_OPTION',
      `Expected the cookie ${name} to have a text without ; and control characters as its value.`,
    )
  }
  const cookie: { -readonly [K in keyof RequestCookie]: RequestCookie[K] } = { name, value: text }
  if (domain !== undefined && domain !== null && domain !== '') cookie.domain = textOf('domain', name, domain)
  if (path !== undefined && path !== null && path !== '') cookie.path = textOf('path', name, path)
  if (secure !== undefined && secure !== null) {
    if (typeof secure !== 'boolean') throw wrong(`\`secure\` of the cookie ${name} to be true or false`, secure)
    cookie.secure = secure
  }
  return cookie
}

function textOf(field: string, name: string, value: unknown): string {
  if (typeof value !== 'string' || BAD_TEXT.test(value))
    throw wrong(`\`${field}\` of the cookie ${name} to be text without ; and control characters`, value)
  return value
}

/** The option `auth`. Throws `ERR_REQUEST_OPTION`, and never shows what was given. */
export function readAuth(value: unknown): RequestAuth {
  const { user, password, domain } = (typeof value === 'object' && value !== null ? value : {}) as Readonly<
    Record<string, unknown>
  >
  if (typeof user === 'string' && typeof password === 'string' && (domain === undefined || typeof domain === 'string'))
    return domain === undefined ? { user, password } : { user, password, domain }
  throw new SkeinError(
    'ERR_REQUEST_OPTION',
    "Expected `auth` of a request to be an object like { user: 'me', password: 'secret', domain: 'example.com' }.",
  )
}

function wrong(expected: string, value: unknown): SkeinError {
  return new SkeinError('ERR_REQUEST_OPTION', `Expected ${expected}, got ${describeValue(value)}.`)
}
