import { SkeinError, UsageError } from '../../errors.ts'
import { StoreError, type StoreErrorCode } from '../store/store-error.ts'

const CODES: Readonly<Record<string, StoreErrorCode>> = {
  ERR_REDIS_CONNECT: 'ERR_STORE_AWAY',
  ERR_REDIS_CLOSED: 'ERR_STORE_AWAY',
  ERR_REDIS_AUTH: 'ERR_STORE_DENIED',
  ERR_REDIS_RIGHTS: 'ERR_STORE_DENIED',
  ERR_REDIS_TYPE: 'ERR_STORE_CONFLICT',
}

/** Turns what the way to a Redis says into the errors of stores; what is wrong with its options stays as it is. `where` names the server. */
export function redisStoreError(error: unknown, where: string): StoreError | UsageError {
  if (error instanceof StoreError || error instanceof UsageError) return error
  const message = error instanceof Error ? error.message : String(error)
  const code = (error instanceof SkeinError ? CODES[error.code] : undefined) ?? 'ERR_STORE_REFUSED'
  return new StoreError(code, `${where} ${SAYS[code] ?? 'cannot be used'}: ${message}`, { cause: error })
}

const SAYS: Partial<Record<StoreErrorCode, string>> = { ERR_STORE_AWAY: 'is away', ERR_STORE_DENIED: 'says no' }
