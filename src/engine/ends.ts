import type { EndReason } from '../errors.ts'
import type { Request } from '../http/request.ts'
import type { Logger } from '../log/contract.ts'
import type { Refused } from '../scraper/scraper.ts'
import type { Settings } from '../settings/settings.ts'
import type { CrawlSignals } from '../signals/contract.ts'
import type { Stats } from '../stats/stats.ts'
import { Turns } from '../util/turns.ts'

/** Ends that a user wants to read about; the others are only counted, and logged for debugging. */
const LEVELS: Partial<Record<EndReason, Level>> = {
  'http-error': 'info',
  robots: 'info',
  dead: 'error',
}

type Level = Settings['giveUpLogLevel']

const NONE: readonly number[] = []

/** What ends are told to. */
interface EndsParts {
  readonly stats: Stats
  readonly log: Logger
  readonly signals: CrawlSignals
  readonly settings: Pick<Settings, 'giveUpLogLevel'>
}

/** Makes every end of a request visible: in the stats, in the log at the level it deserves, and as a signal (I5). */
export class Ends {
  readonly #log: Logger
  readonly #signals: CrawlSignals
  readonly #giveUpLogLevel: Level
  readonly #byReason
  readonly #filtered
  readonly #enqueued

  constructor({ stats, log, signals, settings }: EndsParts) {
    this.#log = log
    this.#giveUpLogLevel = settings.giveUpLogLevel
    this.#signals = signals
    this.#byReason = stats.counter('request_end_count')
    this.#filtered = stats.counter('dupefilter/filtered')
    this.#enqueued = stats.counter('scheduler/enqueued')
  }

  /** Says that requests went into the queue, but for those at the positions `duplicates` and `overBudget`, whose end it was. */
  async scheduled(
    requests: readonly Request[],
    duplicates: readonly number[],
    overBudget: readonly number[] = NONE,
  ): Promise<void> {
    this.#enqueued.add(requests.length - duplicates.length - overBudget.length)
    const turns = new Turns()
    if (this.#signals.has('requestScheduled')) {
      const refused = new Set([...duplicates, ...overBudget])
      for (const [i, request] of requests.entries()) {
        if (!refused.has(i)) await this.#signals.emit('requestScheduled', { request })
        if (turns.over()) await turns.next()
      }
    }
    if (duplicates.length > 0 && !this.#tellsOfDuplicates) this.#count('duplicate', duplicates.length)
    else {
      for (const i of duplicates) {
        const told = this.#dropped(requests[i]!, 'duplicate')
        if (told !== undefined) await told
        if (turns.over()) await turns.next()
      }
    }
    for (const i of overBudget) {
      const told = this.#dropped(requests[i]!, 'budget')
      if (told !== undefined) await told
      if (turns.over()) await turns.next()
    }
  }

  /** Says that a middleware refused these: they did not come into the queue. */
  async refused(refusals: readonly Refused[]): Promise<void> {
    const turns = new Turns()
    for (const { request, error } of refusals) {
      const told = this.#dropped(request, error.reason, error)
      if (told !== undefined) await told
      if (turns.over()) await turns.next()
    }
  }

  /** Somebody wants to hear of each: there are dozens a page. */
  get #tellsOfDuplicates(): boolean {
    return this.#log.debugEnabled || this.#signals.has('requestDropped') || this.#signals.has('requestEnded')
  }

  #count(reason: EndReason, times: number): void {
    this.#byReason.label(reason).add(times)
    if (reason === 'duplicate') this.#filtered.add(times)
  }

  #dropped(request: Request, reason: EndReason, error?: unknown): void | Promise<void> {
    if (!this.#signals.has('requestDropped')) return this.end(request, reason, error)
    return this.#signals.emit('requestDropped', { request, reason }).then(() => this.end(request, reason, error))
  }

  /** Says that a request has ended. A promise only where somebody listens. */
  end(request: Request, reason: EndReason, error?: unknown): void | Promise<void> {
    this.#count(reason, 1)
    const level = this.#levelOf(request, reason)
    if (level !== undefined || this.#log.debugEnabled) {
      const what = error instanceof Error ? `: ${error.message}` : ''
      const { retryTimes } = request.state
      const tries = retryTimes > 0 && (reason === 'failed' || reason === 'http-error') ? ` after ${retryTimes + 1} tries` : ''
      this.#log[level ?? 'debug'](`${request} ended as ${reason}${tries}${what}`)
    }
    if (this.#signals.has('requestEnded')) return this.#signals.emit('requestEnded', { request, reason, error })
  }

  /** A request that failed for good is logged as its user wants it; a status is a failure where it was tried again because of one. */
  #levelOf(request: Request, reason: EndReason): Level | undefined {
    if (reason !== 'failed' && (reason !== 'http-error' || request.state.retryTimes === 0)) return LEVELS[reason]
    return request.options.giveUpLogLevel ?? this.#giveUpLogLevel
  }
}
