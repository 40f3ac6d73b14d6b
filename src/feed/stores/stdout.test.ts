import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { PassThrough, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { StreamStore } from './stdout.ts'

describe('a store in a stream', () => {
  it('hands text on with the flush and ends the document, not the stream', async () => {
    const stream = new PassThrough()
    const store = new StreamStore(']', stream)
    store.write('[')
    store.write('1')
    expect(stream.read()).toBeNull()
    await store.flush()
    expect(String(stream.read())).toBe('[1')
    await store.flush()
    await store.close()
    await store.close()
    stream.end('after')
    expect(await text(stream)).toBe(']after')
  })

  it('does not hold what comes without end', () => {
    let written = 0
    const stream = new Writable({
      decodeStrings: false,
      write(chunk: string, _encoding, done) {
        written += chunk.length
        done()
      },
    })
    const store = new StreamStore('', stream)
    for (let i = 0; i < 20; i++) store.write('x'.repeat(100_000))
    expect(written).toBeGreaterThan(900_000)
  })

  it('fails the flush when the stream fails, without an uncaught error', async () => {
    const stream = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
    })
    const store = new StreamStore(']', stream)
    store.write('[')
    await expect(store.flush()).rejects.toMatchObject({
      code: 'ERR_FEED_WRITE',
      message: expect.stringContaining('reader has gone'),
    })
    await expect(store.flush()).rejects.toMatchObject({ code: 'ERR_FEED_WRITE' })
    await expect(store.close()).rejects.toMatchObject({ code: 'ERR_FEED_WRITE' })
  })

  it('fails the flush when the reader of a real pipe has gone', async () => {
    const reader = spawn('true', { stdio: ['pipe', 'ignore', 'ignore'] })
    await once(reader, 'close')
    const store = new StreamStore(']', reader.stdin)
    store.write('[')
    await expect(store.flush()).rejects.toMatchObject({ code: 'ERR_FEED_WRITE' })
    await expect(store.close()).rejects.toMatchObject({ code: 'ERR_FEED_WRITE' })
  })

  it('takes its listener back', async () => {
    const stream = new PassThrough()
    const before = stream.listenerCount('error')
    await new StreamStore('', stream).close()
    await new Promise((resolve) => setImmediate(resolve))
    new StreamStore('', stream).abandon()
    expect(stream.listenerCount('error')).toBe(before)
  })
})
