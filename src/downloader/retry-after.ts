/** A server may not ask for more than this, in milliseconds: an hour. Beyond it the host is asked again, and may say so again. */
export const MAX_RETRY_AFTER = 3_600_000

/**
 * Milliseconds from `now` that a Retry-After header asks for (RFC 9110, 10.2.3): whole seconds, or an HTTP date. Undefined when it says
 * neither; 0 for a date that is over; never above {@link MAX_RETRY_AFTER}.
 */
export function retryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : httpDate(text) - now
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), MAX_RETRY_AFTER)
}

/** Date.parse takes numbers and words for dates that no server means; an HTTP date begins with the day of the week. */
function httpDate(text: string): number {
  return /^(mon|tue|wed|thu|fri|sat|sun)/i.test(text) ? Date.parse(/gmt|utc/i.test(text) ? text : `${text} GMT`) : Number.NaN
}
