import { chance } from './chance.ts'
import type { FakeSiteOptions, SiteRequest } from './contract.ts'

/** Gives the milliseconds that an answer takes. */
export function latencyOf(latency: FakeSiteOptions['latency'], seed: number): (request: SiteRequest) => number {
  if (latency === undefined) return () => 0
  if (typeof latency === 'number') return () => latency
  if (typeof latency === 'function') return latency
  const { median, sigma = 0.5, max = 20 * median } = latency
  // another stream than that of the faults
  const own = seed ^ 0x6c617465
  return ({ url, attempt }) => {
    // the method of Box and Muller; 1 - u is never 0
    const radius = Math.sqrt(-2 * Math.log(1 - chance(own, url, attempt * 2)))
    const normal = radius * Math.cos(2 * Math.PI * chance(own, url, attempt * 2 + 1))
    return Math.min(max, median * Math.exp(sigma * normal))
  }
}
