import { hash } from 'node:crypto'
import { canonicalizeUrl } from './canonicalize-url.ts'

/** What identifies a request. */
export interface FingerprintRequest {
  /** Upper case, as in `Request.method`. */
  readonly method: string
  readonly url: string
  readonly body?: Uint8Array | null
}

/** What a fingerprint is made of. */
export interface FingerprintOptions {
  /**
   * `'scrapy-redis'`: method, canonical URL and body, byte for byte what RFPDupeFilter of scrapy-redis writes into its Redis set.
   * `'scrapy'`: those and the chosen headers, what Scrapy has computed since 2.7. The two never agree.
   * @default 'scrapy-redis'
   */
  readonly algorithm?: 'scrapy-redis' | 'scrapy'
  /** `'scrapy'` only: pages that differ in the fragment alone are different. @default false */
  readonly keepFragments?: boolean
  /** `'scrapy'` only: the URL counts as it is written, Scrapy's `verbatim_url`. @default false */
  readonly verbatimUrl?: boolean
  /** `'scrapy'` only: names of headers that count, in any case. One that the request lacks is left out. @default none */
  readonly includeHeaders?: Iterable<string>
  /** The request's values of a header, given its lower-case name. Needed with `includeHeaders`. */
  readonly headers?: (name: string) => readonly string[]
}

/** Everything JSON writes as it is between quotes. */
const PLAIN_JSON = /^[ !#-[\]-~]*$/

/**
 * The identity of a request, 20 bytes: SHA-1 of a JSON text as Python writes it, keys sorted, `", "` and `": "` between, ASCII only.
 *
 * @throws SkeinError ERR_URL_INVALID for a URL that has no canonical form
 * @example
 * fingerprint({ method: 'GET', url: 'http://example.com/?b=2&a=1' }) // the same for '…/?a=1&b=2#x'
 */
export function fingerprint(request: FingerprintRequest, options?: FingerprintOptions): Uint8Array {
  const binary = hash('sha1', fingerprintText(request, options), 'binary')
  // Asked for a buffer, crypto.hash takes three times as long as for a string.
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}

/**
 * The same as 40 lower-case hex digits, the way it stands in `<spider>:dupefilter`.
 *
 * @example
 * fingerprintHex({ method: 'GET', url: 'http://example.com' }) // 'db723d399cb551c9ef8eca77ed8dbed4a0522b4f'
 */
export function fingerprintHex(request: FingerprintRequest, options?: FingerprintOptions): string {
  return hash('sha1', fingerprintText(request, options), 'hex')
}

function fingerprintText({ method, url, body }: FingerprintRequest, options?: FingerprintOptions): string {
  const hex = body == null || body.length === 0 ? '' : toHex(body)
  if (options?.algorithm !== 'scrapy') {
    return `{"body": "${hex}", "method": "${escapeJson(method)}", "url": "${escapeJson(canonicalizeUrl(url))}"}`
  }
  const identity = options.verbatimUrl === true ? url : canonicalizeUrl(url, { keepFragments: options.keepFragments === true })
  return `{"body": "${hex}", "headers": ${headersText(options)}, "method": "${escapeJson(method)}", "url": "${escapeJson(identity)}"}`
}

function headersText({ includeHeaders, headers }: FingerprintOptions): string {
  if (includeHeaders === undefined || headers === undefined) return '{}'
  const names = new Set(Array.from(includeHeaders, (name) => name.toLowerCase()))
  const entries: string[] = []
  for (const name of names) {
    const values = headers(name)
    if (values.length > 0) entries.push(`"${textToHex(name)}": [${values.map((value) => `"${textToHex(value)}"`).join(', ')}]`)
  }
  // Hex sorts as the bytes do, and no name is the beginning of another up to its closing quote.
  return `{${entries.sort().join(', ')}}`
}

/** The bytes of a header on the wire: Latin-1 where it suffices, else UTF-8. */
function textToHex(text: string): string {
  return Buffer.from(text, /[^\x00-\xff]/.test(text) ? 'utf8' : 'latin1').toString('hex')
}

function toHex(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('hex')
}

function escapeJson(text: string): string {
  if (PLAIN_JSON.test(text)) return text
  // JSON.stringify escapes what JSON must escape, Python beyond that DEL and all that is not ASCII.
  return JSON.stringify(text)
    .slice(1, -1)
    .replace(/[\x7f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
