import type * as driver from 'mongodb'
import { StoreError } from '../store/store-error.ts'

export type MongoDriver = typeof driver

/**
 * What a server says when it cannot just now (MongoDB's error_codes.yml): it is going down or not the primary any more, the majority was
 * not reached in time, it was interrupted, its disk is full.
 */
const PASSING = new Set([
  6, 7, 24, 43, 46, 50, 64, 89, 91, 112, 134, 189, 202, 262, 317, 9001, 10058, 10107, 11600, 11602, 13388, 13435, 13436, 14031,
])
const PASSING_LABELS = ['RetryableWriteError', 'RetryableError', 'TransientTransactionError']
/** What the driver raises while it looks for the primary. */
const BETWEEN = new Set(['MongoWaitQueueTimeoutError', 'MongoStalePrimaryError', 'MongoNotConnectedError'])
const DENIED = new Set([13, 18, 8000])
const DUPLICATE = 11_000

/** Turns what the driver throws into the errors of stores. `where` names the server, without credentials. */
export function mongoError(thrown: unknown, where: string, driver: MongoDriver): StoreError {
  if (thrown instanceof StoreError) return thrown
  const { MongoBulkWriteError, MongoError, MongoNetworkError, MongoSystemError } = driver
  // a bulk write wraps whatever ended it
  const wrapped: unknown = thrown instanceof MongoBulkWriteError ? thrown.errorResponse : undefined
  const error = wrapped instanceof Error ? wrapped : thrown
  const message = error instanceof driver.MongoServerSelectionError ? whyNone(error) : String((error as Error)?.message ?? error)
  const cause = { cause: error }
  // what the system says of a socket comes through as it is now and then
  if (error instanceof Error && 'syscall' in error) return new StoreError('ERR_STORE_AWAY', `${where} is away: ${message}`, cause)
  if (!(error instanceof MongoError)) return new StoreError('ERR_STORE_REFUSED', `${where}: ${message}`, cause)
  const code = Number(error.code)
  if (DENIED.has(code)) {
    const hint = code === 13 ? 'the user of the URL lacks a right' : 'user, password or authSource of the URL are wrong'
    return new StoreError('ERR_STORE_DENIED', `${where} says no: ${message}. ${hint}`, cause)
  }
  // as FerretDB on SQLite says it
  const busy = code === 1 && /database is locked|SQLITE_BUSY|disk is full/i.test(message)
  if (error.name === 'MongoNetworkTimeoutError' || code === 50 || code === 262) {
    return new StoreError('ERR_STORE_SLOW', `${where} did not answer in time: ${message}`, cause)
  }
  const gone = error instanceof MongoNetworkError || error instanceof MongoSystemError || BETWEEN.has(error.name)
  if (gone || busy || PASSING.has(code) || PASSING_LABELS.some((label) => error.hasErrorLabel(label))) {
    return new StoreError('ERR_STORE_AWAY', `${where} is away: ${message}`, cause)
  }
  return new StoreError('ERR_STORE_REFUSED', `${where} refused a write: ${message}`, cause)
}

/** Says why no server was found, of which the driver itself says how long it looked. */
function whyNone({ message, reason }: driver.MongoServerSelectionError): string {
  if (reason?.type === 'ReplicaSetNoPrimary') {
    return `none of its servers is the primary of the replica set "${reason.setName}" (${message})`
  }
  if (!/timed out/.test(message)) return message
  return 'it takes connections and does not answer. Is it a MongoDB, and does it speak TLS if, and only if, the URL says so?'
}

/** Whether a unique index was in the way. */
export function isDuplicate(code: unknown): boolean {
  return code === DUPLICATE || code === DUPLICATE + 1
}
