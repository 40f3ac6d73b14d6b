import { existsSync, rmSync } from 'node:fs'
import { maskCredentials } from '../../log/mask-credentials.ts'
import type { Clock } from '../../util/clock.ts'
import { isBatched } from '../check-options.ts'
import { compressorOf } from '../compress/conversions.ts'
import type { FeedTarget } from '../contract.ts'
import type { FeedPlace } from '../feed-place.ts'
import { loadParquet } from '../formats/parquet/write-parquet.ts'
import type { BatchNames } from '../name-template.ts'
import { type DocumentLayout, formatFor } from '../open-document.ts'
import { SpoolLock } from './spool-lock.ts'
import { type SpoolName, SpoolNames } from './spool-names.ts'
import { SpooledDocument, type SpoolPlan } from './spooled-document.ts'
import { SpooledFeed } from './spooled-feed.ts'
import { UploadNotes } from './upload-notes.ts'

const SPOOL_FOLDER = '.skein/feeds'

/** A feed that is sure to be writable and has changed nothing yet. */
export class PreparedSpooledFeed {
  readonly uri: string
  readonly identities: readonly string[]
  readonly #place: FeedPlace
  readonly #plan: SpoolPlan
  readonly #names: SpoolNames
  readonly #clock: Clock
  #feed: SpooledFeed | undefined
  #first: SpooledDocument | undefined
  #firstSpool = ''

  private constructor(place: FeedPlace, plan: SpoolPlan, names: SpoolNames, clock: Clock) {
    const { options } = plan.layout
    this.#place = place
    this.#plan = plan
    this.#names = names
    this.#clock = clock
    const { name } = names.nameOf(isBatched(options) ? { id: 1, time: new Date(0) } : undefined)
    this.uri = plan.target.uriOf(name)
    this.identities = plan.target.identitiesOf(name)
  }

  /** Finds out what can be known to go wrong: packages, options, the place. */
  static async prepare(place: FeedPlace, target: FeedTarget, layout: DocumentLayout, clock: Clock): Promise<PreparedSpooledFeed> {
    const { options } = layout
    formatFor(layout)
    await compressorOf(place.compression)
    if (place.format === 'parquet') await loadParquet()
    const plan: SpoolPlan = { layout, compression: place.compression, target, grow: options.upload === 'grow' }
    const names = new SpoolNames(place, options.spoolFolder ?? SPOOL_FOLDER)
    await target.check(names.nameOf(isBatched(options) ? { id: 1, time: new Date(0) } : undefined).name)
    return new PreparedSpooledFeed(place, plan, names, clock)
  }

  /** Opens the first document. */
  async open(): Promise<SpooledFeed> {
    const { options } = this.#plan.layout
    const batch = { id: isBatched(options) ? await this.#firstBatch() : 1, time: new Date(this.#clock.now()) }
    const where = this.#names.nameOf(isBatched(options) ? batch : undefined)
    this.#firstSpool = where.spool
    this.#first = isBatched(options) ? SpooledDocument.create(this.#plan, where) : await SpooledDocument.open(this.#plan, where)
    this.#feed = new SpooledFeed({ plan: this.#plan, names: this.#names, clock: this.#clock }, this.#first, batch)
    return this.#feed
  }

  /** Puts in their place what dead runs left under other names, and writes an empty document where one is wanted. */
  async begin(): Promise<void> {
    const { options } = this.#plan.layout
    // `-O` takes the place of what was under the names of this run: where each run has names of its own, of nothing
    const replaced = new Set(
      options.overwrite && !this.#place.template.perRun ? this.#names.left('this').map(({ spool }) => spool) : [],
    )
    for (const left of this.#names.left('any')) {
      const own = left.spool === this.#firstSpool
      const lock = own ? undefined : SpoolLock.take(left.spool)
      if (!own && lock === undefined) continue
      for (const half of ['.out', '.copy']) rmSync(left.spool + half, { force: true })
      await this.#takeBack(left)
      if (lock === undefined) continue
      if (replaced.has(left.spool)) rmSync(left.spool, { force: true })
      if (existsSync(left.spool)) await this.#deliver(left, lock)
      else lock.release()
    }
    if (!isBatched(options)) await this.#first?.begin()
  }

  async abandon(): Promise<void> {
    this.#feed?.abandon()
    await this.#plan.target.close()
  }

  /** Parts that are on the server and that nothing will become of. */
  async #takeBack(left: SpoolName): Promise<void> {
    const { layout, target } = this.#plan
    try {
      await new UploadNotes(left, target).takeBack()
    } catch (error) {
      layout.warn?.(
        `${maskCredentials((error as Error).message)}. Parts of an upload that broke off stay there until it succeeds`,
      )
    }
  }

  async #deliver(left: SpoolName, lock: SpoolLock): Promise<void> {
    const { layout, target } = this.#plan
    const { overwrite: _, ...options } = layout.options
    const plan = { ...this.#plan, grow: false, layout: { ...layout, options } }
    const document = await SpooledDocument.takeUp(plan, left, lock)
    try {
      await document.deliver()
      layout.warn?.(`${target.uriOf(left.name)} was left unfinished by a process that died; it is whole now`)
    } catch (error) {
      await document.keep()
      throw error
    }
  }

  /** The number of the first batch: 1, or behind what is there when that is to stay. */
  async #firstBatch(): Promise<number> {
    const { options } = this.#plan.layout
    if (!this.#place.template.numbered || options.overwrite) return 1
    const next = this.#names.lastBatch() + 1
    return this.#place.kind === 'file' ? next : this.#freeNumber(next)
  }

  /** The first number whose batch is not there, where batches cannot be listed: in steps that double, then by halves. */
  async #freeNumber(from: number): Promise<number> {
    const taken = (id: number): Promise<boolean> => {
      const batch: BatchNames = { id, time: new Date(this.#clock.now()) }
      return this.#plan.target.exists(this.#names.nameOf(batch).name)
    }
    let free = from
    let step = 1
    while (await taken(free)) {
      free += step
      step *= 2
    }
    let used = free - step / 2
    while (free - used > 1 && free > from) {
      const middle = used + Math.floor((free - used) / 2)
      if (await taken(middle)) used = middle
      else free = middle
    }
    return free
  }
}
