import type { SiteLoad } from './contract.ts'
import { SlidingWindow } from './sliding-window.ts'

/** How hard somebody comes, counted as it happens. */
export class Load {
  #requests = 0
  #open = 0
  #peakConcurrency = 0
  #peakRate = 0
  readonly #lastSecond = new SlidingWindow(1000)

  get open(): number {
    return this.#open
  }

  get requests(): number {
    return this.#requests
  }

  arrive(now: number): void {
    this.#requests++
    this.#open++
    this.#peakRate = Math.max(this.#peakRate, this.#lastSecond.add(now))
  }

  /** What arrived is being answered. What is turned away never was: it does not count for the peak. */
  begin(): void {
    this.#peakConcurrency = Math.max(this.#peakConcurrency, this.#open)
  }

  leave(): void {
    this.#open--
  }

  get counts(): SiteLoad {
    return {
      requests: this.#requests,
      open: this.#open,
      peakConcurrency: this.#peakConcurrency,
      peakRate: this.#peakRate,
    }
  }
}
