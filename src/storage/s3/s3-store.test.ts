import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { FakeClock } from '../../../test/support/fake-clock.ts'
import { HurriedClock } from '../../../test/support/hurried-clock.ts'
import { refuse, type S3Server, startS3Server } from '../../../test/support/s3-server.ts'
import type { ObjectStore } from '../contract.ts'
import { openObjectStore } from '../open-object-store.ts'
import { StorageError } from '../storage-error.ts'
import { MIN_PART, type S3Options } from './s3-options.ts'

let server: S3Server

beforeAll(async () => {
  server = await startS3Server()
})
afterAll(() => server.close())
beforeEach(() => {
  server.fault = undefined
  server.log.length = 0
})

function open(uri = 's3://media', options: S3Options = {}, clock = new HurriedClock()): Promise<ObjectStore> {
  return openObjectStore(uri, { ...server.options, ...options }, clock)
}

const bytes = (text: string): Uint8Array => Buffer.from(text)
const rejection = async (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('none'),
    (error) => error as Error,
  )

/** Bytes that differ from place to place. */
function pattern(length: number): Buffer {
  const body = Buffer.alloc(length)
  for (let n = 0; n + 4 <= length; n += 4) body.writeUInt32LE(n, n)
  return body
}

describe('objects in a bucket', () => {
  it('are stored, told of and replaced, below the prefix', async () => {
    const store = await open('s3://media/2026/shop/')
    expect(store.uri).toBe('s3://media/2026/shop')
    await store.check()
    expect(await server.uploads()).toEqual([])
    expect(await store.stat('full/a b+ü.jpg')).toBeUndefined()
    await store.put('full/a b+ü.jpg', bytes('hello'), { contentType: 'image/jpeg' })
    expect(await server.object('2026/shop/full/a b+ü.jpg')).toEqual(Buffer.from('hello'))
    expect(await store.stat('full/a b+ü.jpg')).toEqual({
      size: 5,
      modified: expect.any(Date),
      md5: '5d41402abc4b2a76b9719d911017c592',
    })
    await store.put('full/a b+ü.jpg', bytes('other'))
    expect(await server.object('2026/shop/full/a b+ü.jpg')).toEqual(Buffer.from('other'))
    expect((await server.keys()).filter((key) => key.includes('.skein-'))).toEqual([])
    await store.close()
  })

  it('come with type, rights and storage class', async () => {
    const seen: Record<string, unknown>[] = []
    server.fault = (request) => {
      seen.push(request.headers)
      return false
    }
    const store = await open('s3://media', { acl: 'public-read', storageClass: 'STANDARD_IA' })
    await store.put('a', bytes('x'), { contentType: 'image/png' })
    expect(seen[0]).toMatchObject({
      'content-type': 'image/png',
      'x-amz-acl': 'public-read',
      'x-amz-storage-class': 'STANDARD_IA',
      'content-md5': createHash('md5').update('x').digest('base64'),
    })
  })

  it('have no names that lead elsewhere', async () => {
    const store = await open('s3://media/prefix')
    for (const key of ['../a', '/a', 'a//b', 'a\0', ''])
      await expect(store.put(key, bytes('x'))).rejects.toMatchObject({ code: 'ERR_STORAGE_KEY' })
    expect(server.log).toEqual([])
    // this server keeps files, and could not keep one with so long a name
    server.fault = (_request, response) => Boolean(response.end())
    await store.put(`${'x/'.repeat(200)}${'y'.repeat(900)}.jpg`, bytes('x'))
    expect(Buffer.byteLength(decodeURIComponent(server.log[0]!.replace(/^PUT \/media\/|\?.*$/g, '')))).toBe(1024)
  })

  it('are reached by what the environment says', async () => {
    const names = ['AWS_ENDPOINT_URL', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const
    const before = names.map((name) => process.env[name])
    names.forEach((name, n) => {
      process.env[name] = [server.endpoint, 'S3RVER', 'S3RVER'][n]
    })
    try {
      const store = await openObjectStore('s3://media')
      await store.put('from-environment', bytes('x'))
      expect(await server.object('from-environment')).toBeDefined()
    } finally {
      names.forEach((name, n) => {
        if (before[n] === undefined) delete process.env[name]
        else process.env[name] = before[n]
      })
    }
  })
})

describe('an upload in pieces', () => {
  it('of less than a part is one request', async () => {
    const store = await open()
    const upload = store.upload('small.jsonl', { contentType: 'application/jsonl' })
    await upload.write(bytes('one\n'))
    await upload.write(bytes('two\n'))
    expect(server.log).toEqual([])
    await upload.finish()
    expect(server.log).toHaveLength(1)
    expect(await server.object('small.jsonl')).toEqual(Buffer.from('one\ntwo\n'))
    await store.upload('none').finish()
    expect(await server.object('none')).toHaveLength(0)
  })

  it('of many sizes of pieces is the same bytes, in parts, a few at once', async () => {
    const store = await open('s3://media', { partSize: MIN_PART })
    const whole = pattern(6 * MIN_PART + 12_345)
    let running = 0
    let peak = 0
    server.fault = (request, response) => {
      if (request.method === 'PUT') {
        peak = Math.max(peak, ++running)
        response.on('close', () => running--)
      }
      return false
    }
    const upload = store.upload('large')
    for (let at = 0, n = 1; at < whole.length; at += n, n = (n * 7) % 3_000_017) await upload.write(whole.subarray(at, at + n))
    expect(await server.object('large')).toBeUndefined()
    await upload.finish()
    expect((await server.object('large'))!.equals(whole)).toBe(true)
    expect(server.log.filter((line) => line.includes('partNumber'))).toHaveLength(7)
    expect(peak).toBeGreaterThan(1)
    expect(peak).toBeLessThanOrEqual(4)
    expect(await server.uploads()).toEqual([])
  })

  it('that is given up leaves no parts', async () => {
    const store = await open('s3://media', { partSize: MIN_PART })
    const upload = store.upload('given-up')
    await upload.write(pattern(3 * MIN_PART))
    await upload.abort()
    await upload.abort()
    expect(await server.uploads()).toEqual([])
    expect(await server.object('given-up')).toBeUndefined()
    await expect(upload.finish()).rejects.toMatchObject({ code: 'ERR_STORAGE_OVER' })
  })

  it('survives parts that fail once each, and a lost answer at the end', async () => {
    const store = await open('s3://media', { partSize: MIN_PART })
    const failed = new Set<string>()
    server.fault = (request, response) => {
      if (failed.has(request.url!)) return false
      failed.add(request.url!)
      if (/partNumber=2/.test(request.url!)) return refuse(response, 503, 'SlowDown')
      if (/partNumber=3/.test(request.url!)) request.socket.destroy()
      return /partNumber=3/.test(request.url!)
    }
    const whole = pattern(3 * MIN_PART)
    const upload = store.upload('faulty')
    await upload.write(whole)
    await upload.finish()
    expect((await server.object('faulty'))!.equals(whole)).toBe(true)

    let completions = 0
    server.fault = (request, response) => {
      if (request.method !== 'POST' || !request.url!.includes('uploadId')) return false
      // the first is done, and its answer never arrives
      if (++completions === 1) response.write = response.end = (() => request.socket.destroy()) as never
      else return refuse(response, 404, 'NoSuchUpload')
      return false
    }
    const lost = store.upload('lost-answer')
    await lost.write(whole)
    await lost.finish()
    expect(completions).toBe(2)
    expect((await server.object('lost-answer'))!.equals(whole)).toBe(true)
  })

  it('fails with what the server said, and can be given up then', async () => {
    const store = await open('s3://media', { partSize: MIN_PART })
    server.fault = (request, response) => /partNumber=2/.test(request.url!) && refuse(response, 403, 'AccessDenied')
    const upload = store.upload('refused')
    await expect(
      (async () => {
        for (let n = 0; n < 6; n++) await upload.write(pattern(MIN_PART))
        await upload.finish()
      })(),
    ).rejects.toMatchObject({ code: 'ERR_STORAGE_DENIED', message: expect.stringContaining('part 2 of refused') })
    await upload.abort()
    expect(await server.uploads()).toEqual([])
    expect(await server.object('refused')).toBeUndefined()
  })
})

describe('what a server refuses', () => {
  it('is told by name, with what to do, and without secrets', async () => {
    const secret = 'wJalrXUtnFEMI/K7MDENG+bPx'
    const wrong = await open('s3://media', { accessKeyId: 'AKIAWRONG', secretAccessKey: secret })
    const missing = await open('s3://no-such-bucket')
    for (const [store, doing, code, words] of [
      [wrong, (s) => s.check(), 'ERR_STORAGE_DENIED', /s3:\/\/media at http.*the credentials are wrong.*InvalidAccessKeyId/],
      [wrong, (s) => s.put('a', bytes('x')), 'ERR_STORAGE_DENIED', /the credentials are wrong/],
      [wrong, (s) => s.stat('a'), 'ERR_STORAGE_DENIED', /may not do that.*s3:ListBucket/],
      [missing, (s) => s.check(), 'ERR_STORAGE_MISSING', /s3:\/\/no-such-bucket at .*Make it/],
      [missing, (s) => s.put('a', bytes('x')), 'ERR_STORAGE_MISSING', /no such bucket/],
    ] as [ObjectStore, (store: ObjectStore) => Promise<unknown>, string, RegExp][]) {
      const error = await rejection(doing(store))
      expect(error).toMatchObject({ code, transient: false, message: expect.stringMatching(words) })
      expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(secret)
    }
  })

  it('is sorted by whether it passes', async () => {
    const store = await open('s3://media', { attempts: 2 })
    for (const [status, name, code] of [
      [403, 'AccessDenied', 'ERR_STORAGE_DENIED'],
      [400, 'ExpiredToken', 'ERR_STORAGE_DENIED'],
      [503, 'SlowDown', 'ERR_STORAGE_AWAY'],
      [500, 'InternalError', 'ERR_STORAGE_AWAY'],
      [429, 'TooManyRequests', 'ERR_STORAGE_AWAY'],
      [403, 'RequestTimeTooSkewed', 'ERR_STORAGE_AWAY'],
      [507, 'XMinioStorageFull', 'ERR_STORAGE_FULL'],
      [400, 'InvalidStorageClass', 'ERR_STORAGE_FAILED'],
    ] as const) {
      server.log.length = 0
      server.fault = (_request, response) => refuse(response, status, name)
      const error = await rejection(store.put('a', bytes('x')))
      expect(error, name).toMatchObject({ code, message: expect.stringContaining('storing a failed') })
      expect(server.log, name).toHaveLength(code === 'ERR_STORAGE_AWAY' ? 2 : 1)
    }
  })

  it('is asked again, with waits, and then counts as away', async () => {
    const clock = new HurriedClock()
    const store = await open('s3://media', {}, clock)
    let requests = 0
    server.fault = (request, response) => {
      if (++requests === 1) request.socket.destroy()
      else if (requests === 2) return refuse(response, 503, 'SlowDown')
      return requests < 2
    }
    await store.put('again', bytes('x'))
    expect(requests).toBe(3)
    expect(clock.waits).toHaveLength(2)
    server.fault = (request) => !request.socket.destroy().writable
    await expect(store.put('never', bytes('x'))).rejects.toMatchObject({ code: 'ERR_STORAGE_AWAY', transient: true })
    expect(clock.waits).toHaveLength(6)
  })

  it('says who cannot be reached', async () => {
    const store = await open('s3://media', { endpoint: 'http://127.0.0.1:1', attempts: 2 })
    await expect(store.check()).rejects.toMatchObject({
      code: 'ERR_STORAGE_AWAY',
      message: expect.stringMatching(/s3:\/\/media at http:\/\/127\.0\.0\.1:1: .*cannot be reached \(ECONNREFUSED\)/),
    })
  })

  it('does not wait for an answer for ever', async () => {
    const clock = new FakeClock()
    const store = await openObjectStore('s3://media', { ...server.options, attempts: 1, timeout: 7 }, clock)
    const asked = new Promise<void>((resolve) => {
      server.fault = () => {
        resolve()
        return true
      }
    })
    const stat = rejection(store.stat('a'))
    await asked
    clock.advance(7_000)
    expect(await stat).toMatchObject({ code: 'ERR_STORAGE_AWAY', message: expect.stringContaining('no answer within 7 s') })
    expect(clock.pending).toBe(0)
  })

  it('is not waited for once the store is closed', async () => {
    const store = await open()
    const asked = new Promise<void>((resolve) => {
      server.fault = () => {
        resolve()
        return true
      }
    })
    const put = rejection(store.put('a', bytes('x')))
    await asked
    await store.close()
    expect(await put).toBeInstanceOf(StorageError)
    expect(await rejection(store.put('b', bytes('x')))).toBeInstanceOf(StorageError)
    expect(server.log).toHaveLength(1)
  })
})
