import type { Item } from '../pipeline/contract.ts'

/** Formats that items can be written in. */
export type FeedFormatName = 'jsonl' | 'json' | 'csv' | 'xml'

/** Where items go, and how they look there. */
export interface FeedOptions {
  /** A path, `-` for standard output. `.gz` at its end compresses. `%(name)s` is the spider's name, `%(time)s` the start of the crawl. */
  readonly uri: string
  /** @default from the extension of `uri` */
  readonly format?: FeedFormatName
  /** Replace what is there (`-O`); otherwise append (`-o`). @default false */
  readonly overwrite?: boolean
  /** These fields in this order; an object renames: `{ field: 'column' }`. @default all */
  readonly fields?: readonly string[] | Readonly<Record<string, string>>
  /** Spaces of indentation (json, xml); 0 puts each item on a line of its own. @default one item a line, no indentation */
  readonly indent?: number
  /** Write a valid empty file when there was no item. @default true */
  readonly storeEmpty?: boolean
}

/**
 * Turns items into text. `begin`, the items separated as the format wants, and `end` make a whole document; a document that holds
 * items already goes on with `resume`.
 */
export interface FeedFormat {
  begin(): string
  /** One item, with what separates it from the one before when `first` is false. */
  item(item: Item, first: boolean): string
  end(): string
}

/** Where the bytes of a feed go. */
export interface FeedStore {
  /** Bytes accepted; kept in memory until `flush`. */
  write(text: string): void
  /** Everything written is with the operating system when this returns. Fails with what was expected and what to do (disk full). */
  flush(): Promise<void>
  /** Ends the document and closes. */
  close(): Promise<void>
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
