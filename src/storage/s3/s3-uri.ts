import { UsageError } from '../../errors.ts'

/** What `s3://key:secret@bucket/prefix` says. */
export interface S3Place {
  /** Without credentials. */
  readonly uri: string
  readonly bucket: string
  /** What keys begin with: empty, or ending in `/`. */
  readonly prefix: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined
}

/**
 * Takes the URI of a bucket apart. Key and secret may stand in it as Scrapy's do, percent-encoded.
 *
 * @throws UsageError `ERR_STORAGE_URI`
 */
export function parseS3Uri(uri: string): S3Place {
  const [, userinfo, bucket = '', path = ''] = /^s3:\/\/(?:(.*)@)?([^/@]*)(\/.*)?$/i.exec(uri) ?? []
  const prefix = path.replace(/^\/+|\/+$/g, '')
  const shown = `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`
  // names of Amazon's; servers of others are looser about length and case, none takes more than this
  if (!/^[A-Za-z\d][A-Za-z\d._-]{0,254}$/.test(bucket) || prefix.split('/').some((part) => part === '..' || part === '.')) {
    throw new UsageError('ERR_STORAGE_URI', `${shown} names no bucket. Expected s3://bucket or s3://bucket/prefix`)
  }
  return { uri: shown, bucket, prefix: prefix === '' ? '' : `${prefix}/`, credentials: credentialsOf(userinfo, shown) }
}

function credentialsOf(userinfo: string | undefined, shown: string): S3Place['credentials'] {
  if (userinfo === undefined) return undefined
  const at = userinfo.indexOf(':')
  try {
    const accessKeyId = decodeURIComponent(userinfo.slice(0, at))
    const secretAccessKey = decodeURIComponent(userinfo.slice(at + 1))
    if (at > 0 && secretAccessKey !== '') return { accessKeyId, secretAccessKey }
  } catch {
    // a percent sign that is not of an encoding
  }
  throw new UsageError(
    'ERR_STORAGE_URI',
    `the credentials in the URI of ${shown} are not of the form s3://KEY:SECRET@bucket, with what is special percent-encoded. ` +
      'The options accessKeyId and secretAccessKey, and the environment, need no encoding',
  )
}
