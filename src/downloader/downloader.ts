import { SkeinError, UsageError } from '../errors.ts'
import { Request } from '../http/request.ts'
import { Response } from '../http/response.ts'
import { announceDownloads } from './announce-downloads.ts'
import type { Download, DownloaderContext, DownloaderMiddlewareSpec, DownloadHandlerFactory } from './contract.ts'
import { HandlerRegistry } from './handler-registry.ts'
import { builtInHandlers } from './handlers/built-in.ts'
import { InlineDownloader } from './inline-download.ts'
import { builtInMiddlewares } from './middlewares/built-in.ts'

/** What a downloader is made of. */
export interface DownloaderParts extends Omit<DownloaderContext, 'download' | 'attempt'> {
  /** Added to the built-in ones; one with the name of a built-in one takes its place. @default none */
  readonly middlewares?: readonly DownloaderMiddlewareSpec[] | undefined
  /** By scheme (`ftp`, without colon), added to the built-in ones or in their place; null takes one away. @default none */
  readonly handlers?: Readonly<Record<string, DownloadHandlerFactory | null>> | undefined
}

/** Downloads requests through all middlewares. */
export interface Downloader {
  readonly download: Download
  /** As `download`, but redirects and retries are followed at once instead of being handed back; past the queue. */
  readonly downloadInline: (request: Request) => Promise<Response>
  /**
   * Loads what downloads over http need. Without it the first ones would wait for that together, and go out together, whatever the delay
   * between them was to be. Rejects for a setting that is wrong only (`UsageError`): what else is, the first
   * download says.
   */
  prepare(): Promise<void>
  /** Downloads that are running, inline ones included, fail with `ERR_ABORTED`; others may follow. */
  abort(): void
  /** Ends all connections; downloads still running fail with `ERR_ABORTED`. */
  close(): Promise<void>
}

/**
 * Builds the downloader of a crawl. The middlewares are composed once, here, into one function around the handlers; a handler is made
 * when a URL of its scheme is met first.
 *
 * Throws `ERR_MIDDLEWARE` for a middleware without a name or a number for its order, or with the name of another.
 *
 * @example
 * const downloader = createDownloader({ settings, stats, log, signals, clock, slot: (request, change) => frontier.slot(slotOf(request), change) })
 * const page = await downloader.download(new Request('https://example.com/'))
 * await downloader.close()
 */
export function createDownloader(parts: DownloaderParts): Downloader {
  const { middlewares = [], handlers = {}, ...rest } = parts
  // a middleware that downloads while it is being created finds the chain made: nothing runs before this function returns
  const context: DownloaderContext = {
    ...rest,
    download: (request) => inline.download(request),
    attempt: (request) => chain(request),
  }
  const registry = new HandlerRegistry(handlersOf(handlers), context)
  const chain = compose(merge(middlewares), context, announceDownloads(rest.signals, registry))
  const inline = new InlineDownloader(chain, rest.clock)
  return {
    download: chain,
    downloadInline: (request) => inline.download(request),
    prepare: () => registry.prepare('http'),
    abort() {
      inline.abort()
      registry.abort()
    },
    async close() {
      inline.close()
      await registry.close()
    },
  }
}

function handlersOf(own: Readonly<Record<string, DownloadHandlerFactory | null>>): Map<string, DownloadHandlerFactory> {
  const all = new Map(builtInHandlers)
  for (const [scheme, factory] of Object.entries(own)) {
    if (factory === null) all.delete(scheme)
    else all.set(scheme, factory)
  }
  return all
}

function merge(own: readonly DownloaderMiddlewareSpec[]): readonly DownloaderMiddlewareSpec[] {
  const names = new Set<string>()
  for (const { name, order } of own) {
    if (typeof name !== 'string' || name === '' || !Number.isFinite(order)) {
      throw new UsageError(
        'ERR_MIDDLEWARE',
        `Expected a downloader middleware to have a name and a number as its order, got ${name} and ${order}.`,
      )
    }
    if (names.has(name)) {
      throw new UsageError('ERR_MIDDLEWARE', `Two downloader middlewares are named ${name}: give each a name of its own.`)
    }
    names.add(name)
  }
  return [...builtInMiddlewares.filter(({ name }) => !names.has(name)), ...own].sort((a, b) => a.order - b.order)
}

function compose(specs: readonly DownloaderMiddlewareSpec[], context: DownloaderContext, last: Download): Download {
  return specs.reduceRight<Download>((next, spec) => {
    const middleware = spec.create(context)
    if (middleware === undefined) return next
    if (builtInMiddlewares.includes(spec)) return (request) => middleware(request, next)
    return async (request) => checked(await middleware(request, next), spec.name)
  }, last)
}

/** A middleware of the user's that forgets its `return` would otherwise lose the page somewhere far from here. */
function checked(result: unknown, name: string): Response | Request {
  if (result instanceof Response || result instanceof Request) return result
  throw new SkeinError(
    'ERR_MIDDLEWARE',
    `Expected the downloader middleware ${name} to return a Response or a Request, got ${result === null ? 'null' : typeof result}; is a \`return\` missing?`,
  )
}
