import { SkeinError } from '../../errors.ts'
import { Request } from '../../http/request.ts'
import type { Item, ItemInfo } from '../contract.ts'
import { MediaFailure } from './media-failure.ts'

/** What a field of an item asks for: requests, and failures in place of what cannot be asked for. Undefined where there is no such field. */
export function mediaRequests(item: Item, field: string, info: ItemInfo): (Request | MediaFailure)[] | undefined {
  const wanted: unknown = (item as Record<string, unknown>)[field]
  if (wanted === undefined || wanted === null) return undefined
  if (typeof wanted === 'string' || wanted instanceof Request || wanted instanceof URL) return [requestOf(wanted, info)]
  if (Array.isArray(wanted)) return wanted.map((one: unknown) => requestOf(one, info))
  throw new SkeinError(
    'ERR_MEDIA_FIELD',
    `the field ${field} of an item is a ${typeof wanted}. Expected a list of URLs or requests, or one of them`,
  )
}

function requestOf(wanted: unknown, info: ItemInfo): Request | MediaFailure {
  try {
    const request = wanted instanceof Request ? wanted : urlRequest(wanted, info)
    if (mayBeRead(request.url, info)) return request
    return new MediaFailure(
      'ERR_MEDIA_URL',
      `${shownRequest(request)}: an item of a page of the web must not have local files read`,
    )
  } catch (cause) {
    const said = cause instanceof SkeinError ? cause.message : String(cause)
    return cause instanceof MediaFailure ? cause : new MediaFailure('ERR_MEDIA_URL', said, { cause })
  }
}

function urlRequest(wanted: unknown, { response }: ItemInfo): Request {
  if (wanted instanceof URL) return new Request(wanted)
  if (typeof wanted !== 'string' || wanted.trim() === '')
    throw new MediaFailure('ERR_MEDIA_URL', `expected a URL or a request, got ${wanted === '' ? 'an empty text' : typeof wanted}`)
  if (response === undefined) return new Request(wanted)
  const { url } = response.follow(wanted)
  return new Request(url)
}

/** The rule for links: local files are for pages that are local files, and for what the spider itself starts with. */
function mayBeRead(url: string, { response }: ItemInfo): boolean {
  return !isLocal(url) || response === undefined || isLocal(response.url)
}

function isLocal(url: string): boolean {
  return /^file:/i.test(url)
}

/** A request in a message: a data: URL may be a whole image. */
export function shownRequest(request: Request): string {
  const text = String(request)
  return text.length > 300 ? `${text.slice(0, 297)}…>` : text
}
