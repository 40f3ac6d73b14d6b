import { SkeinError } from '../../errors.ts'
import type { ObjectUpload } from '../contract.ts'
import type { TemporaryFile } from './temporary-file.ts'

/** An object on its way into a folder: a file of another name until it is whole. */
export class FolderUpload implements ObjectUpload {
  readonly #place: () => Promise<string>
  readonly #create: () => Promise<TemporaryFile>
  readonly #guarded: <T>(action: () => Promise<T>) => Promise<T>
  #target = ''
  #file: TemporaryFile | undefined
  #over = false

  /** `place` makes the folders and says where the object goes; `create` makes the file; `guarded` puts what the system says into words. */
  constructor(
    place: () => Promise<string>,
    create: () => Promise<TemporaryFile>,
    guarded: <T>(action: () => Promise<T>) => Promise<T>,
  ) {
    this.#place = place
    this.#create = create
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
      this.#file = await this.#create()
    }
    return this.#file
  }

  #notOver(): void {
    if (this.#over) throw new SkeinError('ERR_STORAGE_OVER', 'this upload was finished or aborted; begin another one')
  }
}
