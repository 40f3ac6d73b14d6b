import { IgnoreRequest } from '../../errors.ts'
import type { ScraperMiddlewareSpec } from '../contract.ts'

/**
 * Lets only successful responses (200-299) through to callbacks, and those whose status `handleStatus` names, in the request or in the
 * settings. Any other ends as `http-error`, through the errback.
 */
export const httpError: ScraperMiddlewareSpec = {
  name: 'http-error',
  order: 50,
  create({ settings, stats }) {
    const count = stats.counter('httperror/response_ignored_count')
    const byStatus = stats.counter('httperror/response_ignored_status_count')
    const everywhere = settings.handleStatus
    return {
      response(response) {
        const { status } = response
        if (status >= 200 && status < 300) return
        const handled = response.request.options.handleStatus ?? everywhere
        if (handled === true || handled.includes(status)) return
        count.add()
        byStatus.label(status).add()
        throw new IgnoreRequest(`HTTP status ${status}, which the spider does not handle (handleStatus)`, 'http-error')
      },
    }
  },
}
