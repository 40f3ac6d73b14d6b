import type { Logger } from '../../log/contract.ts'
import type { Clock } from '../../util/clock.ts'
import type { FrontierOptions } from '../contract.ts'

/** How a crawl is kept in a folder. */
export interface LmdbFrontierOptions extends FrontierOptions {
  /** The folder; it is made where it is missing. It belongs to one crawl of one spider, on a disk of this machine. */
  readonly folder: string
  /** The name of the spider. */
  readonly spider: string
  /** Keep what was seen when the crawl has finished. */
  readonly persist: boolean
  /** Throw an earlier run away. */
  readonly flushOnStart: boolean
  /**
   * What a step outlives once it is taken: the death of every process (the system writes it to the disk in its own time), or the loss of power
   * as well (each step waits for the disk).
   */
  readonly durability: 'process' | 'power'
  readonly log: Logger
  /** @default the machine's */
  readonly clock?: Clock
}
