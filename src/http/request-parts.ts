import type { ReferrerPolicy } from '../settings/polite-settings.ts'
import type { Settings } from '../settings/settings.ts'
import { Headers } from './headers.ts'
import type { JsonObject } from './json-value.ts'

/** What a request says about its own download; each wins over the setting of the same meaning. */
export interface RequestOptions {
  /** Seconds for the download as a whole. */
  readonly timeout?: number | undefined
  /** Bytes of the body beyond which it is given up; 0: no limit. */
  readonly maxSize?: number | undefined
  /** Statuses outside 200-299 that the callback wants to see; `true` for all. */
  readonly handleStatus?: readonly number[] | true | undefined
  /** Redirects come to the callback. */
  readonly dontRedirect?: boolean | undefined
  readonly maxRedirects?: number | undefined
  readonly dontRetry?: boolean | undefined
  readonly maxRetries?: number | undefined
  readonly dontObeyRobotsTxt?: boolean | undefined
  /** Past the filter of other sites. */
  readonly allowOffsite?: boolean | undefined
  readonly failOnDataLoss?: boolean | undefined
  /** Bytes of the body beyond which a warning is logged; 0: never. */
  readonly warnSize?: number | undefined
  /** Cookies that go into the jar before the request is sent, and so to later requests as well. */
  readonly cookies?: readonly RequestCookie[] | undefined
  /** The jar of cookies this request uses; each name is a jar of its own. Absent: the crawl's. Links do not inherit it. */
  readonly cookieJar?: string | undefined
  /** Neither send cookies of the jar nor keep those of the answer; a Cookie header of the request's own goes out as it is. */
  readonly dontMergeCookies?: boolean | undefined
  /** Basic authentication; to `domain` and its subdomains only, by default to the host of this request. */
  readonly auth?: RequestAuth | undefined
  /** The proxy of this request, as the setting `proxy`; `direct`: none. */
  readonly proxy?: string | undefined
  /** The address of this machine that the connection is made from. */
  readonly localAddress?: string | undefined
  /** How much the Referer header of this request tells. */
  readonly referrerPolicy?: ReferrerPolicy | undefined
  /** In place of the setting. */
  readonly retryPriority?: number | undefined
  /** In place of the setting. */
  readonly giveUpLogLevel?: Settings['giveUpLogLevel'] | undefined
  /** AutoThrottle does not learn from the answer. */
  readonly dontThrottle?: boolean | undefined
  /** Depth begins anew with this request: it has 0. */
  readonly depthReset?: boolean | undefined
}

/** A cookie that a request brings. `domain`, `path` and `secure` default to what fits the URL of the request. */
export interface RequestCookie {
  readonly name: string
  readonly value: string
  readonly domain?: string
  readonly path?: string
  readonly secure?: boolean
}

/** A name and a password for Basic authentication. They travel with the request, into the queue and into dead letters. */
export interface RequestAuth {
  readonly user: string
  readonly password: string
  readonly domain?: string
}

/** What skein itself keeps about a request; never mixed into `meta`. */
export interface RequestState {
  /** Links between a seed and this; a seed has 0. */
  readonly depth: number
  readonly retryTimes: number
  /** Times it went back into the queue without having been asked for: its turn was another's, such as robots.txt's. */
  readonly putBack: number
  readonly redirectTimes: number
  /** The URLs that redirected, the first one first. */
  readonly redirectUrls: readonly string[]
  /** For each of `redirectUrls`, the status, or what else redirected. */
  readonly redirectReasons: readonly (number | string)[]
  /** Whether `start()` gave it: of equal priority those go in their order, behind what pages gave. */
  readonly seed: boolean
  /** Of a request that a rule of a CrawlSpider made, and whose links are followed in turn: the callback of the rule. */
  readonly ruleCallback?: string
}

/** The fields of a request. */
export interface RequestParts {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  readonly body: Uint8Array
  readonly callback: string | undefined
  readonly errback: string | undefined
  readonly cbArgs: JsonObject
  readonly meta: JsonObject
  readonly priority: number
  readonly dontFilter: boolean
  readonly slot: string | undefined
  readonly notBefore: number | undefined
  readonly encoding: string
  readonly options: RequestOptions
  readonly state: RequestState
}

/** `body` of a request that has none. */
export const EMPTY_BODY: Uint8Array = new Uint8Array(0)
/** `options` of a request that has none. */
export const NO_OPTIONS: RequestOptions = Object.freeze({})
/** `meta` and `cbArgs` of a request that has none. */
export const NO_DATA: JsonObject = Object.freeze({})
/** `state` of a request that was just made. */
export const FRESH_STATE: RequestState = Object.freeze({
  depth: 0,
  retryTimes: 0,
  putBack: 0,
  redirectTimes: 0,
  redirectUrls: Object.freeze([]),
  redirectReasons: Object.freeze([]),
  seed: false,
})

/**
 * Fields that were checked; being of this class is what tells them from an init that was not. Only declared, as those of a request are: defined and then
 * set, each would be filled twice, of five objects for a link.
 */
export class CheckedParts implements RequestParts {
  declare url: string
  declare method: string
  declare headers: Headers
  declare body: Uint8Array
  declare callback: string | undefined
  declare errback: string | undefined
  declare cbArgs: JsonObject
  declare meta: JsonObject
  declare priority: number
  declare dontFilter: boolean
  declare slot: string | undefined
  declare notBefore: number | undefined
  declare encoding: string
  declare options: RequestOptions
  declare state: RequestState

  constructor(from: RequestParts) {
    this.take(from)
  }

  /** Becomes like `from`. */
  take(from: RequestParts): this {
    this.url = from.url
    this.method = from.method
    this.headers = from.headers
    this.body = from.body
    this.callback = from.callback
    this.errback = from.errback
    this.cbArgs = from.cbArgs
    this.meta = from.meta
    this.priority = from.priority
    this.dontFilter = from.dontFilter
    this.slot = from.slot
    this.notBefore = from.notBefore
    this.encoding = from.encoding
    this.options = from.options
    this.state = from.state
    return this
  }
}

/** A plain GET, but for its URL. */
export const PLAIN: RequestParts = Object.freeze({
  url: '',
  method: 'GET',
  headers: Headers.empty,
  body: EMPTY_BODY,
  callback: undefined,
  errback: undefined,
  cbArgs: NO_DATA,
  meta: NO_DATA,
  priority: 0,
  dontFilter: false,
  slot: undefined,
  notBefore: undefined,
  encoding: 'utf-8',
  options: NO_OPTIONS,
  state: FRESH_STATE,
})

/** Crawls deeper than this are traps, or lists of pages: their requests have a state each. */
const MAX_SHARED_DEPTH = 1000
const statesByDepth: RequestState[] = []

/** The state of a request that is new but for its depth. */
export function stateAtDepth(depth: number): RequestState {
  if (depth > MAX_SHARED_DEPTH) return { ...PLAIN.state, depth }
  return (statesByDepth[depth] ??= Object.freeze({ ...PLAIN.state, depth }))
}
