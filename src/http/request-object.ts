import { isUtf8 } from 'node:buffer'
import type { Headers } from './headers.ts'
import type { JsonObject, JsonValue } from './json-value.ts'
import { refererToJson } from './referer-json.ts'
import { FRESH_STATE, type RequestParts, type RequestState } from './request-parts.ts'

/**
 * A request as a JSON object, defaults left out: the keys are those of its init, but `body` in bytes that are no UTF-8 is `bodyBase64`, and
 * what skein keeps about it stands under `state`. A Referer that is its only header is `referer`, as {@link refererToJson} writes it.
 */
export function requestToObject(request: RequestParts): JsonObject {
  const object: Record<string, JsonValue> = { url: request.url }
  if (request.method !== 'GET') object['method'] = request.method
  const referer = request.headers.size === 1 ? refererToJson(request.headers, request.url) : undefined
  if (referer !== undefined) object['referer'] = referer
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
  if (state.ruleCallback !== undefined) object['ruleCallback'] = state.ruleCallback
  return hasKeys(object) ? object : undefined
}
