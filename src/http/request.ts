import type { Headers } from './headers.ts'
import type { JsonObject } from './json-value.ts'
import { checkRequest, type RequestInit } from './request-init.ts'
import { requestToObject } from './request-object.ts'
import { CheckedParts, PLAIN, type RequestOptions, type RequestParts, type RequestState, stateAtDepth } from './request-parts.ts'

export type { JsonObject, JsonValue } from './json-value.ts'
export type { RequestInit } from './request-init.ts'
export type { RequestAuth, RequestCookie, RequestOptions, RequestState } from './request-parts.ts'

/**
 * What is to be fetched, and what is to be done with it. Immutable, checked when it is made, and JSON all through: it may wait in a
 * queue for days and be run by another machine.
 *
 * `url` is what Scrapy's `safe_url_string` makes of the URL given. A name and password in it (`http://name:password@host/`) stay, since they are
 * part of the fingerprint; on the wire they are an `Authorization` header, and they are not shown.
 *
 * Throws `ERR_URL_INVALID` for a URL that is relative or cannot be read, `ERR_REQUEST_OPTION` for an option that is unknown or has a
 * value it cannot have, `ERR_CALLBACK`, `ERR_HEADER_INVALID`.
 *
 * @example
 * new Request('https://example.com/search', { method: 'POST', json: { q: 'geese' }, callback: 'parseResults', priority: 10 })
 */
export class Request<Meta extends JsonObject = JsonObject> {
  declare readonly url: string
  /** Upper case. */
  declare readonly method: string
  declare readonly headers: Headers
  /** Not to be written to. */
  declare readonly body: Uint8Array
  /** The name of the spider's method; `undefined` means `parse`. */
  declare readonly callback: string | undefined
  declare readonly errback: string | undefined
  declare readonly cbArgs: JsonObject
  declare readonly meta: Meta
  declare readonly priority: number
  declare readonly dontFilter: boolean
  declare readonly slot: string | undefined
  /** Milliseconds since the epoch. */
  declare readonly notBefore: number | undefined
  declare readonly encoding: string
  declare readonly options: RequestOptions
  declare readonly state: RequestState

  constructor(url: string | URL, init?: RequestInit<Meta>) {
    const parts = init instanceof CheckedParts ? init : checkRequest(url ?? String(url), init, PLAIN)
    this.url = parts.url
    this.method = parts.method
    this.headers = parts.headers
    this.body = parts.body
    this.callback = parts.callback
    this.errback = parts.errback
    this.cbArgs = parts.cbArgs
    this.meta = parts.meta as Meta
    this.priority = parts.priority
    this.dontFilter = parts.dontFilter
    this.slot = parts.slot
    this.notBefore = parts.notBefore
    this.encoding = parts.encoding
    this.options = parts.options
    this.state = parts.state
  }

  /** A copy with changes; what is not among them stays, `state` included. `headers` takes the place of all that were there. */
  replace<M extends JsonObject = Meta>(changes: RequestInit<M> & { url?: string | URL | undefined }): Request<M> {
    return fromParts(checkRequest(changes.url, changes, this))
  }

  /** @internal A copy with other headers, for what adds them to every request: nothing is checked again. */
  withHeaders(headers: Headers): Request<Meta> {
    const parts = passing.take(this)
    parts.headers = headers
    return fromParts(parts)
  }

  /** @internal A copy with changes to what skein keeps about it. */
  withState(changes: Partial<RequestState>): Request<Meta> {
    const parts = passing.take(this)
    parts.state = { ...this.state, ...changes }
    return fromParts(parts)
  }

  /** @internal A copy at another depth, as every link of a page becomes one: those that differ in nothing else share their state. */
  withDepth(depth: number): Request<Meta> {
    const parts = passing.take(this)
    parts.state = this.state === PLAIN.state ? stateAtDepth(depth) : { ...this.state, depth }
    return fromParts(parts)
  }

  /** `<GET https://example.com/>`, without a name and password. */
  toString(): string {
    return `<${this.method} ${this.url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1')}>`
  }

  /** What goes over the wire to a queue: all that differs from a plain GET. */
  toJSON(): JsonObject {
    return requestToObject(this)
  }
}

/** Fields on their way into a copy, which takes them over at once: those of all links of all pages share this. */
const passing = new CheckedParts(PLAIN)

/** @internal A request from fields that are known to be right. */
export function fromParts<Meta extends JsonObject>(parts: RequestParts): Request<Meta> {
  const checked = parts instanceof CheckedParts ? parts : new CheckedParts(parts)
  return new Request<Meta>(parts.url, checked as never)
}
