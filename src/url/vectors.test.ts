import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { SkeinError } from '../errors.ts'
import { canonicalizeUrl } from './canonicalize-url.ts'
import { fingerprintHex } from './fingerprint.ts'
import { addOrReplaceParameter, urlQueryCleaner, urlQueryParameter } from './query.ts'
import { safeDownloadUrl } from './safe-download-url.ts'
import { safeUrl } from './safe-url.ts'
import { urlJoin } from './url-join.ts'

interface Expected {
  readonly error?: string
  readonly result?: string | null
  readonly followUrl?: string
  readonly followError?: string
  readonly requestUrl?: string
  readonly fingerprint?: string
  readonly scrapyRedisFingerprint?: string
}

interface Args {
  readonly keep_blank_values?: boolean | number
  readonly keep_fragments?: boolean
  readonly encoding?: string
  readonly path_encoding?: string
  readonly quote_path?: boolean
  readonly parameterlist?: string | string[]
  readonly sep?: string
  readonly kvsep?: string
  readonly remove?: boolean
  readonly unique?: boolean
  readonly parameter?: string
  readonly name?: string
  readonly new_value?: string
  readonly base?: string
  readonly baseTag?: string
}

interface Case {
  readonly id: string
  readonly fn: string
  readonly url: string
  readonly args?: Args
  readonly method: string
  readonly bodyBase64: string
  readonly headers: [string, string][]
  readonly includeHeaders?: string[]
  readonly keepFragments?: boolean
  readonly encoding?: string
  readonly meta?: { readonly verbatim_url?: boolean }
  readonly expected: Expected
}

function read(set: string): readonly Case[] {
  const file = new URL(`../../test/vectors/${set}.json`, import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] }).cases
}

const FUNCTIONS: Readonly<Record<string, (url: string, args: Args) => string | undefined>> = {
  canonicalize_url: (url, args) =>
    canonicalizeUrl(url, {
      keepBlankValues: args.keep_blank_values !== false,
      keepFragments: args.keep_fragments === true,
      encoding: args.encoding ?? 'utf-8',
    }),
  safe_url_string: (url, args) =>
    safeUrl(url, {
      encoding: args.encoding ?? 'utf-8',
      pathEncoding: args.path_encoding ?? 'utf-8',
      quotePath: args.quote_path !== false,
    }),
  safe_download_url: (url) => safeDownloadUrl(url),
  url_query_cleaner: (url, args) =>
    urlQueryCleaner(url, args.parameterlist, {
      remove: args.remove === true,
      unique: args.unique !== false,
      keepFragments: args.keep_fragments === true,
      separator: args.sep ?? '&',
      keyValueSeparator: args.kvsep ?? '=',
    }),
  url_query_parameter: (url, args) =>
    urlQueryParameter(url, args.parameter!, { keepBlankValues: Boolean(args.keep_blank_values) }),
  add_or_replace_parameter: (url, args) => addOrReplaceParameter(url, args.name!, args.new_value!),
  response_urljoin: (url, args) => urlJoin(baseOf(args), url),
}

function baseOf({ base, baseTag }: Args): string {
  const safe = safeUrl(base!)
  return baseTag === undefined ? safe : urlJoin(safe, safeUrl(baseTag))
}

/** What a request makes of its URL: safe, and refused without a scheme. */
function requestUrl(url: string, encoding?: string): string {
  const safe = safeUrl(url, encoding === undefined ? undefined : { encoding })
  if (!safe.includes('://') && !/^(?:about|data):/.test(safe)) throw new SkeinError('ERR_URL_INVALID', 'no scheme')
  return safe
}

describe.each(Object.keys(FUNCTIONS))('%s', (fn) => {
  const cases = read('canonicalize').filter((each) => each.fn === fn)
  it.each(cases)('$id $url', ({ url, args = {}, expected }) => {
    const call = () => FUNCTIONS[fn]!(url, args) ?? null
    if (expected.error !== undefined) return void expect(call).toThrow(SkeinError)
    expect(call()).toBe(expected.result)
    // The recorded pages are ASCII and declare nothing, which Scrapy reads as cp1252.
    if (expected.followUrl !== undefined) expect(requestUrl(urlJoin(baseOf(args), url), 'cp1252')).toBe(expected.followUrl)
    if (expected.followError !== undefined) expect(() => requestUrl(urlJoin(baseOf(args), url))).toThrow(SkeinError)
  })
})

describe('fingerprint', () => {
  it.each(read('fingerprint'))('$id $method $url', (vector) => {
    const { expected, headers, includeHeaders } = vector
    if (expected.error !== undefined) return void expect(() => requestUrl(vector.url, vector.encoding)).toThrow(SkeinError)
    const verbatimUrl = vector.meta?.verbatim_url === true
    const request = {
      method: vector.method.toUpperCase(),
      url: verbatimUrl ? vector.url : requestUrl(vector.url, vector.encoding),
      body: Buffer.from(vector.bodyBase64, 'base64'),
    }
    expect(request.url).toBe(expected.requestUrl)
    expect(fingerprintHex(request)).toBe(expected.scrapyRedisFingerprint)
    const valuesOf = (name: string) => headers.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value)
    const options = {
      keepFragments: vector.keepFragments === true,
      verbatimUrl,
      includeHeaders: includeHeaders ?? [],
      headers: valuesOf,
    }
    expect(fingerprintHex(request, { algorithm: 'scrapy', ...options })).toBe(expected.fingerprint)
  })
})
