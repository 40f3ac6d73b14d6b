import { UsageError } from '../errors.ts'
import type { RedisLink } from '../redis/link.ts'
import type { ImportProblem, ImportReport, ImportTarget } from './contract.ts'

/** Members that are asked for at once. */
const PAGE = '1000'
const FINGERPRINT = /^[0-9a-f]{40}$/i

/** How fingerprints are brought over. */
export interface FingerprintImport {
  /** Undefined: they are read only. */
  readonly target: Pick<ImportTarget, 'markSeen'> | undefined
  readonly signal: AbortSignal | undefined
  readonly onProblem: (problem: ImportProblem) => void
  readonly onProgress: (done: number, total: number) => void
}

/** How many fingerprints are at the key of a dupe filter; undefined for nothing. Throws a UsageError for what is no set. */
export async function countFingerprints(link: RedisLink, key: string): Promise<number | undefined> {
  const type = String(await link.command(key, ['TYPE', key]))
  if (type === 'none') return undefined
  if (type === 'set') return Number(await link.command(key, ['SCARD', key]))
  throw new UsageError(
    'ERR_IMPORT_SOURCE',
    `The key ${key} holds a ${type}. Expected the dupe filter of scrapy-redis, a set${type === 'string' ? '; a Bloom filter keeps no fingerprints that could be read back' : ''}. --no-dupefilter leaves it out: pages are then fetched again that nobody knows of.`,
  )
}

/** Marks the fingerprints of a dupe filter as seen. */
export async function importFingerprints(
  link: RedisLink,
  key: string,
  total: number,
  { target, signal, onProblem, onProgress }: FingerprintImport,
): Promise<ImportReport['fingerprints']> {
  const counts = { read: 0, added: 0, present: 0, unreadable: 0 }
  const scan = (cursor: string): Promise<unknown> => link.command(key, ['SSCAN', key, cursor, 'COUNT', PAGE])
  let next = scan('0')
  do {
    const [cursor, members] = (await next) as [string, string[]]
    next = cursor === '0' ? Promise.resolve(undefined) : scan(cursor)
    // it is on its way while these are marked
    next.catch(() => undefined)
    const hexes = members.filter((member) => FINGERPRINT.test(member))
    if (hexes.length < members.length) {
      for (const member of members) {
        if (!FINGERPRINT.test(member))
          onProblem({ place: key, reason: `${JSON.stringify(member.slice(0, 60))} is no fingerprint of 40 hex digits` })
      }
    }
    counts.read += members.length
    counts.unreadable += members.length - hexes.length
    if (target !== undefined && hexes.length > 0) {
      const added = await target.markSeen(hexes)
      counts.added += added
      counts.present += hexes.length - added
    }
    onProgress(counts.read, total)
    if (cursor === '0') break
  } while (signal?.aborted !== true)
  return counts
}
