import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderItems } from '../render-items.ts'
import { RowScan } from './csv.ts'
import { ArrayScan } from './json.ts'

const texts = fc.oneof(fc.string(), fc.stringMatching(/^[\\"[\]{},\r\n x]{0,8}$/))
const items = fc.array(fc.record({ a: texts, b: fc.jsonValue({ maxDepth: 3 }), c: texts }), { minLength: 1, maxLength: 5 })

/** In pieces of these lengths, over and over. */
function feed(scan: { push(chunk: Buffer): void }, bytes: Buffer, lengths: readonly number[]): void {
  let at = 0
  for (let i = 0; at < bytes.length; i++) {
    const next = at + (lengths[i % lengths.length] ?? bytes.length)
    scan.push(bytes.subarray(at, next))
    at = next
  }
}

const lengths = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 })

describe('the scan of a JSON array', () => {
  it('finds the end of the last element, in whatever pieces the file comes', () => {
    fc.assert(
      fc.property(items, lengths, fc.constantFrom(undefined, 0, 2), (list, pieces, indent) => {
        const bytes = Buffer.from(renderItems(list, 'json', indent === undefined ? {} : { indent }))
        const scan = new ArrayScan()
        feed(scan, bytes, pieces)
        expect(scan.state).toBe('closed')
        expect(bytes.subarray(scan.elementsEnd).toString().trim()).toBe(']')
      }),
    )
  })

  it('takes no broken file for a whole one, and knows how far it is whole', () => {
    fc.assert(
      fc.property(items, lengths, fc.nat(), (list, pieces, cut) => {
        const bytes = Buffer.from(renderItems(list, 'json'))
        const broken = bytes.subarray(0, 1 + (cut % (bytes.length - 1)))
        const scan = new ArrayScan()
        feed(scan, broken, pieces)
        expect(scan.state).toBe('open')
        const kept = JSON.parse(`${scan.wholeEnd === 0 ? '[' : broken.subarray(0, scan.wholeEnd).toString()}]`) as unknown[]
        expect(kept).toEqual((JSON.parse(bytes.toString()) as unknown[]).slice(0, kept.length))
      }),
    )
  })
})

describe('the scan of CSV rows', () => {
  it('stands at the start of a row at the end of a whole file, and has read its first row', () => {
    fc.assert(
      fc.property(items, lengths, (list, pieces) => {
        const bytes = Buffer.from(renderItems(list, 'csv'))
        const scan = new RowScan(','.charCodeAt(0))
        feed(scan, bytes, pieces)
        scan.finish()
        expect(scan).toMatchObject({ quoted: false, rowIsEmpty: true, rowStart: bytes.length, firstRow: 'a,b,c', firstCells: 3 })
      }),
    )
  })

  it('cuts a broken file back to whole rows', () => {
    fc.assert(
      fc.property(items, lengths, fc.nat(), (list, pieces, cut) => {
        const bytes = Buffer.from(renderItems(list, 'csv'))
        const broken = bytes.subarray(0, cut % bytes.length)
        const [scan, again] = [new RowScan(','.charCodeAt(0)), new RowScan(','.charCodeAt(0))]
        feed(scan, broken, pieces)
        feed(again, broken.subarray(0, scan.rowStart), pieces)
        expect(again).toMatchObject({ quoted: false, rowIsEmpty: true, rowStart: scan.rowStart })
      }),
    )
  })
})
