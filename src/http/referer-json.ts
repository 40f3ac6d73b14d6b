import { Headers } from './headers.ts'

// Nearly every request in a queue was found on a page, and most on a page of their own site. So what the URLs of both begin with is left out:
// `"referer":"/list?page=2"` takes half of what the header would. All links of a page have one and the same header, and those that were
// found together are often leased together, so what was worked out last is kept.

const SLASH = 0x2f

/** The headers looked at last, and their Referer in two parts; `origin` is undefined where it has to be written as a header. */
let written: { headers: Headers; value: string; origin: string | undefined; path: string } = describe(Headers.empty)
let read: { value: string; headers: Headers } = { value: '', headers: Headers.from({ Referer: '' }) }

/** How the Referer of a request for `url` stands in the queue: as a path where it is of the same origin. Undefined where it is not the only header. */
export function refererToJson(headers: Headers, url: string): string | undefined {
  if (written.headers !== headers) written = describe(headers)
  const { origin, path, value } = written
  if (origin === undefined) return undefined
  const isOwn = url.startsWith(origin) && (url.length === origin.length || url.charCodeAt(origin.length) === SLASH)
  return isOwn && path !== '' ? path : value
}

/** The header that {@link refererToJson} wrote. Throws `ERR_HEADER_INVALID`. */
export function refererFromJson(referer: string, url: string): Headers {
  const value = referer.charCodeAt(0) === SLASH ? url.slice(0, originEnd(url)) + referer : referer
  if (value !== read.value) read = { value, headers: Headers.from({ Referer: value }) }
  return read.headers
}

/** A Referer that is a path itself, which none should be, would be read as another; one that is no URL is not taken apart. */
function describe(headers: Headers): typeof written {
  const [name, value = ''] = headers.toFlat()
  if (name !== 'Referer' || value.charCodeAt(0) === SLASH) return { headers, value, origin: undefined, path: '' }
  if (!value.includes('://')) return { headers, value, origin: value, path: '' }
  const end = originEnd(value)
  return { headers, value, origin: value.slice(0, end), path: value.slice(end) }
}

/** Where the path of a URL begins. */
function originEnd(url: string): number {
  const slash = url.indexOf('/', url.indexOf('://') + 3)
  return slash < 0 ? url.length : slash
}
