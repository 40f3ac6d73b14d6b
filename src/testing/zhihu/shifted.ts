import type { Reach } from './reach.ts'
import type { Follows } from './social-graph.ts'

/**
 * A list after `moves` moves: with each, every entry goes one place down and the last comes to the top, as when somebody follows again. Whoever pages
 * meanwhile sees some entries twice and others never. But the entry by which a user is found from the first one stays where it is, so that
 * whoever reads all lists finds everybody, in whatever order pages come and however often.
 */
export function shifted(list: Uint32Array, moves: number, owner: number, kind: Follows, reach: Reach): Uint32Array {
  const free: number[] = []
  for (let at = 0; at < list.length; at++) if (!reach.isFoundBy(owner, kind, list[at]!)) free.push(at)
  const moved = list.slice()
  for (let i = 0; i < free.length; i++) moved[free[(i + moves) % free.length]!] = list[free[i]!]!
  return moved
}
