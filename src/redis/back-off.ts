const FIRST = 50
const LAST = 2_000

/**
 * How long to wait before the next try, in ms: 50 after the first failure, then twice as long each time, up to 2 s. Less a random part of up
 * to half of it: workers that lost the same server do not all come back in the same instant.
 */
export function backOff(failures: number, random: () => number = Math.random): number {
  return Math.min(FIRST * 2 ** Math.min(failures, 10), LAST) * (1 - random() / 2)
}
