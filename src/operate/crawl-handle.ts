import { SkeinError } from '../errors.ts'
import type { CrawlKeys } from '../frontier/redis/redis-keys.ts'
import type { RedisLink } from '../redis/link.ts'
import type { LuaScript } from '../redis/lua-script.ts'
import { listCrawls } from './list-crawls.ts'
import { listOf, numberOf } from './reply.ts'

/** A crawl on a Redis, as the operations know it. */
export class CrawlHandle {
  readonly crawl: string
  readonly keys: CrawlKeys
  readonly #link: RedisLink

  constructor(crawl: string, keys: CrawlKeys, link: RedisLink) {
    this.crawl = crawl
    this.keys = keys
    this.#link = link
  }

  /** Runs a script of the operator's. Rejects with `ERR_CRAWL_UNKNOWN` when it says that there is no such crawl. */
  async run(script: LuaScript, args: readonly string[]): Promise<readonly unknown[]> {
    const reply = listOf(await this.#link.run(script, this.keys.all, args))
    if (numberOf(reply[0]) === -1) throw await this.unknown()
    return reply
  }

  /** A plain command on the node of the crawl. */
  command(...args: readonly string[]): Promise<unknown> {
    return this.#link.command(this.keys.all[0], args)
  }

  async unknown(): Promise<SkeinError> {
    return unknownCrawl(this.crawl, await listCrawls(this.#link))
  }
}

/** Says that a crawl is not there, and which are. */
export function unknownCrawl(crawl: string, names: readonly string[]): SkeinError {
  const there = names.length === 0 ? 'There is none at all.' : `There are: ${names.join(', ')}.`
  return new SkeinError(
    'ERR_CRAWL_UNKNOWN',
    `There is no crawl ${JSON.stringify(crawl)} on this Redis. ${there} A crawl is there from its first start with this Redis until it is purged.`,
  )
}
