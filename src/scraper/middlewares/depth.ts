import { IgnoreRequest } from '../../errors.ts'
import type { ScraperMiddlewareSpec } from '../contract.ts'

/** Counts how many links lie between a seed and a page, ends what is deeper than `depthLimit`, and lowers priorities by `depthPriority`. */
export const depth: ScraperMiddlewareSpec = {
  name: 'depth',
  order: 900,
  create({ settings: { depthLimit, depthPriority }, stats }) {
    const ignored = stats.counter('depth/request_ignored_count')
    let deepest = -1
    return {
      request(request, page) {
        // a seed has depth 0, and a redirect or a callback's retry keeps the depth of the request it replaces
        const keeps = page === undefined || request.state.retryTimes > page.request.state.retryTimes
        const own = keeps ? request.state.depth : page.request.state.depth + 1
        if (depthLimit > 0 && own > depthLimit) {
          ignored.add()
          throw new IgnoreRequest(`depth ${own} is beyond depthLimit ${depthLimit}`, 'depth')
        }
        if (own > deepest) stats.set('request_depth_max', (deepest = own))
        if (page === undefined) return request
        const deeper = request.withDepth(own)
        return depthPriority === 0 ? deeper : deeper.replace({ priority: request.priority - own * depthPriority })
      },
    }
  },
}
