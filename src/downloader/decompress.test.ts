import { randomBytes } from 'node:crypto'
import * as zlib from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { OutputTooLarge } from './decoded.ts'
import { type ContentCoding, decompress } from './decompress.ts'

/** zstd blocks of our own, which need no compressor: one byte a number of times (RFC 8878, 3.1.1.2.2), or bytes as they are. */
function zstdFrame(blocks: readonly (Buffer | { byte: number; times: number })[], head = windowHead(128 * 1024)): Buffer {
  const parts = [head]
  blocks.forEach((block, i) => {
    const last = i === blocks.length - 1 ? 1 : 0
    const length = Buffer.alloc(3)
    if (Buffer.isBuffer(block)) {
      length.writeUIntLE((block.length << 3) | last, 0, 3)
      parts.push(length, block)
    } else {
      length.writeUIntLE((block.times << 3) | 2 | last, 0, 3)
      parts.push(length, Buffer.of(block.byte))
    }
  })
  return Buffer.concat(parts)
}

function windowHead(size: number): Buffer {
  return Buffer.of(0x28, 0xb5, 0x2f, 0xfd, 0, (Math.log2(size) - 10) << 3)
}

/** Written by the reference compressor: with the size of the content in its head, and as a stream. */
const FRAME = 'KLUv/WBUAMUAAIg8cD5oZWxsbyB6c3RkPC9wPgEAgUidSw=='
const STREAMED = 'KLUv/QBYtQAAcDxwPm5vIHNpemU8L3A+AQDPFf1UAg=='

const text = Buffer.from('<p>one of many lines of a page</p>\n'.repeat(500))
const big = Buffer.concat([randomBytes(200_000), Buffer.alloc(3_000_000, 'abc')])

const encode: Record<string, (body: Buffer) => Buffer> = {
  gzip: (body) => zlib.gzipSync(body),
  deflate: (body) => zlib.deflateSync(body),
  br: (body) => zlib.brotliCompressSync(body, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } }),
  zstd: (body) => {
    const blocks: Buffer[] = []
    for (let at = 0; at < body.length; at += 8000) blocks.push(body.subarray(at, at + 8000))
    return zstdFrame(blocks)
  },
}

describe.each(Object.keys(encode) as ContentCoding[])('%s', (coding) => {
  const encoded = (body: Buffer): Buffer => encode[coding]!(body)

  it('gives back what was encoded, small and big', async () => {
    for (const body of [Buffer.from('x'), text, big]) {
      const decoded = await decompress(coding, encoded(body), 0)
      expect(decoded.partial).toBe(false)
      expect(decoded.body.equals(body)).toBe(true)
    }
  })

  it('holds the limit to the byte', async () => {
    for (const body of [text, big]) {
      expect((await decompress(coding, encoded(body), body.length)).body.length).toBe(body.length)
      await expect(decompress(coding, encoded(body), body.length - 1)).rejects.toBeInstanceOf(OutputTooLarge)
    }
  })

  it('takes an empty body for empty', async () => {
    expect((await decompress(coding, Buffer.alloc(0), 0)).body.length).toBe(0)
  })

  it('gives what came before it broke off', async () => {
    const body = Buffer.concat(
      Array.from({ length: 3000 }, (_, i) => Buffer.from(`line ${i} ${randomBytes(8).toString('hex')}\n`)),
    )
    const whole = encoded(body)
    const decoded = await decompress(coding, whole.subarray(0, whole.length >> 1), 0)
    expect(decoded.partial).toBe(true)
    expect(decoded.body.length).toBeGreaterThan(1000)
    expect(decoded.body.equals(body.subarray(0, decoded.body.length))).toBe(true)
  })

  it('holds the limit for what broke off, too', async () => {
    const body = Buffer.concat([Buffer.alloc(5_000_000), randomBytes(5000)])
    await expect(decompress(coding, encoded(body).subarray(0, -3000), 100_000)).rejects.toBeInstanceOf(OutputTooLarge)
  })

  it('refuses what is something else', async () => {
    await expect(
      decompress(coding, Buffer.from('<html>this is plain text, whatever the header says</html>'), 0),
    ).rejects.toThrow()
    await expect(decompress(coding, Buffer.of(0), 0)).rejects.toThrow()
  })

  it('ends for any bytes', async () => {
    const whole = encoded(text)
    for (let i = 0; i < 300; i++) {
      const body = i % 2 === 0 ? randomBytes(1 + (i % 64)) : Buffer.from(whole)
      if (i % 2 === 1) body[(i * 7919) % body.length]! ^= 1 << (i % 8)
      const result = await decompress(coding, body, 1_000_000).catch((error: Error) => error)
      if (!(result instanceof Error)) expect(result.body.length).toBeLessThanOrEqual(1_000_000)
    }
  })
})

