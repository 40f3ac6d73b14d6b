import type { Item } from '../pipeline/contract.ts'

/** Formats that items can be written in. */
export type FeedFormatName = 'jsonl' | 'json' | 'csv' | 'xml'

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
}

/** Where items go, and how they look there. */
export interface FeedOptions extends FormatOptions {
  /** A path, `-` for standard output. `.gz` at its end compresses. `%(name)s` is the spider's name, `%(time)s` the start of the crawl. */
  readonly uri: string
  /** @default from the extension of `uri` */
  readonly format?: FeedFormatName
  /** Replace what is there (`-O`); otherwise append (`-o`). @default false */
  readonly overwrite?: boolean
  /** Write a valid empty file when there was no item. @default true */
  readonly storeEmpty?: boolean
}

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
