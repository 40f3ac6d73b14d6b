import { isUtf8 } from 'node:buffer'
import { SkeinError } from '../errors.ts'
import { Selector, type JsonValue as SelectorJson, type SelectorList } from '../selector/selector.ts'
import { decodeText } from './decode-text.ts'
import { bomEncoding, detectEncoding } from './encoding.ts'
import { hrefOf } from './href-of.ts'
import { fromParts, type JsonObject, type JsonValue, type Request, type RequestInit } from './request.ts'
import { checkRequest } from './request-init.ts'
import { type CheckedParts, PLAIN } from './request-parts.ts'
import { type FollowInit, type LinkLike, Response, urlOf } from './response.ts'

/** What `followAll` takes its URLs from: a CSS selector, a selector of either language, or URLs themselves. */
export type FollowTarget =
  | string
  | { readonly css: string }
  | { readonly xpath: string }
  | Iterable<string | URL | LinkLike | Selector>

/** A response that is text. Nothing is decoded and no tree is built until it is asked for. */
export class TextResponse extends Response {
  #encoding: string | undefined
  #text: string | undefined
  #json: { readonly value: unknown } | undefined
  #selector: Selector | undefined

  /**
   * The encoding of the text: what was given, or else a byte order mark, the header, a declaration in the first 4096 bytes, and last what the bytes
   * look like.
   */
  get encoding(): string {
    return (this.#encoding ??= this.givenEncoding ?? detectEncoding(this.body, this.headers.get('content-type')))
  }

  /** How its markup is read. */
  get kind(): 'html' | 'xml' {
    return 'html'
  }

  /** The body as text; bytes that mean nothing in its encoding are U+FFFD. */
  get text(): string {
    return (this.#text ??= decodeText(this.body, this.encoding))
  }

  /**
   * The body as JSON, parsed once. Read as UTF-8 if it is that, whatever the header says, for JSON has no other encoding (RFC 8259). Throws `ERR_JSON`
   * when it is no JSON.
   */
  json<T = JsonValue>(): T {
    this.#json ??= { value: this.#parseJson() }
    return this.#json.value as T
  }

  #parseJson(): unknown {
    const text = bomEncoding(this.body) === undefined && isUtf8(this.body) ? this.body.toString() : this.text
    try {
      return JSON.parse(text)
    } catch (cause) {
      const start = text.length > 60 ? `${text.slice(0, 59)}…` : text
      throw new SkeinError(
        'ERR_JSON',
        `Expected JSON at ${this.url}, got ${JSON.stringify(start)}: ${(cause as Error).message}`,
        { cause },
      )
    }
  }

  /** The tree of the page, as a selector; built when it is first asked something. */
  get selector(): Selector {
    return (this.#selector ??= this.makeSelector())
  }

  /** @internal */
  protected makeSelector(): Selector {
    return new Selector({ text: this.text, type: 'html' })
  }

  override forget(): void {
    this.#text = undefined
    this.#json = undefined
    this.#selector = undefined
  }

  /** Elements, text (`::text`) or attributes (`::attr(href)`) by a CSS selector. */
  css(query: string): SelectorList {
    return this.selector.css(query)
  }

  /** Nodes or values by an XPath 1.0 expression, in which `$name` stands for `variables.name`. */
  xpath(...query: Parameters<Selector['xpath']>): SelectorList {
    return this.selector.xpath(...query)
  }

  /** Values by a JMESPath expression, of a body that is JSON (whatever its Content-Type says). Throws `ERR_JSON` where it is none. */
  jmespath<T = JsonValue>(query: string): SelectorList<T> {
    return jsonSelector(this.json()).jmespath<T>(query)
  }

  /**
   * A request for what this page refers to: a URL, a link, an `<a>`, `<area>` or `<link>` element, an attribute or a text. Its query is written in the encoding of
   * the page. Throws `ERR_FOLLOW` for an element without a URL, and what `Response.follow` throws.
   *
   * @example
   * yield page.follow(page.css('.next a').at(0)!, { callback: this.parseList })
   */
  override follow<Page extends Response, Args extends JsonObject>(
    url: string | URL | LinkLike | Selector,
    init?: FollowInit<Page, Args>,
  ): Request {
    const href = url instanceof Selector ? hrefOf(url) : urlOf(url)
    if (href === undefined) {
      throw new SkeinError(
        'ERR_FOLLOW',
        `There is no URL in ${(url as Selector).get()?.slice(0, 100)}. Expected an <a> or <link> with href, or an attribute.`,
      )
    }
    const checked = this.#init(init)
    const absolute = this.urljoin(href)
    return fromParts(checkRequest(absolute, checked, PLAIN, checked?.encoding ?? this.#encodingFor(absolute)))
  }

  /**
   * Requests for all that a selector finds, or for all URLs of a list. Elements without a URL that can be fetched (no href, `mailto:`, `javascript:`) are
   * passed over; in a list, such a URL throws `ERR_URL_INVALID`. A URL that is found twice gives two requests: the frontier counts the second
   * as a duplicate.
   *
   * @example
   * yield* page.followAll('.next a')
   * yield* page.followAll(links.extractLinks(page), { callback: this.parseBook })
   */
  followAll<Page extends Response, Args extends JsonObject>(
    target: FollowTarget,
    init?: FollowInit<Page, Args>,
  ): Iterable<Request> {
    const found = this.#targets(target)
    // checked once for all of them, and now: a generator would say it only when it is read
    const checked = this.#init(init)
    const parts = checkRequest(undefined, checked, PLAIN)
    return this.#requests(found, parts, checked?.encoding, checked?.headers !== undefined)
  }

  *#requests(
    found: Iterable<string | URL | LinkLike | Selector>,
    parts: CheckedParts,
    encoding: string | undefined,
    hasOwnHeaders: boolean,
  ): Generator<Request> {
    const init: RequestInit | undefined = hasOwnHeaders ? { headers: parts.headers } : undefined
    for (const one of found) {
      const href = one instanceof Selector ? hrefOf(one) : urlOf(one)
      if (href === undefined) continue
      let request: Request
      try {
        const absolute = this.urljoin(href)
        request = fromParts(checkRequest(absolute, init, parts, encoding ?? this.#encodingFor(absolute)))
      } catch (error) {
        if (one instanceof Selector && error instanceof SkeinError && error.code === 'ERR_URL_INVALID') continue
        throw error
      }
      yield request
    }
  }

  #targets(target: FollowTarget): Iterable<string | URL | LinkLike | Selector> {
    if (typeof target === 'string') return this.css(target)
    if (typeof target === 'object' && target !== null) {
      if (Symbol.iterator in target) return target
      if ('css' in target && typeof target.css === 'string') return this.css(target.css)
      if ('xpath' in target && typeof target.xpath === 'string') return this.xpath(target.xpath)
    }
    throw new SkeinError('ERR_FOLLOW', 'Expected followAll to get a CSS selector, { css }, { xpath } or a list of URLs.')
  }

  /** As in a form, a body is written in the encoding of the page unless the request names one. */
  #init<Page extends Response, Args extends JsonObject>(init: FollowInit<Page, Args> | undefined): RequestInit | undefined {
    const checked = this.followInit(init)
    if (typeof checked?.body !== 'string' || checked.encoding !== undefined || isAscii(checked.body)) return checked
    return { ...checked, encoding: this.encoding }
  }

  /** The encoding matters to characters outside of ASCII only, and costs a look at the whole page. */
  #encodingFor(url: string): string {
    return isAscii(url) ? 'utf-8' : this.encoding
  }
}

/** @internal A selector of a value that was parsed. */
export function jsonSelector(value: JsonValue): Selector {
  return new Selector({ root: value as SelectorJson, type: 'json' })
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text)
}
