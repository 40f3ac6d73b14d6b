import { HtmlResponse } from '../http/html-response.ts'
import type { JsonObject, Request } from '../http/request.ts'
import type { FollowInit, Response } from '../http/response.ts'
import type { Item } from '../pipeline/contract.ts'
import type { Link } from '../selector/links/link.ts'
import { andThen } from './and-then.ts'
import { callbackResolver } from './callbacks.ts'
import type { Outputs } from './output.ts'
import { type ReadyRule, type Rule, readRules } from './rule.ts'
import { Spider } from './spider.ts'

/**
 * A spider that follows links by rules. On each HTML page that the rules hold for, every link is taken by the first rule that wants it; the page behind it
 * goes to the callback of that rule, and where the rule says `follow` the rules hold for that page as well.
 *
 * The rules hold for the start pages, whose items come from `parseStart`. They are checked before the first request, and read once.
 *
 * @example
 * export class Shop extends CrawlSpider<Book> {
 *   override startUrls = ['https://books.example/']
 *   override rules = [
 *     { extract: { allow: '/category/' } },
 *     { extract: { allow: '/book/' }, callback: this.parseBook },
 *   ]
 *
 *   parseBook(page: HtmlResponse) {
 *     return { title: page.css('h1::text').get('') }
 *   }
 * }
 */
export abstract class CrawlSpider<I extends Item = Item> extends Spider<I> {
  /** Which links are followed, in the order of their precedence. */
  abstract readonly rules: readonly Rule[]

  readonly #callbacks = callbackResolver(this)
  #ready: readonly ReadyRule[] | undefined

  /** What a start page gives beside its links: nothing, unless a spider says so. */
  parseStart(_page: Response, _args: JsonObject): Outputs<I> {}

  /** The callback of start pages. What they give comes from `parseStart`; a spider that has a `parse` of its own has no rules there. */
  override parse(page: Response, args: JsonObject): Outputs<I> {
    return andThen(this.parseStart(page, args), () => this.#follow(page))
  }

  /** The callback of pages that rules lead to and hold for: the callback of the rule that did, and then the rules. */
  parseRule(page: Response, args: JsonObject): Outputs<I> {
    const { ruleCallback } = page.request.state
    if (ruleCallback === undefined) return this.#follow(page)
    // it may have been another version of the spider that made the request
    const method = this.#callbacks.resolve(ruleCallback)
    const outputs = (this as unknown as Record<string, (page: Response, args: JsonObject) => Outputs<I>>)[method]!(page, args)
    return andThen(outputs, () => this.#follow(page))
  }

  /** @internal */
  override attached(): void {
    this.#readRules()
  }

  #readRules(): readonly ReadyRule[] {
    return (this.#ready ??= readRules(this.rules, this.#callbacks))
  }

  *#follow(page: Response): Generator<Request> {
    if (!(page instanceof HtmlResponse)) return
    const taken = new Set<string>()
    for (const rule of this.#readRules()) {
      const found: Link[] = []
      for (const link of rule.links.extractLinks(page)) if (!taken.has(link.url)) found.push(link)
      const wanted: Link[] = []
      for (const link of rule.processLinks?.call(this, found, page) ?? found) {
        if (taken.has(link.url)) continue
        taken.add(link.url)
        wanted.push(link)
      }
      for (const request of page.followAll(wanted, initOf(rule))) {
        const made = rule.follow && rule.callback !== undefined ? request.withState({ ruleCallback: rule.callback }) : request
        const processed = rule.processRequest === undefined ? made : rule.processRequest.call(this, made, page)
        if (processed !== undefined && processed !== null) yield processed
      }
    }
  }
}

/** Of a rule that does not hold for the pages behind it, those go straight to its callback. */
function initOf({ callback, errback, cbArgs, follow }: ReadyRule): FollowInit<Response, JsonObject> {
  return { callback: callback === undefined || follow ? 'parseRule' : callback, errback, cbArgs }
}
