import { StorageError } from '../storage-error.ts'

/** What the system said about a file of a store, in words that say what to do. */
export function folderError(error: unknown, store: string, doing: string): StorageError {
  if (error instanceof StorageError) return error
  const { code, message } = error as NodeJS.ErrnoException
  const failed = (kind: StorageError['code'], why: string): StorageError =>
    new StorageError(kind, `the folder ${store}: ${doing} failed: ${why}`, { cause: error })
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return failed('ERR_STORAGE_FULL', `no space left (${code}). Free some, or choose another disk, and crawl again`)
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return failed(
        'ERR_STORAGE_DENIED',
        `permission denied (${code}). Give yourself the right to write there, or choose another`,
      )
    case 'ENOENT':
      return failed('ERR_STORAGE_MISSING', 'it is not there (any more)')
    case 'ENOTDIR':
    case 'EISDIR':
    case 'EEXIST':
      return failed('ERR_STORAGE_FAILED', `a file stands where a folder is needed, or a folder where a file is (${code})`)
    case 'EMFILE':
    case 'ENFILE':
    case 'EAGAIN':
    case 'EBUSY':
    case 'ETIMEDOUT':
    case 'ESTALE':
      return failed('ERR_STORAGE_AWAY', message)
    default:
      return failed('ERR_STORAGE_FAILED', message)
  }
}
