import { DownloadError } from '../../errors.ts'
import { createResponse } from '../../http/create-response.ts'
import { Headers } from '../../http/headers.ts'
import type { Request } from '../../http/request.ts'
import { Response } from '../../http/response.ts'
import type { DownloaderContext, DownloaderMiddlewareSpec } from '../contract.ts'
import { OutputTooLarge } from '../decoded.ts'
import type { ContentCoding } from '../decompress.ts'
import { undoCodings } from '../decompress-layers.ts'
import { shownUrl } from '../url-parts.ts'
import { addHeaders } from './add-headers.ts'

const CODINGS: ReadonlyMap<string, ContentCoding> = new Map<string, ContentCoding>([
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['br', 'br'],
  ['zstd', 'zstd'],
])

/** More codings on top of each other than anybody uses; each costs a decoding of up to the size limit. */
const MAX_CODINGS = 8

/**
 * Asks for compressed bodies and undoes what Content-Encoding says, the last coding first; the header goes, and the class of the
 * response is chosen anew. A coding that is not known is left, with what stands before it, and said once.
 *
 * Fails with `ERR_TOO_LARGE` as soon as more than `maxResponseSize` bytes (the request's `maxSize` wins) have been decoded, and with
 * `ERR_DECODE` for a body that is not what its header says. A body that breaks off gives what came before, with the flag `partial`.
 */
export const compression: DownloaderMiddlewareSpec = {
  name: 'compression',
  order: 590,
  create(context) {
    if (!context.settings.compression) return undefined
    const ask = addHeaders(Headers.from({ 'Accept-Encoding': 'gzip, deflate, br, zstd' }))
    const decoder = new BodyDecoder(context)
    return (request, next) =>
      (ask === undefined ? next(request) : ask(request, next)).then((result) => {
        if (!(result instanceof Response) || request.method === 'HEAD') return result
        return result.headers.has('content-encoding') ? decoder.decode(request, result) : result
      })
  },
}

class BodyDecoder {
  readonly #context: DownloaderContext
  readonly #unknown = new Set<string>()

  constructor(context: DownloaderContext) {
    this.#context = context
  }

  async decode(request: Request, response: Response): Promise<Response> {
    const { settings, stats, log } = this.#context
    const left = codingsOf(response.headers)
    const codings = takeKnown(left)
    if (codings.length > MAX_CODINGS) throw undecodable(response, `more than ${MAX_CODINGS} codings on top of each other`)
    const maxSize = request.options.maxSize ?? settings.maxResponseSize
    const { body, partial } = await undoCodings(codings, response.body, maxSize).catch((error: unknown) => {
      throw failure(response, codings.join(' and '), maxSize, error)
    })
    if (left.length > 0) this.#unknownCoding(response, left)
    const warnSize = request.options.warnSize ?? settings.warnResponseSize
    if (warnSize > 0 && body.length > warnSize && response.body.length <= warnSize) {
      const url = shownUrl(response.url)
      const setting = request.options.warnSize === undefined ? 'warnResponseSize' : 'the warnSize of the request'
      log.warn(`${url}: a large body when decoded (${body.length} bytes); ${setting} is ${warnSize}`, { url })
    }
    stats.inc('httpcompression/response_bytes', body.length)
    stats.inc('httpcompression/response_count')
    return createResponse({
      url: response.url,
      status: response.status,
      headers: response.headers.with('Content-Encoding', left.length === 0 ? null : left.join(', ')),
      body,
      request: response.request,
      flags: partial ? [...response.flags, 'partial'] : response.flags,
      protocol: response.protocol,
      ipAddress: response.ipAddress,
      latency: response.latency,
    })
  }

  #unknownCoding(response: Response, left: readonly string[]): void {
    const name = left[left.length - 1]!.slice(0, 50)
    if (this.#unknown.has(name) || this.#unknown.size >= 100) return
    this.#unknown.add(name)
    const url = shownUrl(response.url)
    this.#context.log.warn(`${url}: the Content-Encoding ${JSON.stringify(name)} is not known; the body is left as it came`, {
      url,
    })
  }
}

/** The codings in the order in which they were applied. */
function codingsOf(headers: Headers): string[] {
  return headers
    .getAll('content-encoding')
    .flatMap((value) => value.split(','))
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
}

/** Takes those that can be undone from the end of the list, and gives them in the order in which that is done. */
function takeKnown(names: string[]): ContentCoding[] {
  const codings: ContentCoding[] = []
  for (let name = names.at(-1); name !== undefined; name = names.at(-1)) {
    const coding = CODINGS.get(name)
    if (coding !== undefined) codings.push(coding)
    else if (name !== 'identity') break
    names.pop()
  }
  return codings
}

function failure(response: Response, coding: string, maxSize: number, cause: unknown): DownloadError {
  if (!(cause instanceof OutputTooLarge)) return undecodable(response, (cause as Error).message, coding, cause)
  const message =
    `${shownUrl(response.url)}: the body (${response.body.length} bytes of ${coding}) has more than the ${maxSize} bytes allowed ` +
    'in it; raise maxResponseSize, or the maxSize of the request, if you want it'
  return new DownloadError('ERR_TOO_LARGE', message, { cause })
}

function undecodable(response: Response, why: string, coding = 'coded', cause?: unknown): DownloadError {
  const message =
    `${shownUrl(response.url)}: the body is not the ${coding} that its Content-Encoding says (${why}); ` +
    "to get it as it comes, ask with the header 'Accept-Encoding: identity' or set compression to false"
  return new DownloadError('ERR_DECODE', message, { cause })
}
