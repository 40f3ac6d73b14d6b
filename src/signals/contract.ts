import type { EndReason } from '../errors.ts'
import type { Headers } from '../http/headers.ts'
import type { Request } from '../http/request.ts'
import type { Response } from '../http/response.ts'
import type { Item } from '../pipeline/contract.ts'
import type { Signals } from './signals.ts'

/**
 * What happens in a crawl, by name, with what its handlers get. They are Scrapy's signals under their names in camelCase; `requestEnded` is
 * ours.
 */
export interface CrawlEvents {
  /** Everything is open, the first lease is about to be asked for. */
  engineStarted: { readonly spider: string }
  /** The last page is committed; pipelines and feeds are still open. */
  engineStopped: { readonly spider: string; readonly reason: string }
  /** The spider is about to start; pipelines and feeds are open. */
  spiderOpened: { readonly spider: string }
  /** Nothing is queued, delayed or in flight. Add requests here and the crawl goes on. */
  spiderIdle: SpiderIdle
  /** The crawl is over; feeds are closed. */
  spiderClosed: { readonly spider: string; readonly reason: string }
  /** A callback or errback threw. */
  spiderError: { readonly error: unknown; readonly request: Request; readonly response: Response | undefined }
  /** There was room for another page, and no request that may start now. */
  schedulerEmpty: { readonly spider: string }
  /** A request went into the queue. */
  requestScheduled: { readonly request: Request }
  /** A request was not taken into the queue: a duplicate, offsite, too deep, … Its `requestEnded` follows. */
  requestDropped: { readonly request: Request; readonly reason: EndReason }
  /** A request is about to go to the network, past all middlewares. */
  requestReachedDownloader: { readonly request: Request }
  /** It is back, with a response or an error. */
  requestLeftDownloader: { readonly request: Request }
  /** A request came to its end: once for every request. */
  requestEnded: { readonly request: Request; readonly reason: EndReason; readonly error?: unknown }
  /** The head of an answer is there, its body is not. */
  headersReceived: HeadersReceived
  /** A piece of a body came. */
  bytesReceived: BytesReceived
  /** A response came from the network, before middlewares have seen it: its body may still be compressed. */
  responseDownloaded: { readonly response: Response; readonly request: Request }
  /** A response came back, before the callback. */
  responseReceived: { readonly response: Response; readonly request: Request }
  /** The robots.txt of an origin was read. */
  robotsParsed: RobotsParsed
  /** An item passed all pipelines and was written to all feeds. */
  itemScraped: { readonly item: Item; readonly response: Response | undefined }
  /** A pipeline dropped an item. */
  itemDropped: { readonly item: Item; readonly reason: string; readonly response: Response | undefined }
  /** A pipeline threw anything but DropItem, or the spider yielded something that is no item. */
  itemError: { readonly item: unknown; readonly error: unknown; readonly response: Response | undefined }
  /** A feed is closed and whole. Scrapy's `feed_slot_closed`. */
  feedClosed: { readonly uri: string; readonly format: string; readonly count: number }
  /** All feeds are closed. Scrapy's `feed_exporter_closed`. */
  feedsClosed: { readonly spider: string }
  /** This worker holds more memory than `memoryWarning`. */
  memoryWarning: { readonly bytes: number; readonly limit: number }
}

/** What may be done when there is nothing to do. */
export interface SpiderIdle {
  readonly spider: string
  /** Adds requests, and the crawl goes on. */
  enqueue(requests: readonly Request[]): Promise<void>
  /**
   * Keeps this worker from ending the crawl, and asks again after this many seconds (by default 5): Scrapy's `DontCloseSpider`. Wins over `close`.
   *
   * A crawl that several workers share is ended by any of them that finds it empty and does not keep it open, and then ends here too: let all
   * of them run the handler.
   */
  keepOpen(seconds?: number): void
  /** Ends the crawl with this reason in place of `finished`: Scrapy's `CloseSpider`. */
  close(reason: string): void
}

/** The head of an answer. */
export interface HeadersReceived {
  readonly request: Request
  readonly status: number
  readonly headers: Headers
  /** Bytes of the body as announced; undefined where nothing is. */
  readonly bodyLength: number | undefined
  readonly stop: StopDownload
}

/** A piece of a body. */
export interface BytesReceived {
  readonly request: Request
  /** A view of what was read: copy it to keep it. */
  readonly data: Buffer
  /** Bytes of the body so far, these included. */
  readonly received: number
  readonly stop: StopDownload
}

/**
 * Ends the download here. The request ends as `ignored`, through its errback; with `{ fail: false }` what came so far goes to the callback, with
 * the flag `download_stopped`. To be called before the handler returns. Scrapy: `raise StopDownload(fail=…)`.
 */
export type StopDownload = (options?: { readonly fail?: boolean }) => void

/** What an origin asks of robots. */
export interface RobotsParsed {
  /** `https://example.com` */
  readonly origin: string
  readonly sitemaps: readonly string[]
  allows(url: string, userAgent: string): boolean
  /** Seconds; undefined where it asks for none. */
  crawlDelay(userAgent: string): number | undefined
}

/** The signals of one crawl. */
export type CrawlSignals = Signals<CrawlEvents>
