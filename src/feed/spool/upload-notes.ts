import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { FeedTarget } from '../contract.ts'
import type { SpoolName } from './spool-names.ts'

/**
 * What is noted beside a spool, in `NAME.part.upload`: the ids of the uploads that were begun with it, a line each. Their parts stay on the
 * server, unseen and paid for, when a process dies on the way; whoever holds the lock of the spool may take them back.
 */
export class UploadNotes {
  readonly #path: string
  readonly #name: string
  readonly #target: FeedTarget
  readonly #own = new Set<string>()

  constructor({ spool, name }: SpoolName, target: FeedTarget) {
    this.#path = `${spool}.upload`
    this.#name = name
    this.#target = target
  }

  add(id: string): void {
    this.#own.add(id)
    try {
      appendFileSync(this.#path, `${id}\n`)
    } catch {
      // a disk that is full: the upload goes on, which is what counts
    }
  }

  /** Takes back what is noted. What the server refuses stays noted. */
  async takeBack(): Promise<void> {
    const ids = this.#ids()
    if (ids.length === 0) return
    for (const id of ids) await this.#target.takeBack?.(this.#name, id)
    rmSync(this.#path, { force: true })
  }

  /** Of the uploads that were noted here nothing is left; what a dead process noted stays until it is taken back. */
  forget(): void {
    const others = this.#ids().filter((id) => !this.#own.has(id))
    if (others.length === 0) rmSync(this.#path, { force: true })
    else writeFileSync(this.#path, others.map((id) => `${id}\n`).join(''))
  }

  #ids(): readonly string[] {
    try {
      return readFileSync(this.#path, 'utf8').split('\n').slice(0, -1)
    } catch {
      return []
    }
  }
}
