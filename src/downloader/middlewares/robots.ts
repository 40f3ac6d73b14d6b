import { IgnoreRequest } from '../../errors.ts'
import type { Request } from '../../http/request.ts'
import type { Response } from '../../http/response.ts'
import { slotDelay } from '../../settings/slot-delay.ts'
import { originOf } from '../../url/host.ts'
import type { Download, DownloaderContext, DownloaderMiddlewareSpec } from '../contract.ts'
import { RobotsCache, type RobotsPolicy } from '../robots-cache.ts'
import type { RobotsRules } from '../robots-txt.ts'
import { endOfAuthority, isHttp, shownUrl } from '../url-parts.ts'

/** Milliseconds of Crawl-delay that are obeyed; a robots.txt that asks for days would stop the crawl of its site. */
export const MAX_CRAWL_DELAY: number = 60_000
/**
 * Times a page goes back into the queue for the robots.txt of its site: as often as that may take (redirects, further tries), and not for ever,
 * should what was read be forgotten each time before the page comes again.
 */
const MAX_PUT_BACK = 8
/** Slots that are remembered to know a Crawl-delay, for each set of rules; requests name slots as they like. */
const MAX_TOLD = 1000

const EVERYTHING: RobotsRules = { allows: () => true, crawlDelay: undefined }
const NOTHING: RobotsRules = { allows: () => false, crawlDelay: undefined }

/**
 * Asks robots.txt (RFC 9309) before every page; a page that is not allowed ends as `robots`. The request's `dontObeyRobotsTxt` passes.
 *
 * Crawl-delay (a minute at most) becomes the delay of the slot, where it is larger; `obeyCrawlDelay` off leaves the slot as it is.
 *
 * robots.txt is fetched in the turn of the page that needs it, so that it is within the concurrency of its slot. Where requests are to be
 * spaced, it takes that turn, and so does each redirect and each further try: one request a turn. The page, and those that waited for the
 * same file, go back into the queue for a turn of their own (`state.putBack`), which is no retry. A redirect to another host is made in the
 * same way, and what is asked of that host afterwards keeps its distance.
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
  readonly #obeyCrawlDelay: boolean
  /** The scheme and authority of the last URL as written, and its origin: the next page is most often on the same site. */
  #lastPrefix = ''
  #lastOrigin = ''
  /** Slots that were told a Crawl-delay, for each set of rules that has one. */
  readonly #told = new WeakMap<RobotsRules, Set<string>>()

  constructor(context: DownloaderContext) {
    this.#context = context
    this.#cache = new RobotsCache(context)
    this.#obeyCrawlDelay = context.settings.obeyCrawlDelay
  }

  pass(request: Request, next: Download): Promise<Response | Request> {
    const { url } = request
    if (request.options.dontObeyRobotsTxt === true || !isHttp(url) || isRobotsTxt(url)) return next(request)
    const origin = this.#origin(url)
    const policy = this.#cache.get(origin)
    if (policy === undefined) return this.#fetch(request, next, origin)
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

  async #fetch(request: Request, next: Download, origin: string): Promise<Response | Request> {
    const stays = request.state.putBack >= MAX_PUT_BACK
    const wholly = stays || !this.#isSpaced(request)
    let policy = await this.#cache.fetch(origin, request, wholly)
    // another page had begun, and goes on in its next turn
    while (wholly && typeof policy === 'number') policy = await this.#cache.fetch(origin, request, wholly)
    if (typeof policy === 'number') return putBack(request, policy)
    const rules = this.#rules(request, policy)
    const slowed = rules.crawlDelay !== undefined && this.#slow(request, rules, rules.crawlDelay)
    if (!rules.allows(request.url)) throw this.#refusal(request, policy)
    return stays || (wholly && !slowed) ? next(request) : putBack(request, 0)
  }

  /** Whether there is time between two requests, so that each needs a turn. */
  #isSpaced(request: Request): boolean {
    const { settings, slotOf } = this.#context
    return settings.autoThrottle || settings.maxRequestsPerSecond > 0 || slotDelay(settings, slotOf(request)) > 0
  }

  #rules(request: Request, policy: RobotsPolicy): RobotsRules {
    if (policy === 'all') return EVERYTHING
    if (policy === 'none') return NOTHING
    const { robotsUserAgent, userAgent } = this.#context.settings
    return policy.for(robotsUserAgent || (request.headers.get('user-agent') ?? userAgent))
  }

  /** Sees to it that the slot keeps a Crawl-delay, and says whether that is longer than it would anyway. */
  #slow(request: Request, rules: RobotsRules, crawlDelay: number): boolean {
    if (!this.#obeyCrawlDelay) return false
    const { settings, slot, slotOf } = this.#context
    const name = slotOf(request)
    const delay = Math.min(crawlDelay * 1000, MAX_CRAWL_DELAY)
    if (delay <= slotDelay(settings, name)) return false
    let told = this.#told.get(rules)
    if (told === undefined) this.#told.set(rules, (told = new Set()))
    if (!told.has(name)) {
      if (told.size >= MAX_TOLD) told.clear()
      told.add(name)
      slot(request, { delay, randomizeDelay: false })
    }
    return true
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

function putBack(request: Request, notBefore: number): Request {
  const waiting = notBefore > 0 ? request.replace({ notBefore }) : request
  return waiting.withState({ putBack: request.state.putBack + 1 })
}

/** That file may always be fetched (RFC 9309, 2.2.2). */
function isRobotsTxt(url: string): boolean {
  return url.endsWith('/robots.txt') && endOfAuthority(url) === url.length - '/robots.txt'.length
}
