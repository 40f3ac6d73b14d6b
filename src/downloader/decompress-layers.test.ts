import { randomBytes } from 'node:crypto'
import * as zlib from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { OutputTooLarge } from './decoded.ts'
import type { ContentCoding } from './decompress.ts'
import { undoCodings } from './decompress-layers.ts'

const MiB = 1024 * 1024
const mixed = (size: number): Buffer => Buffer.concat([randomBytes(size >> 4), Buffer.alloc(size - (size >> 4), 'abc')])

describe('undoCodings', () => {
  it.each([100, 511 * 1024, 513 * 1024, 4 * MiB + 1])('a body of %i bytes, whatever it looks like', async (size) => {
    for (const body of [mixed(size), Buffer.alloc(size)]) {
      for (const limit of [0, size, 2 * size]) {
        expect((await undoCodings(['gzip'], zlib.gzipSync(body), limit)).body.equals(body)).toBe(true)
        expect(
          (await undoCodings(['br', 'deflate'], zlib.brotliCompressSync(zlib.deflateSync(body), fast), limit)).body.equals(body),
        ).toBe(true)
      }
      await expect(undoCodings(['gzip'], zlib.gzipSync(body), size - 1)).rejects.toBeInstanceOf(OutputTooLarge)
    }
  })

  it('nothing, of nothing', async () => {
    expect((await undoCodings(['gzip', 'br'], Buffer.alloc(0), 0)).body).toHaveLength(0)
    expect((await undoCodings([], Buffer.from('x'), 0)).body.toString()).toBe('x')
  })

  it('holds the limit for what is between two steps', async () => {
    const inner = zlib.gzipSync(Buffer.alloc(10))
    const outer = zlib.gzipSync(Buffer.concat([inner, Buffer.alloc(6 * MiB)]))
    expect((await undoCodings(['gzip', 'gzip'], outer, 7 * MiB)).body).toHaveLength(10)
    await expect(undoCodings(['gzip', 'gzip'], outer, 5 * MiB)).rejects.toBeInstanceOf(OutputTooLarge)
  })

  it('says in which state a body came that breaks off, of any size', async () => {
    const whole = mixed(6 * MiB)
    const cut = zlib.gzipSync(whole)
    const { body, partial } = await undoCodings(['gzip'], cut.subarray(0, cut.length - 100), 0)
    expect(partial).toBe(true)
    expect(body.length).toBeGreaterThan(5 * MiB)
    expect(whole.subarray(0, body.length).equals(body)).toBe(true)
  })

  it('rejects what is no such coding, also in its second step', async () => {
    await expect(undoCodings(['gzip'], Buffer.from('<html>'), 0)).rejects.toThrow()
    await expect(undoCodings(['gzip', 'gzip'], zlib.gzipSync('<html>'), 0)).rejects.toThrow()
  })

  it('has pages pass the bombs that came before them', async () => {
    const ends: string[] = []
    const note = (name: string, codings: ContentCoding[], body: Buffer): Promise<void> =>
      undoCodings(codings, body, 64 * MiB).then(
        () => void ends.push(name),
        (error: unknown) => void ends.push(error instanceof OutputTooLarge ? `${name} is too large` : String(error)),
      )
    const bomb = zlib.gzipSync(Buffer.alloc(80 * MiB))
    const all = Array.from({ length: 6 }, () => note('bomb', ['gzip'], bomb))
    all.push(note('page', ['gzip'], zlib.gzipSync(mixed(2 * MiB))), note('small', ['br'], zlib.brotliCompressSync('x')))
    await Promise.all(all)
    expect(ends.filter((end) => end === 'bomb is too large')).toHaveLength(6)
    expect(ends.indexOf('small')).toBe(0)
    expect(ends.indexOf('page')).toBeLessThan(3)
  })
})

const fast = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 2 } }
