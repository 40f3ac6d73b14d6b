import type { Findings } from './findings.ts'

/** One row of the matrix: a fault that is made for real, while a crawl runs. */
export interface Row {
  /** On the command line. */
  readonly name: string
  /** What dies, or misbehaves. */
  readonly fault: string
  /** How the row makes it. */
  readonly injected: string
  /** What becomes of the crawl. */
  readonly outcome: string
  /** Awaits what it returns: the arena is gone when it returns. */
  run(context: RowContext): Promise<Findings>
}

/** What a row is run with. */
export interface RowContext {
  /** Told what is going on. */
  readonly progress: (text: string) => void
  /** The short form: fewer pages and faults, for `npm test`. */
  readonly short: boolean
}
