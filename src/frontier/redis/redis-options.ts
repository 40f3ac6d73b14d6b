import type { Logger } from '../../log/contract.ts'
import type { RedisLink } from '../../redis/link.ts'
import type { Clock } from '../../util/clock.ts'
import type { FrontierOptions } from '../contract.ts'
import type { CrawlKeyOptions } from './redis-keys.ts'
import type { SeenKind } from './seen-key.ts'

/** How a crawl is kept in Redis. */
export interface RedisFrontierOptions extends FrontierOptions, CrawlKeyOptions {
  /** A file with the certificate authority of the server, in PEM. */
  readonly ca?: string
  /** Go on with a server that may evict keys. */
  readonly force?: boolean
  /** Keep what was seen when the crawl has finished. */
  readonly persist: boolean
  /** Throw an earlier run away. */
  readonly flushOnStart: boolean
  /** Wait for seeds in place of finishing. */
  readonly keepAlive: boolean
  /** Milliseconds without anything to do, of all workers, after which a crawl that waits for seeds finishes; 0: never. */
  readonly maxIdle: number
  readonly dedupe: SeenKind
  readonly startUrlsType: 'list' | 'set' | 'zset'
  readonly log: Logger
  /** @default the machine's */
  readonly clock?: Clock
  /** For tests: what scripts take for the server's time. @default Redis' own clock */
  readonly serverTime?: () => number
  /** For tests: a link that is there; it stays open. @default one that is opened with the first session */
  readonly link?: RedisLink
}
