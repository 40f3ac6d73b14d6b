import { DownloadError } from '../../errors.ts'
import { createResponse } from '../../http/create-response.ts'
import { Headers } from '../../http/headers.ts'
import type { Request } from '../../http/request.ts'
import type { DownloaderContext, DownloadHandler } from '../contract.ts'

/** RFC 2397, 2. */
const DEFAULT_TYPE = 'text/plain;charset=US-ASCII'
const TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;[\t\x20-\x7e]*)?$/
const BASE64 = /\s*;\s*base64\s*$/i
/** Characters of a URL that a message shows: it is a page in itself. */
const SHOWN = 60

/**
 * Answers `data:` URLs (RFC 2397) with what they hold: the media type as Content-Type, which decides on class and encoding, and the data, out of
 * base64 where it says so. What follows a `#` is a fragment, as in all URLs: written `%23` it is data.
 *
 * Fails with `ERR_DECODE` where there is no comma, or no base64, and with `ERR_TOO_LARGE` beyond `maxResponseSize` (the request's `maxSize`).
 */
export function createDataHandler({ settings }: Pick<DownloaderContext, 'settings'>): DownloadHandler {
  return {
    async download(request) {
      const { type, body } = parse(request)
      const limit = request.options.maxSize ?? settings.maxResponseSize
      if (limit > 0 && body.length > limit) {
        throw failed(
          'ERR_TOO_LARGE',
          request,
          `larger than ${limit} bytes; raise maxResponseSize, or the maxSize of the request, if that is right`,
        )
      }
      return createResponse({ url: request.url, headers: Headers.fromRaw(['Content-Type', type]), body, request })
    },
    close: () => Promise.resolve(),
  }
}

function parse(request: Request): { type: string; body: Buffer } {
  const { url } = request
  const comma = url.indexOf(',')
  const hash = url.indexOf('#')
  if (comma < 0 || (hash >= 0 && hash < comma)) {
    throw failed('ERR_DECODE', request, 'expected data:[type][;base64],data, found no comma')
  }
  const declared = unquote(url.slice('data:'.length, comma)).toString('latin1').trim()
  const bytes = unquote(url.slice(comma + 1, hash < 0 ? url.length : hash))
  if (!BASE64.test(declared)) return { type: typeOf(declared), body: bytes }
  return { type: typeOf(declared.replace(BASE64, '')), body: fromBase64(request, bytes) }
}

/** `;charset=utf-8` alone is about text. What is no media type counts as none. */
function typeOf(declared: string): string {
  const type = declared.startsWith(';') ? `text/plain${declared}` : declared
  return TYPE.test(type) ? type : DEFAULT_TYPE
}

/** The bytes that percent-encoded text stands for; a `%` that begins no code is itself. */
function unquote(text: string): Buffer {
  const bytes = Buffer.from(text)
  let length = bytes.indexOf(PERCENT)
  if (length < 0) return bytes
  for (let i = length; i < bytes.length; i++, length++) {
    const code = bytes[i] === PERCENT ? hex(bytes[i + 1]) * 16 + hex(bytes[i + 2]) : Number.NaN
    if (Number.isNaN(code)) bytes[length] = bytes[i]!
    else {
      bytes[length] = code
      i += 2
    }
  }
  return bytes.subarray(0, length)
}

const PERCENT = 0x25

function hex(digit: number | undefined): number {
  if (digit === undefined) return Number.NaN
  if (digit >= 0x30 && digit <= 0x39) return digit - 0x30
  const letter = digit | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : Number.NaN
}

/** As browsers read it (Infra, "forgiving-base64 decode"): white space is nothing, padding may be missing, anything else is an error. */
function fromBase64(request: Request, bytes: Buffer): Buffer {
  const text = bytes.toString('latin1').replace(/[\t\n\f\r ]+/g, '')
  const bare = text.length % 4 === 0 ? text.replace(/={1,2}$/, '') : text
  if (bare.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(bare)) throw failed('ERR_DECODE', request, 'what it holds is no base64')
  return Buffer.from(bare, 'base64')
}

function failed(code: 'ERR_DECODE' | 'ERR_TOO_LARGE', { url }: Request, why: string): DownloadError {
  return new DownloadError(code, `${url.length > SHOWN ? `${url.slice(0, SHOWN)}…` : url}: ${why}`)
}
