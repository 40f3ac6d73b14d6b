import { isIP } from 'node:net'
import { SkeinError } from '../errors.ts'
import { checks } from '../settings/checks.ts'
import { safeUrl } from '../url/safe-url.ts'
import { flatString } from '../util/flat-string.ts'
import { type CallbackRef, callbackName } from './callback.ts'
import { describeValue } from './describe-value.ts'
import { encodeText } from './encode-text.ts'
import { isEncoding } from './encoding-names.ts'
import { Headers, type HeadersInit } from './headers.ts'
import { copyJsonObject, copyJsonValue, type JsonObject, type JsonValue } from './json-value.ts'
import { readAuth, readCookies } from './request-credentials.ts'
import { metaProblem, unknownOption } from './request-names.ts'
import { CheckedParts, EMPTY_BODY, PLAIN, type RequestCookie, type RequestOptions, type RequestParts } from './request-parts.ts'

/** What a request may say beyond its URL. */
export interface RequestInit<Meta extends JsonObject = JsonObject>
  extends Omit<RequestOptions, 'cookies' | 'cookieJar' | 'proxy'> {
  /**
   * As `{ name: 'value' }`, or a list with `domain`, `path` and `secure`; null for none of a name. They go into the jar, and so to later requests as
   * well.
   */
  cookies?: Readonly<Record<string, string | number | boolean | null | undefined>> | readonly RequestCookie[] | undefined
  /** The jar of cookies this request uses; each name is a jar of its own. Links do not inherit it. @default the crawl's */
  cookieJar?: string | number | undefined
  /** The proxy of this request, as the setting `proxy`; `direct` or null: none. @default what the setting says */
  proxy?: string | null | undefined
  /** Upper-cased. @default 'GET' */
  method?: string | undefined
  headers?: HeadersInit | undefined
  /** A string is encoded by `encoding`. */
  body?: string | Uint8Array | undefined
  /** Becomes the body: as JSON, with POST and `Content-Type: application/json` unless the request says otherwise. Not beside `body`. */
  json?: JsonValue | undefined
  /** The method of the spider that gets the page. @default 'parse' */
  callback?: CallbackRef | undefined
  /** The method of the spider that hears when there is no page. */
  errback?: CallbackRef | undefined
  /** The second argument of the callback. */
  cbArgs?: JsonObject | undefined
  /** Data of the user's that travels with the request. */
  meta?: Meta | undefined
  /** An integer; higher goes first. @default 0 */
  priority?: number | undefined
  /** Past the filters of duplicates and of other sites. @default false */
  dontFilter?: boolean | undefined
  /** The slot it is counted in. @default the host of the URL, or what `slotBy` says */
  slot?: string | undefined
  /** Not before this time, in milliseconds since the epoch; 0: at once. */
  notBefore?: number | Date | undefined
  /** Of the query of the URL and of a body given as a string. @default 'utf-8' */
  encoding?: string | undefined
}

