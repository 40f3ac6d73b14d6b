import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import type { FeedPlace } from '../feed-place.ts'
import type { BatchNames } from '../name-template.ts'
import { namesLike } from './left-spools.ts'

const ENDING = '.part'
/** What else a process leaves that is killed: its lock, halves of files, and the notes of its uploads. */
const REMAINS = ['', '.lock', '.out', '.copy', '.upload'].map((end) => ENDING + end)

/** Where a document goes, and where it is kept until then. */
export interface SpoolName {
  readonly name: string
  readonly spool: string
}

/** Where the spools of a feed are: beside a file, and for a server in a folder of their own, under the name that they have there. */
export class SpoolNames {
  readonly #place: FeedPlace
  readonly #root: string

  constructor(place: FeedPlace, spoolFolder: string) {
    this.#place = place
    // one folder for each feed: what is found in it is its own
    const id = createHash('sha1').update(place.uri).digest('hex').slice(0, 12)
    this.#root = place.kind === 'file' ? '' : resolve(spoolFolder, id)
  }

  nameOf(batch?: BatchNames): SpoolName {
    return this.#spoolOf(this.#place.template.fill(batch))
  }

  /** What is there of this feed, of whatever run or under the names of this one: spools, and what else killed processes left. */
  left(run: 'any' | 'this'): readonly SpoolName[] {
    const patterns = this.#place.template.patterns(run)
    const found = REMAINS.flatMap((ending) => namesLike(this.#root, patterns, ending))
    const byName = new Map(found.map((one) => [one.name, one]))
    return [...byName.keys()].map((name) => this.#spoolOf(name))
  }

  /** The highest number among the batches of this run's names, kept or, where they can be listed, in their place. */
  lastBatch(): number {
    const patterns = this.#place.template.patterns('this')
    const kept = namesLike(this.#root, patterns, ENDING)
    const placed = this.#place.kind === 'file' ? namesLike('', patterns, '') : []
    return Math.max(0, ...[...kept, ...placed].map(({ id }) => id ?? 0))
  }

  #spoolOf(name: string): SpoolName {
    return { name, spool: this.#root === '' ? name + ENDING : join(this.#root, name + ENDING) }
  }
}
