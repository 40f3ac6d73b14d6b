import type { Item } from '../contract.ts'
import type { MongoKey } from './mongo-key.ts'

/** What {@link mongo} stores where, and how. */
export interface MongoOptions<I extends Item = Item> {
  /** `mongodb://…` or `mongodb+srv://…`, with whatever options the driver knows: user, TLS, replica set. Keep it in the environment. */
  readonly url: string
  /** `%(spider)s` in it is the name of the spider. @default that of the URL, else the name of the spider */
  readonly database?: string
  /**
   * The collection: a name, in which `%(spider)s` is the name of the spider; names by the type of the item, which is its field `type` if that is
   * a text, else the name of its class; or a function. An item for which there is none makes its page a dead letter.
   *
   * @default '%(spider)s'
   */
  readonly collection?: string | Readonly<Record<string, string>> | ((item: I) => string)
  /**
   * What tells items apart: a field, several of them together (`author.id` is a field of an object), for which a unique index is made at the
   * start; or a function, whose result becomes the `_id`. An item without its key makes its page a dead letter.
   *
   * @default the item's own key as `_id`: the fingerprint of its request, and its place on the page
   */
  readonly key?: MongoKey<I>
  /**
   * What becomes of a document that is there already. `set`: the item's fields are set, and others stay; so what another spider or a person added
   * is kept, and a page that leaves a field out does not erase it. `replace`: it becomes the item.
   *
   * @default 'set'
   */
  readonly update?: 'set' | 'replace'
  /** Which items are meant; the others pass. @default all */
  readonly when?: (item: Item) => boolean
  /** Items of one bulk write at most. @default 500 */
  readonly batchSize?: number
  /** Seconds for one bulk write; what takes longer is tried again, in halves. @default 30 */
  readonly timeout?: number
  /** More options of the driver's `MongoClient` (TLS, compression, pool); they win over those of the URL. */
  readonly driverOptions?: Readonly<Record<string, unknown>>
  /** What messages and counts call this pipeline. @default 'mongo' */
  readonly name?: string
}
