import { SkeinError } from '../errors.ts'

/** What can go wrong with a store. */
export type StorageErrorCode =
  | 'ERR_STORAGE_KEY'
  | 'ERR_STORAGE_DENIED'
  | 'ERR_STORAGE_MISSING'
  | 'ERR_STORAGE_FULL'
  | 'ERR_STORAGE_AWAY'
  | 'ERR_STORAGE_FAILED'

/**
 * A store did not do what it was asked for. `ERR_STORAGE_KEY` a name that no object may have · `ERR_STORAGE_DENIED` no right, or wrong
 * credentials · `ERR_STORAGE_MISSING` no such bucket or folder · `ERR_STORAGE_FULL` no space left · `ERR_STORAGE_AWAY` it cannot be
 * reached, or is overloaded: the only one that passes by itself · `ERR_STORAGE_FAILED` anything else; `cause` has it.
 */
export class StorageError extends SkeinError {
  declare readonly code: StorageErrorCode

  // only to narrow the code
  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options)
  }

  /** The same may succeed later, with nobody doing anything about it. */
  get transient(): boolean {
    return this.code === 'ERR_STORAGE_AWAY'
  }
}
