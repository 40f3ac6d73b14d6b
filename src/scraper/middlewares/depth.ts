import { IgnoreRequest } from '../../errors.ts'
import type { ScraperMiddlewareSpec } from '../contract.ts'

/**
 * Counts how many links lie between a seed and a page, ends what is deeper than `depthLimit`, and lowers priorities by `depthPriority`. A request
 * with `depthReset` begins anew at 0. With `depthStats`, requests are counted by depth; those of `start()`, once their page is there.
 */
export const depth: ScraperMiddlewareSpec = {
  name: 'depth',
  order: 900,
  create({ settings: { depthLimit, depthPriority, depthStats }, stats }) {
    const ignored = stats.counter('depth/request_ignored_count')
    const byDepth = depthStats ? stats.counter('request_depth_count') : undefined
    let deepest = -1
    return {
      ...(byDepth === undefined
        ? undefined
        : {
            response({ request }) {
              if (request.state.depth === 0 && request.options.depthReset !== true) byDepth.label(0).add()
            },
          }),
      request(request, page) {
        // a seed has depth 0, and a redirect or a callback's retry keeps the depth of the request it replaces
        const keeps = page === undefined || request.state.retryTimes > page.request.state.retryTimes
        const reset = request.options.depthReset === true
        const own = keeps ? request.state.depth : reset ? 0 : page.request.state.depth + 1
        if (depthLimit > 0 && own > depthLimit) {
          ignored.add()
          throw new IgnoreRequest(`depth ${own} is beyond depthLimit ${depthLimit}`, 'depth')
        }
        if (own > deepest) stats.set('request_depth_max', (deepest = own))
        if (keeps) return request
        byDepth?.label(own).add()
        const deeper = own === request.state.depth ? request : request.withDepth(own)
        return depthPriority === 0 ? deeper : deeper.replace({ priority: request.priority - own * depthPriority })
      },
    }
  },
}
