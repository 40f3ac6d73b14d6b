import { SkeinError } from '../errors.ts'
import { describeValue } from './describe-value.ts'
import { encodeText } from './encode-text.ts'
import { isEncoding } from './encoding-names.ts'
import { Headers, type HeadersInit } from './headers.ts'
import { refererFromJson } from './referer-json.ts'
import { fromParts, type Request } from './request.ts'
import { METHOD, readOption } from './request-init.ts'
import { requestToObject } from './request-object.ts'
import { CheckedParts, FRESH_STATE, PLAIN, type RequestState } from './request-parts.ts'

/**
 * A request as text for a queue: JSON with the defaults left out, readable by people, `{"url":"https://example.com/"}` for a plain GET.
 */
export function encodeRequest(request: Request): string {
  return JSON.stringify(requestToObject(request))
}

/** The characters that a safe URL consists of. */
const SAFE = /^(?:[a-z][a-z0-9+.-]*:\/\/|about:|data:)[^\0-\x20\x7f]*$/i

/**
 * The request that `encodeRequest` wrote. Throws `ERR_REQUEST_DECODE`, which says what is wrong with the text, for anything else; the
 * methods a request names are looked for when it is run.
 */
export function decodeRequest(text: string): Request {
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch (cause) {
    throw new SkeinError('ERR_REQUEST_DECODE', `Expected a request as JSON, got ${describeValue(text)}.`, { cause })
  }
  if (!isObject(message))
    throw new SkeinError('ERR_REQUEST_DECODE', `Expected a request as a JSON object, got ${describeValue(message)}.`)
  try {
    return fromParts(readMessage(message))
  } catch (error) {
    if (!(error instanceof SkeinError) || error.code === 'ERR_REQUEST_DECODE') throw error
    throw new SkeinError('ERR_REQUEST_DECODE', `A request could not be read: ${error.message}`, { cause: error })
  }
}

function readMessage(message: Record<string, unknown>): CheckedParts {
  const parts = new CheckedParts(PLAIN)
  let options: Record<string, unknown> | undefined
  let referer: string | undefined
  for (const key of Object.keys(message)) {
    const value = message[key]
    switch (key) {
      case 'url':
        parts.url = string(key, value)
        break
      case 'method':
        parts.method = string(key, value)
        if (!METHOD.test(parts.method)) throw wrong(key, 'an HTTP method', value)
        break
      case 'headers':
        if (typeof value !== 'object' || value === null) throw wrong(key, 'an object or an array of pairs', value)
        parts.headers = Headers.from(value as HeadersInit)
        break
      case 'referer':
        referer = string(key, value)
        break
      case 'body':
        parts.body = encodeText(string(key, value), 'utf-8')
        break
      case 'bodyBase64':
        parts.body = base64(string(key, value))
        break
      case 'callback':
      case 'errback':
        parts[key] = filled(key, value)
        break
      case 'cbArgs':
      case 'meta':
        if (!isObject(value)) throw wrong(key, 'an object', value)
        // it came out of JSON.parse, so it is JSON all through
        parts[key] = value as CheckedParts['meta']
        break
      case 'priority':
        if (!Number.isSafeInteger(value)) throw wrong(key, 'an integer', value)
        parts.priority = value as number
        break
      case 'dontFilter':
        if (typeof value !== 'boolean') throw wrong(key, 'true or false', value)
        parts.dontFilter = value
        break
      case 'slot':
        parts.slot = filled(key, value)
        break
      case 'notBefore':
        if (typeof value !== 'number' || !(value > 0)) throw wrong(key, 'milliseconds since the epoch', value)
        parts.notBefore = value
        break
      case 'encoding':
        parts.encoding = string(key, value)
        if (!isEncoding(parts.encoding)) throw wrong(key, 'the name of an encoding', value)
        break
      case 'state':
        parts.state = readState(value)
        break
      default:
        options ??= {}
        options[key] = readOption(key, value)
    }
  }
  if (options !== undefined) parts.options = options
  if (referer !== undefined) parts.headers = parts.headers.withDefaults(refererFromJson(referer, parts.url))
  if (!SAFE.test(parts.url)) throw wrong('url', 'an absolute URL', message['url'])
  return parts
}

function readState(value: unknown): RequestState {
  if (!isObject(value)) throw wrong('state', 'an object', value)
  const state: Record<string, unknown> = { ...FRESH_STATE }
  for (const key of Object.keys(value)) {
    const given = value[key]
    switch (key) {
      case 'depth':
      case 'retryTimes':
      case 'putBack':
      case 'redirectTimes':
        if (!Number.isSafeInteger(given) || (given as number) < 0) throw wrong(`state.${key}`, 'an integer of 0 or more', given)
        break
      case 'redirectUrls':
        if (!Array.isArray(given) || !given.every((one) => typeof one === 'string'))
          throw wrong(`state.${key}`, 'an array of URLs', given)
        break
      case 'redirectReasons':
        if (!Array.isArray(given) || !given.every((one) => typeof one === 'string' || typeof one === 'number')) {
          throw wrong(`state.${key}`, 'an array of statuses and words', given)
        }
        break
      case 'seed':
        if (typeof given !== 'boolean') throw wrong(`state.${key}`, 'true or false', given)
        break
      case 'ruleCallback':
        filled(`state.${key}`, given)
        break
      default:
        throw new SkeinError('ERR_REQUEST_DECODE', `A request could not be read: there is no \`state.${key}\`.`)
    }
    state[key] = given
  }
  return state as unknown as RequestState
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function string(key: string, value: unknown): string {
  if (typeof value !== 'string') throw wrong(key, 'a string', value)
  return value
}

function filled(key: string, value: unknown): string {
  if (value === '') throw wrong(key, 'a name', value)
  return string(key, value)
}

function base64(text: string): Uint8Array {
  // Buffer.from stops at the first character that does not belong, which would be a body cut short
  if (text.length % 4 !== 0 || /[^A-Za-z0-9+/]/.test(text.replace(/={1,2}$/, ''))) throw wrong('bodyBase64', 'base64', text)
  return new Uint8Array(Buffer.from(text, 'base64'))
}

function wrong(key: string, expected: string, value: unknown): SkeinError {
  return new SkeinError(
    'ERR_REQUEST_DECODE',
    `A request could not be read: expected \`${key}\` to be ${expected}, got ${describeValue(value)}.`,
  )
}
