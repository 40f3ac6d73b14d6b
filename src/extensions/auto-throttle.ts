import { MAX_CRAWL_DELAY } from '../downloader/middlewares/robots.ts'
import type { SlotChange } from '../frontier/contract.ts'
import type { Request } from '../http/request.ts'
import type { Settings } from '../settings/settings.ts'
import { slotDelay } from '../settings/slot-delay.ts'
import { originOf } from '../url/host.ts'
import { RecentMap } from '../util/recent-map.ts'
import type { Extension } from './contract.ts'

/** Slots, and origins with a Crawl-delay, that are remembered; one that is forgotten begins anew. */
const CAPACITY = 20_000
/** The frontier is told of a change from this part of the delay on, and from this many milliseconds: on Redis it is a call each. */
const SMALLEST_PART = 0.01
const SMALLEST = 1

/**
 * Adapts the delay of each slot to how fast it answers: Scrapy's AutoThrottle. A slot begins with `autoThrottleStartDelay`, or its own delay
 * where that is longer. Each answer draws it half-way towards the server's latency divided by `autoThrottleTargetConcurrency`, or all the way where
 * that is longer; it stays between the delay that is set for the slot (or its Crawl-delay) and `autoThrottleMaxDelay`. An answer other than
 * 200 may raise it only, since errors come fast. Requests with `dontThrottle` do not count. `randomizeDelay` holds as before.
 *
 * Each worker reckons with the answers that it got itself. On Redis the slot is the crawl's: its delay is what was told last by any of them, and
 * `autoThrottleTargetConcurrency` is that of all workers together.
 */
export const autoThrottle: Extension = {
  name: 'auto-throttle',
  open({ settings, signals, log, slotOf, slot }) {
    if (!settings.autoThrottle) return undefined
    const throttle = new Throttle(settings, (name, delay, from, why) => {
      slot(name, { delay } satisfies SlotChange)
      if (log.debugEnabled) log.debug(`AutoThrottle: ${name} from ${Math.round(from)} to ${Math.round(delay)} ms (${why})`)
    })
    const { robotsUserAgent, userAgent, obeyCrawlDelay } = settings
    const forget = [
      signals.on('responseDownloaded', ({ request, response: { latency, status } }) => {
        if (latency !== undefined && request.options.dontThrottle !== true) {
          throttle.answered(slotOf(request), request, latency, status)
        }
      }),
      signals.on('robotsParsed', ({ origin, crawlDelay }) => {
        const seconds = obeyCrawlDelay ? (crawlDelay(robotsUserAgent || userAgent) ?? 0) : 0
        if (seconds > 0) throttle.asked(origin, Math.min(seconds * 1000, MAX_CRAWL_DELAY))
      }),
    ]
    return () => {
      for (const off of forget) off()
    }
  },
}

/** Told of a change: the slot, its new delay and its old one in milliseconds, and why. */
type Tell = (name: string, delay: number, from: number, why: string) => void

/** All in milliseconds. */
interface SlotState {
  delay: number
  /** What the frontier knows; NaN: not known. */
  told: number
  lowest: number
}

class Throttle {
  readonly #settings: Settings
  readonly #tell: Tell
  readonly #slots = new RecentMap<string, SlotState>(CAPACITY)
  readonly #crawlDelays = new RecentMap<string, number>(CAPACITY)

  constructor(settings: Settings, tell: Tell) {
    this.#settings = settings
    this.#tell = tell
  }

  /** An origin wants a Crawl-delay: nothing that is learned goes below it. */
  asked(origin: string, crawlDelay: number): void {
    this.#crawlDelays.set(origin, crawlDelay)
  }

  answered(name: string, request: Request, latency: number, status: number): void {
    const { autoThrottleTargetConcurrency, autoThrottleMaxDelay } = this.#settings
    const slot = this.#slotOf(name, request)
    const target = latency / autoThrottleTargetConcurrency
    const wanted = Math.max(target, (slot.delay + target) / 2)
    const delay = Math.max(slot.lowest, Math.min(wanted, autoThrottleMaxDelay * 1000))
    if (status !== 200 && delay <= slot.delay) return
    const from = slot.delay
    slot.delay = delay
    if (Math.abs(delay - slot.told) < Math.max(SMALLEST, slot.told * SMALLEST_PART)) return
    slot.told = delay
    this.#tell(name, delay, from, `${Math.round(latency)} ms for status ${status}`)
  }

  #slotOf(name: string, request: Request): SlotState {
    let slot = this.#slots.get(name)
    if (slot === undefined) {
      const lowest = slotDelay(this.#settings, name)
      slot = { delay: Math.max(lowest, this.#settings.autoThrottleStartDelay * 1000), told: Number.NaN, lowest }
      this.#slots.set(name, slot)
    }
    const crawlDelay = this.#crawlDelays.size > 0 ? (this.#crawlDelays.get(originOf(request.url)) ?? 0) : 0
    if (crawlDelay > slot.lowest) {
      slot.lowest = crawlDelay
      slot.delay = Math.max(slot.delay, crawlDelay)
      // the middleware that read it has told the frontier something else
      slot.told = Number.NaN
    }
    return slot
  }
}
