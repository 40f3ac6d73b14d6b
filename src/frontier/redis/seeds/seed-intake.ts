import type { Request } from '../../../http/request.ts'
import type { Logger } from '../../../log/contract.ts'
import type { Clock } from '../../../util/clock.ts'
import type { Enqueued } from '../../contract.ts'
import { unescapeBytes } from '../escaped-bytes.ts'
import { describeBadSeed, parseSeed } from './parse-seed.ts'

/** Seeds that are taken at once. */
const BATCH = 100
/** Milliseconds after which seeds are taken although the queue is full: a crawl that grows must not starve them. */
const PATIENCE = 1000

/** What an intake works with. */
export interface SeedIntakeParts {
  readonly clock: Clock
  readonly log: Logger
  /** Where they come from, for the log. */
  readonly key: string
  /** Moves up to `most` messages into this session's hands; see `unescapeBytes`. */
  take(most: number): Promise<readonly string[]>
  /** Enqueues what was taken, and lets go of it, in one step. `bad`: messages that are no seeds, as they are to be kept. */
  enqueue(requests: readonly Request[], bad: readonly string[]): Promise<Enqueued>
  /** There is something to lease. */
  arrived(): void
}

/**
 * Brings seeds that others pushed to `start_urls` into the queue. They are moved, not popped: until they are enqueued they are in Redis, and
 * come back to `start_urls` when this worker dies. One that cannot be read is kept aside, and the others go on.
 */
export class SeedIntake {
  readonly #parts: SeedIntakeParts
  #running: Promise<void> | undefined
  #last = Number.NEGATIVE_INFINITY

  constructor(parts: SeedIntakeParts) {
    this.#parts = parts
  }

  /** There are seeds: takes some, if `hungry` for work or if none were taken for a while. */
  offer(hungry: boolean): void {
    if (this.#running !== undefined || (!hungry && this.#parts.clock.now() - this.#last < PATIENCE)) return
    this.#last = this.#parts.clock.now()
    this.#running = this.#take()
      // the next lease tells of seeds again, and of whatever is wrong with the server
      .catch((error: unknown) => this.#parts.log.debug('Seeds could not be taken this time', { error }))
      .finally(() => {
        this.#running = undefined
      })
  }

  /** When nothing is being taken. */
  async settled(): Promise<void> {
    await this.#running
  }

  async #take(): Promise<void> {
    const { take, enqueue, arrived, log, key, clock } = this.#parts
    const messages = (await take(BATCH)).map(unescapeBytes)
    if (messages.length === 0) return
    const requests: Request[] = []
    const bad: string[] = []
    for (const message of messages) {
      try {
        requests.push(parseSeed(message))
      } catch (error) {
        log.warn(`A message in ${key} is no seed: ${error instanceof Error ? error.message : String(error)}`)
        bad.push(describeBadSeed(message, error, clock.now()))
      }
    }
    const { added, duplicates } = await enqueue(requests, bad)
    log.info(
      `Took ${messages.length} ${messages.length === 1 ? 'seed' : 'seeds'} from ${key}: ${added} added` +
        (duplicates.length > 0 ? `, ${duplicates.length} seen before` : '') +
        (bad.length > 0 ? `, ${bad.length} kept aside as bad (\`skein dead seeds\`)` : ''),
    )
    if (added > 0) arrived()
  }
}
