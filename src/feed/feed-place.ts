import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UsageError } from '../errors.ts'
import { nearest } from '../util/suggest.ts'
import type { FeedCompression, FeedFormatName, FeedOptions } from './contract.ts'
import { type FeedNames, NameTemplate } from './name-template.ts'

/** Names of formats, and the extensions of files in them. */
const FORMATS: ReadonlyMap<string, FeedFormatName> = new Map([
  ['jsonl', 'jsonl'],
  ['jsonlines', 'jsonl'],
  ['jl', 'jsonl'],
  ['ndjson', 'jsonl'],
  ['json', 'json'],
  ['csv', 'csv'],
  ['xml', 'xml'],
  ['parquet', 'parquet'],
])

const KNOWN = 'jsonl, json, csv, xml and parquet'

const COMPRESSIONS: ReadonlyMap<string, FeedCompression> = new Map([
  ['gz', 'gzip'],
  ['br', 'brotli'],
  ['zst', 'zstd'],
])
const COMPRESSED = /\.(gz|br|zst)$/i

/** Where a feed goes, all questions answered. */
export interface FeedPlace {
  readonly kind: 'stdout' | 'file' | 's3' | 'ftp'
  /** As it was written, placeholders and all, without credentials. */
  readonly uri: string
  /** file: an absolute path; s3: the key of the object in that folder; ftp: an absolute path on the server. */
  readonly template: NameTemplate
  /** s3: `s3://bucket/folder`, as far as the folder is the same for all names; ftp: `ftp://user:password@host:port`. */
  readonly server: string
  readonly format: FeedFormatName
  readonly compression: FeedCompression
}

/** The format of that name or alias (`jl`, `jsonlines`, `ndjson`); undefined for any other. */
export function formatNamed(name: string): FeedFormatName | undefined {
  return FORMATS.get(name.toLowerCase())
}

/**
 * The format of a feed: the one it names, or the one its extension stands for (`.gz`, `.br` and `.zst` aside), or jsonl for standard output.
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
  const extension = /\.([^./\\]+)$/.exec(uri.replace(COMPRESSED, ''))?.[1]
  const known = extension === undefined ? undefined : formatNamed(extension)
  if (known !== undefined) return known
  const shown = withoutCredentials(uri)
  const what = extension === undefined ? 'has no extension' : `ends in .${extension}`
  throw new UsageError(
    'ERR_FEED_FORMAT',
    `the feed "${shown}" ${what}, so its format is not known. End it in .jsonl, .json, .csv, .xml or .parquet (and .gz, .br or .zst), ` +
      `or name the format behind a colon: ${shown}:jsonl`,
  )
}

/** Answers where a feed goes. `file:` URLs are paths. */
export function placeOf(options: Pick<FeedOptions, 'uri' | 'format' | 'compression'>, names: FeedNames): FeedPlace {
  const { uri } = options
  if (typeof uri !== 'string' || uri === '') {
    throw new UsageError('ERR_FEED_URI', 'a feed has no file name. Name one, such as items.jsonl, or - for standard output')
  }
  if (uri.includes('\0')) throw new UsageError('ERR_FEED_URI', `the feed ${JSON.stringify(uri)} has a NUL byte in its name`)
  const format = formatOf(options)
  const compression = compressionOf(options, format)
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(uri)?.[1]?.toLowerCase()
  const at = (kind: FeedPlace['kind'], server: string, name: string): FeedPlace => {
    return { kind, uri: withoutCredentials(uri), template: new NameTemplate(name, names), server, format, compression }
  }
  if (uri === '-') return at('stdout', '', '-')
  if (scheme === undefined) return at('file', '', resolve(uri))
  switch (scheme) {
    case 'file':
      return at('file', '', pathOf(uri))
    case 's3':
    case 'ftp': {
      const [, server, name] = /^([^/]*\/\/[^/]+)\/(.+)$/.exec(uri) ?? []
      if (server === undefined || name === undefined) throw noName(uri, scheme)
      if (!server.includes('@') && withoutCredentials(uri) !== uri) {
        const example = 'Write special characters as %XX: / as %2F'
        throw new UsageError(
          'ERR_FEED_URI',
          `the feed "${withoutCredentials(uri)}" has a slash in its user or password. ${example}`,
        )
      }
      if (name.split('/').some((part) => part === '' || part === '.' || part === '..')) throw noName(uri, scheme)
      if (scheme === 'ftp') return at('ftp', server, `/${name}`)
      // the right to write may be given for a folder only: that is what is asked of the server
      const folder = /^(?:[^%/]+\/)*/.exec(name)![0]
      return at('s3', folder === '' ? server : `${server}/${folder}`, name.slice(folder.length))
    }
    default:
      throw new UsageError(
        'ERR_FEED_URI',
        `the feed "${withoutCredentials(uri)}" is on ${scheme}:, and feeds go to files, to s3: and ftp:, and, as -, to standard output`,
      )
  }
}

/** The URI as it may be shown. What begins as a password, and not as a port, goes on to the last @, slashes or not. */
export function withoutCredentials(uri: string): string {
  return uri.replace(/^([a-z][a-z0-9+.-]*:\/\/)(?:[^/]*@|[^/:]*:(?!\d*\/).*@)/i, '$1')
}

function compressionOf({ uri, compression }: Pick<FeedOptions, 'uri' | 'compression'>, format: FeedFormatName): FeedCompression {
  const extension = COMPRESSED.exec(uri)?.[1]?.toLowerCase()
  const chosen = compression ?? (extension === undefined ? 'none' : COMPRESSIONS.get(extension)!)
  if (chosen === 'none') return chosen
  if (uri === '-') {
    throw new UsageError(
      'ERR_FEED_COMPRESSION',
      'standard output is not compressed; pipe it through a tool that does: -o - | gzip',
    )
  }
  if (format !== 'parquet') return chosen
  throw new UsageError(
    'ERR_FEED_COMPRESSION',
    `the feed "${withoutCredentials(uri)}" compresses a parquet file, whose columns are compressed already. Let it end in .parquet`,
  )
}

function pathOf(uri: string): string {
  try {
    return fileURLToPath(uri.replace(/%(?=\()/g, '%25'))
  } catch (cause) {
    throw new UsageError('ERR_FEED_URI', `the feed "${uri}" is no file on this machine`, { cause })
  }
}

function noName(uri: string, scheme: string): UsageError {
  const example = scheme === 's3' ? 's3://bucket/folder/items.jsonl' : 'ftp://user:password@host/folder/items.jsonl'
  return new UsageError('ERR_FEED_URI', `the feed "${withoutCredentials(uri)}" names no file on its server. Expected ${example}`)
}
