/** A body whose coding was undone. */
export interface Decoded {
  readonly body: Buffer
  /** The coded body ended too early, or is broken further on: this is what could be had of it. */
  readonly partial: boolean
}

/** A coded body has more in it than is allowed. */
export class OutputTooLarge extends Error {
  constructor(limit: number) {
    super(`more than ${limit} bytes when decoded`)
    this.name = 'OutputTooLarge'
  }
}
