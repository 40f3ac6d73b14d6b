import { CloseSpider, IgnoreRequest } from '../errors.ts'
import type { Commit, Lease } from '../frontier/contract.ts'
import { Request } from '../http/request.ts'
import type { Response } from '../http/response.ts'
import type { Refused, Scraped } from '../scraper/scraper.ts'
import { CommitGroup } from './commit-group.ts'
import { Ends } from './ends.ts'
import type { EngineParts, EngineResult } from './engine-parts.ts'
import { startHeartbeat } from './heartbeat.ts'
import { enqueue, seed } from './seeder.ts'

/** A page that is done, and waits to be committed. */
interface DonePage {
  readonly commit: Commit
  readonly lease: Lease
  /** How its request ended; undefined for a retry, which goes on. */
  readonly end: Pick<Scraped, 'reason' | 'error'> | undefined
  readonly refused: readonly Refused[]
  readonly bytes: number
}

/**
 * The loop: lease → download → scrape → store → commit.
 *
 * A page is a transaction. Until its commit it is in the frontier as a lease; its items are stored before the commit; its new requests
 * come into the frontier with it. Whatever throws on the way, the page is committed with a visible end, or given back.
 */
export class Engine {
  readonly #parts: EngineParts
  readonly #ends: Ends
  readonly #group: CommitGroup<DonePage>
  /** Leases this engine holds, by token: being downloaded, scraped, or waiting for their commit. */
  readonly #flights = new Map<number, Lease>()
  readonly #over: Promise<EngineResult>
  #resolveOver!: (result: EngineResult) => void
  #activeBytes = 0
  #seeding = false
  #startError: unknown
  #closing: string | undefined
  #ended = false
  #pumping = false
  #pumpAgain = false
  #cancelSleep = () => {}
  #cancelGrace: (() => void) | undefined
  #progress: (() => void)[] = []
  readonly #received
  readonly #leased

