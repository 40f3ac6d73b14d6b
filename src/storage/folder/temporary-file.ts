import { randomBytes } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** What a system says that cannot sync a folder; its file systems keep a rename without. */
const NO_FOLDER_SYNC = new Set(['EPERM', 'EISDIR', 'EINVAL', 'ENOTSUP', 'EACCES'])

/** A file that gets its name when it is whole. Until then it is `.skein-….tmp` in the same folder, so that it need only be renamed. */
export class TemporaryFile {
  readonly #path: string
  readonly #handle: FileHandle
  #open = true

  private constructor(path: string, handle: FileHandle) {
    this.#path = path
    this.#handle = handle
  }

  static async create(folder: string): Promise<TemporaryFile> {
    const path = join(folder, `.skein-${randomBytes(8).toString('hex')}.tmp`)
    return new TemporaryFile(path, await open(path, 'wx'))
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#handle.writeFile(bytes)
  }

  /** Once this has returned, the file is there under that name after a loss of power as well. */
  async moveTo(target: string): Promise<void> {
    // before the rename: or the name could be there after a loss of power, and the bytes not
    await this.#handle.sync()
    await this.#close()
    await rename(this.#path, target)
    await syncFolder(dirname(target))
  }

  async discard(): Promise<void> {
    await this.#close()
    await rm(this.#path, { force: true })
  }

  async #close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    await this.#handle.close()
  }
}

async function syncFolder(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (!NO_FOLDER_SYNC.has((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}
