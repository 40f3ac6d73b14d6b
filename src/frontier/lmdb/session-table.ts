import type { WorkerInfo } from '../contract.ts'
import type { CrawlStore } from './crawl-store.ts'
import { numberKey, readNumber } from './ordered-key.ts'
import type { ProcessMark } from './process-mark.ts'

/** A session as the store keeps it. */
export interface SessionRecord {
  /** Milliseconds since the epoch, by the crawl's time. */
  readonly expires: number
  readonly process: ProcessMark
  readonly worker: WorkerInfo
  /** As in `LmdbFrontierOptions`: what the steps of this session outlive. */
  readonly durability: 'process' | 'power'
  /** The token of the request it holds that may be what kills workers; 0: none. */
  readonly suspect: number
}

/** The sessions of a crawl; there are as many as workers on one machine. */
export class SessionTable {
  readonly #table: CrawlStore['sessions']

  constructor(table: CrawlStore['sessions']) {
    this.#table = table
  }

  get(id: number): SessionRecord | undefined {
    const text = this.#table.get(numberKey(id))
    return text === undefined ? undefined : (JSON.parse(text) as SessionRecord)
  }

  put(id: number, record: SessionRecord): void {
    this.#table.putSync(numberKey(id), JSON.stringify(record))
  }

  remove(id: number): void {
    this.#table.removeSync(numberKey(id))
  }

  all(): { readonly id: number; readonly record: SessionRecord }[] {
    return [...this.#table.getRange()].map(({ key, value }) => ({
      id: readNumber(key, 0),
      record: JSON.parse(value) as SessionRecord,
    }))
  }
}
