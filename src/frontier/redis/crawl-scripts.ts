import { SkeinError } from '../../errors.ts'
import type { RedisLink } from '../../redis/link.ts'
import type { LuaScript } from '../../redis/lua-script.ts'
import type { CrawlKeys } from './redis-keys.ts'
import { type RedisScripts, redisScripts } from './redis-scripts.ts'
import type { SeenKind } from './seen-key.ts'

/** What a script replies: a status, and what the verb says. */
export type ScriptReply = readonly (string | number | null | readonly string[])[]

/** The scripts of a frontier, on the keys of one crawl. */
export class CrawlScripts {
  readonly scripts: RedisScripts
  readonly keys: CrawlKeys
  readonly link: RedisLink
  readonly #serverTime: (() => number) | undefined

  constructor(link: RedisLink, keys: CrawlKeys, kind: SeenKind, serverTime: (() => number) | undefined) {
    this.link = link
    this.keys = keys
    this.scripts = redisScripts(kind, serverTime !== undefined)
    this.#serverTime = serverTime
  }

  /** Runs a script. Throws `ERR_CRAWL_GONE` when the crawl is not there any more; other statuses are the caller's to read. */
  async run(script: LuaScript, args: readonly string[]): Promise<ScriptReply> {
    const all = this.#serverTime === undefined ? args : [...args, String(this.#serverTime())]
    const reply = (await this.link.run(script, this.keys.all, all)) as ScriptReply
    if (reply[0] === -1) throw crawlGone(this.keys)
    return reply
  }
}

function crawlGone({ prefix }: CrawlKeys): SkeinError {
  return new SkeinError(
    'ERR_CRAWL_GONE',
    `The crawl ${prefix.slice(1, -2)} is not in Redis any more: its keys were deleted, Redis was emptied or restarted without what it had saved, or another run of it has begun. ` +
      'Start it again; turn on appendonly in Redis to survive restarts.',
  )
}
