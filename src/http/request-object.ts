import { isUtf8 } from 'node:buffer'
import type { Headers } from './headers.ts'
import type { JsonObject, JsonValue } from './json-value.ts'
import { FRESH_STATE, type RequestParts, type RequestState } from './request-parts.ts'

/**
 * A request as a JSON object, defaults left out: the keys are those of its init, but `body` in bytes that are no UTF-8 is `bodyBase64`, and
 * what skein keeps about it stands under `state`. A Referer that is its only header is `referer`, as {@link refererToJson} writes it.
 */
export function requestToObject(request: RequestParts): JsonObject {
  const object: Record<string, JsonValue> = { url: request.url }
  if (request.method !== 'GET') object['method'] = request.method
  const referer = request.headers.size === 1 ? onlyReferer(request.headers) : undefined
  if (referer !== undefined) object['referer'] = refererToJson(referer, request.url)
  else if (request.headers.size > 0) object['headers'] = headersToJson(request.headers)
  if (request.body.length > 0) {
    const bytes = Buffer.from(request.body.buffer, request.body.byteOffset, request.body.length)
    if (isUtf8(bytes)) object['body'] = bytes.toString()
    else object['bodyBase64'] = bytes.toString('base64')
  }
  if (request.callback !== undefined) object['callback'] = request.callback
  if (request.errback !== undefined) object['errback'] = request.errback
  if (hasKeys(request.cbArgs)) object['cbArgs'] = request.cbArgs
  if (hasKeys(request.meta)) object['meta'] = request.meta
  if (request.priority !== 0) object['priority'] = request.priority
  if (request.dontFilter) object['dontFilter'] = true
  if (request.slot !== undefined) object['slot'] = request.slot
  if (request.notBefore !== undefined) object['notBefore'] = request.notBefore
  if (request.encoding !== 'utf-8') object['encoding'] = request.encoding
  Object.assign(object, request.options)
  const state = stateToJson(request.state)
  if (state !== undefined) object['state'] = state
  return object
}

function hasKeys(object: object): boolean {
  for (const _ in object) return true
  return false
}

/**
 * Nearly every request in a queue was found on a page, and most on a page of their own site: what both URLs begin with is left out, `/list?page=2` is
 * enough. That is half of what it takes as one of the `headers`.
 */
function refererToJson(referer: string, url: string): string {
  const end = originEnd(url)
  return referer.length > end && referer.charCodeAt(end) === SLASH && referer.startsWith(url.slice(0, end))
    ? referer.slice(end)
    : referer
}

/** The Referer that {@link requestToObject} wrote for a request to `url`. */
export function refererFromJson(referer: string, url: string): string {
  return referer.charCodeAt(0) === SLASH ? url.slice(0, originEnd(url)) + referer : referer
}

const SLASH = 0x2f

/** The one header there is, if it is a Referer and nothing would be lost by writing it short. */
function onlyReferer(headers: Headers): string | undefined {
  const value = headers.get('Referer')
  return value === undefined || value.charCodeAt(0) === SLASH || headers.toFlat()[0] !== 'Referer' ? undefined : value
}

/** Where the path of a URL begins. */
function originEnd(url: string): number {
  const start = url.indexOf('://') + 3
  const slash = url.indexOf('/', start)
  return slash < 0 ? url.length : slash
}

/** An object reads best, and is taken unless it would change the order of the lines or the case of a name. */
function headersToJson(headers: Headers): JsonValue {
  const names = new Set<string>()
  let last: string | undefined
  for (const [name] of headers) {
    if (name === last) continue
    const lower = name.toLowerCase()
    // an object puts names that are integers first
    if (names.has(lower) || /^\d/.test(name) || name === '__proto__') return [...headers]
    names.add(lower)
    last = name
  }
  return headers.toRecord()
}

function stateToJson(state: RequestState): JsonObject | undefined {
  if (state === FRESH_STATE) return undefined
  const object: Record<string, JsonValue> = {}
  if (state.depth !== 0) object['depth'] = state.depth
  if (state.retryTimes !== 0) object['retryTimes'] = state.retryTimes
  if (state.putBack !== 0) object['putBack'] = state.putBack
  if (state.redirectTimes !== 0) object['redirectTimes'] = state.redirectTimes
  if (state.redirectUrls.length > 0) object['redirectUrls'] = state.redirectUrls
  if (state.redirectReasons.length > 0) object['redirectReasons'] = state.redirectReasons
  if (state.seed) object['seed'] = true
  return hasKeys(object) ? object : undefined
}
