import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { unzip } from './unzip.ts'

const text = Buffer.from(Array.from({ length: 50_000 }, (_, i) => `line ${i}, ${(i * 7919) % 1000}\n`).join(''))

async function all(pieces: Iterable<Buffer>): Promise<Buffer> {
  const out: Buffer[] = []
  for await (const piece of unzip(pieces)) out.push(piece)
  return Buffer.concat(out)
}

function* bytesOf(body: Buffer): Generator<Buffer> {
  for (const byte of body.subarray(0, 100)) yield Buffer.from([byte])
  yield body.subarray(100)
}

describe('unzip', () => {
  it('undoes gzip once, twice or not at all, however the pieces fall', async () => {
    const once = gzipSync(text)
    for (const body of [text, once, gzipSync(once)]) {
      expect((await all([body])).equals(text)).toBe(true)
      expect((await all(bytesOf(body))).equals(text)).toBe(true)
    }
    expect((await all([Buffer.concat([once, once])])).equals(Buffer.concat([text, text]))).toBe(true)
    expect((await all([gzipSync(gzipSync(once))])).equals(once)).toBe(true)
  })

  it('gives what can be had of what is broken, and throws nothing', async () => {
    const zipped = gzipSync(text)
    const cut = await all([zipped.subarray(0, zipped.length >> 1)])
    expect(cut.length).toBeGreaterThan(text.length / 4)
    expect(text.subarray(0, cut.length).equals(cut)).toBe(true)
    const damaged = Buffer.from(zipped)
    damaged.fill(0xff, damaged.length >> 1, (damaged.length >> 1) + 100)
    expect((await all([damaged])).subarray(0, 10_000).equals(text.subarray(0, 10_000))).toBe(true)
    const twice = gzipSync(zipped)
    expect((await all([twice.subarray(0, twice.length >> 1)])).length).toBeGreaterThan(0)
    for (const junk of [
      [],
      [Buffer.alloc(0)],
      [Buffer.from([0x1f])],
      [Buffer.from([0x1f, 0x8b])],
      [Buffer.from([0x1f, 0x8b, 1, 2, 3])],
    ])
      expect((await all(junk)).length).toBeLessThan(2)
  })

  it('stops where its reader does', async () => {
    const bomb = gzipSync(gzipSync(Buffer.alloc(200_000_000)))
    let size = 0
    for await (const piece of unzip([bomb])) {
      size += piece.length
      if (size > 1_000_000) break
    }
    expect(size).toBeLessThan(20_000_000)
  })
})
