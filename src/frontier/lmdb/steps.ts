import { SkeinError } from '../../errors.ts'
import { type Clock, systemClock } from '../../util/clock.ts'
import type { CrawlSettings } from './crawl-settings.ts'
import type { CrawlState } from './crawl-state.ts'
import type { CrawlStore } from './crawl-store.ts'
import type { LmdbFrontierOptions } from './lmdb-options.ts'
import { Step } from './step.ts'

/** Takes the steps of a crawl, one transaction each. */
export class Steps {
  readonly store: CrawlStore
  readonly options: LmdbFrontierOptions
  readonly clock: Clock
  #settings: CrawlSettings | undefined
  /** Version of the settings that are known here. */
  #version = 0

  constructor(store: CrawlStore, options: LmdbFrontierOptions) {
    this.store = store
    this.options = options
    this.clock = options.clock ?? systemClock
  }

  /** Takes a step of the run `epoch`: what `work` changes is written as one, or nothing is. Throws `ERR_CRAWL_GONE` when there is another run. */
  take<T>(epoch: string, work: (step: Step) => T): T {
    return this.store.transact(() => {
      const crawl = this.#crawl(epoch)
      const step = this.step(crawl, this.#settingsOf(crawl))
      const result = work(step)
      step.save()
      return result
    })
  }

  /** A step inside a transaction that is under way. */
  step(crawl: CrawlState, settings: CrawlSettings): Step {
    return new Step(this.store, crawl, settings, this.clock.now(), this.options.slotOf)
  }

  /** How the crawl stands, without changing it. What is read of the store in the same turn is as of then. */
  look(epoch: string): CrawlState {
    this.store.refresh()
    return this.#crawl(epoch)
  }

  /** A text that is another one when the crawl has changed by more than time; empty when it is gone. Slots whose treatment alone changes do not count. */
  mark(epoch: string): string {
    this.store.refresh()
    const crawl = Step.read(this.store)
    return crawl?.epoch === epoch ? JSON.stringify({ ...crawl, clock: 0 }) : ''
  }

  #crawl(epoch: string): CrawlState {
    const crawl = Step.read(this.store)
    if (crawl?.epoch !== epoch) throw crawlGone(this.options.folder)
    return crawl
  }

  #settingsOf({ settings: version }: CrawlState): CrawlSettings {
    if (this.#settings === undefined || this.#version !== version) {
      this.#settings = Step.readSettings(this.store)
      this.#version = version
    }
    return this.#settings
  }
}

/** Another run of the crawl has begun meanwhile. */
export function crawlGone(folder: string): SkeinError {
  return new SkeinError(
    'ERR_CRAWL_GONE',
    `The crawl that this worker took part in is not in ${folder} any more: another run of it has begun. Start it again to take part in that one.`,
  )
}
