import type { RedisLink } from '../redis/link.ts'
import type { ImportTarget } from './contract.ts'

/**
 * Notes in the crawl which requests an import has brought that pass the seen set, so that one which is begun again does not bring them twice.
 * A set at `{crawl}:imported`; it is of one run of the crawl, whose epoch is in it.
 */
export async function openLedger(link: RedisLink, prefix: string): Promise<Pick<ImportTarget, 'brought' | 'bring'>> {
  const key = `${prefix}imported`
  const run = `epoch ${String(await link.command(`${prefix}crawl`, ['HGET', `${prefix}crawl`, 'epoch']))}`
  if ((await link.command(key, ['SISMEMBER', key, run])) !== 1) {
    await link.command(key, ['UNLINK', key])
    await link.command(key, ['SADD', key, run])
  }
  return {
    async brought(ids) {
      if (ids.length === 0) return []
      return ((await link.command(key, ['SMISMEMBER', key, ...ids])) as number[]).map((there) => there === 1)
    },
    async bring(ids) {
      if (ids.length > 0) await link.command(key, ['SADD', key, ...ids])
    },
  }
}