/** What a URL of a request begins with: a scheme and an authority, or one of the two schemes that have none. */
const SCHEME = /^(?:[a-z][a-z0-9+.-]*:\/\/|about:|data:)/i
/** What a method consists of. `''` is a method: Scrapy keeps it. */
export const METHOD: RegExp = /^[!#$%&'*+\-.^_`|~0-9A-Z]*$/

/**
 * Checks what was said about a request, on top of what is so already; `url` is undefined where that of `base` stays, and
 * `urlEncoding` is that of the page it stood on. Throws
 * `ERR_URL_INVALID`, `ERR_REQUEST_OPTION`, `ERR_CALLBACK` or `ERR_HEADER_INVALID`.
 */
export function checkRequest(
  url: string | URL | undefined,
  init: RequestInit | undefined,
  base: RequestParts,
  urlEncoding?: string,
): CheckedParts {
  const parts = new CheckedParts(base)
  if (init !== undefined) readInit(parts, init, base)
  if (url !== undefined) readUrl(parts, url, urlEncoding ?? parts.encoding)
  return parts
}

/** Sets the URL. Userinfo in it stays, as in Scrapy: it is part of the fingerprint, and the downloader makes a header of it. */
function readUrl(parts: CheckedParts, given: string | URL, encoding: string): void {
  const url = typeof given === 'string' ? given : given instanceof URL ? given.href : undefined
  if (url === undefined) throw wrong('the URL', 'a string or a URL', given)
  const safe = safeUrl(url, { encoding })
  if (!SCHEME.test(safe)) {
    throw new SkeinError(
      'ERR_URL_INVALID',
      `The URL ${describeValue(url)} has no scheme. Expected an absolute URL such as https://example.com/; page.follow() takes relative ones.`,
    )
  }
  parts.url = flatString(safe)
}

/** One pass over the keys there are: most requests have one or two. */
function readInit(parts: CheckedParts, init: RequestInit, base: RequestParts): void {
  if (typeof init !== 'object' || init === null) throw wrong('the second argument', 'an object', init)
  let options: Record<string, unknown> | undefined
  let body: unknown
  let json: unknown
  for (const key of Object.keys(init)) {
    const value: unknown = init[key as keyof RequestInit]
    if (value === undefined) continue
    switch (key) {
      case 'method':
        parts.method = readMethod(value)
        break
      case 'headers':
        parts.headers = Headers.from(value as HeadersInit)
        break
      case 'body':
        body = value
        break
      case 'json':
        json = copyJsonValue(value, 'json', 'ERR_REQUEST_OPTION')
        break
      case 'callback':
        parts.callback = callbackName(value, 'callback')
        break
      case 'errback':
        parts.errback = callbackName(value, 'errback')
        break
      case 'cbArgs':
        parts.cbArgs = copyJsonObject(value, 'cbArgs', 'ERR_REQUEST_OPTION')
        break
      case 'meta':
        parts.meta = readMeta(value)
        break
      case 'priority':
        if (!Number.isSafeInteger(value)) throw wrong(key, 'an integer', value)
        parts.priority = (value as number) + 0
        break
      case 'dontFilter':
        if (typeof value !== 'boolean') throw wrong(key, 'true or false', value)
        parts.dontFilter = value
        break
      case 'slot':
        if (typeof value !== 'string' || value === '') throw wrong(key, 'the name of a slot', value)
        parts.slot = flatString(value)
        break
      case 'notBefore':
        parts.notBefore = readTime(value)
        break
      case 'encoding':
        if (typeof value !== 'string' || !isEncoding(value)) throw wrong(key, "the name of an encoding, such as 'utf-8'", value)
        parts.encoding = value.toLowerCase()
        break
      case 'url':
        // replace() has it among the changes
        if (base !== PLAIN) break
        throw unknownOption(key)
      default:
        options ??= { ...base.options }
        options[key] = readOption(key, value)
    }
  }
  if (options !== undefined) parts.options = options
  if (json !== undefined) readJson(parts, json, init, base)
  if (body !== undefined) {
    if (json !== undefined) throw new SkeinError('ERR_REQUEST_OPTION', 'Expected either `body` or `json`, got both.')
    parts.body = readBody(body, parts.encoding)
  }
}

function readMethod(value: unknown): string {
  if (value === 'GET') return value
  const method = typeof value === 'string' ? value.toUpperCase() : undefined
  if (method === undefined || !METHOD.test(method)) throw wrong('method', "an HTTP method such as 'POST'", value)
  return method
}

function readMeta(value: unknown): JsonObject {
  const meta = copyJsonObject(value, 'meta', 'ERR_REQUEST_OPTION')
  for (const key of Object.keys(meta)) {
    const problem = metaProblem(key)
    if (problem !== undefined) throw new SkeinError('ERR_REQUEST_OPTION', problem)
  }
  return meta
}

function readTime(value: unknown): number | undefined {
  const time = value instanceof Date ? value.getTime() : value
  if (typeof time !== 'number' || !Number.isFinite(time))
    throw wrong('notBefore', 'milliseconds since the epoch or a valid Date', value)
  return time > 0 ? time : undefined
}

function readJson(parts: CheckedParts, json: unknown, init: RequestInit, base: RequestParts): void {
  if (init.method === undefined && base.method === 'GET') parts.method = 'POST'
  parts.body = encodeText(JSON.stringify(json), 'utf-8')
  if (!parts.headers.has('content-type')) parts.headers = parts.headers.with('Content-Type', 'application/json')
}

function readBody(body: unknown, encoding: string): Uint8Array {
  if (typeof body === 'string') return body === '' ? EMPTY_BODY : encodeText(body, encoding)
  // a copy: a buffer that is filled again must not change a request that waits
  if (body instanceof Uint8Array) return body.length === 0 ? EMPTY_BODY : new Uint8Array(body)
  throw wrong('body', 'a string or bytes', body)
}

/** The value of one of {@link RequestOptions}. Throws for a name that is none. */
export function readOption(key: string, value: unknown): unknown {
  switch (key) {
    case 'timeout':
      if (typeof value !== 'number' || !(value > 0) || value === Number.POSITIVE_INFINITY)
        throw wrong(key, 'a number of seconds above 0', value)
      return value
    case 'maxSize':
    case 'maxRedirects':
    case 'maxRetries':
      if (!Number.isSafeInteger(value) || (value as number) < 0) throw wrong(key, 'an integer of 0 or more', value)
      return value
    case 'handleStatus':
      if (value === true) return value
      if (!Array.isArray(value) || !value.every(isStatus)) throw wrong(key, 'true or an array of statuses such as [404]', value)
      return [...value]
    case 'warnSize':
      if (!Number.isSafeInteger(value) || (value as number) < 0) throw wrong(key, 'an integer of 0 or more', value)
      return value
    case 'retryPriority':
      if (!Number.isSafeInteger(value)) throw wrong(key, 'an integer', value)
      return value
    case 'cookies':
      return readCookies(value)
    case 'auth':
      return readAuth(value)
    case 'cookieJar':
      // a number is what Scrapy's users name jars by
      if (typeof value === 'number') return String(value)
      if (typeof value !== 'string' || value === '') throw wrong(key, 'the name of a jar', value)
      return value
    case 'localAddress':
      if (typeof value !== 'string' || isIP(value) === 0) throw wrong(key, 'an IP address', value)
      return value
    case 'proxy':
    case 'referrerPolicy':
    case 'giveUpLogLevel': {
      // null is Scrapy's word for no proxy
      const named = key === 'proxy' && value === null ? 'direct' : value
      const problem = named === '' ? `Expected \`${key}\` not to be empty` : checks[key](named, key)
      if (problem !== undefined) throw new SkeinError('ERR_REQUEST_OPTION', `${problem} (of a request).`)
      return named
    }
    case 'dontMergeCookies':
    case 'dontThrottle':
    case 'depthReset':
    case 'dontRedirect':
    case 'dontRetry':
    case 'dontObeyRobotsTxt':
    case 'allowOffsite':
    case 'failOnDataLoss':
      if (typeof value !== 'boolean') throw wrong(key, 'true or false', value)
      return value
    default:
      throw unknownOption(key)
  }
}

function isStatus(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 100 && (value as number) <= 999
}

function wrong(key: string, expected: string, value: unknown): SkeinError {
  const name = key.includes(' ') ? key : `\`${key}\``
  return new SkeinError('ERR_REQUEST_OPTION', `Expected ${name} of a request to be ${expected}, got ${describeValue(value)}.`)
}
