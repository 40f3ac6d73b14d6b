import { SkeinError } from '../errors.ts'
import { redisFrontier } from '../frontier/redis/redis-frontier.ts'
import { crawlKeys } from '../frontier/redis/redis-keys.ts'
import type { RedisFrontierOptions } from '../frontier/redis/redis-options.ts'
import type { RedisLink } from '../redis/link.ts'
import type { ImportTarget } from './contract.ts'
import { openLedger } from './import-ledger.ts'

/** A crawl that things are imported into. */
export interface OpenTarget extends ImportTarget {
  /** Ends the session; what was brought stays. */
  close(): Promise<void>
}

/**
 * Takes part in a crawl to bring it something: creates it, or joins it. The session is kept alive until it is closed. The crawl counts as not
 * seeded, so that the first worker runs `start()` of its spider.
 */
export async function openTarget(options: RedisFrontierOptions, link: RedisLink): Promise<OpenTarget> {
  // an earlier import that is gone on with must not be thrown away
  const session = await redisFrontier({ ...options, flushOnStart: false, link }).connect()
  try {
    const ledger = await openLedger(link, crawlKeys(options).prefix)
    const beat = setInterval(() => {
      session.beat().catch((error: unknown) => {
        // enqueue and markSeen say it better, and are waited for
        if (!(error instanceof SkeinError)) throw error
      })
    }, options.sessionTtl / 3)
    return {
      enqueue: (requests) => session.enqueue(requests),
      markSeen: (hexes) => session.markSeen(hexes),
      ...ledger,
      async close() {
        clearInterval(beat)
        await session.close()
      },
    }
  } catch (error) {
    await session.close()
    throw error
  }
}
