import { SkeinError } from '../../errors.ts'
import type { Headers } from '../../http/headers.ts'
import type { Request } from '../../http/request.ts'
import { Response } from '../../http/response.ts'
import type { Counter } from '../../stats/stats.ts'
import type { DownloaderMiddlewareSpec } from '../contract.ts'
import { statusText } from '../status-text.ts'
import { endOfAuthority } from '../url-parts.ts'

/**
 * Counts what goes to the network and what comes back, under Scrapy's names. Bytes are those of the messages as Scrapy reckons them:
 * what its own request and response objects would be on the wire.
 */
export const stats: DownloaderMiddlewareSpec = {
  name: 'stats',
  order: 850,
  create({ stats }) {
    const requests = stats.counter('downloader/request_count')
    const requestBytes = stats.counter('downloader/request_bytes')
    const methods = memo(stats.counter('downloader/request_method_count'))
    const responses = stats.counter('downloader/response_count')
    const responseBytes = stats.counter('downloader/response_bytes')
    const statuses = memo(stats.counter('downloader/response_status_count'))
    const errors = stats.counter('downloader/exception_count')
    const errorTypes = stats.counter('downloader/exception_type_count')
    const headerSize = lastHeaderSize()
    return async (request, next) => {
      requests.add()
      methods(request.method).add()
      requestBytes.add(requestSize(request, headerSize(request.headers)))
      try {
        const result = await next(request)
        if (result instanceof Response) {
          responses.add()
          statuses(result.status).add()
          responseBytes.add(responseSize(result))
        }
        return result
      } catch (error) {
        errors.add()
        errorTypes.label(error instanceof SkeinError ? error.code : error instanceof Error ? error.name : typeof error).add()
        throw error
      }
    }
  },
}

/** The counter of a label, without making a string of a status for each page. */
function memo(counter: Counter): (label: string | number) => Counter {
  const known = new Map<string | number, Counter>()
  return (label) => {
    let own = known.get(label)
    // the counters bound their labels; a server that makes statuses up must not grow this either
    if (own === undefined) {
      own = counter.label(label)
      if (known.size < 200) known.set(label, own)
    }
    return own
  }
}

/** Most requests of a crawl carry one and the same Headers object. */
function lastHeaderSize(): (headers: Headers) => number {
  let last: Headers | undefined
  let size = 0
  return (headers) => {
    if (headers !== last) {
      size = lineSize(headers)
      last = headers
    }
    return size
  }
}

/** `GET /path HTTP/1.1`, Host without the port, the headers, an empty line, the body. */
function requestSize({ url, method, body }: Request, headers: number): number {
  const fragment = url.indexOf('#')
  const length = fragment < 0 ? url.length : fragment
  const authority = endOfAuthority(url)
  const path = Math.max(1, length - authority)
  const start = url.indexOf('://') + 3
  const port = url.indexOf(':', start)
  const host = (port > 0 && port < authority && url[start] !== '[' ? port : authority) - start
  return method.length + path + 12 + (host + 8) + headers + 2 + body.length
}

/** The status line, the headers, an empty line, the body. */
function responseSize({ status, headers, body }: Response): number {
  return 15 + statusText(status).length + lineSize(headers) + 2 + body.length
}

function lineSize(headers: Headers): number {
  let size = 0
  for (const part of headers.toFlat()) size += part.length + 2
  return size
}
