import { kMaxLength } from 'node:buffer'
import { type Decoded, OutputTooLarge } from './decoded.ts'
import { type ContentCoding, decompress, INLINE_OUTPUT, likelySize } from './decompress.ts'
import { Places } from './decompress-places.ts'

/** How much is decoded, and how many such bodies at once. */
interface Tier {
  readonly size: number
  readonly places: Places | undefined
}

/**
 * Small bodies need no turn. The others do, or all that are in flight would be decoded together, each up to its limit: 16 bombs of 100 MiB take
 * 1.6 GB that way, and 100 MiB this way. Those of up to 4 MiB have turns of their own, as many as the thread pool has threads, so that
 * pages do not wait behind bombs. Memory and threads are the process's, and so are the turns.
 */
const TIERS: readonly Tier[] = [
  { size: INLINE_OUTPUT, places: undefined },
  { size: 4 * 1024 * 1024, places: new Places(4) },
  { size: Number.POSITIVE_INFINITY, places: new Places(1) },
]

/**
 * Undoes codings, the first of the list first. Never holds more than `maxSize` bytes (0: no limit) of one step, and rejects as
 * {@link decompress} does. A body that turns out larger than it looked is begun again in its turn among the larger ones.
 */
export async function undoCodings(codings: readonly ContentCoding[], body: Buffer, maxSize: number): Promise<Decoded> {
  const [outer] = codings
  if (outer === undefined || body.length === 0) return { body, partial: false }
  const limit = maxSize > 0 ? maxSize : kMaxLength
  const likely = Math.max(likelySize(outer, body), body.length)
  for (const { size, places } of TIERS) {
    if (size < limit && size < likely) continue
    const step = (): Promise<Decoded> => undoAll(codings, body, Math.min(size, limit))
    try {
      return await (places === undefined ? step() : places.run(step))
    } catch (error) {
      if (!(error instanceof OutputTooLarge) || size >= limit) throw error
    }
  }
  throw new OutputTooLarge(limit)
}

async function undoAll(codings: readonly ContentCoding[], given: Buffer, limit: number): Promise<Decoded> {
  let body = given
  let partial = false
  for (const coding of codings) {
    const decoded = await decompress(coding, body, limit)
    body = decoded.body
    partial ||= decoded.partial
  }
  return { body, partial }
}
