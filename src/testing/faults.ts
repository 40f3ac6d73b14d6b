import { chance } from './chance.ts'
import type { FakeSiteOptions, Fault, SiteRequest } from './contract.ts'
import type { Incoming } from './incoming.ts'

/** The page that sets the cookie of a captcha. */
export interface CaptchaPage {
  readonly cookie: string
}

/** What goes wrong at a fake site, and when. */
export class Faults {
  readonly #faults: readonly Fault[]
  readonly #seed: number
  readonly #captchas = new Map<string, CaptchaPage>()

  constructor(faults: NonNullable<FakeSiteOptions['faults']>, seed: number) {
    this.#faults = faults
    this.#seed = seed
    for (const fault of faults) {
      if (fault.kind === 'captcha') this.#captchas.set(fault.page ?? '/captcha', { cookie: fault.cookie ?? 'captcha=solved' })
    }
  }

  /** What happens to this request; undefined: nothing. */
  of(request: SiteRequest): Fault | undefined {
    // which fault it is must not depend on the one before it: each draws for itself
    for (let i = 0; i < this.#faults.length; i++) {
      const fault = this.#faults[i]!
      const isCaptcha = fault.kind === 'captcha'
      const { probability, only, attempts = isCaptcha ? Number.POSITIVE_INFINITY : 2 } = fault
      // search, as test would go on where it stopped when the expression is global
      if (request.attempt > attempts || (only !== undefined && request.url.search(only) < 0)) continue
      // a page is behind a captcha or is not, whoever asks again
      if (chance(this.#seed + i, request.url, isCaptcha ? 0 : request.attempt) >= probability) continue
      if (isCaptcha && solved(request, fault.cookie)) continue
      return fault
    }
    return undefined
  }

  /** The status that a fault of the kind `status` gives. */
  statusOf(fault: Fault & { kind: 'status' }, request: SiteRequest): number {
    const { statuses = [503] } = fault
    return statuses[Math.floor(chance(~this.#seed, request.url, request.attempt) * statuses.length)]!
  }

  /** Where this path is the page of a captcha. */
  captchaPage(request: Incoming): CaptchaPage | undefined {
    return this.#captchas.get(request.path)
  }
}

function solved({ cookies }: SiteRequest, cookie = 'captcha=solved'): boolean {
  const at = cookie.indexOf('=')
  return cookies[cookie.slice(0, at)] === cookie.slice(at + 1)
}
