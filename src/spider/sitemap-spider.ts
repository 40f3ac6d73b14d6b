import { SkeinError } from '../errors.ts'
import type { JsonObject, Request, RequestInit } from '../http/request.ts'
import type { Response } from '../http/response.ts'
import { XmlResponse } from '../http/xml-response.ts'
import type { Item } from '../pipeline/contract.ts'
import { anyMatches } from '../selector/links/patterns.ts'
import { callbackResolver } from './callbacks.ts'
import type { Output } from './output.ts'
import { robotsSitemaps } from './sitemap/robots-sitemaps.ts'
import type { SitemapEntry } from './sitemap/sitemap-entry.ts'
import { SitemapReader } from './sitemap/sitemap-reader.ts'
import {
  checkSitemapUrls,
  type ReadySitemapRule,
  readPatterns,
  readSitemapRules,
  type SitemapRule,
} from './sitemap/sitemap-rule.ts'
import { SitemapText } from './sitemap/sitemap-text.ts'
import { isGzip } from './sitemap/unzip.ts'
import { Spider } from './spider.ts'

/**
 * A spider that begins with the sitemaps of a site: of `sitemapUrls`, which may be sitemaps, lists of sitemaps or robots.txt. Each URL in them goes to the
 * callback of the first of `sitemapRules` that matches it. `startUrls` are crawled as well, where there are any.
 *
 * Sitemaps are read as they are unzipped, without a tree, within limits: a file of any size holds no more memory than its requests. Entities are
 * never expanded. What is beyond a limit, or is no sitemap or no URL, is counted and logged.
 *
 * @example
 * export class Products extends SitemapSpider<Product> {
 *   override sitemapUrls = ['https://shop.example/robots.txt']
 *   override sitemapRules = [{ match: '/product/', callback: this.parseProduct }]
 *
 *   override sitemapFilter({ lastmod = '' }: SitemapEntry) {
 *     return lastmod >= '2026'
 *   }
 *
 *   parseProduct(page: HtmlResponse) {
 *     return { title: page.css('h1::text').get('') }
 *   }
 * }
 */
export abstract class SitemapSpider<I extends Item = Item> extends Spider<I> {
  /** Sitemaps, lists of sitemaps, and robots.txt that name some. */
  sitemapUrls: readonly string[] = []
  /** What becomes of the URLs; the first that matches. @default all go to `parse` */
  sitemapRules: readonly SitemapRule[] = [{}]
  /** Patterns searched in the URLs of sitemaps that a list of sitemaps names; one must be found. @default all are followed */
  sitemapFollow: readonly (string | RegExp)[] = ['']
  /** Whether the same page in other languages is crawled too. @default false */
  sitemapAlternateLinks = false
  /** Lists of sitemaps inside of each other that are followed. @default 5 */
  sitemapMaxDepth = 5
  /** Bytes of one sitemap, unzipped, that are read. The protocol allows 50 MiB. @default 256 MiB */
  sitemapMaxSize: number = 256 * 1024 * 1024
  /** Requests that one sitemap gives. They are committed together, and so are in memory together. The protocol allows 50,000 URLs. @default 200,000 */
  sitemapMaxUrls = 200_000

  readonly #callbacks = callbackResolver(this)
  #ready: Ready | undefined

  /** Whether an entry of a sitemap is wanted: one of a page (`urlset`), or one of another sitemap (`sitemapindex`). All are, unless a spider says no. */
  sitemapFilter(_entry: SitemapEntry, _type: 'urlset' | 'sitemapindex'): boolean {
    return true
  }

  /** Requests for `sitemapUrls`, and behind them for `startUrls`. */
  override *start(): Iterable<Output<I>> {
    for (const url of this.sitemapUrls) {
      const request = this.#requestFor(url, { callback: 'parseSitemap' })
      if (request !== undefined) yield request
      else this.log.error(`sitemapUrls: ${JSON.stringify(url)} is no URL that can be fetched. Expected an absolute one`)
    }
    yield* super.start() as Iterable<Output<I>>
  }

