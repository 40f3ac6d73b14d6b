import { StorageError, type StorageErrorCode } from '../storage-error.ts'

/** What errors of the SDK have, as far as it is looked at. */
interface SdkError {
  readonly name?: string
  readonly message?: string
  readonly code?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
}

const WRONG_CREDENTIALS = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidToken',
  'ExpiredToken',
  'TokenRefreshRequired',
  'AuthorizationHeaderMalformed',
  'InvalidClientTokenId',
])
/** What passes, of the errors whose status does not say so. */
const PASSING = new Set(['RequestTimeout', 'RequestTimeTooSkewed', 'SlowDown', 'OperationAborted', 'TimeoutError'])

/** What an S3 server, or the way to it, said, in words that say what to do. No message holds a credential. */
export function s3Error(
  error: unknown,
  { uri, doing, endpoint }: { uri: string; doing: string; endpoint: string },
): StorageError {
  const { name = '', message = '', code = '', $metadata } = error as SdkError
  const status = $metadata?.httpStatusCode
  const failed = (kind: StorageErrorCode, why: string): StorageError =>
    new StorageError(kind, `${uri} at ${endpoint}: ${doing} failed: ${why}`, { cause: error })
  // a server that says nothing in its body (HEAD) leaves the SDK with a name that says nothing
  const said = [name, message].filter((one) => one !== '' && !one.startsWith('Unknown')).join(': ')

  if (name === 'NoSuchBucket') return failed('ERR_STORAGE_MISSING', 'there is no such bucket. Make it, or correct its name')
  if (name === 'CredentialsProviderError')
    return failed(
      'ERR_STORAGE_DENIED',
      'no credentials were found. Give accessKeyId and secretAccessKey, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    )
  if (WRONG_CREDENTIALS.has(name))
    return failed(
      'ERR_STORAGE_DENIED',
      `the credentials are wrong or no longer valid (${name}). Check the access key, its secret and the region`,
    )
  if (name === 'PermanentRedirect' || status === 301 || name === 'IllegalLocationConstraintException')
    return failed('ERR_STORAGE_DENIED', 'the bucket is in another region. Set the option region')
  if (PASSING.has(name) || status === 429) return failed('ERR_STORAGE_AWAY', said || `status ${status}`)
  if (status === 403 || status === 401)
    return failed(
      'ERR_STORAGE_DENIED',
      `these credentials may not do that (status ${status}). They need s3:PutObject and s3:AbortMultipartUpload, and to look for what is there s3:GetObject and s3:ListBucket`,
    )
  if (status === 507 || /StorageFull|QuotaExceeded/i.test(name))
    return failed('ERR_STORAGE_FULL', `the server has no space left (${name || status}). Free some, and crawl again`)
  if (status !== undefined && status >= 500 && status !== 501) return failed('ERR_STORAGE_AWAY', said || `status ${status}`)
  if (status !== undefined) return failed('ERR_STORAGE_FAILED', said || `status ${status}`)
  // no answer: the network, if the system has a name for it
  if (code !== '') return failed('ERR_STORAGE_AWAY', `it cannot be reached (${code})`)
  return failed('ERR_STORAGE_FAILED', said)
}
