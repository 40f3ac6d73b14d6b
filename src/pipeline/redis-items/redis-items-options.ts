import type { Item } from '../contract.ts'

/** Which list {@link redisItems} appends to, and how. */
export interface RedisItemsOptions {
  /**
   * `redis://[user:password@]host[:port][/db]`, `rediss://` for TLS, `unix:///path/to.sock`, `redis+sentinel://host:26379,host:26379/name`,
   * `redis+cluster://host:7000,host:7001`. Keep it in the environment.
   */
  readonly url: string
  /** The key of the list; `%(spider)s` in it is the name of the crawl, as in the setting `itemsKey`. @default '%(spider)s:items' */
  readonly key?: string
  /** Which items are meant; the others pass. @default all */
  readonly when?: (item: Item) => boolean
  /** Items of one script at most. @default 500 */
  readonly batchSize?: number
  /** Seconds after which a server that does not answer counts as away. @default 30 */
  readonly timeout?: number
  /**
   * Seconds for which Redis remembers that an item was appended, from then on: a page that is done a second time within them does not append again.
   * A crawl that is gone on with later than that may append the items of its last pages twice. @default 604800 (7 days)
   */
  readonly remember?: number
  /** A file with the certificate authority of a `rediss://` server, in PEM. @default those that Node trusts */
  readonly ca?: string
  /** Take a server that may throw keys away when it is full (any `maxmemory-policy` but noeviction). @default false */
  readonly allowEviction?: boolean
  /** What messages and counts call this pipeline. @default 'redisItems' */
  readonly name?: string
}
