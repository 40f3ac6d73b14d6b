import { createWriteStream, existsSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { UsageError } from '../../errors.ts'
import type { Item } from '../../pipeline/contract.ts'
import { makeFolder } from '../../util/make-folder.ts'
import { compressorOf, decompressorOf } from '../compress/conversions.ts'
import type { FeedCompression, FeedTarget } from '../contract.ts'
import { columnsIn, loadParquet, writeParquet } from '../formats/parquet/write-parquet.ts'
import { createDocument, type DocumentLayout, type OpenDocument, openDocument } from '../open-document.ts'
import { openProblem } from '../stores/file-problems.ts'
import { bytesOf } from '../targets/bytes-of.ts'
import { GrowingUpload } from './growing-upload.ts'
import { busy, SpoolLock } from './spool-lock.ts'
import type { SpoolName } from './spool-names.ts'
import { UploadNotes } from './upload-notes.ts'

/** What the documents of a feed have in common. */
export interface SpoolPlan {
  readonly layout: DocumentLayout
  readonly compression: FeedCompression
  readonly target: FeedTarget
  /** Sent while it grows. */
  readonly grow: boolean
}

/**
 * A document that is kept in a file of this machine, the spool, until it is whole, and is then put in its place. After every flush the
 * spool holds what was written, whatever happens to the process; a later run takes it up.
 *
 * A spool holds the document as it will be, uncompressed; that of a parquet file holds lines of items. It comes to be under another name
 * when it begins as a copy of what is in the place: whatever is there under its own name holds all that its place holds.
 */
export class SpooledDocument {
  /** Items written in this run. */
  count = 0
  readonly #plan: SpoolPlan
  readonly #name: string
  readonly #spool: string
  readonly #lock: SpoolLock
  readonly #open: OpenDocument
  /** Holds items of a run that died: it is wanted even if nothing is added. */
  readonly #takenUp: boolean
  /** Began as a copy: without anything added, its place has it already. */
  readonly #copied: boolean
  readonly #notes: UploadNotes
  readonly #upload: GrowingUpload | undefined
  #sealed: Promise<void> | undefined

  private constructor(
    plan: SpoolPlan,
    { name, spool }: SpoolName,
    lock: SpoolLock,
    open: OpenDocument,
    { takenUp = false, copied = false }: { takenUp?: boolean; copied?: boolean } = {},
  ) {
    this.#plan = plan
    this.#name = name
    this.#spool = spool
    this.#lock = lock
    this.#open = open
    this.#takenUp = takenUp
    this.#copied = copied
    this.#notes = new UploadNotes({ name, spool }, plan.target)
    this.#upload = plan.grow ? new GrowingUpload(spool, name, { ...plan, begun: this.#begun }) : undefined
  }

  /** A new document; what a spool of that name held is gone. */
  static create(plan: SpoolPlan, where: SpoolName): SpooledDocument {
    const lock = lockOf(plan, where)
    try {
      return new SpooledDocument(plan, where, lock, createDocument(where.spool, plan.layout))
    } catch (error) {
      lock.release()
      throw error
    }
  }

  /** Takes up what a dead run left; else goes on in what is in the place; else begins. `overwrite` always begins. */
  static async open(plan: SpoolPlan, where: SpoolName): Promise<SpooledDocument> {
    return plan.layout.options.overwrite
      ? SpooledDocument.create(plan, where)
      : SpooledDocument.takeUp(plan, where, lockOf(plan, where))
  }

  /** As `open`, of a spool whose lock is held already. */
  static async takeUp(plan: SpoolPlan, where: SpoolName, lock: SpoolLock): Promise<SpooledDocument> {
    let copied = false
    try {
      const takenUp = existsSync(where.spool)
      copied = !takenUp && (await plan.target.exists(where.name))
      if (copied) await copy(plan, where)
      return new SpooledDocument(plan, where, lock, await openDocument(where.spool, plan.layout), { takenUp, copied })
    } catch (error) {
      if (copied) rmSync(where.spool, { force: true })
      lock.release()
      throw error
    }
  }

  /** Bytes so far. */
  get size(): number {
    return this.#open.store.size
  }

  write(item: Item): void {
    this.#open.feed.write(item)
    this.count++
  }

  async flush(): Promise<void> {
    if (this.#sealed !== undefined) return this.#sealed
    await this.#open.feed.flush()
    this.#upload?.advance(this.#open.file.settled)
  }

  /** Writes an empty document, where one is wanted. */
  begin(): Promise<void> {
    return this.#open.feed.begin()
  }

  /** Ends the document, and closes its spool before it returns: however many wait to be put in their place, no file of theirs is open. */
  seal(): Promise<void> {
    this.#sealed ??= this.#open.feed.close()
    return this.#sealed
  }

  /** Puts the document in its place, and the spool away. After a failure the spool is still there, and it may be tried again. */
  async deliver(): Promise<void> {
    const { storeEmpty = true } = this.#plan.layout.options
    const wanted = this.count > 0 || this.#takenUp || (storeEmpty && !this.#copied)
    if (!wanted) return this.discard()
    await this.seal()
    if (!(await this.#upload?.finish())) await this.#put()
    this.#leave()
  }

  /** Gives the document up: nothing of it was wanted. */
  discard(): void {
    this.#open.feed.abandon()
    void this.#upload?.abort()
    this.#leave()
  }

  /** Gives up what was only opened: what a dead run left stays for the next. */
  abandon(): void {
    this.#open.feed.abandon()
    if (this.#copied) rmSync(this.#spool, { force: true })
    this.#lock.release()
  }

  /** Leaves the spool to a later run. */
  async keep(): Promise<string> {
    await this.#sealed?.catch(() => {})
    this.#lock.release()
    return this.#spool
  }

  readonly #begun = (id: string): void => this.#notes.add(id)

  #leave(): void {
    rmSync(this.#spool, { force: true })
    this.#notes.forget()
    this.#lock.release()
  }

  async #put(): Promise<void> {
    const { target, compression, layout } = this.#plan
    if (layout.format === 'parquet') {
      const columns = await columnsIn(this.#spool, layout.options, layout.warn)
      if (columns.length === 0) {
        layout.warn?.(
          `the feed ${target.uriOf(this.#name)} is not written: there was no item, and a parquet file has columns. Name them with \`columns\``,
        )
        return
      }
      await target.put(this.#name, writeParquet(this.#spool, columns, await loadParquet()), this.#begun)
    } else if (compression === 'none' && target.move !== undefined) await target.move(this.#name, this.#spool)
    else {
      const compress = await compressorOf(compression)
      await target.put(this.#name, compress(bytesOf(this.#spool)), this.#begun)
    }
  }
}

function lockOf({ target }: SpoolPlan, { name, spool }: SpoolName): SpoolLock {
  const uri = target.uriOf(name)
  let lock: SpoolLock | undefined
  try {
    makeFolder(dirname(spool))
    lock = SpoolLock.take(spool)
  } catch (cause) {
    throw new UsageError('ERR_FEED_OPEN', `the feed ${uri} cannot be kept in ${spool}: ${openProblem(cause)}`, { cause })
  }
  if (lock === undefined) throw busy(uri, spool)
  return lock
}

/** The spool begins as what is in the place; there at once as a whole, since whoever finds a spool takes it for all there is. */
async function copy({ target, layout, compression }: SpoolPlan, { name, spool }: SpoolName): Promise<void> {
  if (target.read === undefined || layout.format === 'parquet') {
    const what = layout.format === 'parquet' ? 'a parquet file' : 'a file on a server'
    throw new UsageError(
      'ERR_FEED_APPEND',
      `the feed ${target.uriOf(name)} is there already, and ${what} cannot be appended to. Replace it with -O, or give each run a file of its own: %(time)s in the name`,
    )
  }
  const draft = `${spool}.copy`
  try {
    const unpack = await decompressorOf(compression)
    await pipeline(unpack(target.read(name)), createWriteStream(draft))
    renameSync(draft, spool)
  } catch (cause) {
    rmSync(draft, { force: true })
    throw new UsageError(
      'ERR_FEED_APPEND',
      `the feed ${target.uriOf(name)} cannot be appended to: it could not be read (${(cause as Error).message}). Write to another file, or replace this one with -O`,
      { cause },
    )
  }
}
