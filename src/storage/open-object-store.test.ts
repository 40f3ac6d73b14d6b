import { describe, expect, it } from 'vitest'
import { openObjectStore } from './open-object-store.ts'
import { partSize } from './s3/part-size.ts'
import { MIN_PART } from './s3/s3-options.ts'
import { parseS3Uri } from './s3/s3-uri.ts'

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'opened',
    (error: unknown) => error,
  )

describe('openObjectStore', () => {
  it('refuses what names no store, without its credentials', async () => {
    for (const uri of [
      '',
      'gs://bucket',
      'http://user:secret@host/x',
      'ftp://host/',
      's3://',
      's3:///key',
      's3://b u/',
      's3:bucket',
      'file:relative',
      'a\0b',
      's3://bucket/../x',
    ]) {
      const error = await failure(openObjectStore(uri))
      expect(error, uri).toMatchObject({ name: 'UsageError', code: 'ERR_STORAGE_URI' })
      expect((error as Error).message).not.toContain('secret')
    }
  })

  it('refuses options that nothing would come of, and never shows their values', async () => {
    for (const [uri, options, words] of [
      ['/tmp/media', { endpoint: 'http://x' }, /a folder and takes no options, but was given endpoint/],
      ['s3://b', { bucket: 'x' }, /no option "bucket"/],
      ['s3://b', { accessKeyId: 'only' }, /belong together/],
      ['s3://b', { sessionToken: 'only' }, /belongs to/],
      ['s3://b', { accessKeyId: 'a', secretAccessKey: 17 }, /secretAccessKey to be a text/],
      ['s3://b', { endpoint: 'http://me:secret@x' }, /endpoint to be a http/],
      ['s3://b', { partSize: 1024 }, /from 5242880/],
      ['s3://b', { timeout: 0 }, /timeout/],
      ['s3://key:secret@b', { accessKeyId: 'a', secretAccessKey: 'b' }, /in its URI and in its options/],
    ] as const) {
      const error = await failure(openObjectStore(uri, options as never))
      expect(error).toMatchObject({ code: 'ERR_STORAGE_OPTION', message: expect.stringMatching(words) })
      expect((error as Error).message).not.toContain('secret@')
    }
    expect(await failure(openObjectStore('/tmp/media', { endpoint: undefined } as never))).toBe('opened')
  })
})

describe('parseS3Uri', () => {
  it('takes bucket, prefix and credentials apart', () => {
    expect(parseS3Uri('s3://b/x/y/')).toEqual({ uri: 's3://b/x/y', bucket: 'b', prefix: 'x/y/', credentials: undefined })
    expect(parseS3Uri('S3://KEY:a%2Fb%40c@b')).toEqual({
      uri: 's3://b',
      bucket: 'b',
      prefix: '',
      credentials: { accessKeyId: 'KEY', secretAccessKey: 'a/b@c' },
    })
    for (const uri of ['s3://KEY@b', 's3://:x@b', 's3://KEY:@b', 's3://KEY:%zz@b'])
      expect(() => parseS3Uri(uri), uri).toThrow(/credentials in the URI of s3:\/\/b are not/)
  })
})

describe('partSize', () => {
  it('is the same for 40 GB, never above what S3 takes, and enough for 5 TiB in 10,000 parts', () => {
    const first = 8 * 1024 ** 2
    let total = 0
    for (let number = 1; number <= 10_000; number++) {
      const size = partSize(number, first)
      total += size
      if (total < 40e9) expect(size).toBe(first)
      if (total < 5 * 1024 ** 4) expect(size).toBeLessThanOrEqual(5 * 1024 ** 3)
    }
    expect(total).toBeGreaterThan(5 * 1024 ** 4)
    let least = 0
    for (let number = 1; number <= 10_000; number++) least += partSize(number, MIN_PART)
    expect(least).toBeGreaterThan(5 * 1024 ** 4)
  })
})
