import { isUtf8 } from 'node:buffer'
import { SkeinError } from '../../../errors.ts'
import { describeValue } from '../../../http/describe-value.ts'
import { isEncoding } from '../../../http/encoding-names.ts'
import { Request, type RequestInit } from '../../../http/request.ts'
import { maskCredentials } from '../../../log/mask-credentials.ts'
import { encodeForm, withQuery } from './form-data.ts'
import { jsonKeys } from './json-keys.ts'
import { splitScrapyMeta } from './scrapy-meta.ts'
import { seedError } from './seed-error.ts'

/** The key under which a message says what scrapy-redis has no word for. */
const EXTENSION = '$request'
/** Keys that are not form data. */
const OWN: ReadonlySet<string> = new Set(['url', 'method', 'meta', EXTENSION])

/**
 * The request that a message in `<spider>:start_urls` stands for. What scrapy-redis understands means the same here: the text of a URL, or a
 * JSON object with `url`, `method` and `meta`, **every other key of which is a form field** (in the body of a POST, in place of the query
 * otherwise). Scrapy's options in `meta` become options of the request.
 *
 * Beyond that the key `$request` takes any field of {@link RequestInit} (`headers`, `cookies`, `body`, `priority`, `callback`, `errback`,
 * `cbArgs`, `meta`, `slot`, `notBefore`, `encoding`, `proxy`, …). The request passes the filter of duplicates, as there, unless
 * `$request.dontFilter` is false.
 *
 * Throws `ERR_SEED`, and never anything else, for whatever is no such message: the text says what is wrong with it, without credentials.
 *
 * @param message bytes of UTF-8, or text
 * @example
 * parseSeed('https://example.com/')
 * parseSeed('{"url": "https://example.com/search", "q": "geese"}').url // 'https://example.com/search?q=geese'
 * parseSeed('{"url": "https://example.com/", "$request": {"priority": 10, "callback": "parseShop", "cookies": {"lang": "en"}}}')
 */
export function parseSeed(message: Uint8Array | string): Request {
  try {
    const text = textOf(message)
    const json = readJson(text)
    return json === undefined ? new Request(text, { dontFilter: true }) : readObject(json, text)
  } catch (error) {
    if (error instanceof SkeinError && error.code === 'ERR_SEED') throw error
    throw seedError(error instanceof Error ? error.message : String(error), error)
  }
}

/**
 * A message that is no seed as it is kept in `<crawl>:start_urls:dead`: JSON of `at` (milliseconds since the epoch), `error` (why it is none) and
 * the `message` itself, so that it can be mended and pushed again; one that is no UTF-8 is in base64, with `base64` true.
 *
 * @param error what `parseSeed` threw
 */
export function describeBadSeed(message: Uint8Array | string, error: unknown, at: number): string {
  const why = maskCredentials(error instanceof Error ? error.message : String(error))
  if (typeof message === 'string') return JSON.stringify({ at, error: why, message })
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.length)
  return JSON.stringify(
    isUtf8(bytes)
      ? { at, error: why, message: bytes.toString() }
      : { at, error: why, message: bytes.toString('base64'), base64: true },
  )
}

function textOf(message: Uint8Array | string): string {
  const text = typeof message === 'string' ? message : decode(message)
  // Windows writes it in front of files, which are pushed line by line
  const plain = text.startsWith('\ufeff') ? text.slice(1) : text
  if (plain.trim() === '') throw seedError('it is empty.')
  return plain
}

function decode(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw seedError('it is not UTF-8.')
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
}

/** A message that is JSON, whatever it is; undefined for one that is meant as a URL. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text) ?? null
  } catch (error) {
    // scrapy-redis takes broken JSON for a URL, and its download then fails; no URL begins like this
    if (!/^\s*[[{"]/.test(text)) return undefined
    const place = /at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1]
    throw seedError(
      `it begins like JSON, and is none${place === undefined ? '' : ` from character ${place} on`}: ${shown(text)}.`,
    )
  }
}

function readObject(json: unknown, text: string): Request {
  if (!isObject(json))
    throw seedError(`it is the JSON of ${typeof json === 'string' ? `the text ${shown(json)}` : describeValue(json)}.`)
  const url = json['url']
  if (url === undefined || url === null) throw seedError('it has no `url`.')
  if (typeof url !== 'string') throw seedError(`its \`url\` is ${describeValue(url)}.`)

  const extension = readExtension(json[EXTENSION])
  const { options, meta } = splitScrapyMeta(readMeta(json['meta']))
  const init: Record<string, unknown> = { dontFilter: true, ...options }
  if ('method' in json) init['method'] = json['method']
  Object.assign(init, extension)
  init['meta'] = isObject(extension['meta']) ? { ...meta, ...extension['meta'] } : (extension['meta'] ?? meta)

  const fields = formOf(json, text)
  return fields.length === 0 ? new Request(url, init as RequestInit) : formRequest(url, fields, init)
}

function readMeta(meta: unknown): Readonly<Record<string, unknown>> {
  if (isObject(meta)) return meta
  // Python takes what is empty for no meta; PHP writes an empty object as []
  if (!meta || (Array.isArray(meta) && meta.length === 0)) return {}
  throw seedError(`its \`meta\` is ${describeValue(meta)}, and no object.`)
}

function readExtension(extension: unknown): Readonly<Record<string, unknown>> {
  if (extension === undefined || extension === null) return {}
  if (!isObject(extension)) throw seedError(`its \`${EXTENSION}\` is ${describeValue(extension)}, and no object.`)
  if ('url' in extension) throw seedError(`\`url\` stands in \`${EXTENSION}\`, and belongs beside it.`)
  // producers write what they have no value for as null
  return Object.fromEntries(Object.entries(extension).filter(([, value]) => value !== null))
}

function formOf(json: Readonly<Record<string, unknown>>, text: string): [string, unknown][] {
  const fields = Object.entries(json).filter(([key]) => !OWN.has(key))
  if (!fields.some(([key]) => /^\d/.test(key))) return fields
  const order = new Map(jsonKeys(text).map((key, i) => [key, i]))
  return fields.sort(([a], [b]) => order.get(a)! - order.get(b)!)
}

function formRequest(url: string, fields: readonly (readonly [string, unknown])[], init: Record<string, unknown>): Request {
  if (init['body'] !== undefined || init['json'] !== undefined) {
    throw seedError(
      `it has a body and form fields (${fields
        .map(([name]) => name.slice(0, 60))
        .slice(0, 5)
        .join(', ')}); one of them is too much.`,
    )
  }
  const given = init['encoding']
  const encoding = typeof given === 'string' && isEncoding(given) ? given : 'utf-8'
  const form = encodeForm(fields, encoding)
  const plain = new Request(url, init as RequestInit)
  if (plain.method !== 'POST') return plain.replace({ url: withQuery(plain.url, form, encoding) })
  const posted = plain.replace({ body: form })
  return posted.headers.has('content-type')
    ? posted
    : posted.withHeaders(posted.headers.with('Content-Type', 'application/x-www-form-urlencoded'))
}

function shown(text: string): string {
  return describeValue(maskCredentials(text))
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
