import { dirname } from 'node:path'
import { SkeinError } from '../../errors.ts'
import type { ObjectUpload } from '../contract.ts'
import { TemporaryFile } from './temporary-file.ts'

/** An object on its way into a folder: a file of another name until it is whole. */
export class FolderUpload implements ObjectUpload {
  readonly #place: () => Promise<string>
  readonly #guarded: <T>(action: () => Promise<T>) => Promise<T>
  #target = ''
  #file: TemporaryFile | undefined
  #over = false

  /** `place` makes the folders and says where the object goes; `guarded` puts what the system says into words. */
  constructor(place: () => Promise<string>, guarded: <T>(action: () => Promise<T>) => Promise<T>) {
    this.#place = place
    this.#guarded = guarded
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#notOver()
    await this.#guarded(async () => (await this.#opened()).write(bytes))
  }

  async finish(): Promise<void> {
    this.#notOver()
    await this.#guarded(async () => (await this.#opened()).moveTo(this.#target))
    this.#over = true
  }

  async abort(): Promise<void> {
    if (this.#over) return
    this.#over = true
    await this.#file?.discard()
  }

  async #opened(): Promise<TemporaryFile> {
    if (this.#file === undefined) {
      this.#target = await this.#place()
      this.#file = await TemporaryFile.create(dirname(this.#target))
    }
    return this.#file
  }

  #notOver(): void {
    if (this.#over) throw new SkeinError('ERR_STORAGE_OVER', 'this upload was finished or aborted; begin another one')
  }
}
