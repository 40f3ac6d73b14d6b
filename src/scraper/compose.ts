import type { Request } from '../http/request.ts'
import type { Response } from '../http/response.ts'
import type { ScraperContext, ScraperMiddlewareSpec } from './contract.ts'

/** All scraper middlewares as one. */
export interface ScraperChain {
  response(response: Response): void
  request(request: Request, page: Response | undefined): Request
}

/** Makes the middlewares and joins their hooks, once: responses pass them from the lowest order up, requests from the highest down. */
export function composeScraper(specs: readonly ScraperMiddlewareSpec[], context: ScraperContext): ScraperChain {
  const byName = new Map(specs.map((spec) => [spec.name, spec]))
  const middlewares = [...byName.values()]
    .sort((a, b) => a.order - b.order)
    .map((spec) => spec.create(context))
    .filter((middleware) => middleware !== undefined)
  const onResponse = middlewares.flatMap((m) => m.response?.bind(m) ?? [])
  const onRequest = middlewares.reverse().flatMap((m) => m.request?.bind(m) ?? [])
  return {
    response(response) {
      for (const hook of onResponse) hook(response)
    },
    request(request, page) {
      for (const hook of onRequest) request = hook(request, page)
      return request
    },
  }
}
