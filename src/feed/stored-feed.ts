import { SkeinError } from '../errors.ts'
import type { Item } from '../pipeline/contract.ts'
import type { Feed, FeedFormat, FeedFormatName, FeedOptions, FeedStore } from './contract.ts'
import type { Continuation } from './resume/continuation.ts'

/** A format on a store. */
export class StoredFeed implements Feed {
  readonly uri: string
  readonly format: FeedFormatName
  count = 0
  readonly #format: FeedFormat
  readonly #store: FeedStore
  readonly #storeEmpty: boolean
  /** The document holds no item yet. */
  #first: boolean
  /** What precedes the first item that is written; undefined once it is. */
  #opening: string | undefined
  #closing: Promise<void> | undefined

  constructor(
    { uri, storeEmpty = true }: FeedOptions,
    name: FeedFormatName,
    format: FeedFormat,
    store: FeedStore,
    continuation: Continuation | undefined,
  ) {
    this.uri = uri
    this.format = name
    this.#format = format
    this.#store = store
    this.#storeEmpty = continuation === undefined ? storeEmpty : continuation.torn === true
    // csv writes its header with the first item, unless it knows the columns that are there
    this.#first = continuation === undefined || name === 'csv'
    this.#opening = continuation === undefined ? format.begin() : continuation.lead
  }

  write(item: Item): void {
    if (this.#closing !== undefined)
      throw new SkeinError('ERR_FEED_CLOSED', `the feed ${this.uri} was closed; nothing more can be written`)
    const text = this.#format.item(item, this.#first)
    if (this.#opening !== undefined) this.#open()
    this.#store.write(text)
    this.#first = false
    this.count++
  }

  /** Puts an empty document there, unless an empty one is not wanted. */
  begin(): Promise<void> {
    return this.#storeEmpty ? this.flush() : Promise.resolve()
  }

  flush(): Promise<void> {
    if (this.#opening !== undefined) {
      if (!this.#storeEmpty) return Promise.resolve()
      this.#open()
    }
    return this.#store.flush()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  abandon(): void {
    this.#closing = Promise.resolve()
    this.#store.abandon()
  }

  async #close(): Promise<void> {
    if (this.#opening !== undefined && !this.#storeEmpty) this.#store.abandon()
    else {
      if (this.#opening !== undefined) this.#open()
      await this.#store.close()
    }
  }

  #open(): void {
    this.#store.write(this.#opening!)
    this.#opening = undefined
  }
}
