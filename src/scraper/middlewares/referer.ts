import { Headers } from '../../http/headers.ts'
import { parseReferrerPolicy, type Referrer, refererFor, referrerOf } from '../../http/referrer-policy.ts'
import type { ScraperMiddlewareSpec } from '../contract.ts'

/**
 * Sets the Referer header of requests that were found on a page, unless they have one. How much it tells is said by `referrerPolicy` of the request,
 * or else the page's Referrer-Policy header, or else the setting. (A `<meta name="referrer">` does not count, as in Scrapy.)
 *
 * The links of a page share one header: it is made once for a page.
 */
export const referer: ScraperMiddlewareSpec = {
  name: 'referer',
  order: 700,
  create({ settings }) {
    if (!settings.referer) return undefined
    // not the page itself, which would keep its body alive
    let url = ''
    let pageHeaders = Headers.empty
    let policy = settings.referrerPolicy
    let from: Referrer = referrerOf('')
    let told = ''
    let toldHeaders = Headers.empty
    return {
      request(request, page) {
        if (page === undefined) return request
        const { headers } = request
        if (headers.size > 0 && headers.has('referer')) return request
        if (page.url !== url || page.headers !== pageHeaders) {
          url = page.url
          pageHeaders = page.headers
          policy = parseReferrerPolicy(pageHeaders.getAll('referrer-policy')) ?? settings.referrerPolicy
          from = referrerOf(url)
        }
        const value = refererFor(request.options.referrerPolicy ?? policy, from, request.url)
        if (value === undefined) return request
        if (value !== told) {
          told = value
          toldHeaders = Headers.from({ Referer: value })
        }
        return request.withHeaders(headers.size === 0 ? toldHeaders : headers.withDefaults(toldHeaders))
      },
    }
  },
}
