import { UsageError } from '../../errors.ts'

/** How an S3-compatible store is reached. What is not said comes from where the AWS SDK looks: its environment variables and files. */
export interface S3Options {
  /** URL of the server: `http://127.0.0.1:9000`. @default `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`; else Amazon's */
  readonly endpoint?: string
  /** @default `AWS_REGION`; with an endpoint `us-east-1`, which servers that have no regions expect */
  readonly region?: string
  /** Together with `secretAccessKey`. @default `AWS_ACCESS_KEY_ID`, a profile, the role of the machine */
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
  /** Of credentials that are valid for a time only. */
  readonly sessionToken?: string
  /** `http://server/bucket/key` in place of `http://bucket.server/key`. @default true with an endpoint (Aliyun OSS needs false) */
  readonly pathStyle?: boolean
  /** Of the objects: `public-read`, … @default what the bucket says */
  readonly acl?: string
  /** Of the objects: `STANDARD_IA`, … @default what the bucket says */
  readonly storageClass?: string
  /**
   * Bytes of a part of what is uploaded in pieces, 5 MiB to 1 GiB. So much is held in memory for each part on its way, of which there are
   * up to 4. Parts beyond the 5,000th grow, since there may be 10,000. @default 8 MiB
   */
  readonly partSize?: number
  /** Seconds that one call may take; one that carries bytes may take a second more for every 50 kB. @default 60 */
  readonly timeout?: number
  /** How often a call is tried before the store counts as away. @default 5 */
  readonly attempts?: number
}

const MIB = 1024 * 1024
/** S3 takes no smaller part but the last. */
export const MIN_PART: number = 5 * MIB

type Kind = readonly [expected: string, ok: (value: unknown) => boolean]
const text: Kind = ['a text', (value) => typeof value === 'string' && value !== '']
const flag: Kind = ['true or false', (value) => typeof value === 'boolean']

const KINDS: Readonly<Record<keyof S3Options, Kind>> = {
  endpoint: [
    'a http(s) URL without credentials',
    (value) => typeof value === 'string' && /^https?:\/\/[^@]+$/.test(value) && URL.canParse(value),
  ],
  region: text,
  accessKeyId: text,
  secretAccessKey: text,
  sessionToken: text,
  pathStyle: flag,
  acl: text,
  storageClass: text,
  partSize: [
    `a whole number of bytes from ${MIN_PART} to ${1024 * MIB}`,
    (value) => Number.isSafeInteger(value) && (value as number) >= MIN_PART && (value as number) <= 1024 * MIB,
  ],
  timeout: ['a number of seconds above 0', (value) => typeof value === 'number' && value > 0 && Number.isFinite(value)],
  attempts: ['a whole number from 1', (value) => Number.isSafeInteger(value) && (value as number) >= 1],
}

/**
 * Refuses what no store could use. Values are never shown: some are secrets.
 *
 * @throws UsageError `ERR_STORAGE_OPTION`
 */
export function checkS3Options(options: S3Options, store: string): void {
  const wrong = (what: string): never => {
    throw new UsageError('ERR_STORAGE_OPTION', `the store ${store}: ${what}`)
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (!Object.hasOwn(KINDS, name)) wrong(`there is no option "${name}". There are ${Object.keys(KINDS).join(', ')}`)
    const [expected, ok] = KINDS[name as keyof S3Options]
    if (!ok(value)) wrong(`expected the option ${name} to be ${expected}`)
  }
  if ((options.accessKeyId === undefined) !== (options.secretAccessKey === undefined))
    wrong('accessKeyId and secretAccessKey belong together, and one of them is missing')
  if (options.sessionToken !== undefined && options.accessKeyId === undefined)
    wrong('sessionToken belongs to an accessKeyId and a secretAccessKey, which are missing')
}
