import type { Committed, Lease } from '../frontier/contract.ts'
import { Request } from '../http/request.ts'
import type { Response } from '../http/response.ts'
import type { Scraped } from '../scraper/scraper.ts'
import type { Settings } from '../settings/settings.ts'
import { CommitGroup } from './commit-group.ts'
import { type DonePage, replacedPage, scrapedPage } from './done-page.ts'
import type { Ends } from './ends.ts'
import type { EngineParts } from './engine-parts.ts'

/** What the engine does as its pages go on. */
export interface PagesOwner {
  /** A spider asked for the end of the crawl. */
  stopCrawl(reason: string): void
  /** Pages are about to be committed: asked for in the same turn, the next ones come with the answer. */
  committing(): void
  /** Pages were committed, or given up before they were. */
  committed(): void
  /** A page is over of which nothing is to be committed: there may be room for another. */
  dropped(): void
  /** The crawl cannot go on. */
  fail(reason: 'store_error' | 'frontier_error', error: unknown): Promise<void>
}

/**
 * The pages in flight: each is downloaded, scraped, and committed with others.
 *
 * A page is a transaction. Until its commit it is in the frontier as a lease; its items are stored before the commit; its new requests
 * come into the frontier with it. Whatever throws on the way, the page is committed with a visible end, or given back.
 */
export class Pages {
  readonly #parts: EngineParts
  readonly #ends: Ends
  readonly #owner: PagesOwner
  readonly #group: CommitGroup<DonePage>
  /** Leases that are held: being downloaded, scraped, or waiting for their commit. By identity, since a restored server gives tokens again. */
  readonly #flights = new Set<Lease>()
  /** Pages being downloaded or scraped, those that were given up but are not over yet included. */
  #active = 0
  #activeBytes = 0
  #telling = false
  /** What is counted goes along with the commits. */
  readonly #tallies: boolean
  readonly #received

  constructor(parts: EngineParts, ends: Ends, owner: PagesOwner) {
    this.#parts = parts
    this.#ends = ends
    this.#owner = owner
    this.#group = new CommitGroup((pages) => this.#commit(pages))
    this.#tallies = parts.frontier.shared || hasLimits(parts.settings)
    this.#received = parts.stats.counter('response_received_count')
  }

  /** Whether any lease is held, or pages that were committed are still being told of. */
  get busy(): boolean {
    return this.#flights.size > 0 || this.#telling
  }

  /** How many may be begun now. One may always: a body larger than all the room there is must not stop the crawl. */
  room(): number {
    const { concurrency, maxActiveBytes } = this.#parts.settings
    if (this.#activeBytes >= maxActiveBytes && this.#flights.size > 0) return 0
    return Math.max(0, Math.min(concurrency - this.#active, 2 * concurrency - this.#flights.size))
  }

  begin(leases: readonly Lease[]): void {
    for (const lease of leases) this.#flights.add(lease)
    for (const lease of leases) {
      // what runs at the start of a page may end the crawl: then all have been given back
      if (!this.#flights.has(lease)) return
      this.#active++
      void this.#page(lease)
    }
  }

  /** They are not ours any more: their downloads end, and what comes of them is not counted. */
  forget(): Lease[] {
    const leases = [...this.#flights]
    this.#flights.clear()
    this.#parts.abortDownloads()
    return leases
  }

  /** When everything that is done so far has been committed. */
  settled(): Promise<void> {
    return this.#group.settled()
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
    let page: DonePage | Promise<DonePage> | undefined
    // given up meanwhile: whoever leases it next does it again
    if (!this.#flights.has(lease)) page = undefined
    else if (result === undefined) page = scrapedPage(lease, await scraper.failed(lease.request, failure), 0)
    else page = result instanceof Request ? replacedPage(lease, result, scraper) : this.#scrape(lease, result)
    if (page instanceof Promise) page = await page
    this.#active--
    if (page?.close !== undefined) this.#owner.stopCrawl(page.close)
    if (page !== undefined && this.#flights.has(lease)) {
      this.#group.add(page)
      return
    }
    if (page !== undefined) this.#activeBytes -= page.bytes
    this.#owner.dropped()
  }

  #scrape(lease: Lease, response: Response): DonePage | Promise<DonePage> {
    const { scraper, callbacks, signals } = this.#parts
    const bytes = response.body.length
    this.#activeBytes += bytes
    this.#received.add()
    response.callbacks = callbacks
    response.answers(lease.request)
    const finish = (scraped: Scraped): DonePage => {
      response.forget()
      return scrapedPage(lease, scraped, bytes)
    }
    const scrape = (): DonePage | Promise<DonePage> => {
      const scraped = scraper.page(lease.request, response)
      return scraped instanceof Promise ? scraped.then(finish) : finish(scraped)
    }
    if (!signals.has('responseReceived')) return scrape()
    return signals.emit('responseReceived', { response, request: lease.request }).then(scrape)
  }

  /** Stores the items of these pages, then commits the pages. What fails here ends the crawl: nothing is committed that is not stored. */
  async #commit(group: readonly DonePage[]): Promise<void> {
    for (const page of group) this.#activeBytes -= page.bytes
    try {
      await this.#parts.flushItems()
    } catch (error) {
      return this.#owner.fail('store_error', error)
    }
    try {
      const pages = group.filter((page) => this.#flights.has(page.lease))
      if (pages.length > 0) await this.#commitPages(pages)
    } catch (error) {
      await this.#owner.fail('frontier_error', error)
    }
    this.#owner.committed()
  }

  async #commitPages(pages: readonly DonePage[]): Promise<void> {
    const { frontier, stats } = this.#parts
    const commits = pages.map((page) => page.commit)
    const committing = frontier.commit(commits, this.#tallies ? stats.takeTally() : undefined)
    this.#owner.committing()
    const results = await committing
    for (const { lease } of pages) this.#flights.delete(lease)
    this.#telling = true
    for (let i = 0; i < pages.length; i++) await this.#committed(pages[i]!, results[i]!)
    this.#telling = false
  }

  async #committed({ lease, commit, end, refused }: DonePage, { status, duplicates, overBudget }: Committed): Promise<void> {
    if (status === 'stale') {
      this.#parts.stats.inc('frontier/stale_commit_count')
      this.#parts.log.warn(`${lease.request} was done by another worker meanwhile; what this one found is not counted`)
      return
    }
    await this.#ends.scheduled(commit.requests ?? [], duplicates, overBudget)
    if (refused.length > 0) await this.#ends.refused(refused)
    if (end !== undefined) await this.#ends.end(lease.request, end.reason, end.error)
  }
}

/** Whether what is counted is held against a limit. */
function hasLimits({ maxPages, maxItems, maxErrors, maxTimeWithoutItem, maxPagesWithoutItem }: Settings): boolean {
  return Math.max(maxPages, maxItems, maxErrors, maxTimeWithoutItem, maxPagesWithoutItem) > 0
}
