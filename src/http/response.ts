import { SkeinError } from '../errors.ts'
import { urlJoin } from '../url/url-join.ts'
import { type CallbackResolver, callbackName } from './callback.ts'
import { describeValue } from './describe-value.ts'
import { encodeText } from './encode-text.ts'
import { isEncoding } from './encoding-names.ts'
import { Headers, type HeadersInit } from './headers.ts'
import { fromParts, type JsonObject, Request, type RequestInit } from './request.ts'
import { checkRequest } from './request-init.ts'
import { PLAIN } from './request-parts.ts'

/** What a response is made of. */
export interface ResponseInit {
  /** Absolute; after redirects, that of the page that came. */
  url: string
  /** @default 200 */
  status?: number | undefined
  headers?: HeadersInit | undefined
  /** Bytes are taken as they are, not copied. A string is encoded by `encoding`, by default UTF-8. */
  body?: Uint8Array | string | undefined
  /** What was asked for. @default a GET of `url` */
  request?: Request | undefined
  /** Words of middlewares about it (`cached`, `dataloss`). */
  flags?: readonly string[] | undefined
  /** `HTTP/1.1` */
  protocol?: string | undefined
  ipAddress?: string | undefined
  /** Milliseconds. */
  latency?: number | undefined
  /** Of the text, whatever the response itself says. */
  encoding?: string | undefined
  /** Checks the callbacks of requests made by `follow`. */
  callbacks?: CallbackResolver | undefined
}

/**
 * What `follow` may say about the request it makes. The callback's parameters are checked against `cbArgs` when the spider is compiled; its name is
 * checked when the request is made.
 */
export interface FollowInit<Page extends Response = Response, Args extends JsonObject = JsonObject>
  extends Omit<RequestInit, 'callback' | 'cbArgs'> {
  callback?: string | ((page: Page, args: Args) => unknown) | undefined
  cbArgs?: Args | undefined
}

/** Anything with a URL: what a link extractor finds. */
export interface LinkLike {
  readonly url: string
}

const NO_FLAGS: readonly string[] = Object.freeze([])
const NO_BODY: Buffer = Buffer.alloc(0)

/**
 * What came back for a request. Immutable. This class is for bytes; {@link createResponse} chooses a class by what the response says it is:
 * text, HTML, XML and JSON have subclasses with `text`, `css`, `xpath`, `json`.
 */
export class Response {
  readonly url: string
  readonly status: number
  readonly headers: Headers
  /** Decoded from what the wire did to it (chunks, compression). Not to be written to. */
  readonly body: Buffer
  readonly flags: readonly string[]
  /** `HTTP/1.1`; `undefined` where it came from no network. */
  readonly protocol: string | undefined
  /** Of the server that answered; `undefined` where it came from no network, and behind a proxy, where nobody here knows it. */
  readonly ipAddress: string | undefined
  /**
   * Milliseconds from when the request was handed to a connection until the head of the answer was there: how long the server took, without the time
   * to connect and to read the body. `undefined` where it came from no network. Scrapy: `download_latency`.
   */
  readonly latency: number | undefined
  /** @internal Knows the spider's callbacks; the engine sets it before the callback runs. */
  callbacks: CallbackResolver | undefined
  /** @internal The encoding that was given, which wins over what the response says. */
  readonly givenEncoding: string | undefined
  #request: Request | undefined

  constructor(init: ResponseInit) {
    const { url, status = 200, headers, body, request, encoding } = init
    if (typeof url !== 'string') throw invalid('url', 'a string', url)
    if (!Number.isInteger(status)) throw invalid('status', 'an integer', status)
    if (encoding !== undefined && !isEncoding(encoding))
      throw invalid('encoding', "the name of an encoding, such as 'utf-8'", encoding)
    this.url = url
    this.status = status
    this.headers = Headers.from(headers)
    this.body = readBody(body, encoding)
    this.flags = init.flags ?? NO_FLAGS
    this.protocol = init.protocol
    this.ipAddress = init.ipAddress
    this.latency = init.latency
    this.callbacks = init.callbacks
    // a body given as a string was encoded a line ago, so that is what it is
    this.givenEncoding = encoding?.toLowerCase() ?? (typeof body === 'string' ? 'utf-8' : undefined)
    this.#request = request
  }

