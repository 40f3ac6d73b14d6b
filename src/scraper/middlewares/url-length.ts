import { IgnoreRequest } from '../../errors.ts'
import type { ScraperMiddlewareSpec } from '../contract.ts'

/**
 * Ends requests whose URL has more than `urlLengthLimit` characters as `url-length`: those that pages yield, those of `start()`, and the targets of
 * redirects. `data:` URLs are pages rather than addresses, and may be of any length.
 */
export const urlLength: ScraperMiddlewareSpec = {
  name: 'url-length',
  order: 800,
  create({ settings: { urlLengthLimit }, stats }) {
    if (urlLengthLimit <= 0) return undefined
    const ignored = stats.counter('urllength/request_ignored_count')
    return {
      request(request) {
        const { length } = request.url
        if (length <= urlLengthLimit || request.url.startsWith('data:')) return request
        ignored.add()
        throw new IgnoreRequest(`a URL of ${length} characters is longer than urlLengthLimit ${urlLengthLimit}`, 'url-length')
      },
    }
  },
}
