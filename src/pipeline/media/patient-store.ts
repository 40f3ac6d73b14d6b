import type { Logger } from '../../log/contract.ts'
import type { Stats } from '../../stats/stats.ts'
import type { ObjectInfo, ObjectStat, ObjectStore, StatOptions } from '../../storage/contract.ts'
import { StorageError, type StorageErrorCode } from '../../storage/storage-error.ts'
import { withBackOff } from '../../storage/with-back-off.ts'
import type { Clock } from '../../util/clock.ts'
import { AwayLog } from '../store/away-log.ts'

/** With these nothing can be stored any more, whatever it is. */
const FATAL: ReadonlySet<StorageErrorCode> = new Set(['ERR_STORAGE_DENIED', 'ERR_STORAGE_MISSING', 'ERR_STORAGE_FULL'])

/** A store that waits while the place is away, for as long as it takes: the pages that need it stay in flight, and no others are begun. */
export class PatientStore {
  readonly #store: ObjectStore
  readonly #clock: Clock
  readonly #away: AwayLog
  readonly #closed = new AbortController()
  readonly #running = new Set<Promise<unknown>>()
  /** How many of those have failed, and are tried again. */
  #waiting = 0
  #broken: StorageError | undefined

  /** `name` is that of the pipeline, for the count. */
  constructor(name: string, store: ObjectStore, parts: { log: Logger; clock: Clock; stats: Stats }) {
    this.#store = store
    this.#clock = parts.clock
    this.#away = new AwayLog(name, store.uri, () => `${this.#waiting} file${this.#waiting === 1 ? '' : 's'}`, parts)
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
    this.#away.close()
    await this.#store.close()
    await Promise.allSettled(this.#running)
  }

  async #patiently<T>(action: () => Promise<T>): Promise<T> {
    if (this.#broken !== undefined) throw this.#broken
    let waits = false
    const onRetry = (error: StorageError): void => {
      if (!waits) this.#waiting++
      waits = true
      this.#away.failed(error)
    }
    const running = withBackOff(action, { clock: this.#clock, signal: this.#closed.signal, onRetry })
    this.#running.add(running)
    try {
      return await running
    } catch (error) {
      if (error instanceof StorageError && FATAL.has(error.code)) this.#broken ??= error
      throw error
    } finally {
      this.#running.delete(running)
      if (waits) this.#served()
    }
  }

  /** One that waited does not wait any more. It is the last of them that says that the store is back: that it took some other thing says little. */
  #served(): void {
    if (--this.#waiting > 0) return
    if (this.#broken === undefined && !this.#closed.signal.aborted) this.#away.answered()
    else this.#away.close()
  }
}