  constructor(parts: EngineParts) {
    this.#parts = parts
    this.#ends = new Ends(parts)
    this.#group = new CommitGroup((pages) => this.#commit(pages))
    this.#over = new Promise((resolve) => {
      this.#resolveOver = resolve
    })
    this.#leased = parts.stats.counter('scheduler/dequeued')
    this.#received = parts.stats.counter('response_received_count')
  }

  /** Runs the crawl to its end. Never rejects. Afterwards this engine holds no lease. */
  async run(): Promise<EngineResult> {
    const { frontier, clock, log, beatInterval } = this.#parts
    const stopBeating = startHeartbeat(() => this.#guard(async () => void (await frontier.beat())), beatInterval, clock, log)
    frontier.onWake(() => void this.#pump())
    void this.#guard(() => this.#seed())
    const result = await this.#over
    stopBeating()
    this.#cancelSleep()
    this.#cancelGrace?.()
    await this.#group.settled()
    return result
  }

  /** Ends the crawl in good order: no page is started any more, those in flight are finished. The first reason stays. */
  close(reason: string): void {
    this.#closing ??= reason
    this.#tellProgress()
    void this.#pump()
  }

  /** As `close('shutdown')`, but pages that are not finished after `shutdownGrace` seconds are given back. */
  shutDown(): void {
    this.#startGrace()
    this.close('shutdown')
  }

  #startGrace(): void {
    const { clock, settings } = this.#parts
    this.#cancelGrace ??= clock.after(settings.shutdownGrace * 1000, () => void this.abandon())
  }

  /** Gives back every page in flight, and ends the crawl now. */
  async abandon(): Promise<void> {
    this.#closing ??= 'shutdown'
    await this.#guard(() => this.#giveBack())
    this.#end({ reason: this.#closing })
  }

  async #seed(): Promise<void> {
    const { frontier, scraper, start, log } = this.#parts
    if (await frontier.claimSeeding()) {
      this.#seeding = true
      const engine = this
      const { complete, error } = await seed(start, {
        frontier,
        sort: scraper.seed,
        end: (request, reason, cause) => this.#ends.end(request, reason, cause),
        scheduled: (requests, duplicates) => this.#scheduled(requests, duplicates),
        progress: () => new Promise((resolve) => this.#progress.push(resolve)),
        get closing() {
          return engine.#closing !== undefined
        },
      })
      if (error instanceof CloseSpider) this.close(error.reason)
      else if (error !== undefined) {
        this.#startError = error
        log.error('start() failed; what it gave before is crawled', { error })
      }
      if (complete) await frontier.seeded()
      this.#seeding = false
    }
    void this.#pump()
  }

  async #scheduled(requests: readonly Request[], duplicates: readonly number[]): Promise<void> {
    await this.#ends.scheduled(requests, duplicates)
    if (requests.length > duplicates.length) void this.#pump()
  }

  /** Starts what may be started. One runs at a time; asked again meanwhile, it goes round once more. */
  async #pump(): Promise<void> {
    this.#pumpAgain = true
    if (this.#pumping) return
    this.#pumping = true
    try {
      while (this.#pumpAgain && !this.#ended) {
        this.#pumpAgain = false
        await this.#lease()
      }
    } catch (error) {
      await this.#fail('frontier_error', error)
    }
    // no await between the last look at #pumpAgain and this: whoever asks from now on finds nobody pumping
    this.#pumping = false
  }

  async #lease(): Promise<void> {
    const { frontier, clock } = this.#parts
    if (this.#closing !== undefined) {
      if (this.#flights.size > 0) return
      // start() may be waiting for something that never comes
      if (this.#seeding) this.#startGrace()
      else this.#end({ reason: this.#closing })
      return
    }
    const room = this.#room()
    if (room === 0) return
    const { leases, nextAt, state } = await frontier.lease(room)
    // closed while we waited
    if (this.#closing !== undefined) return frontier.release(leases).then(() => void (this.#pumpAgain = true))
    for (const lease of leases) {
      this.#flights.set(lease.token, lease)
      void this.#page(lease)
    }
    this.#leased.add(leases.length)
    this.#cancelSleep()
    if (nextAt !== undefined) this.#cancelSleep = clock.after(Math.max(0, nextAt - clock.now()), () => void this.#pump())
    if (state === 'finished') this.#finished()
    else if (state === 'empty' && this.#flights.size === 0 && !this.#seeding) await this.#idle()
  }

  /** Pages that may be started now. One page may always: a body larger than all the room there is must not stop the crawl. */
  #room(): number {
    const { concurrency, maxActiveBytes } = this.#parts.settings
    if (this.#activeBytes >= maxActiveBytes && this.#flights.size > 0) return 0
    return concurrency - this.#flights.size
  }

  async #idle(): Promise<void> {
    const { frontier, signals, spiderName } = this.#parts
    await signals.emit('spiderIdle', {
      spider: spiderName,
      enqueue: (requests) =>
        enqueue(requests, { frontier, scheduled: (added, duplicates) => this.#scheduled(added, duplicates) }),
    })
    if (this.#closing === undefined && (await frontier.finish())) this.#finished()
    else this.#pumpAgain = true
  }

  #finished(): void {
    if (this.#startError === undefined) this.#end({ reason: 'finished' })
    else this.#end({ reason: 'start_error', error: this.#startError })
  }

  /** One page, from its lease to the group of pages that are committed together. Never rejects. */
  async #page(lease: Lease): Promise<void> {
    const { download, scraper } = this.#parts
    let result: Response | Request | undefined
    let failure: unknown
    try {
      result = await download(lease.request)
    } catch (error) {
      failure = error
    }
    let page: DonePage | Promise<DonePage>
    if (result === undefined) page = this.#scraped(lease, await scraper.failed(lease.request, failure), 0)
    else page = result instanceof Request ? this.#replaced(lease, result) : this.#scrape(lease, result)
    if (page instanceof Promise) page = await page
    // given back meanwhile: whoever leases it next does it again
    if (this.#flights.has(lease.token)) this.#group.add(page)
    else this.#activeBytes -= page.bytes
  }

  #scrape(lease: Lease, response: Response): DonePage | Promise<DonePage> {
    const { scraper, callbacks, signals } = this.#parts
    const bytes = response.body.length
    this.#activeBytes += bytes
    this.#received.add()
    response.callbacks = callbacks
    const finish = (scraped: Scraped): DonePage => {
      response.forget()
      return this.#scraped(lease, scraped, bytes)
    }
    const scrape = (): DonePage | Promise<DonePage> => {
      const scraped = scraper.page(lease.request, response)
      return scraped instanceof Promise ? scraped.then(finish) : finish(scraped)
    }
    if (!signals.has('responseReceived')) return scrape()
    return signals.emit('responseReceived', { response, request: lease.request }).then(scrape)
  }

  /** A middleware gave another request instead of a page: the same once more, or where it was redirected to. */
  #replaced(lease: Lease, next: Request): DonePage {
    const base = { lease, refused: [], bytes: 0 }
    if (next.state.retryTimes > lease.request.state.retryTimes) {
      return { ...base, commit: { lease, outcome: { type: 'retry', request: next } }, end: undefined }
    }
    const end = { reason: 'redirected' } as const
    const outcome = { type: 'done' } as const
    try {
      return { ...base, commit: { lease, outcome, requests: [this.#parts.scraper.redirected(next)] }, end }
    } catch (error) {
      const refusal = error instanceof IgnoreRequest ? error : new IgnoreRequest(String(error), 'failed', { cause: error })
      return { ...base, commit: { lease, outcome }, end, refused: [{ request: next, error: refusal }] }
    }
  }

  #scraped(lease: Lease, scraped: Scraped, bytes: number): DonePage {
    const { reason, error, handled, requests, refused } = scraped
    if (scraped.close !== undefined) this.close(scraped.close)
    const outcome: Commit['outcome'] =
      reason === 'failed' && !handled
        ? { type: 'dead', reason, error: String(error instanceof Error ? error.message : error) }
        : { type: 'done' }
    return { lease, commit: { lease, outcome, requests }, end: { reason, error }, refused, bytes }
  }

  /** Stores the items of these pages, then commits the pages. What fails here ends the crawl: nothing is committed that is not stored. */
  async #commit(group: readonly DonePage[]): Promise<void> {
    const pages = group.filter((page) => this.#flights.has(page.lease.token))
    for (const page of group) this.#activeBytes -= page.bytes
    try {
      await this.#parts.flushItems()
    } catch (error) {
      return this.#fail('store_error', error)
    }
    await this.#guard(async () => {
      const results = await this.#parts.frontier.commit(pages.map((page) => page.commit))
      for (let i = 0; i < pages.length; i++) await this.#committed(pages[i]!, results[i]!.status, results[i]!.duplicates)
    })
    this.#tellProgress()
    void this.#pump()
  }

  async #committed(page: DonePage, status: 'ok' | 'stale', duplicates: readonly number[]): Promise<void> {
    const { lease, commit, end, refused } = page
    this.#flights.delete(lease.token)
    if (status === 'stale') {
      this.#parts.stats.inc('frontier/stale_commit_count')
      this.#parts.log.warn(`${lease.request} was done by another worker meanwhile; what this one found is not counted`)
      return
    }
    await this.#ends.scheduled(commit.requests ?? [], duplicates)
    for (const { request, error } of refused) await this.#ends.end(request, error.reason, error)
    if (end !== undefined) await this.#ends.end(lease.request, end.reason, end.error)
  }

  /** Runs a step of the frontier; an error of it ends the crawl, and every page in flight is given back. */
  async #guard(step: () => Promise<void>): Promise<void> {
    try {
      await step()
    } catch (error) {
      await this.#fail('frontier_error', error)
    }
  }

  async #fail(reason: string, error: unknown): Promise<void> {
    if (this.#ended) return
    this.#closing = reason
    this.#end({ reason, error })
    this.#parts.log.error(`The crawl cannot go on: ${error instanceof Error ? error.message : String(error)}`, { error })
    try {
      await this.#giveBack()
    } catch (cause) {
      this.#parts.log.error('Pages in flight could not be given back; their leases run out by themselves', { error: cause })
    }
  }

  async #giveBack(): Promise<void> {
    const leases = [...this.#flights.values()]
    this.#flights.clear()
    await this.#parts.frontier.release(leases)
    await this.#parts.abortDownloads()
  }

  #tellProgress(): void {
    for (const resolve of this.#progress.splice(0)) resolve()
  }

  #end(result: EngineResult): void {
    if (this.#ended) return
    this.#ended = true
    this.#tellProgress()
    this.#resolveOver(result)
  }
}