  /** What was asked for; its URL is another one after a redirect only if `url` is what the redirect said. */
  get request(): Request {
    return (this.#request ??= new Request(this.url))
  }

  /**
   * @internal Says which request this answers: as it was asked for, without what was added on its way to the wire. A spider that yields it once more must
   * not put cookies and credentials into the queue.
   */
  answers(request: Request): void {
    this.#request = request
  }

  /** The request's. */
  get meta(): JsonObject {
    return this.request.meta
  }

  /** The request's. */
  get cbArgs(): JsonObject {
    return this.request.cbArgs
  }

  /** What relative URLs are relative to. */
  get baseUrl(): string {
    return this.url
  }

  /** An absolute URL of a URL that may be relative, by the rules of RFC 3986 as Python's `urljoin` has them. */
  urljoin(url: string): string {
    return urlJoin(this.baseUrl, url)
  }

  /**
   * A request for what this page refers to. Throws `ERR_URL_INVALID` for what cannot be fetched (`mailto:`), `ERR_CALLBACK` for a callback that the
   * spider does not have.
   *
   * @example
   * yield page.follow('/page/2', { callback: this.parsePage, cbArgs: { page: 2 } })
   */
  follow<Page extends Response, Args extends JsonObject>(url: string | URL | LinkLike, init?: FollowInit<Page, Args>): Request {
    return fromParts(checkRequest(this.urljoin(urlOf(url)), this.followInit(init), PLAIN))
  }

  /** A copy with changes, of the same class. */
  replace(changes: Partial<ResponseInit>): this {
    const { url, status, headers, body, flags, protocol, ipAddress, latency, callbacks, givenEncoding } = this
    const Class = this.constructor as new (init: ResponseInit) => this
    return new Class({
      url,
      status,
      headers,
      body,
      flags,
      protocol,
      ipAddress,
      latency,
      callbacks,
      encoding: givenEncoding,
      request: this.#request,
      ...changes,
    })
  }

  /**
   * @internal Lets go of what was computed from the body; asked again, it is computed again. The engine calls it when the callback is done:
   * the promises a download went through are old by then, and what hangs on them would live until the next full collection (measured on
   * pages of 23 KB: 28 % of all time went into collecting trees that nobody used any more).
   */
  forget(): void {}

  /** `<200 https://example.com/>` */
  toString(): string {
    return `<${this.status} ${this.url}>`
  }

  /** @internal What was said about a request, with the names of its callbacks, once they are known to exist. */
  protected followInit<Page extends Response, Args extends JsonObject>(
    init: FollowInit<Page, Args> | undefined,
  ): RequestInit | undefined {
    if (init === undefined || (init.callback === undefined && init.errback === undefined)) return init as RequestInit | undefined
    const checked: RequestInit = { ...(init as RequestInit) }
    if (init.callback !== undefined) checked.callback = this.#callback(init.callback, 'callback')
    if (init.errback !== undefined) checked.errback = this.#callback(init.errback, 'errback')
    return checked
  }

  #callback(ref: NonNullable<RequestInit['callback']>, role: 'callback' | 'errback'): string {
    const name = callbackName(ref, role)
    return this.callbacks === undefined ? name : this.callbacks.resolve(ref)
  }
}

/** @internal The URL that is meant, without the white space that HTML allows around it. */
export function urlOf(target: unknown): string {
  if (typeof target === 'string') return trimSpace(target)
  if (target instanceof URL) return target.href
  const url = (target as Partial<LinkLike> | null | undefined)?.url
  if (typeof url === 'string') return trimSpace(url)
  throw new SkeinError('ERR_FOLLOW', `Expected a URL, a link or a selector of one to follow, got ${describeValue(target)}.`)
}

/** Without the white space around it that HTML ignores; `trim()` would also take a no-break space, which can be part of a URL. */
function trimSpace(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && isSpace(text.charCodeAt(from))) from++
  while (to > from && isSpace(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13 && code !== 11)
}

function readBody(body: Uint8Array | string | undefined, encoding: string | undefined): Buffer {
  if (body === undefined) return NO_BODY
  if (Buffer.isBuffer(body)) return body
  const bytes = typeof body === 'string' ? encodeText(body, encoding ?? 'utf-8') : body
  if (!(bytes instanceof Uint8Array)) throw invalid('body', 'bytes or a string', body)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function invalid(key: string, expected: string, value: unknown): SkeinError {
  return new SkeinError(
    'ERR_RESPONSE_OPTION',
    `Expected \`${key}\` of a response to be ${expected}, got ${describeValue(value)}.`,
  )
}
