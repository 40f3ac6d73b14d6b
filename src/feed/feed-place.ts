import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UsageError } from '../errors.ts'
import { nearest } from '../util/suggest.ts'
import type { FeedFormatName, FeedOptions } from './contract.ts'

/** Names of formats, and the extensions of files in them. */
const FORMATS: ReadonlyMap<string, FeedFormatName> = new Map([
  ['jsonl', 'jsonl'],
  ['jsonlines', 'jsonl'],
  ['jl', 'jsonl'],
  ['ndjson', 'jsonl'],
  ['json', 'json'],
  ['csv', 'csv'],
  ['xml', 'xml'],
])

const KNOWN = 'jsonl, json, csv and xml'

/** Where a feed goes, all questions answered. */
export interface FeedPlace {
  /** Absolute; undefined for standard output. */
  readonly path: string | undefined
  readonly format: FeedFormatName
  readonly gzip: boolean
}

/** What the names in a path stand for. */
export interface FeedNames {
  readonly spiderName: string
  /** When the crawl began. */
  readonly startTime: Date
}

/** The format of that name or alias (`jl`, `jsonlines`, `ndjson`); undefined for any other. */
export function formatNamed(name: string): FeedFormatName | undefined {
  return FORMATS.get(name.toLowerCase())
}

/**
 * The format of a feed: the one it names, or the one its extension stands for (`.gz` aside), or jsonl for standard output.
 *
 * @throws UsageError `ERR_FEED_FORMAT`
 */
export function formatOf({ uri, format }: Pick<FeedOptions, 'uri' | 'format'>): FeedFormatName {
  if (format !== undefined) {
    const known = formatNamed(format)
    if (known !== undefined) return known
    const near = nearest(format, FORMATS.keys())
    throw new UsageError(
      'ERR_FEED_FORMAT',
      `"${format}" is no format of feeds${near ? `; did you mean ${near}?` : '.'} There are ${KNOWN}`,
    )
  }
  if (uri === '-') return 'jsonl'
  const extension = /\.([^./\\]+)$/.exec(uri.replace(/\.gz$/i, ''))?.[1]
  const known = extension === undefined ? undefined : formatNamed(extension)
  if (known !== undefined) return known
  const what = extension === undefined ? 'has no extension' : `ends in .${extension}`
  throw new UsageError(
    'ERR_FEED_FORMAT',
    `the feed "${uri}" ${what}, so its format is not known. End it in .jsonl, .json, .csv or .xml (and .gz), or name the format behind a colon: ${uri}:jsonl`,
  )
}

/** Answers where a feed goes. `%(name)s` and `%(time)s` are filled in; `file:` URLs are paths. */
export function placeOf(options: Pick<FeedOptions, 'uri' | 'format'>, names: FeedNames): FeedPlace {
  const { uri } = options
  if (typeof uri !== 'string' || uri === '') {
    throw new UsageError('ERR_FEED_URI', 'a feed has no file name. Name one, such as items.jsonl, or - for standard output')
  }
  const format = formatOf(options)
  if (uri === '-') return { path: undefined, format, gzip: false }
  if (uri.includes('\0')) throw new UsageError('ERR_FEED_URI', `the feed ${JSON.stringify(uri)} has a NUL byte in its name`)
  const path = resolve(fill(localPath(uri), names))
  return { path, format, gzip: /\.gz$/i.test(path) }
}

function localPath(uri: string): string {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(uri)?.[1]
  if (scheme === undefined) return uri
  if (scheme.toLowerCase() !== 'file') {
    throw new UsageError(
      'ERR_FEED_URI',
      `the feed "${uri}" is on ${scheme}:, and feeds go to files and, as -, to standard output`,
    )
  }
  try {
    return fileURLToPath(uri)
  } catch (cause) {
    throw new UsageError('ERR_FEED_URI', `the feed "${uri}" is no file on this machine`, { cause })
  }
}

function fill(path: string, { spiderName, startTime }: FeedNames): string {
  return path.replace(/%\((\w*)\)s/g, (whole, name: string) => {
    if (name === 'name') return spiderName
    // Scrapy's form; colons are not allowed in file names everywhere
    if (name === 'time')
      return startTime
        .toISOString()
        .replace(/\.\d+Z$/, '+00-00')
        .replaceAll(':', '-')
    throw new UsageError('ERR_FEED_URI', `the feed "${path}" has ${whole} in its name; there are %(name)s and %(time)s`)
  })
}
