import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A page of a test's site: its HTML, or a function that answers by itself. */
export type Route = string | ((request: IncomingMessage, response: ServerResponse) => void)

/** A real server on loopback, with a log of what it was asked for. */
export interface Site {
  /** `http://127.0.0.1:port`, without a slash at its end. */
  readonly url: string
  /** Paths with their queries, in the order in which they were asked for. */
  readonly log: string[]
  /** How often each path was asked for. */
  hits(): Record<string, number>
  /** Requests that were being answered at once, at most. */
  readonly peak: number
  close(): Promise<void>
}

/** Starts a site with these pages; others are 404. */
export async function startSite(routes: Record<string, Route>): Promise<Site> {
  const log: string[] = []
  let open = 0
  let peak = 0
  const server: Server = createServer((request, response) => {
    log.push(request.url!)
    peak = Math.max(peak, ++open)
    response.on('close', () => open--)
    const route = routes[request.url!] ?? routes[request.url!.replace(/\?.*/, '')]
    if (typeof route === 'function') return route(request, response)
    response.writeHead(route === undefined ? 404 : 200, { 'content-type': 'text/html; charset=utf-8' })
    response.end(route ?? '<h1>Not found</h1>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    hits() {
      const hits: Record<string, number> = {}
      for (const path of log) hits[path] = (hits[path] ?? 0) + 1
      return hits
    },
    get peak() {
      return peak
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A page with these links. */
export const links = (...hrefs: string[]): string =>
  `<!doctype html><title>t</title><h1>Page</h1>${hrefs.map((href) => `<a href="${href}">x</a>`).join(' ')}`
