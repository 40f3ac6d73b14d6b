import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GzipMember } from './gzip-member.ts'

describe('a gzip member', () => {
  it('is whole after every piece, whatever the pieces, and goes on as if one that was not written had never been', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 50 }),
      fc.nat(40_000).map((length) => Buffer.alloc(length, 'abcdefg')),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(piece, fc.boolean()), { maxLength: 8 }), fc.uint8Array({ maxLength: 20 }), (pieces, end) => {
        const member = new GzipMember()
        const written: Buffer[] = []
        const content: Uint8Array[] = []
        for (const [bytes, succeeds] of pieces) {
          const { body, trailer } = member.piece(Buffer.from(bytes), Buffer.from(end))
          if (!succeeds) continue
          member.commit()
          written.push(body)
          content.push(bytes)
          // toEqual walks buffers number by number
          expect(gunzipSync(Buffer.concat([...written, trailer])).equals(Buffer.concat([...content, end]))).toBe(true)
        }
      }),
    )
  })
})
