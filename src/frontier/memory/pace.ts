/** Milliseconds that may be made up for: timers fire late, and without this each lateness would be lost for the rate. */
const SLACK = 50

/** Spaces out what all slots together may start, at most so many a second; 0: as fast as they will. */
export class Pace {
  /** Milliseconds between two starts. */
  readonly #gap: number
  #next = 0

  constructor(perSecond: number) {
    this.#gap = perSecond > 0 ? 1000 / perSecond : 0
  }

  allows(now: number): boolean {
    return this.#next <= now
  }

  took(now: number): void {
    if (this.#gap > 0) this.#next = Math.max(this.#next, now - SLACK) + this.#gap
  }

  /** When something may start that could do so at `time` if it were for its slot alone. */
  earliest(time: number): number {
    return Math.max(time, this.#next)
  }
}
