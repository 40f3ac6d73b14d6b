import { SkeinError } from '../errors.ts'
import type { Purged, PurgeOptions } from './contract.ts'
import type { CrawlHandle } from './crawl-handle.ts'
import { operatorScripts } from './operator-scripts.ts'
import { numberOf } from './reply.ts'

/**
 * Deletes a crawl: it is taken out of use first, so that nobody joins it half deleted, and then cleared in steps that each keep Redis busy
 * for a moment only. One that breaks off is completed by the next purge, or by the next start of the crawl.
 */
export async function purge(
  handle: CrawlHandle,
  { force = false, items = false, seeds = false }: PurgeOptions = {},
): Promise<Purged> {
  const [status, kind, queued, seen, dead] = await handle.run(operatorScripts.purge, [force ? '1' : '0'])
  if (status === -6) {
    const living = numberOf(kind)
    throw new SkeinError(
      'ERR_CRAWL_BUSY',
      `${living === 1 ? '1 worker takes' : `${living} workers take`} part in the crawl ${handle.crawl}: nothing was deleted. \`skein stop ${handle.crawl}\` ends ${living === 1 ? 'it' : 'them'}; --force deletes the crawl all the same, and they end with an error.`,
    )
  }
  await clear(handle, String(kind))
  const [, , startUrls, itemsKey] = handle.keys.all
  const purged: Purged = {
    queued: numberOf(queued),
    seen: numberOf(seen),
    dead: numberOf(dead),
    items: items ? numberOf(await handle.command('LLEN', itemsKey)) : 0,
    seeds: seeds ? await lengthOf(handle, startUrls) : 0,
  }
  await handle.command('UNLINK', `${handle.keys.prefix}start_urls:dead`)
  if (items) await handle.command('UNLINK', itemsKey)
  if (seeds) await handle.command('UNLINK', startUrls)
  return purged
}

async function clear(handle: CrawlHandle, kind: string): Promise<void> {
  for (;;) {
    try {
      const [, over] = await handle.run(operatorScripts.clear, ['', 'all', kind])
      if (over === 1) return
    } catch (error) {
      // a worker came, completed it, and began anew
      if (error instanceof SkeinError && error.code === 'ERR_CRAWL_UNKNOWN') return
      throw error
    }
  }
}

async function lengthOf(handle: CrawlHandle, key: string): Promise<number> {
  const commands: Readonly<Record<string, string>> = { list: 'LLEN', set: 'SCARD', zset: 'ZCARD' }
  const command = commands[String(await handle.command('TYPE', key))]
  return command === undefined ? 0 : numberOf(await handle.command(command, key))
}
