import { UsageError } from '../errors.ts'
import type { FeedFormatName, FeedOptions } from './contract.ts'
import { formatNamed, formatOf } from './feed-place.ts'

/**
 * The value of `-o` (append) or `-O` (overwrite): a path, or `-` for standard output, and where its extension does not say it a colon
 * and the format.
 *
 * @example
 * parseOutput('books.csv.gz', false) // { uri: 'books.csv.gz', format: 'csv', overwrite: false }
 * parseOutput('out.txt:csv', true) // { uri: 'out.txt', format: 'csv', overwrite: true }
 * parseOutput('-:json', false) // standard output
 *
 * @throws UsageError `ERR_FEED_URI` without a name, `ERR_FEED_FORMAT` when the format is unknown.
 */
export function parseOutput(value: string, overwrite: boolean): FeedOptions {
  const [, path, suffix] = /^(.*):([a-z]*)$/is.exec(value) ?? [undefined, value, undefined]
  const named = suffix === undefined ? undefined : formatNamed(suffix)
  // `out.txt:cvs` is a slip of the pen; `C:notes` a path
  const slip = suffix !== undefined && suffix !== '' && named === undefined && (path === '-' || path!.length > 1)
  if (slip) return { uri: path!, format: formatOf({ uri: path!, format: suffix as FeedFormatName }), overwrite }
  const uri = named === undefined ? value : path!
  if (uri === '') {
    const flag = overwrite ? '-O' : '-o'
    throw new UsageError(
      'ERR_FEED_URI',
      `${flag} ${JSON.stringify(value)} names no file. Give one, such as ${flag} items.jsonl, or - for standard output`,
    )
  }
  return { uri, format: named ?? formatOf({ uri }), overwrite }
}
