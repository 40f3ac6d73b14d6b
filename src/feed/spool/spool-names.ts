import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import type { FeedPlace } from '../feed-place.ts'
import { withoutCredentials } from '../feed-place.ts'
import type { BatchNames } from '../name-template.ts'
import { type FoundName, namesLike } from './left-spools.ts'
import type { SpoolName } from './spooled-document.ts'

const ENDING = '.part'

/** Where the spools of a feed are: beside a file, and for a server in a folder of their own, under the name that they have there. */
export class SpoolNames {
  readonly #place: FeedPlace
  readonly #root: string

  constructor(place: FeedPlace, uri: string, spoolFolder: string) {
    this.#place = place
    // one folder for each feed: what is found in it is its own
    const id = createHash('sha1').update(withoutCredentials(uri)).digest('hex').slice(0, 12)
    this.#root = place.kind === 'file' ? '' : resolve(spoolFolder, id)
  }

  nameOf(batch?: BatchNames): SpoolName {
    return this.#spoolOf(this.#place.template.fill(batch))
  }

  /** What is there of this feed, of whatever run. */
  left(): readonly (SpoolName & { readonly id: number | undefined })[] {
    return this.#find(this.#root, ENDING).map(({ name, id }) => ({ ...this.#spoolOf(name), id }))
  }

  /** The highest number among the batches that are in their place; undefined where they cannot be listed. */
  lastBatch(): number | undefined {
    if (this.#place.kind !== 'file') return undefined
    return Math.max(0, ...this.#find('', '').map(({ id }) => id ?? 0))
  }

  #find(root: string, ending: string): readonly FoundName[] {
    return namesLike(root, this.#place.template.patterns(), ending)
  }

  #spoolOf(name: string): SpoolName {
    return { name, spool: this.#root === '' ? name + ENDING : join(this.#root, name + ENDING) }
  }
}
