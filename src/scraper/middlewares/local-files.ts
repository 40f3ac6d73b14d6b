import { IgnoreRequest } from '../../errors.ts'
import type { ScraperMiddlewareSpec } from '../contract.ts'

/**
 * Keeps pages of the web from reading this machine's files: a request for a `file:` URL is made where `start()`, a seed or a `file:` page asks for
 * it, and ends as `ignored` where any other page does (`<a href="file:///etc/passwd">`), or a redirect.
 *
 * A spider that wants it all the same gives a middleware of this name in its place.
 */
export const localFiles: ScraperMiddlewareSpec = {
  name: 'local-files',
  order: 400,
  create() {
    return {
      request(request, page) {
        if (!request.url.startsWith('file:')) return request
        const from = page === undefined ? request.state.redirectUrls.at(-1) : page.url
        if (from === undefined || from.startsWith('file:')) return request
        throw new IgnoreRequest(
          'a page that is no local file must not have local files read; replace the scraper middleware local-files if it may',
        )
      },
    }
  },
}
