import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, mkdir, realpath, rmdir } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { makeFolder } from '../../util/make-folder.ts'
import type { ObjectInfo, ObjectStat, ObjectStore, ObjectUpload, StatOptions } from '../contract.ts'
import { checkKey, portableKey } from '../object-key.ts'
import { StorageError } from '../storage-error.ts'
import { folderError } from './folder-error.ts'
import { FolderUpload } from './folder-upload.ts'
import { TemporaryFile } from './temporary-file.ts'

/** Where files are until they are whole: what a killed process left is found there without a look at all the others. */
const TEMPORARY = '.skein-tmp'

/**
 * Objects as files in a folder. A file appears by a rename once its bytes are on the disk, so none is ever half there. Names are made
 * fit for every file system ({@link portableKey}); a link inside the folder that leads out of it is not followed.
 */
export class FolderStore implements ObjectStore {
  readonly uri: string
  #root: string | undefined

  constructor(path: string) {
    this.uri = path
  }

  async put(key: string, body: Uint8Array): Promise<void> {
    try {
      await this.#put(key, body)
    } catch (error) {
      // a folder in the store was removed beneath it, or, after a day of sleep, its file by another process' sweep
      if (!(error instanceof StorageError && error.code === 'ERR_STORAGE_MISSING')) throw error
      await this.#put(key, body)
    }
  }

  async #put(key: string, body: Uint8Array): Promise<void> {
    const upload = this.upload(key)
    try {
      await upload.write(body)
      await upload.finish()
    } catch (error) {
      // what failed first says what is wrong: on a disk that lets nothing be written, nothing can be taken away either
      await upload.abort().catch(() => {})
      throw error
    }
  }

  async stat(key: string, { md5 = false }: StatOptions = {}): Promise<ObjectStat | undefined> {
    checkKey(key, this.uri)
    return this.#guarded(`looking for ${key}`, async () => {
      try {
        const root = await this.#realRoot()
        const file = join(root, portableKey(key))
        await this.#staysInside(dirname(file), root)
        const found = await lstat(file)
        if (!found.isFile()) return undefined
        return { size: found.size, modified: found.mtime, ...(md5 ? { md5: await md5Of(file) } : {}) }
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
        throw error
      }
    })
  }

  upload(key: string, _about?: ObjectInfo): ObjectUpload {
    checkKey(key, this.uri)
    return new FolderUpload(
      () => this.#place(key),
      () => this.#temporaryFile(),
      (action) => this.#guarded(`writing ${key}`, action),
    )
  }

  /** Makes the folder where it is missing, and removes what killed processes left half written. */
  async check(): Promise<void> {
    await this.#guarded('writing', async () => {
      makeFolder(this.uri)
      const file = await this.#temporaryFile()
      try {
        await file.sweep()
      } finally {
        await file.discard()
      }
    })
  }

  async close(): Promise<void> {
    // unless others write there, or it is not to be had
    await rmdir(join(this.#root ?? this.uri, TEMPORARY)).catch(() => {})
  }

  async #temporaryFile(): Promise<TemporaryFile> {
    const root = await this.#realRoot()
    const folder = join(root, TEMPORARY)
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#makeBelow(root, folder)
        return await TemporaryFile.create(folder)
      } catch (error) {
        // another process that closed the store took the empty folder away in between
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === 10) throw error
      }
    }
  }

  /** Where an object goes; the folders above it are there then. */
  async #place(key: string): Promise<string> {
    const root = await this.#realRoot()
    const file = join(root, portableKey(key))
    const folder = dirname(file)
    try {
      await this.#staysInside(folder, root)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      await this.#makeBelow(root, folder)
      await this.#staysInside(folder, root)
    }
    return file
  }

  /** Not with `recursive`: a root that is gone (a disk that was unmounted) is not to be made anew on another disk. */
  async #makeBelow(root: string, folder: string): Promise<void> {
    let made = root
    for (const part of folder.slice(root.length).split(sep)) {
      if (part === '') continue
      made = join(made, part)
      await mkdir(made).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
      })
      // before anything is made beyond a link
      await this.#staysInside(made, root)
    }
  }

  async #staysInside(folder: string, root: string): Promise<void> {
    const real = await realpath(folder)
    if (real === root || real.startsWith(root.endsWith(sep) ? root : root + sep)) return
    throw new StorageError(
      'ERR_STORAGE_KEY',
      `the folder ${this.uri} has a link, ${folder}, that leads out of it, to ${real}. Nothing is stored there: take the link away, or use that folder as the store`,
    )
  }

  async #realRoot(): Promise<string> {
    this.#root ??= await realpath(this.uri)
    return this.#root
  }

  async #guarded<T>(doing: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action()
    } catch (error) {
      throw folderError(error, this.uri, doing)
    }
  }
}

async function md5Of(file: string): Promise<string> {
  const hash = createHash('md5')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
