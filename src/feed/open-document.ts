import { UsageError } from '../errors.ts'
import type { FeedFormat, FeedFormatName, FeedOptions } from './contract.ts'
import { columnsOf } from './fields.ts'
import { createFormat } from './formats/create-format.ts'
import { createItemLines } from './formats/parquet/item-lines.ts'
import type { Continuation } from './resume/continuation.ts'
import { resumeFeed } from './resume/resume-feed.ts'
import { StoredFeed } from './stored-feed.ts'
import { DocumentFile } from './stores/document-file.ts'
import { FileStore } from './stores/file.ts'

/** How a document is written to a file of this machine. */
export interface DocumentLayout {
  readonly options: FeedOptions
  /** parquet: as lines of items, which the file is made from later. */
  readonly format: FeedFormatName
  readonly gzip: boolean
  readonly warn: ((message: string) => void) | undefined
}

/** A document that is open. */
export interface OpenDocument {
  readonly feed: StoredFeed
  readonly file: DocumentFile
  readonly store: FileStore
}

/**
 * Opens a document to go on in it, or to replace it (`overwrite`). Nothing has changed yet, but for a file that was not there.
 *
 * @throws UsageError `ERR_FEED_OPEN`, `ERR_FEED_APPEND`, `ERR_FEED_HEADER`, and those of wrong options
 */
export async function openDocument(path: string, layout: DocumentLayout): Promise<OpenDocument> {
  const file = fileFor(path, layout)
  try {
    const continuation = layout.options.overwrite ? undefined : await continuationOf(file, layout)
    if (continuation !== undefined) file.startAt(continuation.position)
    if (continuation?.warning !== undefined) layout.warn?.(continuation.warning)
    return documentOn(file, layout, continuation)
  } catch (error) {
    file.abandon()
    throw error
  }
}

/** Opens a document that takes the place of what is there. */
export function createDocument(path: string, layout: DocumentLayout): OpenDocument {
  return documentOn(fileFor(path, layout), layout, undefined)
}

/** The format of a document, with its options checked. */
export function formatFor({ options, format, warn }: DocumentLayout, columns?: readonly string[]): FeedFormat {
  const layout = { ...options, indent: options.indent ?? 0 }
  if (format === 'parquet') return createItemLines(layout)
  return createFormat(format, layout, { ...(warn === undefined ? {} : { warn }), ...(columns === undefined ? {} : { columns }) })
}

function fileFor(path: string, layout: DocumentLayout): DocumentFile {
  // made once before the file is: wrong options leave no file behind
  formatFor(layout)
  return DocumentFile.open(path, { shared: layout.format === 'jsonl' && !layout.gzip && layout.options.overwrite !== true })
}

function documentOn(file: DocumentFile, layout: DocumentLayout, continuation: Continuation | undefined): OpenDocument {
  const format = formatFor(layout, continuation?.columns)
  const store = new FileStore(file, { end: format.end(), gzip: layout.gzip })
  return { feed: new StoredFeed(layout.options, layout.format, format, store, continuation), file, store }
}

async function continuationOf(file: DocumentFile, { options, format, gzip }: DocumentLayout): Promise<Continuation | undefined> {
  const size = file.initialSize
  const continuation = await resumeFeed({ path: file.path, size, gzip }, format === 'parquet' ? 'jsonl' : format, options)
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
