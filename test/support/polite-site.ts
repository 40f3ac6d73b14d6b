import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request, as the site saw it. */
export interface Visit {
  /** Path and query. */
  readonly path: string
  /** When it arrived, in ms of the machine's clock, which is Redis' too. */
  readonly start: number
  /** Requests that were being answered at that moment, this one included; those of the same `group` only. */
  readonly atOnce: number
  /** What `onVisit` said of it. */
  readonly note: number
}

export interface PoliteSite {
  /** `http://127.0.0.1:port` */
  readonly url: string
  /** In the order of their arrival. */
  readonly visits: Visit[]
  close(): Promise<void>
}

export interface PoliteSiteOptions {
  /** What is polite towards: visits of one group are counted together. */
  readonly group: (path: string) => string
  /** Milliseconds that an answer takes. */
  readonly latency: (path: string) => number
  /** Asked at the arrival, before the answer; the request is in flight meanwhile. */
  readonly onVisit: (path: string) => Promise<number>
}

/** A site that writes down when it is asked for what, and how much at once. */
export async function startPoliteSite({ group, latency, onVisit }: PoliteSiteOptions): Promise<PoliteSite> {
  const visits: Visit[] = []
  const open = new Map<string, number>()
  const server = createServer((request, response) => {
    const start = Date.now()
    const path = request.url!
    const of = group(path)
    const atOnce = (open.get(of) ?? 0) + 1
    open.set(of, atOnce)
    const index = visits.push({ path, start, atOnce, note: Number.NaN }) - 1
    const noted = onVisit(path)
    setTimeout(async () => {
      visits[index] = { ...visits[index]!, note: await noted }
      // before the last byte leaves: whoever has the answer may ask again at once
      open.set(of, open.get(of)! - 1)
      response.writeHead(200, { 'content-type': 'text/html' }).end('<p>')
    }, latency(path))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    visits,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
