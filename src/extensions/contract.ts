import type { Counts, SlotChange } from '../frontier/contract.ts'
import type { Request } from '../http/request.ts'
import type { Logger } from '../log/contract.ts'
import type { Settings } from '../settings/settings.ts'
import type { CrawlSignals } from '../signals/contract.ts'
import type { Stats } from '../stats/stats.ts'
import type { Clock } from '../util/clock.ts'

/**
 * Something that watches a crawl and may end it: progress, periodic log lines, limits.
 *
 * @example
 * const stopAtNoon: Extension = {
 *   name: 'stop-at-noon',
 *   open({ clock, close }) {
 *     return clock.after(untilNoon(), () => close('noon'))
 *   },
 * }
 */
export interface Extension {
  readonly name: string
  /** When the crawl starts; what it returns is called when the crawl is over. `undefined`: nothing to do with these settings. */
  open(context: ExtensionContext): (() => void) | undefined
}

/** What extensions see of a crawl. */
export interface ExtensionContext {
  readonly spiderName: string
  readonly settings: Settings
  readonly stats: Stats
  readonly log: Logger
  readonly signals: CrawlSignals
  readonly clock: Clock
  counts(): Promise<Counts>
  /** The name of the slot a request counts in. */
  slotOf(request: Request): string
  /** Changes how a slot is treated, by its name. Takes effect with the next lease; what goes wrong is in the log. */
  slot(name: string, change: SlotChange): void
  /** Ends the crawl in good order with this reason. */
  close(reason: string): void
}
