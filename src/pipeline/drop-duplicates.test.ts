import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { pipelineContext } from '../../test/support/pipeline-context.ts'
import { DropItem } from '../errors.ts'
import { Request } from '../http/request.ts'
import type { Logger } from '../log/contract.ts'
import { createPipelineChain } from './chain.ts'
import type { Item, ItemInfo, Pipeline } from './contract.ts'
import { type DropDuplicatesOptions, dropDuplicates } from './drop-duplicates.ts'
import { FirstSeen } from './first-seen.ts'
import { identityText } from './identity-text.ts'
import { transform } from './transform.ts'

interface Book {
  isbn?: string | number | null
  shop?: string
}

const request = new Request('https://shop.example/1')
const from = (key: string): ItemInfo => ({ key, request, response: undefined })

let pages = 0

/** Which of these items pass, each from a page of its own. */
function passing(pipeline: Pipeline<never, Item>, items: readonly Item[]): Item[] {
  return items.filter((item) => {
    try {
      pipeline.process(item as never, from(`page${pages++}-0`))
      return true
    } catch (error) {
      if (!(error instanceof DropItem)) throw error
      return false
    }
  })
}

describe('dropDuplicates', () => {
  it('tells items by a field, by several together, or by a function', () => {
    const [a, b, c, d] = [
      { isbn: '1', shop: 'x' },
      { isbn: '1', shop: 'y' },
      { isbn: 1, shop: 'x' },
      { isbn: '1', shop: 'x' },
    ]
    expect(passing(dropDuplicates<Book>('isbn'), [a, b, c, d])).toEqual([a, c])
    expect(passing(dropDuplicates<Book>(['isbn', 'shop']), [a, b, c, d])).toEqual([a, b, c])
    expect(
      passing(
        dropDuplicates((book: Book) => String(book.isbn)),
        [a, b, c, d],
      ),
    ).toEqual([a])
  })

  it('does not join fields so that different ones look alike', () => {
    const items = [
      { a: '1,2', b: '3' },
      { a: '1', b: '2,3' },
      { a: '"1', b: '' },
      { a: '', b: '"1' },
    ]
    expect(passing(dropDuplicates<{ a: string; b: string }>(['a', 'b']), items)).toEqual(items)
  })

  it('takes an item of a page that is done a second time for the item it is', () => {
    const pipeline = dropDuplicates<Book>('isbn')
    const item = { isbn: '1' }
    expect(pipeline.process(item, from('p1-0'))).toBe(item)
    expect(pipeline.process(item, from('p1-0'))).toBe(item)
    expect(() => pipeline.process(item, from('p2-0'))).toThrow(DropItem)
    // the duplicate stays one, and the first stays the first
    expect(() => pipeline.process(item, from('p2-0'))).toThrow(DropItem)
    expect(pipeline.process(item, from('p1-0'))).toBe(item)
  })

  it('drops duplicates on one page, also among the parts of one item', () => {
    const pipeline = dropDuplicates<Book>('isbn')
    pipeline.process({ isbn: '1' }, from('p1-0'))
    expect(() => pipeline.process({ isbn: '1' }, from('p1-1'))).toThrow(DropItem)
    const parts = transform((item: { isbns: string[] }) => item.isbns.map((isbn) => ({ isbn })))
    const chain = createPipelineChain([parts, dropDuplicates<Book>('isbn')])
    expect(chain.process({ isbns: ['1', '2', '1'] }, from('p1-0'))).toEqual([{ isbn: '1' }, { isbn: '2' }])
  })

  it('says which item of which page was there before', () => {
    const pipeline = dropDuplicates<Book>('isbn')
    pipeline.process({ isbn: 'x'.repeat(9000) }, from('a-0'))
    const again = (): unknown => pipeline.process({ isbn: 'x'.repeat(9000) }, from('b-0'))
    expect(again).toThrow(/^an item of <GET https:\/\/shop\.example\/1> was there before: "xxx/)
    expect(again).toThrow(expect.objectContaining({ name: 'DuplicateItem', message: expect.stringMatching(/^.{1,300}$/) }))
  })

  it('does not take items without the field for one another', () => {
    const lacking = [{}, { isbn: undefined }, { isbn: null }, { isbn: Number.NaN }, { isbn: new Date('x') }]
    for (const item of lacking) {
      expect(() => dropDuplicates<Book>('isbn').process(item as Book, from('a-0'))).toThrow(
        expect.objectContaining({ code: 'ERR_ITEM_FIELD', message: expect.stringContaining('"isbn" has no value') }),
      )
    }
    expect(() => dropDuplicates<Book>(['shop', 'isbn']).process({ shop: 'x' }, from('a-0'))).toThrow('"isbn"')
    expect(() => dropDuplicates((book: Book) => book.isbn).process({}, from('a-0'))).toThrow('its function gave undefined')
    const pass: DropDuplicatesOptions = { missing: 'pass' }
    expect(passing(dropDuplicates<Book>('isbn', pass), [...lacking, ...lacking])).toHaveLength(10)
    expect(passing(dropDuplicates<Book>(['isbn', 'shop'], pass), [{ shop: 'x' }, { shop: 'x' }])).toHaveLength(2)
    // what is empty is something
    expect(passing(dropDuplicates<Book>('isbn'), [{ isbn: '' }, { isbn: '' }, { isbn: 0 }, { isbn: 0 }])).toHaveLength(2)
  })

  it('leaves items alone that it is not for', () => {
    const pipeline = dropDuplicates('isbn', { when: (item) => 'isbn' in item })
    expect(passing(pipeline, [{ shop: 'x' }, { shop: 'x' }, { isbn: 1 }, { isbn: 1 }])).toHaveLength(3)
  })

  it('refuses values that would all look alike', () => {
    for (const isbn of [new Map([[1, 2]]), new Set(['a']), () => {}, Symbol('x'), new URL('https://x/'), [new Map()]]) {
      expect(() => dropDuplicates('isbn').process({ isbn }, from('a-0'))).toThrow(
        expect.objectContaining({ code: 'ERR_ITEM_FIELD' }),
      )
    }
  })

  it('keeps to the size that it is given, and says when it forgets', async () => {
    const warnings: string[] = []
    const quiet = (): void => {}
    const log: Logger = { debugEnabled: false, debug: quiet, info: quiet, error: quiet, warn: (text) => void warnings.push(text) }
    const pipeline = dropDuplicates<{ n: number }>('n', { remember: 100 })
    await pipeline.open?.(pipelineContext({ log }))
    const numbers = (count: number): { n: number }[] => Array.from({ length: count }, (_, n) => ({ n }))
    expect(passing(pipeline, numbers(200))).toHaveLength(200)
    expect(warnings).toEqual([])
    // the last hundred at least, and no more than two hundred
    expect(passing(pipeline, numbers(200))).toEqual([])
    expect(passing(pipeline, [{ n: 200 }, { n: 150 }, { n: 50 }])).toEqual([{ n: 200 }, { n: 50 }])
    expect(passing(pipeline, numbers(1000)).length).toBeGreaterThan(800)
    expect(warnings).toEqual([expect.stringContaining('more than 200 different values')])
  })

  it('never drops the first item of a value, however often pages are done again', () => {
    const step = fc.tuple(fc.nat(30), fc.nat(6))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const seen = new FirstSeen(8)
        const owners = new Map<number, string>()
        for (const [value, page] of steps) {
          const key = `p${page}-0`
          const isFirst = seen.isFirst(String(value), { key })
          // forgotten values may pass again; an owner is never refused
          if (!owners.has(value) || owners.get(value) === key) expect(isFirst).toBe(true)
          if (isFirst) owners.set(value, key)
        }
      }),
    )
  })

  it('begins anew with a new crawl, goes on with the same, and does not mix two at once', async () => {
    const pipeline = dropDuplicates<Book>('isbn')
    const item = { isbn: '1' }
    await pipeline.open?.(pipelineContext({ crawlId: 'a' }))
    pipeline.process(item, from('p1-0'))
    await expect(async () => pipeline.open?.(pipelineContext({ crawlId: 'b' }))).rejects.toMatchObject({
      code: 'ERR_PIPELINE_SHARED',
    })
    await pipeline.close?.()
    await pipeline.open?.(pipelineContext({ crawlId: 'a' }))
    expect(() => pipeline.process(item, from('p2-0'))).toThrow(DropItem)
    await pipeline.close?.()
    await pipeline.open?.(pipelineContext({ crawlId: 'b' }))
    expect(pipeline.process(item, from('p2-0'))).toBe(item)
  })

  it('refuses what tells nothing, and what is no option', () => {
    for (const wrong of [undefined, null, '', [], [''], 7, {}, ['a', 7]])
      expect(() => dropDuplicates(wrong as never)).toThrow(expect.objectContaining({ code: 'ERR_PIPELINE' }))
    for (const options of [
      { missing: 'drop' },
      { remember: 0 },
      { remember: 1.5 },
      { remember: Number.POSITIVE_INFINITY },
      { size: 1 },
    ])
      expect(() => dropDuplicates('isbn', options as never)).toThrow(expect.objectContaining({ code: 'ERR_PIPELINE_OPTION' }))
  })

  it('knows the fields of the item', () => {
    expectTypeOf(dropDuplicates<Book>('isbn')).toEqualTypeOf<Pipeline<Book>>()
    expectTypeOf(dropDuplicates((book: Book) => book.isbn)).toEqualTypeOf<Pipeline<Book>>()
    // @ts-expect-error there is no such field
    dropDuplicates<Book>('isnb')
    // @ts-expect-error there is no such field
    dropDuplicates<Book>(['isbn', 'title'])
  })
})

describe('identityText', () => {
  it('is the same for equal values only', () => {
    const values = fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, maxDepth: 2 })
    const comparable = values.filter((value) => {
      try {
        return identityText(value, 'test') !== ''
      } catch {
        return false
      }
    })
    fc.assert(
      fc.property(comparable, comparable, (a, b) => {
        expect(identityText(a, 'test')).toBe(identityText(structuredClone(a), 'test'))
        if (identityText(a, 'test') === identityText(b, 'test')) expect(a).toEqual(b)
      }),
    )
    expect(identityText({ a: 1, b: [2n] }, 'test')).toBe(identityText({ b: [2n], a: 1 }, 'test'))
    expect(identityText([undefined], 'test')).not.toBe(identityText(['undefined'], 'test'))
  })
})
