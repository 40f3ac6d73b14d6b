import { SkeinError } from '../../errors.ts'

/** What can go wrong with a store of items. */
export type StoreErrorCode =
  | 'ERR_STORE_AWAY'
  | 'ERR_STORE_SLOW'
  | 'ERR_STORE_DENIED'
  | 'ERR_STORE_CONFLICT'
  | 'ERR_STORE_REFUSED'
  | 'ERR_STORE_ITEM'
  | 'ERR_STORE_KEY'
  | 'ERR_STORE_CLOSED'

/**
 * A store of items did not do what it was asked for. `ERR_STORE_AWAY` it cannot be reached, or cannot take anything just now ·
 * `ERR_STORE_SLOW` it did not answer within the deadline; both pass by themselves · `ERR_STORE_DENIED` wrong credentials, or no right ·
 * `ERR_STORE_CONFLICT` what is there does not fit: no unique index, a column that is missing · `ERR_STORE_REFUSED` it says no to a write ·
 * `ERR_STORE_ITEM` an item that it cannot hold · `ERR_STORE_KEY` an item without its key · `ERR_STORE_CLOSED` closed before all was stored.
 */
export class StoreError extends SkeinError {
  declare readonly code: StoreErrorCode

  // only to narrow the code
  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options)
  }

  /** The same may succeed later, with nobody doing anything about it. */
  get transient(): boolean {
    return this.code === 'ERR_STORE_AWAY' || this.code === 'ERR_STORE_SLOW'
  }
}
