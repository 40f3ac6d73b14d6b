import { decodeRequest } from '../../http/codec.ts'
import type { Request } from '../../http/request.ts'
import type { DeadLetter, FrontierInspector, Lease, SlotInfo } from '../contract.ts'
import type { CrawlStore } from './crawl-store.ts'
import { decodeEntry } from './entry-text.ts'
import { NUMBER_SIZE, readNumber } from './ordered-key.ts'
import type { Steps } from './steps.ts'
import { readStats } from './tally.ts'

/** Looks at a crawl that is kept in a folder. */
export class LmdbInspector implements FrontierInspector {
  readonly #steps: Steps
  readonly #epoch: string

  constructor(steps: Steps, epoch: string) {
    this.#steps = steps
    this.#epoch = epoch
  }

  async slots(): Promise<readonly SlotInfo[]> {
    return this.#steps.take(this.#epoch, ({ slots, crawl }) =>
      slots.all().map(({ name, queued, leased, blockedUntil, policy }) => ({
        name,
        queued,
        leased,
        blockedUntil: blockedUntil === 0 ? 0 : blockedUntil - crawl.shift,
        ...policy,
      })),
    )
  }

  async leases(): Promise<readonly Lease[]> {
    return [...this.#store().leases.getRange()].map(({ key, value }) => {
      const { slot, deliveries, text } = decodeEntry(value)
      return { token: readNumber(key, NUMBER_SIZE), request: decodeRequest(text), slot, deliveries }
    })
  }

  async deadLetters(): Promise<readonly DeadLetter[]> {
    const letters: DeadLetter[] = []
    for (const { value } of this.#store().dead.getRange()) {
      const { text, ...letter } = JSON.parse(value) as Omit<DeadLetter, 'request'> & { readonly text: string }
      letters.push({ request: decodeRequest(text), ...letter })
    }
    return letters
  }

  async seen(request: Request): Promise<boolean> {
    return this.#store().isSeen(Buffer.from(this.#steps.options.fingerprint(request).subarray(0, 8)))
  }

  async stats(): Promise<Record<string, number>> {
    return readStats(this.#store().stats)
  }

  /** The tables as they are now; of this run of the crawl. */
  #store(): CrawlStore {
    this.#steps.look(this.#epoch)
    return this.#steps.store
  }
}