  /** The callback of sitemaps and robots.txt. It can be given to other requests too. */
  async *parseSitemap(page: Response, { level = 0 }: { readonly level?: number } & JsonObject = {}): AsyncGenerator<Output<I>> {
    if (page.url.endsWith('/robots.txt')) {
      for (const url of robotsSitemaps(page.body, page.url)) {
        const request = this.#requestFor(url, { callback: 'parseSitemap' })
        if (request !== undefined) yield request
      }
      return
    }
    if (!looksLikeSitemap(page)) return this.#ignore(page, 'its type and its URL are not those of one')
    const reader = new SitemapReader()
    const text = new SitemapText(page, this.sitemapMaxSize)
    const counts = { given: 0 }
    for await (const piece of text) {
      for (const entry of reader.read(piece)) yield* this.#requests(page, reader.type, entry, level, counts)
      if (counts.given >= this.sitemapMaxUrls)
        return this.#cut(page, `it has more than ${this.sitemapMaxUrls} URLs (\`sitemapMaxUrls\`)`)
      if (reader.type !== undefined && isOfNoUse(reader.type)) break
    }
    const { isWhole } = reader
    for (const entry of reader.end()) yield* this.#requests(page, reader.type, entry, level, counts)
    if (isOfNoUse(reader.type))
      this.#ignore(page, reader.type === undefined ? 'it is no XML' : `its root element is <${reader.type}>`)
    else if (text.isCut) this.#cut(page, `it has more than ${this.sitemapMaxSize} bytes (\`sitemapMaxSize\`)`)
    else if (!isWhole) this.#cut(page, 'it breaks off')
  }

  /** @internal */
  override attached(): void {
    checkSitemapUrls(this.sitemapUrls)
    this.#read()
  }

  #read(): Ready {
    return (this.#ready ??= {
      rules: readSitemapRules(this.sitemapRules, this.#callbacks),
      follow: readPatterns(this.sitemapFollow, 'sitemapFollow'),
    })
  }

  *#requests(
    page: Response,
    type: string | undefined,
    entry: SitemapEntry,
    level: number,
    counts: { given: number },
  ): Generator<Request> {
    if (type !== 'urlset' && type !== 'sitemapindex') return
    if (!this.sitemapFilter(entry, type)) return
    const { rules, follow } = this.#read()
    for (const url of this.sitemapAlternateLinks ? [entry.loc, ...(entry.alternate ?? [])] : [entry.loc]) {
      if (counts.given >= this.sitemapMaxUrls) return
      const init =
        type === 'urlset' ? rules.find(({ pattern }) => pattern.test(url))?.init : this.#nested(page, url, follow, level)
      if (init === undefined) continue
      const request = this.#requestFor(url, init)
      if (request === undefined) continue
      counts.given++
      yield request
    }
  }

  /** How a sitemap that a list names is asked for; undefined where it is not followed. */
  #nested(page: Response, url: string, follow: readonly RegExp[], level: number): RequestInit | undefined {
    if (!anyMatches(follow, url)) return undefined
    if (level < this.sitemapMaxDepth) return { callback: 'parseSitemap', cbArgs: { level: level + 1 } }
    this.stats.inc('sitemap/too_deep_count')
    this.log.warn(`A sitemap is in more than ${this.sitemapMaxDepth} lists (\`sitemapMaxDepth\`), and is not followed`, {
      url,
      list: page.url,
    })
    return undefined
  }

  /** Undefined for what cannot be fetched, which is counted. */
  #requestFor(url: string, init: RequestInit): Request | undefined {
    try {
      return this.request(url, init)
    } catch (error) {
      if (!(error instanceof SkeinError) || error.code !== 'ERR_URL_INVALID') throw error
      this.stats.inc('sitemap/invalid_url_count')
      this.log.debug(`A sitemap names what is no URL: ${error.message}`)
      return undefined
    }
  }

  #ignore({ url }: Response, why: string): void {
    this.stats.inc('sitemap/ignored_count')
    this.log.warn(`This is no sitemap, and is passed over: ${why}`, { url })
  }

  #cut({ url }: Response, why: string): void {
    this.stats.inc('sitemap/cut_count')
    this.log.warn(`A sitemap was read in part: ${why}. What was read is crawled`, { url })
  }
}

/** What a spider says about sitemaps, checked. */
interface Ready {
  readonly rules: readonly ReadySitemapRule[]
  readonly follow: readonly RegExp[]
}

/** As Scrapy: XML by its type, whatever is gzip, and by the ending of the URL. */
function looksLikeSitemap(page: Response): boolean {
  return page instanceof XmlResponse || isGzip(page.body) || /\.xml(?:\.gz)?$/.test(page.url)
}

function isOfNoUse(type: string | undefined): boolean {
  return type !== 'urlset' && type !== 'sitemapindex'
}
