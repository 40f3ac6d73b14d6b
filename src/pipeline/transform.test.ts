import { describe, expect, expectTypeOf, it } from 'vitest'
import { DropItem } from '../errors.ts'
import { createPipelineChain } from './chain.ts'
import type { Item, ItemInfo, Pipeline } from './contract.ts'
import { transform } from './transform.ts'

interface Book {
  title: string
}
interface Shelf {
  books: Book[]
}

const info: ItemInfo = { key: 'k-0', request: undefined, response: undefined }
const isShelf = (item: Item): item is Shelf => 'books' in item
const through = async (pipeline: Pipeline<never, Item>, item: Item): Promise<readonly Item[]> =>
  createPipelineChain([pipeline]).process(item, info)

describe('transform', () => {
  it('gives one item, several or none, now or later', async () => {
    const emma = { title: 'Emma' }
    const cases: [(item: Book) => never, Item[]][] = [
      [(({ title }: Book) => ({ title: title.toUpperCase() })) as never, [{ title: 'EMMA' }]],
      [((book: Book) => [book, book]) as never, [emma, emma]],
      [(() => []) as never, []],
      [(() => null) as never, []],
      [(async (book: Book) => [book]) as never, [emma]],
      [(async () => null) as never, []],
    ]
    for (const [fn, out] of cases) expect(await through(transform(fn), emma)).toEqual(out)
  })

  it('is for one type of items where that is wanted', async () => {
    const pipeline = transform((shelf: Shelf) => shelf.books, { when: isShelf })
    expect(await through(pipeline, { books: [{ title: 'a' }, { title: 'b' }] })).toEqual([{ title: 'a' }, { title: 'b' }])
    expect(await through(pipeline, { title: 'c' })).toEqual([{ title: 'c' }])
  })

  it('does not take a forgotten return for a wish to drop', async () => {
    const forgetful = transform((() => {}) as never, { name: 'forgetful' })
    await expect(through(forgetful, {})).rejects.toMatchObject({
      code: 'ERR_PIPELINE_RESULT',
      message: expect.stringContaining('"forgetful"'),
    })
  })

  it('passes on what the function throws', async () => {
    const drop = new DropItem('no')
    const dropping = (): Book => {
      throw drop
    }
    await expect(through(transform(dropping), {})).rejects.toBe(drop)
  })

  it('is called after its function', () => {
    function roundPrices(book: Book): Book {
      return book
    }
    expect(transform(roundPrices).name).toBe('roundPrices')
    expect(transform((book: Book) => book).name).toBe('transform')
    expect(transform(roundPrices, { name: 'round' }).name).toBe('round')
  })

  it('refuses what is no function or no option', () => {
    for (const wrong of [undefined, null, {}, 'upper'])
      expect(() => transform(wrong as never)).toThrow(expect.objectContaining({ code: 'ERR_PIPELINE' }))
    expect(() => transform((book: Book) => book, { wen: isShelf } as never)).toThrow('Did you mean "when"?')
  })

  it('knows the types of what enters and leaves', () => {
    const priced = transform((book: Book) => ({ ...book, price: 1 }))
    expectTypeOf(priced).toEqualTypeOf<Pipeline<Book, { price: number; title: string }>>()
    expectTypeOf(transform(async (shelf: Shelf) => shelf.books)).toEqualTypeOf<Pipeline<Shelf, Book>>()
    expectTypeOf(transform((shelf: Shelf) => shelf.books, { when: isShelf })).toEqualTypeOf<Pipeline>()
    // @ts-expect-error a text is no item
    transform((book: Book) => book.title)
    // @ts-expect-error the function takes another type than the predicate tells
    transform((book: Book) => book, { when: isShelf })
  })
})
