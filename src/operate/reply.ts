import { SkeinError } from '../errors.ts'

/** A flat list of names and values, as HGETALL gives it, as a map. */
export function pairsOf(reply: unknown): Map<string, string> {
  const flat = listOf(reply)
  const map = new Map<string, string>()
  for (let i = 0; i + 1 < flat.length; i += 2) map.set(String(flat[i]), String(flat[i + 1]))
  return map
}

/** An array out of a script's reply. */
export function listOf(reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply
  throw new SkeinError(
    'ERR_REDIS_REPLY',
    `Redis was expected to answer with a list, and answered ${JSON.stringify(reply)}. Is there something else than Redis at this address?`,
  )
}

/** A number out of a script's reply; what is none, or absent, is 0. */
export function numberOf(value: unknown): number {
  const number = Number(value ?? 0)
  return Number.isFinite(number) ? number : 0
}
