/**
 * Gathers pages that are done and commits them together. A group is closed at the end of the event loop's turn, or when the group before
 * it has been committed: the busier the crawl, the larger the groups, and no page waits for a timer.
 */
export class CommitGroup<T> {
  #waiting: T[] = []
  #running: Promise<void> | undefined
  readonly #commit: (group: readonly T[]) => Promise<void>

  /** `commit` must not reject. */
  constructor(commit: (group: readonly T[]) => Promise<void>) {
    this.#commit = commit
  }

  add(page: T): void {
    this.#waiting.push(page)
    this.#running ??= this.#run()
  }

  /** When everything added so far has been committed. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  async #run(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#waiting.length > 0) {
      const group = this.#waiting
      this.#waiting = []
      await this.#commit(group)
    }
    this.#running = undefined
  }
}
