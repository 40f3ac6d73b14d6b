import { UsageError } from '../../errors.ts'
import type { Clock } from '../../util/clock.ts'
import { importPeer } from '../../util/import-peer.ts'
import { S3Calls } from './s3-calls.ts'
import { checkS3Options, type S3Options } from './s3-options.ts'
import { S3Store } from './s3-store.ts'
import { parseS3Uri } from './s3-uri.ts'

/** Opens a bucket; see `openObjectStore`. */
export async function openS3Store(uri: string, options: S3Options, clock: Clock): Promise<S3Store> {
  const place = parseS3Uri(uri)
  checkS3Options(options, place.uri)
  if (place.credentials !== undefined && options.accessKeyId !== undefined)
    throw new UsageError(
      'ERR_STORAGE_OPTION',
      `the store ${place.uri} has credentials in its URI and in its options; leave one out`,
    )
  const sdk = await importPeer('@aws-sdk/client-s3', () => import('@aws-sdk/client-s3'), `the store ${place.uri}`)
  const endpoint = options.endpoint ?? process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL']
  const region =
    options.region ??
    process.env['AWS_REGION'] ??
    process.env['AWS_DEFAULT_REGION'] ??
    (endpoint === undefined ? undefined : 'us-east-1')
  const { accessKeyId, secretAccessKey, sessionToken } = { ...place.credentials, ...options }
  const client = new sdk.S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) } }),
    forcePathStyle: options.pathStyle ?? endpoint !== undefined,
    followRegionRedirects: true,
    // S3Calls tries again itself, with one rule for all stores
    maxAttempts: 1,
    // servers that are not Amazon's stumble over the newer checksums; Content-MD5 says the same
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  await client.config.region().catch((cause: unknown) => {
    throw new UsageError(
      'ERR_STORAGE_OPTION',
      `the store ${place.uri}: its region is not known. Set the option region, or AWS_REGION`,
      {
        cause,
      },
    )
  })
  return new S3Store(
    place,
    new S3Calls({ sdk, client, place, endpoint: endpoint ?? 'Amazon S3', options, clock }),
    options.partSize,
  )
}
