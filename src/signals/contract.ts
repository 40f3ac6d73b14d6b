import type { EndReason } from '../errors.ts'
import type { Request } from '../http/request.ts'
import type { Response } from '../http/response.ts'
import type { Item } from '../pipeline/contract.ts'
import type { Signals } from './signals.ts'

/** What happens in a crawl, by name, with what its handlers get. */
export interface CrawlEvents {
  /** The spider is about to start; pipelines and feeds are open. */
  spiderOpened: { readonly spider: string }
  /** Nothing is queued, delayed or in flight. Add requests here and the crawl goes on. */
  spiderIdle: { readonly spider: string; enqueue(requests: readonly Request[]): Promise<void> }
  /** The crawl is over; feeds are closed. */
  spiderClosed: { readonly spider: string; readonly reason: string }
  /** A callback or errback threw. */
  spiderError: { readonly error: unknown; readonly request: Request; readonly response: Response | undefined }
  /** A request went into the queue. */
  requestScheduled: { readonly request: Request }
  /** A request came to its end: once for every request. */
  requestEnded: { readonly request: Request; readonly reason: EndReason; readonly error?: unknown }
  /** A response came back, before the callback. */
  responseReceived: { readonly response: Response; readonly request: Request }
  /** An item passed all pipelines and was written to all feeds. */
  itemScraped: { readonly item: Item; readonly response: Response | undefined }
  /** A pipeline dropped an item. */
  itemDropped: { readonly item: Item; readonly reason: string; readonly response: Response | undefined }
  /** A pipeline threw anything but DropItem, or the spider yielded something that is no item. */
  itemError: { readonly item: unknown; readonly error: unknown; readonly response: Response | undefined }
}

/** The signals of one crawl. */
export type CrawlSignals = Signals<CrawlEvents>
