import type { Request } from '../http/request.ts'
import type { Response } from '../http/response.ts'
import type { Logger } from '../log/contract.ts'
import type { Settings } from '../settings/settings.ts'
import type { Stats } from '../stats/stats.ts'
import type { Clock } from '../util/clock.ts'
import type { Lane } from '../util/lane.ts'

/** What a spider yields that is not a request: a plain object. */
export type Item = object

/**
 * A station that every item passes, in the order of the `pipelines` setting. `process` may change the item, split it or throw
 * {@link DropItem}. Any other error it throws is counted, logged with the page's URL, and makes the page a dead letter that can be
 * retried: the item is not lost in silence. `CloseSpider` does the same, and ends the crawl with its reason.
 *
 * A pipeline that stores gathers items in `process` and makes them durable in `flush`: the engine awaits `flush` of every pipeline
 * before it commits the pages whose items went through. A `flush` that throws ends the crawl; those pages are not committed.
 *
 * @example
 * const priced: Pipeline<Book> = {
 *   name: 'priced',
 *   process(book) {
 *     if (book.price === undefined) throw new DropItem('no price')
 *     return { ...book, price: Number(book.price) }
 *   },
 * }
 */
export interface Pipeline<In extends Item = Item, Out extends Item = In> {
  readonly name: string
  /** Before the first request. An error ends the crawl before it begins. */
  open?(context: PipelineContext): void | Promise<void>
  /**
   * One item in; one, several or (an empty array) none out. Items of a page come in their order, but the next may come before the promise of the one
   * before is settled: up to `concurrentItems` of them, and those of other pages.
   */
  process(item: In, info: ItemInfo): Out | readonly Out[] | Promise<Out | readonly Out[]>
  /** Everything processed so far is stored when this returns. */
  flush?(): void | Promise<void>
  /** After the last item; always called once `open` has succeeded. */
  close?(): void | Promise<void>
}

/** Where an item comes from. */
export interface ItemInfo {
  /**
   * Stable over retries and restarts: the request's fingerprint in hex, `-`, and the item's place on the page. Where a pipeline has split the
   * item, the pipelines behind it see `.` and the part's place added: `709dc9…-0.2`. An item that stays one keeps its key.
   */
  readonly key: string
  /** The request of the page; undefined for items that `start()` yields. */
  readonly request: Request | undefined
  readonly response: Response | undefined
}

/** What pipelines are opened with. */
export interface PipelineContext {
  readonly settings: Settings
  readonly stats: Stats
  readonly log: Logger
  readonly spiderName: string
  /** Which run of the crawl this is: the same for all workers and restarts, until it has finished and the next one begins. */
  readonly crawlId: string
  /** When this worker began. */
  readonly startTime: Date
  readonly clock: Clock
  /**
   * Fetches what an item needs (a file, an image), as `spider.download()` does: politely, beside the queue, any status being a response.
   * Rejects with DownloadError or IgnoreRequest.
   */
  download(request: Request): Promise<Response>
}

/** Several pipelines as one. */
export interface PipelineChain {
  /** Opens them in order. When one fails, those opened before it are closed again. */
  open(context: PipelineContext): Promise<void>
  /**
   * Sends an item through all of them: what comes out, in order. A promise only when a pipeline returns one. Throws (or rejects with)
   * what a pipeline throws, `DropItem` included; but when a pipeline has split the item, dropping a part leaves the others alone
   * and is told to `onPartDropped`.
   *
   * Items may be on their way at once. Those with the same lane come to each pipeline in the order of their calls.
   */
  process(item: Item, info: ItemInfo, lane?: Lane): readonly Item[] | Promise<readonly Item[]>
  /** Everything processed so far is stored when this returns. All are flushed, at once; then the first error is thrown. */
  flush(): void | Promise<void>
  /** Closes those that were opened, the last first, all of them even when one fails; then the first error is thrown. */
  close(): Promise<void>
}
