/**
 * A place that keeps objects by name: a folder, or a bucket of an S3-compatible server. Feeds and media pipelines store in it.
 *
 * Keys are relative, with `/` between their parts; what a key of somebody else's making may not contain (`..`, NUL, an empty part) is
 * refused with `ERR_STORAGE_KEY`. Everything that fails does so with a SkeinError `ERR_STORAGE_…` that names the place, what the system
 * said and what to do; credentials are in no message.
 */
export interface ObjectStore {
  /** As the user wrote it, without credentials: `s3://bucket/prefix`, `/data/images`. */
  readonly uri: string
  /** Stores a whole object. It is there as a whole or not at all, whatever dies; one that was there is replaced. */
  put(key: string, body: Uint8Array, about?: ObjectInfo): Promise<void>
  /** What is known of an object; undefined where there is none. */
  stat(key: string, options?: StatOptions): Promise<ObjectStat | undefined>
  /**
   * An object that is written in pieces. Where such an upload would stay on the server if this process died, `begun` hears of its id
   * before any piece is sent.
   */
  upload(key: string, about?: ObjectInfo, begun?: (id: string) => void): ObjectUpload
  /** Takes back what is left of an upload with that id, also of another process; nothing, where there is nothing left. */
  takeBack?(key: string, id: string): Promise<void>
  /** Fails where nothing could be stored: no such bucket, wrong credentials, no right to write. Leaves nothing behind. */
  check(): Promise<void>
  /** What is under way fails, as far as it can be broken off: wait for what is wanted first. */
  close(): Promise<void>
}

/** What is stored beside the bytes, where the place can. */
export interface ObjectInfo {
  /** A media type. */
  readonly contentType?: string
}

/** What to find out about an object. */
export interface StatOptions {
  /** Its MD5 as well, even if a folder has to read the whole file for it. @default false */
  readonly md5?: boolean
}

export interface ObjectStat {
  /** Bytes. */
  readonly size: number
  readonly modified: Date
  /** MD5 in hex, where it was asked for or is known anyway; a bucket does not know that of what came in parts, or is encrypted. */
  readonly md5?: string
}

/** An object on its way. It is there as a whole once `finish` has returned, and not before. */
export interface ObjectUpload {
  /** Takes the next bytes, in any size; resolves when more may come. The bytes must not change afterwards. */
  write(bytes: Uint8Array): Promise<void>
  finish(): Promise<void>
  /** Nothing of it stays (S3 keeps, and charges for, parts of uploads that were never aborted). */
  abort(): Promise<void>
}
