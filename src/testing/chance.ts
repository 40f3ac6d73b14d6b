/**
 * A number in [0, 1) that follows from its arguments alone, and looks drawn at random: what happens by chance at a fake site happens again
 * in the next run. FNV-1a over the text, and the finish of MurmurHash3, which spreads one bit over all.
 */
export function chance(seed: number, text: string, number: number): number {
  let hash = 0x811c9dc5 ^ seed
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return chanceOf(hash, number)
}

/** The same of two whole numbers, for where there are millions to be drawn. */
export function chanceOf(seed: number, number: number): number {
  return mix(mix(seed | 0) ^ Math.imul(number, 0x9e3779b1)) / 4294967296
}

/** Mixes 32 bits. */
function mix(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
