import type { Item } from '../pipeline/contract.ts'
import type { S3Options } from '../storage/s3/s3-options.ts'

/** Formats whose document is text that grows item by item. */
export type TextFormatName = 'jsonl' | 'json' | 'csv' | 'xml'

/** Formats that items can be written in. */
export type FeedFormatName = TextFormatName | 'parquet'

/** How a document is packed, by the end of its name: `.gz`, `.br`, `.zst`. */
export type FeedCompression = 'none' | 'gzip' | 'brotli' | 'zstd'

/**
 * What a column of a parquet feed holds. `string` takes any value (lists and objects as JSON), `double` numbers, `int64` whole numbers and
 * bigints, `timestamp` dates and the texts of dates (to the millisecond, UTC), `json` anything, as JSON.
 */
export type ParquetType = 'string' | 'double' | 'int64' | 'boolean' | 'timestamp' | 'json'

/** How items look in a feed. What means nothing to a format is ignored by it. */
export interface FormatOptions {
  /** These fields in this order; an object renames: `{ field: 'column' }`. @default all (csv: those of the first item) */
  readonly fields?: readonly string[] | Readonly<Record<string, string>>
  /** Write named `fields` that an item lacks: null in json and jsonl, an empty element in xml. csv always does. @default false */
  readonly emptyFields?: boolean
  /** Spaces of indentation (json, xml); 0 puts each item on a line of its own. @default 0 in a feed; all on one line in a bare format */
  readonly indent?: number
  /** json, jsonl: escape what is not ASCII as `\uXXXX`. @default false */
  readonly ascii?: boolean
  /** csv: between two cells; one character. @default ',' */
  readonly delimiter?: string
  /** csv: begin with a line of column names. @default true */
  readonly header?: boolean
  /** csv: between the strings of a list. @default ',' */
  readonly join?: string
  /** csv: which cells are quoted: those that need it, all, or those that are not numbers. @default 'minimal' */
  readonly quote?: 'minimal' | 'all' | 'nonnumeric'
  /** csv: the end of a row. @default '\r\n' (RFC 4180) */
  readonly lineEnd?: '\r\n' | '\n'
  /** xml: the element of the document. @default 'items' */
  readonly rootElement?: string
  /** xml: the element of an item. @default 'item' */
  readonly itemElement?: string
  /** parquet: the columns, by field of the item, and what they hold. @default those of the items, and what they turn out to hold */
  readonly columns?: Readonly<Record<string, ParquetType>>
}

/**
 * Where items go, and how they look there.
 *
 * @example
 * const feeds: FeedOptions[] = [
 *   { uri: 'books.jsonl.gz' },
 *   { uri: 'cheap.parquet', filter: (book) => (book as Book).price < 5 },
 *   { uri: 's3://shop/books-%(time)s-%(batch_id)05d.csv', batchItems: 10_000 },
 * ]
 */
export interface FeedOptions extends FormatOptions {
  /**
   * A path, `s3://bucket/key`, `ftp://user:password@host/path`, or `-` for standard output. `.gz`, `.br` or `.zst` at its end compresses.
   * `%(name)s` is the spider's name, `%(time)s` the start of the crawl, `%(host)s` and `%(pid)s` this machine and process;
   * `%(batch_id)d` (or `%(batch_id)05d`) and `%(batch_time)s` the number and the start of a batch.
   */
  readonly uri: string
  /** @default from the extension of `uri` */
  readonly format?: FeedFormatName
  /** @default from the extension of `uri` */
  readonly compression?: FeedCompression
  /** Replace what is there (`-O`); otherwise append (`-o`). @default false */
  readonly overwrite?: boolean
  /** Write a valid empty file when there was no item. A batch without an item is never made. @default true */
  readonly storeEmpty?: boolean
  /** Which items go into this feed: those for which it returns true. */
  readonly filter?: (item: Item) => boolean
  /** Only items that are instances of one of these classes. */
  readonly itemTypes?: readonly ItemClass[]
  /** A batch is complete, and the next one begins, after so many items. */
  readonly batchItems?: number
  /** A batch is complete once it holds so many bytes, uncompressed (for parquet: as JSON). */
  readonly batchBytes?: number
  /** A batch is complete so many seconds after its first item. */
  readonly batchSeconds?: number
  /**
   * `live`: the file is there, and whole, from the start. `atEnd`: it is written as `NAME.part` and put in its place when the crawl (or the
   * batch) ends. Only plain and gzip files of this machine can be live. @default 'live' where it can be
   */
  readonly place?: 'live' | 'atEnd'
  /** s3: send the object while it grows, or whole when it is complete. @default 'end' */
  readonly upload?: 'grow' | 'end'
  /** s3: how the server is reached. @default what the environment says (`AWS_ENDPOINT_URL`, `AWS_REGION`, …) */
  readonly s3?: S3Options
  /** s3 and ftp: the folder in which items are kept until they have arrived. @default '.skein/feeds' */
  readonly spoolFolder?: string
}

