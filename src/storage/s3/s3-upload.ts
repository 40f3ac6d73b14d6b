import type { CompletedPart } from '@aws-sdk/client-s3'
import { SkeinError } from '../../errors.ts'
import type { ObjectInfo, ObjectUpload } from '../contract.ts'
import { partSize } from './part-size.ts'
import type { S3Calls } from './s3-calls.ts'

/** Parts on their way at once. */
const MAX_RUNNING = 4

/** What is uploaded, and how. */
interface S3UploadPlan {
  readonly key: string
  readonly about: ObjectInfo | undefined
  /** Bytes. */
  readonly firstPart: number
  /** Hears of the id of an upload in parts, before the first is sent. */
  readonly begun: ((id: string) => void) | undefined
}

/**
 * An object on its way into a bucket, in parts; one that is smaller than a part is put there whole. In memory are the part that is being
 * filled and those on their way: 5 at most, and 2 once parts have grown.
 */
export class S3Upload implements ObjectUpload {
  readonly #calls: S3Calls
  readonly #key: string
  readonly #about: ObjectInfo | undefined
  readonly #firstPart: number
  readonly #begun: S3UploadPlan['begun']
  readonly #gone = new AbortController()
  readonly #running = new Set<Promise<void>>()
  readonly #parts: CompletedPart[] = []
  #id: string | undefined
  #beginning: Promise<string> | undefined
  #pieces: Uint8Array[] = []
  #held = 0
  #sent = 0
  #count = 0
  #failure: { readonly error: unknown } | undefined
  #over = false

  constructor(calls: S3Calls, { key, about, firstPart, begun }: S3UploadPlan) {
    this.#calls = calls
    this.#key = key
    this.#about = about
    this.#firstPart = firstPart
    this.#begun = begun
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#notOver()
    let rest = bytes
    while (rest.length > 0) {
      const size = partSize(this.#count + 1, this.#firstPart)
      const piece = rest.subarray(0, size - this.#held)
      rest = rest.subarray(piece.length)
      this.#pieces.push(piece)
      this.#held += piece.length
      if (this.#held === size) await this.#sendPart()
    }
    if (this.#failure !== undefined) throw this.#failure.error
  }

  async finish(): Promise<void> {
    this.#notOver()
    if (this.#count === 0) await this.#calls.put(this.#key, this.#takePieces(), this.#about)
    else {
      if (this.#held > 0) await this.#sendPart()
      while (this.#running.size > 0) await Promise.all(this.#running)
      if (this.#failure !== undefined) throw this.#failure.error
      const parts = this.#parts.toSorted((a, b) => a.PartNumber! - b.PartNumber!)
      await this.#calls.complete(this.#key, this.#id!, parts, this.#sent)
    }
    this.#over = true
  }

  async abort(): Promise<void> {
    if (this.#over) return
    this.#over = true
    this.#pieces = []
    this.#gone.abort()
    // they are waited for, not broken off: a part that arrives after the upload was taken back would stay
    await this.#beginning?.catch(() => {})
    while (this.#running.size > 0) await Promise.all(this.#running)
    if (this.#id !== undefined) await this.#calls.abort(this.#key, this.#id)
  }

  async #begin(): Promise<string> {
    const id = await this.#calls.begin(this.#key, this.#about)
    this.#begun?.(id)
    return id
  }

  /** Sends what is held as the next part; resolves when there is room for another. */
  async #sendPart(): Promise<void> {
    const number = ++this.#count
    const body = this.#takePieces()
    this.#sent += body.length
    this.#beginning ??= this.#begin()
    this.#id ??= await this.#beginning
    if (this.#over) return
    const sending: Promise<void> = this.#calls
      .part(this.#key, this.#id, number, body, this.#gone.signal)
      .then(
        (part) => void this.#parts.push(part),
        (error: unknown) => void (this.#failure ??= { error }),
      )
      .finally(() => this.#running.delete(sending))
    this.#running.add(sending)
    const most = body.length > this.#firstPart ? 1 : MAX_RUNNING
    while (this.#running.size >= most && this.#failure === undefined) await Promise.race(this.#running)
  }

  #takePieces(): Uint8Array {
    const body = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#held = 0
    return body
  }

  #notOver(): void {
    if (this.#over) throw new SkeinError('ERR_STORAGE_OVER', 'this upload was finished or aborted; begin another one')
    if (this.#failure !== undefined) throw this.#failure.error
  }
}
