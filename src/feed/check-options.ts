import { UsageError } from '../errors.ts'
import { nearest } from '../util/suggest.ts'
import type { FeedOptions } from './contract.ts'
import { type FeedPlace, withoutCredentials } from './feed-place.ts'

type Check = readonly [right: (value: unknown) => boolean, expected: string]

const oneOf = (...words: readonly string[]): Check => [
  (value) => words.includes(value as string),
  `one of ${words.map((word) => `'${word}'`).join(', ')}`,
]
const text: Check = [(value) => typeof value === 'string', 'a text']
const flag: Check = [(value) => typeof value === 'boolean', 'true or false']
const whole: Check = [(value) => Number.isSafeInteger(value) && (value as number) > 0, 'a whole number above 0']
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null
const isFilled = (value: unknown): boolean => isObject(value) && Object.keys(value as object).length > 0

/** Every option of a feed, and what it may be. */
const OPTIONS: Readonly<Record<keyof FeedOptions, Check>> = {
  uri: text,
  // its own message, since the command line takes a format too
  format: [() => true, ''],
  compression: oneOf('none', 'gzip', 'brotli', 'zstd'),
  overwrite: flag,
  storeEmpty: flag,
  filter: [(value) => typeof value === 'function', 'a function of an item'],
  itemTypes: [(value) => Array.isArray(value) && value.every((one) => typeof one === 'function'), 'a list of classes'],
  batchItems: whole,
  batchBytes: whole,
  batchSeconds: [(value) => typeof value === 'number' && value > 0 && Number.isFinite(value), 'a number of seconds above 0'],
  place: oneOf('live', 'atEnd'),
  upload: oneOf('grow', 'end'),
  // what is in it is checked where it is used
  s3: [isObject, "an object of options: { region: 'eu-west-1' }"],
  spoolFolder: text,
  fields: [isFilled, "a list of names, or an object { field: 'name' }, with at least one"],
  emptyFields: flag,
  indent: [(value) => Number.isSafeInteger(value), 'a whole number'],
  ascii: flag,
  delimiter: text,
  header: flag,
  join: text,
  quote: oneOf('minimal', 'all', 'nonnumeric'),
  lineEnd: oneOf('\r\n', '\n'),
  rootElement: text,
  itemElement: text,
  columns: [isObject, "an object of columns and their types: { title: 'string' }"],
}

/**
 * Refuses options that there are not, with the nearest one that there is, and values that an option cannot have.
 *
 * @throws UsageError `ERR_FEED_OPTION`
 */
export function checkFeedOptions(options: FeedOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    const check = Object.hasOwn(OPTIONS, name) ? OPTIONS[name as keyof FeedOptions] : undefined
    if (check === undefined) {
      const near = nearest(name, Object.keys(OPTIONS))
      throw wrong(options, `has no option "${name}"${near === undefined ? '' : `; did you mean ${near}?`}`)
    }
    const [right, expected] = check
    if (!right(value)) throw wrong(options, `has ${name}: ${shown(value)}; expected ${expected}`)
  }
}

/**
 * Refuses what does not go together with the place.
 *
 * @throws UsageError `ERR_FEED_OPTION`
 */
export function checkPlace(options: FeedOptions, place: FeedPlace): void {
  const { kind, format, compression, template } = place
  const batches = isBatched(options)
  if (options.columns !== undefined && format !== 'parquet') throw wrong(options, `is ${format}; only parquet has \`columns\``)
  for (const name of ['upload', 's3'] as const) {
    if (options[name] !== undefined && kind !== 's3') throw wrong(options, `has \`${name}\`, which is for s3: only`)
  }
  if (options.upload === 'grow' && format === 'parquet') {
    throw wrong(
      options,
      "is parquet, which is written when all of its items are known; `upload: 'grow'` is for the other formats",
    )
  }
  if (options.spoolFolder !== undefined && kind !== 's3' && kind !== 'ftp') {
    throw wrong(options, 'has `spoolFolder`, which is for s3: and ftp:; a file is kept beside its place')
  }
  if (kind === 'stdout') {
    if (format === 'parquet') throw wrong(options, 'is parquet, which cannot be written to standard output. Name a file')
    if (options.place === 'atEnd') throw wrong(options, "is standard output, and `place: 'atEnd'` is for files")
  }
  if (options.place === 'live' && (batches || kind === 's3' || kind === 'ftp' || format === 'parquet' || !isLive(compression))) {
    throw wrong(options, "cannot be `place: 'live'`: only plain and gzip files on this machine can, without batches")
  }
  if (batches && !template.batched) {
    throw wrong(options, 'is split into batches, which need names of their own: put %(batch_id)d or %(batch_time)s into its name')
  }
  if (!batches && template.batched) {
    throw wrong(
      options,
      'has the number or time of a batch in its name and no batches: set `batchItems`, `batchBytes` or `batchSeconds`',
    )
  }
}

/** Can be a whole file after every flush. */
export function isLive(compression: FeedPlace['compression']): boolean {
  return compression === 'none' || compression === 'gzip'
}

export function isBatched({ batchItems, batchBytes, batchSeconds }: FeedOptions): boolean {
  return batchItems !== undefined || batchBytes !== undefined || batchSeconds !== undefined
}

function wrong({ uri }: FeedOptions, what: string): UsageError {
  return new UsageError('ERR_FEED_OPTION', `the feed "${withoutCredentials(`${uri}`)}" ${what}`)
}

function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  return typeof value === 'object' && value !== null ? 'an object' : JSON.stringify(value)
}