/** A class of items. */
export type ItemClass = abstract new (...args: never[]) => object

/**
 * Turns items into text. `begin`, the items separated as the format wants, and `end` make a whole document. A document that holds
 * items already goes on without `begin`, and with `first` false.
 */
export interface FeedFormat {
  begin(): string
  /**
   * One item, with what separates it from the one before when `first` is false. Throws `ERR_FEED_ITEM`, naming the field, for a value
   * that has no form in the format (a Map, a function, bytes, a circle).
   */
  item(item: Item, first: boolean): string
  end(): string
}

/** Where the bytes of a feed go. */
export interface FeedStore {
  /** Takes text of the document, whole items at a time; '' for a document that is to be there though it holds no item. */
  write(text: string): void
  /** Everything written is with the operating system when this returns. Fails with what was expected and what to do (disk full). */
  flush(): Promise<void>
  /** Flushes, ends the document and closes. */
  close(): Promise<void>
  /** Closes without having written anything; a file that was made for this feed goes away. */
  abandon(): void
}

/** One open feed. */
export interface Feed {
  /** As it was given, placeholders filled in (but for those of batches), without credentials. */
  readonly uri: string
  readonly format: FeedFormatName
  /** Items written in this run. */
  readonly count: number
  write(item: Item): void
  /** Everything written survives the death of this process when this returns. */
  flush(): Promise<void>
  /** Ends the file so that it is valid, also after an interruption. */
  close(): Promise<void>
}

/** Where whole documents are put, by name: a path of this machine, the key of an object, a path on a server. */
export interface FeedTarget {
  /** Without credentials; for messages. */
  uriOf(name: string): string
  /** What two feeds that would write over each other have in common. */
  identitiesOf(name: string): readonly string[]
  /** Fails with what is wrong where nothing could be put, before the crawl. Leaves nothing behind. */
  check(name: string): Promise<void>
  exists(name: string): Promise<boolean>
  /**
   * The document is there as a whole or not at all, whatever dies; one that was there is replaced. Where a part of it would stay if this
   * process died on the way, `begun` hears of the id under which it can be taken back.
   */
  put(name: string, pieces: AsyncIterable<Uint8Array>, begun?: (id: string) => void): Promise<void>
  /** As `put`, with a whole file of this machine that moves there, where it can. */
  move?(name: string, whole: string): Promise<void>
  /** What is there, where it can be read. */
  read?(name: string): AsyncIterable<Uint8Array>
  /** A document that is sent while it grows; not everywhere. `begun` as for `put`. */
  grow?(name: string, begun?: (id: string) => void): GrowingDocument
  /** Takes back what a process left that died on the way. */
  takeBack?(name: string, id: string): Promise<void>
  close(): Promise<void>
}

/** A document on its way, in pieces. It is there once `finish` has returned, and not before. */
export interface GrowingDocument {
  write(bytes: Uint8Array): Promise<void>
  finish(): Promise<void>
  abort(): Promise<void>
}
