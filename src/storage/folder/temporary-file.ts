import { randomBytes } from 'node:crypto'
import { copyFile, type FileHandle, lstat, open, opendir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** What a system says that cannot sync a folder; its file systems keep a rename without. */
const NO_FOLDER_SYNC = new Set(['EPERM', 'EISDIR', 'EINVAL', 'ENOTSUP', 'EACCES'])

const NAME = /^\.skein-[\da-f]{16}\.tmp$/
const DAY = 24 * 60 * 60 * 1000

/** A file that gets its name when it is whole. Until then it is `.skein-….tmp` in a folder for such. */
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
    await rename(this.#path, target).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EXDEV') throw error
      await this.#moveAcross(target)
    })
    await syncFolder(dirname(target))
  }

  /**
   * Removes from its folder what has not been written to for a day: its writer died, on whatever machine. The clock is that of the disk, which
   * dates this file as it did those.
   */
  async sweep(): Promise<void> {
    const before = (await this.#handle.stat()).mtimeMs - DAY
    const folder = dirname(this.#path)
    for await (const { name } of await opendir(folder)) {
      const path = join(folder, name)
      if (!NAME.test(name)) continue
      // others may sweep as well, and what may not be removed harms nobody
      const written = await lstat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => Number.POSITIVE_INFINITY,
      )
      if (written < before) await rm(path, { force: true }).catch(() => {})
    }
  }

  async discard(): Promise<void> {
    await this.#close()
    await rm(this.#path, { force: true })
  }

  /** Onto another disk that is mounted in the store: a rename does not lead there. */
  async #moveAcross(target: string): Promise<void> {
    const beside = join(dirname(target), basename(this.#path))
    try {
      await copyFile(this.#path, beside)
      await sync(beside)
      await rename(beside, target)
    } finally {
      await rm(beside, { force: true })
    }
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
    await sync(path)
  } catch (error) {
    if (!NO_FOLDER_SYNC.has((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
