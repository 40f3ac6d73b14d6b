import { SkeinError } from '../errors.ts'
import type { Logger } from '../log/contract.ts'

type Step = () => unknown

/** What a crawl has opened and must close, whatever happens: each once, the last opened first; one that fails leaves the others theirs. */
export class Cleanup {
  readonly #log: Logger
  readonly #opened: Step[] = []

  constructor(log: Logger) {
    this.#log = log
  }

  /** Steps that belong together. The function returned runs them now; it gives the first error, which is in the log then. */
  add(...steps: readonly Step[]): () => Promise<unknown> {
    let ran: Promise<unknown> | undefined
    const run = (): Promise<unknown> => {
      ran ??= this.#run(steps)
      return ran
    }
    this.#opened.push(run)
    return run
  }

  /** Closes what is still open. Never rejects. */
  async all(): Promise<void> {
    for (let step = this.#opened.pop(); step !== undefined; step = this.#opened.pop()) await step()
  }

  async #run(steps: readonly Step[]): Promise<unknown> {
    const problems = await Promise.all(steps.map((step) => settle(step, this.#log)))
    return problems.find((problem) => problem !== undefined)
  }
}

/** Runs a step that the end of a crawl must not depend on. Gives its error, which is in the log then. */
export async function settle(step: Step, log: Logger): Promise<unknown> {
  try {
    await step()
    return undefined
  } catch (error) {
    log.error(error instanceof SkeinError ? error.message : 'Something failed while the crawl was closing', { error })
    return error
  }
}
