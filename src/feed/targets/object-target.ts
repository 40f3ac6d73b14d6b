import type { ObjectStore } from '../../storage/contract.ts'
import { checkKey } from '../../storage/object-key.ts'
import type { FeedTarget, GrowingDocument } from '../contract.ts'

const MEDIA_TYPES: readonly (readonly [end: RegExp, type: string])[] = [
  [/\.(jsonl|jl|jsonlines|ndjson)$/i, 'application/x-ndjson'],
  [/\.json$/i, 'application/json'],
  [/\.csv$/i, 'text/csv; charset=utf-8'],
  [/\.xml$/i, 'application/xml'],
  [/\.parquet$/i, 'application/vnd.apache.parquet'],
  [/\.gz$/i, 'application/gzip'],
  [/\.zst$/i, 'application/zstd'],
]

/** Objects of a bucket. */
export class ObjectTarget implements FeedTarget {
  readonly #store: ObjectStore

  constructor(store: ObjectStore) {
    this.#store = store
  }

  uriOf(key: string): string {
    return `${this.#store.uri.replace(/\/$/, '')}/${key}`
  }

  identitiesOf(key: string): readonly string[] {
    return [this.uriOf(key)]
  }

  async check(key: string): Promise<void> {
    checkKey(key, this.#store.uri)
    await this.#store.check()
  }

  async exists(key: string): Promise<boolean> {
    return (await this.#store.stat(key)) !== undefined
  }

  async put(key: string, pieces: AsyncIterable<Uint8Array>, begun?: (id: string) => void): Promise<void> {
    const upload = this.grow(key, begun)
    try {
      for await (const bytes of pieces) await upload.write(bytes)
      await upload.finish()
    } catch (error) {
      // the first error says what is wrong
      await upload.abort().catch(() => {})
      throw error
    }
  }

  grow(key: string, begun?: (id: string) => void): GrowingDocument {
    const contentType = MEDIA_TYPES.find(([end]) => end.test(key))?.[1]
    return this.#store.upload(key, contentType === undefined ? {} : { contentType }, begun)
  }

  async takeBack(key: string, id: string): Promise<void> {
    await this.#store.takeBack?.(key, id)
  }

  close(): Promise<void> {
    return this.#store.close()
  }
}
