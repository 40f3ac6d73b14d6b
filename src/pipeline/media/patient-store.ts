import type { Logger } from '../../log/contract.ts'
import type { ObjectInfo, ObjectStat, ObjectStore, StatOptions } from '../../storage/contract.ts'
import { StorageError, type StorageErrorCode } from '../../storage/storage-error.ts'
import { withBackOff } from '../../storage/with-back-off.ts'
import type { Clock } from '../../util/clock.ts'

/** With these nothing can be stored any more, whatever it is. */
const FATAL: ReadonlySet<StorageErrorCode> = new Set(['ERR_STORAGE_DENIED', 'ERR_STORAGE_MISSING', 'ERR_STORAGE_FULL'])

/** A store that waits while the place is away, for as long as it takes: the pages that need it stay in flight, and no others are begun. */
export class PatientStore {
  readonly #store: ObjectStore
  readonly #log: Logger
  readonly #clock: Clock
  readonly #closed = new AbortController()
  readonly #running = new Set<Promise<unknown>>()
  #away = false
  #broken: StorageError | undefined

  constructor(store: ObjectStore, { log, clock }: { log: Logger; clock: Clock }) {
    this.#store = store
    this.#log = log
    this.#clock = clock
  }

  /** Set for good once nothing can be stored any more: a disk that is full, rights that were taken away. */
  get broken(): StorageError | undefined {
    return this.#broken
  }

  put(key: string, body: Uint8Array, about: ObjectInfo): Promise<void> {
    return this.#patiently(() => this.#store.put(key, body, about))
  }

  stat(key: string, options: StatOptions): Promise<ObjectStat | undefined> {
    return this.#patiently(() => this.#store.stat(key, options))
  }

  /** What is under way fails, and leaves nothing half done behind. */
  async close(): Promise<void> {
    this.#closed.abort()
    await this.#store.close()
    await Promise.allSettled(this.#running)
  }

  async #patiently<T>(action: () => Promise<T>): Promise<T> {
    if (this.#broken !== undefined) throw this.#broken
    const { signal } = this.#closed
    const running = withBackOff(action, { clock: this.#clock, signal, onRetry: (error) => this.#wentAway(error) })
    this.#running.add(running)
    try {
      const result = await running
      this.#cameBack()
      return result
    } catch (error) {
      if (error instanceof StorageError && FATAL.has(error.code)) this.#broken ??= error
      throw error
    } finally {
      this.#running.delete(running)
    }
  }

  /** Said once, not by each of those that wait. */
  #wentAway(error: StorageError): void {
    if (this.#away) return
    this.#away = true
    this.#log.warn(`The store is away; pages wait until it is back: ${error.message}`)
  }

  #cameBack(): void {
    if (!this.#away) return
    this.#away = false
    this.#log.info(`The store ${this.#store.uri} is back`)
  }
}
