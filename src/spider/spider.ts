import type { Config } from '../crawl/contract.ts'
import { SkeinError, UsageError } from '../errors.ts'
import type { CallbackResolver } from '../http/callback.ts'
import { type JsonObject, Request, type RequestInit } from '../http/request.ts'
import type { Response } from '../http/response.ts'
import type { Logger } from '../log/contract.ts'
import type { Item } from '../pipeline/contract.ts'
import { Stats } from '../stats/stats.ts'
import { callbackResolver } from './callbacks.ts'
import type { Output, Outputs } from './output.ts'

/**
 * What to crawl and what to take from it. Extend it, name where to start, and write a callback for each kind of page.
 *
 * Callbacks are methods: sync or async, plain or generator. They get a page and the request's `cbArgs`, and give items (plain objects)
 * and requests. A callback may run on another machine than the one that found the link, so all it needs travels in the request.
 *
 * @example
 * export default class Quotes extends Spider<Quote> {
 *   static override spiderName = 'quotes'
 *   override startUrls = ['https://quotes.toscrape.com/']
 *
 *   override *parse(page: HtmlResponse) {
 *     for (const quote of page.css('.quote')) yield { text: quote.css('.text::text').get(), author: quote.css('.author::text').get() }
 *     yield* page.followAll('.next a')
 *   }
 * }
 */
export abstract class Spider<I extends Item = Item> {
  /** The name on the command line and in keys. @default the class name in kebab-case */
  static spiderName?: string
  /** Settings and parts of this spider; they win over the project's. */
  static settings?: Config

  /** Where to start. They pass the duplicate filter like any other request. */
  startUrls: readonly string[] = []
  /** Requests to other hosts than these and their subdomains end as `offsite`. Empty: any host. */
  allowedDomains: readonly string[] = []
  /** Arguments of this run: `skein crawl quotes -a tag=love` gives `{ tag: 'love' }`. */
  readonly args: Readonly<Record<string, string>>

  readonly #callbacks: CallbackResolver
  #tools: SpiderTools | undefined

  constructor(args: Readonly<Record<string, string>> = {}) {
    this.args = args
    this.#callbacks = callbackResolver(this)
  }

  /** The name of this spider. */
  get name(): string {
    return spiderNameOf(this.constructor as SpiderClass)
  }

  /** The log of the crawl. Outside of one, warnings and errors go to the console. */
  get log(): Logger {
    return this.#tools?.log ?? consoleLogger
  }

  /** The stats of the crawl. */
  get stats(): Stats {
    return (this.#tools ??= { log: consoleLogger, stats: new Stats() }).stats
  }

  /** The first requests, and items if there are any to begin with. By default one request for each of `startUrls`. */
  start(): Iterable<Output<I>> | AsyncIterable<Output<I>> {
    return this.#startRequests()
  }

  *#startRequests(): Generator<Request> {
    // a text is a list of characters
    if (typeof this.startUrls === 'string') {
      throw new UsageError(
        'ERR_START_URLS',
        `Expected \`startUrls\` to be a list of URLs, got one: write [${JSON.stringify(this.startUrls)}].`,
      )
    }
    for (const url of this.startUrls) {
      try {
        yield this.request(url)
      } catch (error) {
        if (!(error instanceof SkeinError)) throw error
        this.stats.inc('spider/invalid_start_url_count')
        this.log.error(`startUrls: ${error.message}`)
      }
    }
  }

  /** The callback of requests that name none. */
  parse(page: Response, _args: JsonObject): Outputs<I> {
    throw new SkeinError(
      'ERR_CALLBACK',
      `The spider ${this.name} has no parse method. Expected one, as ${page.request} names no callback.`,
    )
  }

  /** When the crawl is over, for whatever reason. */
  closed(_reason: string): void | Promise<void> {}

  /** A request whose callbacks are checked now, as `page.follow` does; for `start()` and wherever there is no page. */
  request<Meta extends JsonObject = JsonObject>(url: string | URL, init: RequestInit<Meta> = {}): Request<Meta> {
    if (init.callback !== undefined) this.#callbacks.resolve(init.callback)
    if (init.errback !== undefined) this.#callbacks.resolve(init.errback)
    return new Request(url, init)
  }

  /**
   * For a page that came and is of no use (a log-in form, an empty list): its request once more, to be yielded. It counts as a retry: it waits
   * for the back-off, has `state.retryTimes` one higher, and there is none after `maxRetries` (then the log says so, at `giveUpLogLevel`).
   * Undefined also for a request that says `dontRetry`, and outside of a crawl. Scrapy: `get_retry_request`.
   *
   * @example
   * if (page.css('.captcha').length > 0) return yield this.retry(page.request, 'captcha')
   */
  retry(request: Request, reason = 'unspecified'): Request | undefined {
    return this.#tools?.retry?.(request, reason)
  }

  /**
   * Fetches something that a callback needs to finish its page (a token, a price from an API), and gives the response. It goes through all downloader
   * middlewares (robots.txt, cookies, retries and redirects, which are followed at once), past the queue and its seen set, and is counted in
   * `response_received_count`. Any status is a response.
   *
   * It keeps to the slot's concurrency and delay as far as this worker knows: what comes from the queue waits behind it, but other workers that download
   * inline from the same host do not. A page that yields the request instead costs less, and is not fetched twice.
   *
   * @throws DownloadError or IgnoreRequest (its `reason` says why: `robots`, …), and ERR_NO_CRAWL outside of one
   *
   * @example
   * async *parse(page: HtmlResponse) {
   *   const stock = await this.download(page.follow('/api/stock'))
   *   yield { title: page.css('h1::text').get(), stock: (stock as JsonResponse).json() }
   * }
   */
  async download(request: Request | string | URL): Promise<Response> {
    const download = this.#tools?.download
    if (download === undefined) {
      throw new SkeinError(
        'ERR_NO_CRAWL',
        `The spider ${this.name} takes part in no crawl. Expected download() to be called by a callback or start().`,
      )
    }
    return download(request instanceof Request ? request : this.request(request))
  }

  /** @internal Called by the crawl before `start()`; gives what pages check callbacks with. */
  static attach(spider: Spider, tools: SpiderTools): CallbackResolver {
    spider.#tools = tools
    spider.attached()
    return spider.#callbacks
  }

  /** @internal The crawl has taken the spider on: what it declares in fields is there by now, and can be checked before the first request. */
  attached(): void {}
}

/** What a crawl lends to its spider. */
export interface SpiderTools {
  readonly log: Logger
  readonly stats: Stats
  /** Downloads beside the queue. */
  readonly download?: (request: Request) => Promise<Response>
  /** Undefined: no further try. */
  readonly retry?: (request: Request, reason: string) => Request | undefined
}

/** A class that extends {@link Spider}. */
export type SpiderClass<I extends Item = Item> = (new (
  args?: Readonly<Record<string, string>>,
) => Spider<I>) & {
  spiderName?: string
  settings?: Config
}

/** `spiderName`, or the class name in kebab-case: `HackerNews` is `hacker-news`. */
export function spiderNameOf(spider: SpiderClass): string {
  return spider.spiderName ?? spider.name.replace(/([a-z0-9])([A-Z])|([A-Z])(?=[A-Z][a-z])/g, '$1$3-$2').toLowerCase()
}

const consoleLogger: Logger = {
  debugEnabled: false,
  debug() {},
  info() {},
  warn: (message) => console.warn(message),
  error: (message) => console.error(message),
}
