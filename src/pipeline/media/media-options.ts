import { UsageError } from '../../errors.ts'
import type { Request } from '../../http/request.ts'
import type { S3Options } from '../../storage/s3/s3-options.ts'
import type { Item, ItemInfo } from '../contract.ts'

/** What `files` and `images` have in common. */
export interface MediaOptions<In extends Item = Item> {
  /** Where to: the path of a folder, or `s3://bucket/prefix`. */
  readonly store: string
  /** How the bucket is reached, for `s3://`. @default what the environment of the AWS SDK says */
  readonly s3?: S3Options
  /**
   * The field of an item that holds what to fetch: a list of URLs or requests, or one of them. URLs may be relative to the page. An item without
   * the field passes as it is.
   *
   * @default 'file_urls'; of images 'image_urls'
   */
  readonly urlsField?: string
  /** The field that gets the list of results. @default 'files'; of images 'images' */
  readonly resultField?: string
  /** Days for which what is in the store is not fetched again; 0: it always is. @default 90 */
  readonly expires?: number
  /** Bytes of one file beyond which it is given up. @default the setting `maxResponseSize` */
  readonly maxSize?: number
  /** Files of one item that are fetched at once, as far as their hosts' slots allow. @default 8 */
  readonly concurrency?: number
  /**
   * The name in the store, with `/` between folders. What one file system or another does not take is made fit; a name that leads out of the store
   * fails the item.
   *
   * @default Scrapy's: `full/`, the SHA-1 of the URL, and the extension
   */
  readonly path?: (request: Request, item: In, info: ItemInfo) => string
  /**
   * What happens to an item when a file of it is not to be had: `keep` it without the file, `drop` it, or `fail` its page, which then is a dead
   * letter that can be retried. It is logged and counted in any case.
   *
   * @default 'keep'
   */
  readonly onFailure?: 'keep' | 'drop' | 'fail'
  /**
   * `checksum`: names are SHA-256 of what is stored, so that the same bytes from many URLs are there once. Whether a file is there is known only once it
   * was fetched: not beside `expires` and `path`.
   *
   * @default 'url'
   */
  readonly dedupe?: 'url' | 'checksum'
}

/** One file of an item, as Scrapy has it. */
export interface MediaResult {
  /** Of the request. */
  readonly url: string
  /** The name in the store. */
  readonly path: string
  /** MD5 in hex of what is stored; null where a bucket does not tell that of what was there before. */
  readonly checksum: string | null
  /** `downloaded` now, `uptodate`: it was there, `cached`: the answer came from a cache. */
  readonly status: 'downloaded' | 'uptodate' | 'cached'
}

/** Says whether a value will do; what is expected is a part of a sentence. */
export type OptionCheck = readonly [expected: string, ok: (value: unknown) => boolean]

const name: OptionCheck = ['the name of a field', (value) => typeof value === 'string' && value !== '']

/** A whole number from `min`. */
export function whole(min: number): OptionCheck {
  return [`a whole number from ${min}`, (value) => Number.isSafeInteger(value) && (value as number) >= min]
}

/** One of these words. */
export function oneOf(...words: readonly string[]): OptionCheck {
  return [`one of ${words.join(', ')}`, (value) => words.includes(value as string)]
}

const COMMON: Readonly<Record<keyof MediaOptions, OptionCheck>> = {
  store: ['the path of a folder, or s3://bucket/prefix', (value) => typeof value === 'string' && value !== ''],
  s3: ['an object', (value) => typeof value === 'object' && value !== null],
  urlsField: name,
  resultField: name,
  expires: ['a number of days from 0', (value) => typeof value === 'number' && value >= 0],
  maxSize: whole(1),
  concurrency: whole(1),
  path: ['a function', (value) => typeof value === 'function'],
  onFailure: oneOf('keep', 'drop', 'fail'),
  dedupe: oneOf('url', 'checksum'),
}

/**
 * Refuses options that are wrong, or of which nothing would come.
 *
 * @param more options beside those that all media have
 * @throws UsageError `ERR_MEDIA_OPTION`
 */
export function checkMediaOptions(
  pipeline: string,
  options: MediaOptions,
  more: Readonly<Record<string, OptionCheck>> = {},
): void {
  const wrong = (what: string): never => {
    throw new UsageError('ERR_MEDIA_OPTION', `the pipeline ${pipeline}: ${what}`)
  }
  const checks: Readonly<Record<string, OptionCheck>> = { ...COMMON, ...more }
  if (typeof options !== 'object' || options === null || options.store === undefined)
    wrong(`expected options with a store, as in ${pipeline}({ store: 'media' })`)
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (!Object.hasOwn(checks, option)) wrong(`there is no option "${option}". There are ${Object.keys(checks).join(', ')}`)
    const [expected, ok] = checks[option]!
    if (!ok(value)) wrong(`expected the option ${option} to be ${expected}`)
  }
  if (options.dedupe === 'checksum' && (options.expires ?? options.path) !== undefined)
    wrong("with dedupe: 'checksum' a file has the name of what is in it, so that neither expires nor path has a meaning")
}
