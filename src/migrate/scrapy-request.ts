import { SkeinError } from '../errors.ts'
import type { PickleValue } from '../frontier/redis/pickle/pickle-value.ts'
import { readPickle } from '../frontier/redis/pickle/read-pickle.ts'
import { splitScrapyMeta } from '../frontier/redis/seeds/scrapy-meta.ts'
import { isEncoding } from '../http/encoding-names.ts'
import { type JsonObject, type JsonValue, Request, type RequestState } from '../http/request.ts'
import { hostOf } from '../url/host.ts'
import { toProxiedInit } from './proxy-authorization.ts'
import { readPythonCookies } from './python-cookies.ts'
import { toJson, toJsonObject, toText } from './python-data.ts'

/**
 * The request that scrapy-redis pickled into its queue: what `Request.to_dict()` of Scrapy 1.x to 2.19 gives, of any subclass, since the data of a
 * FormRequest or JsonRequest is in its URL and body already.
 *
 * Scrapy's options in `meta` and its cookies become options here, and its own notes there (`depth`, `retry_times`, `redirect_urls`, …) what skein
 * keeps of its requests. All else in `meta` stays.
 *
 * Throws a SkeinError, which says why, for a member that is no pickle of plain data (`ERR_PICKLE`, `ERR_PICKLE_UNSAFE`), no request, or one that
 * cannot be one here.
 *
 * @param priority in place of the one in the pickle
 */
export function readScrapyRequest(pickle: Uint8Array, priority?: number): Request {
  const dict = readPickle(pickle)
  if (!(dict instanceof Map) || !dict.has('url'))
    throw new SkeinError('ERR_IMPORT_DATA', 'It is no request: expected a dict with `url`, as Scrapy’s Request.to_dict() gives.')
  const field = (name: string): PickleValue | undefined => dict.get(name) ?? undefined

  const { state, rest } = takeState(readMeta(field('meta'), field('flags')))
  const { options, meta } = splitScrapyMeta(rest)
  const { slot, proxy, ...others } = options
  const url = toText(field('url'), 'url')
  const encoding = field('encoding')
  const request = new Request(url, {
    method: field('method') === undefined ? undefined : toText(field('method'), 'method'),
    ...toProxiedInit(readHeaders(field('headers')), proxy),
    cookies: readPythonCookies(field('cookies')),
    body: readBody(field('body')),
    callback: readName(field('callback'), 'callback'),
    errback: readName(field('errback'), 'errback'),
    cbArgs: toJsonObject(field('cb_kwargs'), 'cb_kwargs'),
    meta: meta as JsonObject,
    priority: priority ?? readPriority(field('priority')),
    dontFilter: isTrue(field('dont_filter')),
    // URL and body are written already: it says nothing any more where we do not know it
    encoding: typeof encoding === 'string' && isEncoding(encoding) ? encoding : undefined,
    ...others,
    // Scrapy notes the slot of every request it has downloaded; one that is the host's is nobody's choice
    slot: slot === undefined || slot === '' || slot === hostOf(url) ? undefined : slot,
  })
  return Object.keys(state).length === 0 ? request : request.withState(state)
}

/** Measured by Scrapy, and of no use to anybody later. */
const NOT_KEPT: ReadonlySet<string> = new Set(['download_latency'])

function readMeta(meta: PickleValue | undefined, flags: PickleValue | undefined): Record<string, JsonValue> {
  const all = toJsonObject(meta, 'meta')
  for (const key of NOT_KEPT) delete all[key]
  const noted = flags === undefined ? [] : toJson(flags, 'flags')
  if (Array.isArray(noted) && noted.length > 0) all['flags'] ??= noted
  return all
}

type StateField = readonly [name: keyof RequestState, fits: (value: JsonValue) => boolean]

const isCount = (value: JsonValue): boolean => Number.isSafeInteger(value) && (value as number) >= 0
const isTexts = (value: JsonValue): boolean => Array.isArray(value) && value.every((one) => typeof one === 'string')
const isReasons = (value: JsonValue): boolean =>
  Array.isArray(value) && value.every((one) => typeof one === 'string' || typeof one === 'number')

/** What Scrapy notes in `meta` about a request, and what it is called here. */
const STATE: ReadonlyMap<string, StateField> = new Map<string, StateField>([
  ['depth', ['depth', isCount]],
  ['retry_times', ['retryTimes', isCount]],
  ['redirect_times', ['redirectTimes', isCount]],
  ['redirect_urls', ['redirectUrls', isTexts]],
  ['redirect_reasons', ['redirectReasons', isReasons]],
  ['is_start_request', ['seed', (value) => typeof value === 'boolean']],
])

function takeState(meta: Record<string, JsonValue>): { state: Partial<RequestState>; rest: Record<string, JsonValue> } {
  const state: Record<string, JsonValue> = {}
  const rest: [string, JsonValue][] = []
  const { redirect_ttl: left, redirect_times: done } = meta
  // how many are left, where ours says how many in all
  if (typeof left === 'number') meta['redirect_ttl'] = left + (typeof done === 'number' ? done : 0)
  for (const [key, value] of Object.entries(meta)) {
    const known = STATE.get(key)
    if (known?.[1](value) === true) state[known[0]] = value
    else rest.push([key, value])
  }
  return { state: state as Partial<RequestState>, rest: Object.fromEntries(rest) }
}

function readHeaders(headers: PickleValue | undefined): [string, string][] | undefined {
  if (headers === undefined) return undefined
  if (!(headers instanceof Map)) throw new SkeinError('ERR_IMPORT_DATA', '`headers` is no dict.')
  const pairs: [string, string][] = []
  for (const [key, values] of headers) {
    const name = latin1(key, 'the name of a header')
    for (const value of Array.isArray(values) ? values : [values]) {
      // Scrapy leaves those out too
      if (value !== null) pairs.push([name, latin1(value, `the header ${name}`)])
    }
  }
  return pairs
}

/** Bytes as they go over the wire, which is how headers are kept. */
function latin1(value: PickleValue, what: string): string {
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1')
  throw new SkeinError('ERR_IMPORT_DATA', `${what} is neither bytes nor text.`)
}

function readBody(body: PickleValue | undefined): string | Uint8Array | undefined {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) return body
  throw new SkeinError('ERR_IMPORT_DATA', '`body` is neither bytes nor text.')
}

function readName(name: PickleValue | undefined, role: string): string | undefined {
  return name === undefined || name === '' ? undefined : toText(name, role)
}

function readPriority(priority: PickleValue | undefined): number {
  if (priority === undefined) return 0
  if (typeof priority === 'number' || typeof priority === 'boolean') return Number(priority)
  throw new SkeinError('ERR_IMPORT_DATA', '`priority` is no integer.')
}

function isTrue(value: PickleValue | undefined): boolean {
  return value !== undefined && value !== null && value !== false && value !== 0
}
