import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type Config,
  type CrawlResult,
  crawl,
  DownloadError,
  type EndReason,
  type Logger,
  type Output,
  type RequestInit,
  type Response,
  Spider,
} from '../../src/index.ts'

/** How one hostile request ended. */
export interface HostileEnd {
  readonly url: string
  readonly reason: EndReason
  /** Of the error, where it is one of ours. */
  readonly code: string | undefined
  readonly message: string
}

/** What became of a crawl of hostile pages, with a healthy host beside them. */
export interface Beside extends CrawlResult {
  readonly ends: readonly HostileEnd[]
  /** Reason and code of each hostile request by its path, such as `failed ERR_RESET`; several ends are joined by a comma. */
  readonly byPath: Readonly<Record<string, string>>
  /** How many pages of the healthy host ended as `done`, and in what else they ended. */
  readonly healthy: Readonly<Partial<Record<EndReason, number>>>
  readonly log: readonly { readonly level: string; readonly message: string }[]
}

/** A hostile request, and what is done with the page if there is one. */
export interface Visit {
  readonly url: string
  readonly init?: Omit<RequestInit, 'url' | 'callback'>
  /** What it returns, if that is anything, is what the page yields. */
  readonly visit?: (page: Response, spider: Spider) => unknown
}

/**
 * The healthy pages have all the time and tries they need on a busy machine: what a test proves is that they are done, not when. Deadlines are those of
 * the visits ({@link HURRY}).
 */
const PATIENT: Config = {
  downloadTimeout: 60,
  headersTimeout: 0,
  idleTimeout: 0,
  connectTimeout: 1,
  tlsTimeout: 1,
  dnsTimeout: 1,
  maxResponseSize: 8 * 1024 * 1024,
  obeyRobotsTxt: false,
  maxRetries: 5,
  retryDelay: 0.05,
}

/** A deadline that a test can wait for. */
export const HURRY: { readonly timeout: number } = { timeout: 1 }

/** Pages of the healthy host in each crawl. */
export const HEALTHY_PAGES = 100

/**
 * Crawls these pages and, at the same time, {@link HEALTHY_PAGES} of a host on 127.0.0.2 that is all a host should be.
 * What is hostile is tried once; `config`, and the visit, say otherwise.
 */
export async function crawlBeside(visits: readonly (string | Visit)[], config: Config = {}): Promise<Beside> {
  const site = await healthySite()
  const ends: HostileEnd[] = []
  const healthy: Partial<Record<EndReason, number>> = {}
  const log: { level: string; message: string }[] = []
  const byUrl = new Map(visits.map((visit) => (typeof visit === 'string' ? [visit, undefined] : [visit.url, visit.visit])))

  class BesideSpider extends Spider {
    override *start() {
      for (const visit of visits) {
        const { url, init = {} } = typeof visit === 'string' ? { url: visit } : visit
        yield this.request(url, { dontRetry: true, ...init })
      }
      yield this.request(site.url, { callback: this.healthy })
    }
    override *parse(page: Response): Iterable<Output> {
      const visit = byUrl.get(page.request?.state.redirectUrls[0] ?? page.url)
      const found = visit?.(page, this)
      if (found !== undefined && found !== null) yield* found as Iterable<Output>
    }
    *healthy(page: Response) {
      const n = Number(page.url.slice(page.url.lastIndexOf('/') + 1))
      for (const next of [2 * n + 1, 2 * n + 2])
        if (next < HEALTHY_PAGES) yield page.follow(`/${next}`, { callback: this.healthy })
    }
  }

  const at =
    (level: string): Logger['info'] =>
    (message) =>
      void log.push({ level, message })
  try {
    const result = await crawl(BesideSpider, {
      log: { debugEnabled: false, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
      config: {
        ...PATIENT,
        ...config,
        extensions: [
          {
            name: 'ends',
            open: ({ signals }) =>
              signals.on('requestEnded', ({ request: { url }, reason, error }) => {
                if (url.startsWith(site.origin)) healthy[reason] = (healthy[reason] ?? 0) + 1
                else {
                  const code = error instanceof DownloadError ? error.code : undefined
                  ends.push({ url, reason, code, message: error instanceof Error ? error.message : '' })
                }
              }),
          },
          ...(config.extensions ?? []),
        ],
      },
    })
    return { ...result, ends, byPath: gather(ends), healthy, log }
  } finally {
    await site.close()
  }
}

function gather(ends: readonly HostileEnd[]): Record<string, string> {
  const byPath: Record<string, string> = {}
  for (const { url, reason, code } of ends) {
    const path = url.replace(/^[a-z]+:\/\/[^/]*/, '')
    const end = code === undefined ? reason : `${reason} ${code}`
    byPath[path] = byPath[path] === undefined ? end : `${byPath[path]}, ${end}`
  }
  return byPath
}

async function healthySite(): Promise<{ url: string; origin: string; close(): Promise<void> }> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end('<h1>All is well</h1>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.2', resolve))
  const origin = `http://127.0.0.2:${(server.address() as AddressInfo).port}`
  return {
    url: `${origin}/0`,
    origin,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