describe('bombs', () => {
  const zeros = Buffer.alloc(30_000_000)
  it.each(['gzip', 'deflate', 'br'] as const)('%s stops at the limit', async (coding) => {
    await expect(decompress(coding, encode[coding]!(zeros), 1_000_000)).rejects.toBeInstanceOf(OutputTooLarge)
  })

  it('zstd stops at the limit', async () => {
    const bomb = zstdFrame(Array.from({ length: 5000 }, () => ({ byte: 65, times: 128 * 1024 })))
    expect(bomb.length).toBeLessThan(25_000)
    await expect(decompress('zstd', bomb, 1_000_000)).rejects.toBeInstanceOf(OutputTooLarge)
  })

  it('zstd refuses a window larger than the web allows, in any of its frames', async () => {
    const honest = zstdFrame([Buffer.from('hello')])
    expect((await decompress('zstd', Buffer.concat([honest, honest]), 0)).body.toString()).toBe('hellohello')
    const greedy = zstdFrame([Buffer.from('hello')], windowHead(2 ** 30))
    await expect(decompress('zstd', greedy, 0)).rejects.toThrow('window')
    await expect(decompress('zstd', Buffer.concat([honest, greedy]), 0)).rejects.toThrow('window')
  })

  it('zstd gives up on a large window that is moved for nothing', async () => {
    const tiny = zstdFrame(
      Array.from({ length: 3000 }, () => ({ byte: 65, times: 1 })),
      windowHead(8 * 1024 * 1024),
    )
    const result = await decompress('zstd', tiny, 0).catch((error: Error) => error.message)
    // the window costs nothing where node:zlib does it
    if ('zstdDecompress' in zlib) expect(result).toMatchObject({ partial: false })
    else expect(result).toContain('too many small zstd blocks')
  })
})

describe('what servers send', () => {
  it('deflate without its head', async () => {
    expect((await decompress('deflate', zlib.deflateRawSync(text), 0)).body.equals(text)).toBe(true)
  })

  it('deflate without its head that looks as if it had one', async () => {
    // a stored block whose first bytes pass for a zlib head: 0x78 0x01 is a block of type 0 with bits of the padding set
    const stored = Buffer.concat([Buffer.of(0x78, 0x01, 0x00, 0xfe, 0xff), Buffer.of(0x41), zlib.deflateRawSync(text)])
    expect((await decompress('deflate', stored, 0)).body.toString()).toBe(`A${text}`)
  })

  it('gzip in two members, and with bytes after its end', async () => {
    const two = Buffer.concat([zlib.gzipSync('one '), zlib.gzipSync('two')])
    expect((await decompress('gzip', two, 0)).body.toString()).toBe('one two')
    const padded = Buffer.concat([zlib.gzipSync('one'), Buffer.alloc(20)])
    expect((await decompress('gzip', padded, 0)).body.toString()).toBe('one')
  })

  it('gzip with a wrong checksum gives its text', async () => {
    const body = zlib.gzipSync(text)
    body[body.length - 6]! ^= 0xff
    const decoded = await decompress('gzip', body, 0)
    expect(decoded.partial).toBe(true)
    expect(decoded.body.length).toBeGreaterThan(text.length - 1024)
  })

  it('gzip that lies about its size', async () => {
    const body = zlib.gzipSync(text)
    body.writeUInt32LE(0xfffffff0, body.length - 4)
    expect((await decompress('gzip', body, 0)).partial).toBe(true)
  })

  it('zstd as its own compressor writes it', async () => {
    const sized = Buffer.from(FRAME, 'base64')
    expect((await decompress('zstd', sized, 0)).body.toString()).toBe('<p>hello zstd</p>'.repeat(20))
    const streamed = Buffer.from(STREAMED, 'base64')
    expect((await decompress('zstd', streamed, 0)).body.toString()).toBe('<p>no size</p>'.repeat(400))
  })
})
