import { IgnoreRequest } from '../../errors.ts'
import type { Request } from '../../http/request.ts'
import type { Response } from '../../http/response.ts'
import { hostOf, originOf } from '../../url/host.ts'
import type { Download, DownloaderContext, DownloaderMiddlewareSpec } from '../contract.ts'
import { RobotsCache, type RobotsPolicy } from '../robots-cache.ts'
import type { RobotsRules } from '../robots-txt.ts'
import { endOfAuthority, isHttp, shownUrl } from '../url-parts.ts'

/** Milliseconds of Crawl-delay that are obeyed; a robots.txt that asks for days would stop the crawl of its site. */
const MAX_CRAWL_DELAY = 60_000

const EVERYTHING: RobotsRules = { allows: () => true, crawlDelay: undefined }
const NOTHING: RobotsRules = { allows: () => false, crawlDelay: undefined }

/**
 * Asks robots.txt (RFC 9309) before every page; a page that is not allowed ends as `robots`. The request's `dontObeyRobotsTxt` passes.
 *
 * Crawl-delay (a minute at most) becomes the delay of the slot, where it is larger.
 *
 * Where there is a delay, robots.txt has taken the turn of the page that asked for it, and the pages that waited for it meanwhile would
 * go all at once: they go back to the queue, which keeps them apart, as a retry that is not counted against `maxRetries`.
 */
export const robots: DownloaderMiddlewareSpec = {
  name: 'robots',
  order: 100,
  create(context) {
    if (!context.settings.obeyRobotsTxt) return undefined
    const gate = new RobotsGate(context)
    return (request, next) => gate.pass(request, next)
  },
}

class RobotsGate {
  readonly #context: DownloaderContext
  readonly #cache: RobotsCache
  /** The scheme and authority of the last URL as written, and its origin: the next page is most often on the same site. */
  #lastPrefix = ''
  #lastOrigin = ''
  /** Slots that were told a Crawl-delay, for each set of rules that has one. */
  readonly #told = new WeakMap<RobotsRules, Set<string>>()

  constructor(context: DownloaderContext) {
    this.#context = context
    this.#cache = new RobotsCache(context)
  }

  pass(request: Request, next: Download): Promise<Response | Request> {
    const { url } = request
    if (request.options.dontObeyRobotsTxt === true || !isHttp(url) || isRobotsTxt(url)) return next(request)
    const policy = this.#cache.get(this.#origin(url))
    if (policy instanceof Promise) return this.#afterLoading(request, next, policy)
    const rules = this.#rules(request, policy)
    if (rules.crawlDelay !== undefined) this.#slow(request, rules, rules.crawlDelay)
    return rules.allows(url) ? next(request) : Promise.reject(this.#refusal(request, policy))
  }

  #origin(url: string): string {
    const end = endOfAuthority(url)
    if (end !== this.#lastPrefix.length || !url.startsWith(this.#lastPrefix)) {
      this.#lastPrefix = url.slice(0, end)
      this.#lastOrigin = originOf(url)
    }
    return this.#lastOrigin
  }

  async #afterLoading(request: Request, next: Download, loading: Promise<RobotsPolicy>): Promise<Response | Request> {
    const policy = await loading
    const rules = this.#rules(request, policy)
    const slowed = rules.crawlDelay !== undefined && this.#slow(request, rules, rules.crawlDelay)
    if (!rules.allows(request.url)) throw this.#refusal(request, policy)
    if (!slowed && this.#configuredDelay(request) === 0) return next(request)
    const maxRetries = (request.options.maxRetries ?? this.#context.settings.maxRetries) + 1
    return request.replace({ maxRetries }).withState({ retryTimes: request.state.retryTimes + 1 })
  }

  #rules(request: Request, policy: RobotsPolicy): RobotsRules {
    if (policy === 'all') return EVERYTHING
    if (policy === 'none') return NOTHING
    const { robotsUserAgent, userAgent } = this.#context.settings
    return policy.for(robotsUserAgent || (request.headers.get('user-agent') ?? userAgent))
  }

  /** Sees to it that the slot keeps a Crawl-delay, and says whether that is longer than it would anyway. */
  #slow(request: Request, rules: RobotsRules, crawlDelay: number): boolean {
    const delay = Math.min(crawlDelay * 1000, MAX_CRAWL_DELAY)
    if (delay <= this.#configuredDelay(request)) return false
    let told = this.#told.get(rules)
    if (told === undefined) this.#told.set(rules, (told = new Set()))
    const slot = request.slot ?? ''
    if (!told.has(slot)) {
      told.add(slot)
      this.#context.slot(request, { delay, randomizeDelay: false })
    }
    return true
  }

  #configuredDelay(request: Request): number {
    const { slots, delay } = this.#context.settings
    return (slots[request.slot ?? hostOf(request.url)]?.delay ?? delay) * 1000
  }

  #refusal(request: Request, policy: RobotsPolicy): IgnoreRequest {
    const { stats, log } = this.#context
    stats.inc('robotstxt/forbidden')
    const url = shownUrl(request.url)
    if (log.debugEnabled) log.debug(`forbidden by robots.txt: ${url}`)
    const why = policy === 'none' ? 'the robots.txt of its site could not be read' : 'forbidden by robots.txt'
    return new IgnoreRequest(`${url}: ${why}`, 'robots')
  }
}

/** That file may always be fetched (RFC 9309, 2.2.2). */
function isRobotsTxt(url: string): boolean {
  return url.endsWith('/robots.txt') && endOfAuthority(url) === url.length - '/robots.txt'.length
}
