import type { Request } from '../http/request.ts'
import type { Response } from '../http/response.ts'
import type { CrawlSignals } from '../signals/contract.ts'
import type { HandlerRegistry } from './handler-registry.ts'

/**
 * Downloads past all middlewares, and tells of it: `requestReachedDownloader`, `responseDownloaded`, `requestLeftDownloader`, in this order, each
 * awaited. Where nobody listens it is the handler's download and nothing else.
 */
export function announceDownloads(signals: CrawlSignals, registry: HandlerRegistry): (request: Request) => Promise<Response> {
  return (request) => {
    const heard =
      signals.has('requestReachedDownloader') || signals.has('responseDownloaded') || signals.has('requestLeftDownloader')
    return heard ? announce(signals, registry, request) : registry.download(request)
  }
}

async function announce(signals: CrawlSignals, registry: HandlerRegistry, request: Request): Promise<Response> {
  const { aborts } = registry
  await signals.emit('requestReachedDownloader', { request })
  try {
    const response = await registry.download(request, aborts)
    await signals.emit('responseDownloaded', { response, request })
    return response
  } finally {
    await signals.emit('requestLeftDownloader', { request })
  }
}
