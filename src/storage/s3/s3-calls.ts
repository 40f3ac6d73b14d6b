import { createHash } from 'node:crypto'
import type { CompletedPart, HeadObjectCommandOutput, ObjectCannedACL, S3Client, StorageClass } from '@aws-sdk/client-s3'
import type { Clock } from '../../util/clock.ts'
import type { ObjectInfo } from '../contract.ts'
import { StorageError } from '../storage-error.ts'
import { withBackOff } from '../with-back-off.ts'
import { s3Error } from './s3-error.ts'
import type { S3Options } from './s3-options.ts'
import type { S3Place } from './s3-uri.ts'

const ATTEMPTS = 5
/** Seconds. */
const TIMEOUT = 60
/** Bytes that a slow line carries in a millisecond. */
const SLOW = 50

/** What the calls are made with. */
export interface S3Parts {
  readonly sdk: Pick<
    typeof import('@aws-sdk/client-s3'),
    | 'PutObjectCommand'
    | 'HeadObjectCommand'
    | 'CreateMultipartUploadCommand'
    | 'UploadPartCommand'
    | 'CompleteMultipartUploadCommand'
    | 'AbortMultipartUploadCommand'
  >
  readonly client: S3Client
  readonly place: S3Place
  readonly endpoint: string
  readonly options: S3Options
  readonly clock: Clock
}

/** What every object is stored with. */
interface ObjectHeaders {
  readonly ACL?: ObjectCannedACL
  readonly StorageClass?: StorageClass
  readonly ContentType?: string
}

/** The verbs of S3 on one bucket: each with a deadline, tried again while the server is away, failing with a StorageError. */
export class S3Calls {
  readonly #parts: S3Parts
  readonly #objects: ObjectHeaders
  readonly #closed = new AbortController()

  constructor(parts: S3Parts) {
    this.#parts = parts
    const { acl, storageClass } = parts.options
    this.#objects = {
      ...(acl === undefined ? {} : { ACL: acl as ObjectCannedACL }),
      ...(storageClass === undefined ? {} : { StorageClass: storageClass as StorageClass }),
    }
  }

  async put(key: string, body: Uint8Array, about: ObjectInfo | undefined): Promise<void> {
    const { sdk, client } = this.#parts
    const command = new sdk.PutObjectCommand({ ...this.#of(key), ...this.#about(about), Body: body, ContentMD5: md5(body) })
    await this.#call(`storing ${key}`, (abortSignal) => client.send(command, { abortSignal }), body.length)
  }

  /** Undefined where there is no such object; nor can a missing bucket be told from that. */
  async head(key: string): Promise<HeadObjectCommandOutput | undefined> {
    const { sdk, client } = this.#parts
    const command = new sdk.HeadObjectCommand(this.#of(key))
    try {
      return await this.#call(`looking for ${key}`, (abortSignal) => client.send(command, { abortSignal }))
    } catch (error) {
      if (statusOf(error) === 404) return undefined
      throw error
    }
  }

  /** The id of an upload in parts. */
  async begin(key: string, about: ObjectInfo | undefined): Promise<string> {
    const { sdk, client } = this.#parts
    const command = new sdk.CreateMultipartUploadCommand({ ...this.#of(key), ...this.#about(about) })
    const { UploadId } = await this.#call(`storing ${key}`, (abortSignal) => client.send(command, { abortSignal }))
    return UploadId!
  }

  /** `gone`: aborted when the part is not wanted any more: it is not tried again. */
  async part(key: string, id: string, number: number, body: Uint8Array, gone: AbortSignal): Promise<CompletedPart> {
    const { sdk, client } = this.#parts
    const about = { UploadId: id, PartNumber: number, Body: body, ContentMD5: md5(body) }
    const command = new sdk.UploadPartCommand({ ...this.#of(key), ...about })
    const send = (abortSignal: AbortSignal) => client.send(command, { abortSignal })
    const { ETag } = await this.#call(`storing part ${number} of ${key}`, send, body.length, gone)
    return { PartNumber: number, ETag }
  }

  async complete(key: string, id: string, parts: readonly CompletedPart[], size: number): Promise<void> {
    const { sdk, client } = this.#parts
    const command = new sdk.CompleteMultipartUploadCommand({
      ...this.#of(key),
      UploadId: id,
      MultipartUpload: { Parts: [...parts] },
    })
    let tries = 0
    const send = async (abortSignal: AbortSignal): Promise<void> => {
      tries++
      await client.send(command, { abortSignal })
    }
    try {
      await this.#call(`storing ${key}`, send)
    } catch (error) {
      // the answer of the first try was lost, not what it did: the upload is no longer known, and the object is there
      if (tries === 1 || (await this.head(key))?.ContentLength !== size) throw error
    }
  }

  async abort(key: string, id: string): Promise<void> {
    const { sdk, client } = this.#parts
    const command = new sdk.AbortMultipartUploadCommand({ ...this.#of(key), UploadId: id })
    try {
      await this.#call(`taking back ${key}`, (abortSignal) => client.send(command, { abortSignal }))
    } catch (error) {
      if (statusOf(error) !== 404) throw error
    }
  }

  /** Calls that are under way fail. */
  close(): void {
    this.#closed.abort()
    this.#parts.client.destroy()
  }

  #of(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#parts.place.bucket, Key: key }
  }

  #about(about: ObjectInfo | undefined): ObjectHeaders {
    return { ...this.#objects, ...(about?.contentType === undefined ? {} : { ContentType: about.contentType }) }
  }

  #call<T>(doing: string, send: (signal: AbortSignal) => Promise<T>, bytes = 0, gone?: AbortSignal): Promise<T> {
    const { clock, options, place, endpoint } = this.#parts
    const deadline = (options.timeout ?? TIMEOUT) * 1000 + bytes / SLOW
    const attempt = async (): Promise<T> => {
      const controller = new AbortController()
      const closed = (): void => controller.abort()
      this.#closed.signal.addEventListener('abort', closed)
      if (this.#closed.signal.aborted) closed()
      let late = false
      const cancel = clock.after(deadline, () => {
        late = true
        controller.abort()
      })
      try {
        return await send(controller.signal)
      } catch (error) {
        if (late)
          throw new StorageError(
            'ERR_STORAGE_AWAY',
            `${place.uri} at ${endpoint}: ${doing} failed: no answer within ${Math.ceil(deadline / 1000)} s`,
            { cause: error },
          )
        throw s3Error(error, { uri: place.uri, endpoint, doing })
      } finally {
        cancel()
        this.#closed.signal.removeEventListener('abort', closed)
      }
    }
    return withBackOff(attempt, {
      clock,
      attempts: options.attempts ?? ATTEMPTS,
      signal: gone ?? this.#closed.signal,
    })
  }
}

/** The server checks what it got by it; unlike the newer checksums, all of them know it. */
function md5(body: Uint8Array): string {
  return createHash('md5').update(body).digest('base64')
}

function statusOf(error: unknown): number | undefined {
  return ((error as Error).cause as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode
}
