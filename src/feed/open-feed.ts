import { SkeinError, UsageError } from '../errors.ts'
import type { Item } from '../pipeline/contract.ts'
import type { Feed, FeedFormat, FeedFormatName, FeedOptions, FeedStore } from './contract.ts'
import { type FeedNames, type FeedPlace, placeOf } from './feed-place.ts'
import { columnsOf } from './fields.ts'
import { createFormat } from './formats/create-format.ts'
import type { Continuation } from './resume/continuation.ts'
import { resumeFeed } from './resume/resume-feed.ts'
import { DocumentFile } from './stores/document-file.ts'
import { FileStore } from './stores/file.ts'
import { StreamStore } from './stores/stdout.ts'

/** What feeds are opened with. */
export interface FeedContext extends FeedNames {
  /** Hears what the owner of a feed should know and what does not stop the crawl: fields left out of a csv, a broken last line. */
  readonly warn?: (message: string) => void
}

/** A feed that is sure to be writable and has changed nothing yet. */
interface PreparedFeed {
  /** The same for two feeds that would write over each other. */
  readonly identity: string | undefined
  readonly feed: StoredFeed
  readonly created: boolean
}

/**
 * Opens a feed. What can be known to go wrong goes wrong here, before the crawl: a place that cannot be written, a document that
 * cannot be appended to. What was there is replaced (`overwrite`) at the first flush, not before.
 *
 * A file is a whole document after every flush, whatever happens to the process: `.json` and `.xml` end in their closing bracket or
 * tag, which the next flush overwrites; `.gz` ends in a checksum, likewise; `.jsonl` and `.csv` end in a whole line.
 *
 * @throws UsageError `ERR_FEED_…`
 *
 * @example
 * const feed = await openFeed({ uri: 'books.jsonl' }, { spiderName: 'books', startTime: new Date() })
 * feed.write({ title: 'Emma' })
 * await feed.flush() // survives the death of this process
 * await feed.close()
 */
export async function openFeed(options: FeedOptions, context: FeedContext): Promise<Feed> {
  const [feed] = await openFeeds([options], context)
  return feed!
}

/**
 * Opens several feeds, or none: when one cannot be opened, or two would write to the same place, nothing has been touched.
 *
 * @throws UsageError `ERR_FEED_…`
 */
export async function openFeeds(list: readonly FeedOptions[], context: FeedContext): Promise<readonly Feed[]> {
  const prepared: PreparedFeed[] = []
  try {
    for (const options of list) {
      const next = await prepare(options, context)
      const twin = prepared.find(({ identity }) => identity !== undefined && identity === next.identity)
      prepared.push(next)
      if (twin !== undefined) {
        throw new UsageError(
          'ERR_FEED_TWICE',
          `two feeds of this crawl go to the same place: "${twin.feed.uri}" and "${next.feed.uri}". Give each a file of its own`,
        )
      }
    }
    for (const { feed, created } of prepared) if (created) await feed.begin()
  } catch (error) {
    for (const { feed } of prepared) feed.abandon()
    throw error
  }
  return prepared.map(({ feed }) => feed)
}

async function prepare(options: FeedOptions, context: FeedContext): Promise<PreparedFeed> {
  const place = placeOf(options, context)
  const layout = { ...options, indent: options.indent ?? 0 }
  if (place.path === undefined) {
    const format = createFormat(place.format, layout, context)
    const feed = new StoredFeed(options, place.format, format, new StreamStore(format.end()), undefined)
    return { identity: 'standard output', feed, created: false }
  }
  // made once before the file is: wrong options leave no file behind
  const endless = createFormat(place.format, layout).end() === '' && !place.gzip
  const file = await DocumentFile.open(place.path, { endless })
  try {
    const continuation = options.overwrite ? undefined : await continuationOf(file, place, options)
    if (continuation !== undefined) file.startAt(continuation.position)
    if (continuation?.warning !== undefined) context.warn?.(continuation.warning)
    const format = createFormat(place.format, layout, { ...context, ...columnsAlreadyIn(continuation) })
    const store = new FileStore(file, { end: format.end(), gzip: place.gzip })
    const feed = new StoredFeed(options, place.format, format, store, continuation)
    return { identity: file.identity, feed, created: file.created }
  } catch (error) {
    file.abandon()
    throw error
  }
}

async function continuationOf(file: DocumentFile, place: FeedPlace, options: FeedOptions): Promise<Continuation | undefined> {
  const continuation = await resumeFeed({ path: file.path, size: file.initialSize, gzip: place.gzip }, place.format, options)
  const wanted = columnsOf(options.fields)?.map(({ name }) => name)
  const present = continuation?.columns
  if (wanted?.length && present !== undefined && wanted.join('\0') !== present.join('\0')) {
    throw new UsageError(
      'ERR_FEED_HEADER',
      `the feed ${file.path} has the columns ${present.join(', ')}, and those wanted are ${wanted.join(', ')}. ` +
        'Use the same fields, write to another file, or replace this one with -O',
    )
  }
  return continuation
}

function columnsAlreadyIn(continuation: Continuation | undefined): { columns?: readonly string[] } {
  return continuation?.columns === undefined ? {} : { columns: continuation.columns }
}

/** A format on a store. */
class StoredFeed implements Feed {
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
    this.#storeEmpty = storeEmpty && continuation === undefined
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
