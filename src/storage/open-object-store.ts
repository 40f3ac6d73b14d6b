import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UsageError } from '../errors.ts'
import { type Clock, systemClock } from '../util/clock.ts'
import type { ObjectStore } from './contract.ts'
import { FolderStore } from './folder/folder-store.ts'
import { openS3Store } from './s3/open-s3-store.ts'
import type { S3Options } from './s3/s3-options.ts'

/**
 * Opens the store that a URI names: a path or a `file:` URL is a folder, `s3://bucket/prefix` a bucket (the package @aws-sdk/client-s3 has
 * to be installed). Whether it can be written to is not asked here: see {@link ObjectStore.check}.
 *
 * @param options for `s3://` only
 * @throws UsageError `ERR_STORAGE_URI`, `ERR_STORAGE_OPTION`, `ERR_PEER_MISSING`
 *
 * @example
 * const store = await openObjectStore('s3://shop-images/2026', { endpoint: 'http://127.0.0.1:9000' })
 * await store.check()
 * await store.put('full/a.jpg', bytes, { contentType: 'image/jpeg' })
 */
export async function openObjectStore(uri: string, options: S3Options = {}, clock: Clock = systemClock): Promise<ObjectStore> {
  if (typeof uri !== 'string' || uri === '' || uri.includes('\0')) throw wrongUri(String(uri))
  // one letter is a drive of Windows
  const scheme = /^([a-z][a-z\d+.-]+):/i.exec(uri)?.[1]?.toLowerCase()
  if (scheme === 's3') return openS3Store(uri, options, clock)
  if (scheme !== undefined && (scheme !== 'file' || !/^file:\/\//i.test(uri))) throw wrongUri(uri)
  const given = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  if (given.length > 0) {
    throw new UsageError(
      'ERR_STORAGE_OPTION',
      `the store ${uri} is a folder and takes no options, but was given ${given.join(', ')}. They are for s3://bucket/prefix`,
    )
  }
  return new FolderStore(scheme === 'file' ? folderOf(uri) : resolve(uri))
}

function folderOf(url: string): string {
  try {
    return fileURLToPath(url)
  } catch (cause) {
    throw new UsageError('ERR_STORAGE_URI', `the store ${url} is no folder of this machine: ${(cause as Error).message}`, {
      cause,
    })
  }
}

function wrongUri(uri: string): UsageError {
  const shown = uri.replace(/\/\/[^/]*@/, '//')
  return new UsageError(
    'ERR_STORAGE_URI',
    `${JSON.stringify(shown)} names no store. Expected the path of a folder, a file:// URL, or s3://bucket/prefix`,
  )
}
