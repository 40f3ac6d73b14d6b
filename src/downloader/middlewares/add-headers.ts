import { Headers } from '../../http/headers.ts'
import type { DownloaderMiddleware } from '../contract.ts'

/**
 * A middleware that gives a request the headers it does not have itself.
 *
 * The last answer is kept: most requests of a crawl have no headers of their own, that is one and the same Headers object, and get one
 * and the same from here.
 */
export function addHeaders(defaults: Headers): DownloaderMiddleware | undefined {
  if (defaults.size === 0) return undefined
  let given = Headers.empty
  let filled = given.withDefaults(defaults)
  return (request, next) => {
    if (request.headers !== given) {
      filled = request.headers.withDefaults(defaults)
      given = request.headers
    }
    return next(filled === given ? request : request.withHeaders(filled))
  }
}
