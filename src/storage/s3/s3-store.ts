import { randomBytes } from 'node:crypto'
import type { ObjectInfo, ObjectStat, ObjectStore, ObjectUpload } from '../contract.ts'
import { checkKey, shortKey } from '../object-key.ts'
import { StorageError } from '../storage-error.ts'
import type { S3Calls } from './s3-calls.ts'
import { S3Upload } from './s3-upload.ts'
import type { S3Place } from './s3-uri.ts'

/** Bytes. */
const PART_SIZE = 8 * 1024 * 1024

/** Objects in a bucket. */
export class S3Store implements ObjectStore {
  readonly uri: string
  readonly #prefix: string
  readonly #calls: S3Calls
  readonly #partSize: number

  constructor({ uri, prefix }: S3Place, calls: S3Calls, partSize: number = PART_SIZE) {
    this.uri = uri
    this.#prefix = prefix
    this.#calls = calls
    this.#partSize = partSize
  }

  async put(key: string, body: Uint8Array, about?: ObjectInfo): Promise<void> {
    await this.#calls.put(this.#full(key), body, about)
  }

  async stat(key: string): Promise<ObjectStat | undefined> {
    const found = await this.#calls.head(this.#full(key))
    if (found === undefined) return undefined
    const { ContentLength = 0, LastModified = new Date(0), ETag = '' } = found
    const encrypted = found.ServerSideEncryption?.startsWith('aws:') || found.SSECustomerAlgorithm !== undefined
    const md5 = encrypted ? undefined : /^"?([\da-f]{32})"?$/i.exec(ETag)?.[1]?.toLowerCase()
    return { size: ContentLength, modified: LastModified, ...(md5 === undefined ? {} : { md5 }) }
  }

  upload(key: string, about?: ObjectInfo, begun?: (id: string) => void): ObjectUpload {
    return new S3Upload(this.#calls, { key: this.#full(key), about, firstPart: this.#partSize, begun })
  }

  takeBack(key: string, id: string): Promise<void> {
    return this.#calls.abort(this.#full(key), id)
  }

  /** Begins an upload and takes it back: that needs the right to write, and leaves nothing, where the right to delete is not given either. */
  async check(): Promise<void> {
    const key = this.#full(`.skein-${randomBytes(8).toString('hex')}.tmp`)
    const id = await this.#calls.begin(key, undefined)
    try {
      await this.#calls.abort(key, id)
    } catch (error) {
      // it holds no parts, and costs nothing; that it may be begun is what was asked
      if (!(error instanceof StorageError) || error.transient) throw error
    }
  }

  async close(): Promise<void> {
    this.#calls.close()
  }

  #full(key: string): string {
    checkKey(key, this.uri)
    return shortKey(this.#prefix + key)
  }
}
