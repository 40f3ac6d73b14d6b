import { describe, expect, expectTypeOf, it } from 'vitest'
import { HtmlResponse } from '../http/html-response.ts'
import { JsonResponse } from '../http/json-response.ts'
import { Selector } from '../selector/selector.ts'
import { compose } from './compose.ts'
import { identity } from './identity.ts'
import { ItemLoader } from './item-loader.ts'
import { join } from './join.ts'
import type { LoaderProcessors } from './loader-definition.ts'
import { mapCompose } from './map-compose.ts'
import type { LoaderContext } from './processor.ts'
import { takeFirst } from './take-first.ts'

interface Book {
  title: string
  price: number
  tags: string[]
  stock?: number
  url?: string
}

const page = new HtmlResponse({
  url: 'https://books.example/emma',
  body: `<div id=main><h1> Emma </h1><p class=price>&pound;12.50</p><b class=stock>0</b>
    <ul><li>novel<li> <li>classic</ul><footer><h2>Jane Austen</h2><a href=/x>x</a></footer></div>`,
})
const book: LoaderProcessors<Book> = {
  in: mapCompose((text) => text.trim()),
  out: takeFirst(),
  fields: {
    price: { in: mapCompose((text) => text.replace('£', ''), Number) },
    stock: { in: mapCompose(Number) },
    tags: { in: mapCompose((text) => text.trim() || undefined), out: identity() },
  },
}
const loaderOf = (processors: LoaderProcessors<Book> | undefined = book): ItemLoader<Book> =>
  new ItemLoader<Book>({ page, processors })

describe('ItemLoader', () => {
  it('fills an item from a page, by its processors', () => {
    const loader = loaderOf()
      .addCss('title', 'h1::text')
      .addXPath('price', '//p[@class="price"]/text()')
      .addCss('stock', '.stock::text')
      .addCss('tags', 'li::text')
      .addValue('url', page.url)
    expect(loader.load()).toEqual({ title: 'Emma', price: 12.5, stock: 0, tags: ['novel', 'classic'], url: page.url })
  })

  it('leaves out what was not found, and keeps 0, false and empty texts as itemloaders does', () => {
    const loader = new ItemLoader<{ a: unknown; b: unknown; c: unknown; d: unknown; e: unknown; f: unknown }>({ page })
    loader.addCss('a', '.none::text').addValue('b', null).addValue('c', []).addValue('d', [0, false, '']).addValue('e', undefined)
    expect(loader.load()).toEqual({ d: [0, false, ''] })
    expect(loader.output('a')).toBeUndefined()
  })

  it('leaves out a field whose output processor gives nothing', () => {
    const loader = loaderOf().addValue('title', ['', ''])
    expect(loader.load()).toEqual({})
    expect(loader.collected('title')).toEqual(['', ''])
  })

  it('gathers from several places, and each goes through the input processor once', () => {
    let calls = 0
    const loader = loaderOf({ fields: { tags: { in: mapCompose((text) => `${++calls}${text}`) } } })
    loader.addValue('tags', 'a').addValue('tags', ['b', 'c'])
    expect(loader.load()).toEqual({ tags: ['1a', '2b', '3c'] })
    loader.load()
    expect(calls).toBe(3)
  })

  it('undefined and null replace nothing', () => {
    const loader = new ItemLoader<{ a: unknown }>().addValue('a', 1)
    loader.replaceValue('a', undefined).replaceValue('a', null)
    loader.replaceValue('a', 2, () => undefined).replaceValue('a', [], takeFirst())
    expect(loader.load()).toEqual({ a: [1] })
    expect(loader.replaceValue('a', []).collected('a')).toEqual([])
  })

  it('a pattern finds nothing in what is not there', () => {
    expect(new ItemLoader().getValue(['a', null, undefined, 'b'], /\w+/)).toEqual(['a', 'b'])
  })

  it('replaces what a field had, also by nothing', () => {
    const loader = loaderOf().addValue('title', 'x').addValue('tags', ['y', 'z']).addValue('price', '1')
    loader.replaceCss('title', 'h1::text').replaceXPath('tags', '//none').replaceValue('price', [])
    expect(loader.load()).toEqual({ title: 'Emma' })
  })

  it('sends values through steps before the field has them; a pattern stands for its matches', () => {
    const loader = loaderOf()
      .addCss('price', '.price::text', /[\d.]+/)
      .addCss('tags', 'li::text', (values) => values.slice(0, 1), /(n)(o)/)
      .addValue('stock', 'on stock: 12', /\d+/)
      .addCss('title', '.none::text', takeFirst(), () => {
        throw new Error('is not called for nothing')
      })
    expect(loader.load()).toEqual({ price: 12.5, tags: ['n', 'o'], stock: 12 })
    expect(loader.getCss('h1::text')).toEqual([' Emma '])
    expect(loader.getCss('h1::text', takeFirst())).toBe(' Emma ')
    expect(loader.getXPath('//h2/text()', join())).toBe('Jane Austen')
    expect(loader.getValue([{ a: 12 }, 7], /\d+/)).toEqual(['12', '7'])
    expect(loader.collected('title')).toEqual([])
  })

  it('takes values from JSON', () => {
    const json = new JsonResponse({ url: 'https://api.example/', body: '{"books":[{"t":"Emma","p":[1,2]},{"t":"Ulysses"}]}' })
    const loader = new ItemLoader<{ titles: string[]; first: number }>({
      page: json,
      processors: { fields: { first: { out: takeFirst() } } },
    })
    loader.addJmes('titles', 'books[].t').addJmes('first', 'books[0].p').addJmes('first', 'nothing.here')
    expect(loader.load()).toEqual({ titles: ['Emma', 'Ulysses'], first: 1 })
    expect(loader.replaceJmes('first', 'books[0].p', (values: unknown[]) => values.reverse()).load().first).toBe(2)
    expect(loader.getJmes('books[1].t')).toEqual(['Ulysses'])
    const script = new Selector({ text: '<script>{"a": 5}</script>' })
    expect(new ItemLoader<{ a: number[] }>({ selector: script.css('script::text') }).addJmes('a', 'a').load()).toEqual({ a: [5] })
  })

  it('nested loaders search in a part, and fill the same item', () => {
    const loader = loaderOf()
    loader.addValue('tags', 'first')
    const footer = loader.nestedCss('footer', { base: 'https://x.example' })
    footer.addCss('title', 'h2::text')
    footer.nestedXPath('./a').addXPath('url', '@href', (values, { base }) => values.map((value) => `${base}${value}`))
    footer.addCss('tags', 'li::text')
    loader.addValue('tags', 'last')
    expect(loader.load()).toEqual({ title: 'Jane Austen', url: 'https://x.example/x', tags: ['first', 'last'] })
    expect(footer.load()).toBe(loader.load())
    expect(footer.collected('tags')).toEqual(['first', 'last'])
  })

  it('fills an item that is given, whose fields count as values', () => {
    class Row {
      title = 'given'
      price = 3
    }
    const item = new Row() as Row & Book
    const loader = new ItemLoader<Book>({
      page,
      item,
      processors: { ...book, fields: { ...book.fields, title: { out: join('|') } } },
    })
    expect(loader.addCss('title', 'h1::text').load()).toBe(item)
    expect(item).toBeInstanceOf(Row)
    expect(item).toMatchObject({ title: 'given|Emma', price: 3 })
  })

  it('gives processors its context, page and selector', () => {
    const seen: LoaderContext[] = []
    const spy = (values: readonly never[], context: LoaderContext): string => {
      seen.push(context)
      return String(values)
    }
    const selector = page.css('footer')
    const loader = new ItemLoader<Book>({
      page,
      selector,
      context: { currency: 'GBP', page: 'not this' },
      processors: { in: mapCompose((text, { currency }) => `${text} ${String(currency)}`), out: spy },
    })
    loader.addCss('title', 'h2::text')
    expect(loader.load()).toEqual({ title: 'Jane Austen GBP' })
    expect(seen[0]).toMatchObject({ currency: 'GBP', page, selector })
  })

  it('does not change the lists that it is given', () => {
    const values = Object.freeze(['a']) as readonly string[]
    const loader = loaderOf({}).addValue('tags', values).addValue('tags', 'b')
    expect(loader.load().tags).toEqual(['a', 'b'])
    loader.load().tags?.push('c')
    expect(loader.collected('tags')).toEqual(['a', 'b'])
  })

  it('takes a hundred thousand values', () => {
    const loader = loaderOf().addValue('tags', Array.from({ length: 100_000 }, String))
    expect(loader.load().tags).toHaveLength(100_000)
  })

  it('demands the fields it is told of', () => {
    const loader = loaderOf().addValue('title', 'Emma')
    expect(loader.load('title')).toEqual({ title: 'Emma' })
    expect(() => loader.load('title', 'price', 'tags')).toThrow(
      expect.objectContaining({
        code: 'ERR_LOADER',
        message:
          'Nothing was found for "price", "tags" of https://books.example/emma. Expected a value, as load() was told that they have to be there.',
      }),
    )
  })

  it('names field, processor, value and page when one fails', () => {
    const toPrice = (text: string): number => {
      throw new RangeError(`${text} is no price`)
    }
    const processors: LoaderProcessors<Book> = {
      fields: {
        price: { in: mapCompose((text: string) => text.slice(0, 3), toPrice) },
        title: { out: join() },
        tags: { out: compose(toTags) },
      },
    }
    function toTags(): string[] {
      throw 'nothing but a text'
    }
    const loader = loaderOf(processors)
    expect(() => loader.addValue('price', ['free', 'x'.repeat(5000)])).toThrow(
      expect.objectContaining({
        code: 'ERR_LOADER',
        message: expect.stringMatching(
          /^The field "price" of https:\/\/books\.example\/emma cannot be loaded: its input processor mapCompose failed for \["free","xxx.{100,120}…: toPrice failed for "fre": fre is no price$/,
        ),
      }),
    )
    loader.addValue('tags', 'a')
    expect(() => loader.load()).toThrow(
      'its output processor compose failed for ["a"]: toTags failed for ["a"]: nothing but a text',
    )
    expect(() => loader.addCss('title', 'h1', () => JSON.parse('{'))).toThrow(
      'The field "title" of https://books.example/emma cannot be loaded: a step',
    )
    expect(() => loader.getCss('h1', () => JSON.parse('{'))).toThrow('A value of https://books.example/emma cannot be loaded')
    expect(() => loader.addCss('title', 'h1[')).toThrow(expect.objectContaining({ code: 'ERR_SELECTOR' }))
  })

  it('has nothing to search in without a page', () => {
    const loader = new ItemLoader<Book>()
    expect(loader.addValue('title', 'x').load()).toEqual({ title: ['x'] })
    expect(() => loader.addCss('title', 'h1')).toThrow(expect.objectContaining({ code: 'ERR_LOADER_OPTION' }))
    expect(() => loader.nestedXPath('//h1')).toThrow('nestedXPath()')
  })

  it('refuses processors that are none, with what was meant', () => {
    for (const [processors, hint] of [
      [{ title: { out: takeFirst() } }, 'stand under `fields`'],
      [{ fields: { title: { output: takeFirst() } } }, 'the field "title"'],
      [{ fields: { title: takeFirst() } }, 'the field "title"'],
      [{ out: takeFirst }, undefined],
      [{ in: 'strip' }, 'a function'],
      [null, undefined],
      [7, 'an object'],
    ] as const) {
      const make = (): unknown => new ItemLoader({ processors: processors as never })
      if (hint === undefined) expect(make).not.toThrow()
      else expect(make).toThrow(expect.objectContaining({ code: 'ERR_LOADER_OPTION', message: expect.stringContaining(hint) }))
    }
  })

  it('refuses options that it does not take, and what is no page', () => {
    for (const [init, hint] of [
      [{ response: page }, 'Did you mean `page`?'],
      [{ processor: book }, 'Did you mean `processors`?'],
      [{ out: takeFirst() }, 'It takes page,'],
      [{ page: '<h1>Emma</h1>' }, '`page` of an ItemLoader'],
      [{ selector: null }, '`selector` of an ItemLoader'],
      [page, 'new ItemLoader({ page })'],
      [null, 'new ItemLoader({ page })'],
    ] as const) {
      expect(() => new ItemLoader(init as never)).toThrow(
        expect.objectContaining({ code: 'ERR_LOADER_OPTION', message: expect.stringContaining(hint) }),
      )
    }
  })

  it('refuses steps that are none, and processors that were not made', () => {
    for (const step of ['[0-9]+', { re: 'x' }, null]) {
      expect(() => loaderOf().addValue('title', 'x', step as never)).toThrow(
        expect.objectContaining({ code: 'ERR_LOADER_OPTION', message: expect.stringContaining('Expected a function') }),
      )
    }
    const loader = loaderOf({ out: takeFirst as never }).addValue('title', 'x')
    expect(() => loader.load()).toThrow(expect.objectContaining({ message: expect.stringContaining('as in takeFirst()?') }))
  })

  it('reads a definition once', () => {
    let reads = 0
    const processors: LoaderProcessors<Book> = {
      get fields() {
        reads++
        return { title: { out: takeFirst() } }
      },
    }
    for (let i = 0; i < 100; i++)
      expect(new ItemLoader<Book>({ processors }).addValue('title', 'x').load()).toEqual({ title: 'x' })
    expect(reads).toBeLessThan(5)
  })

  it('does not take names that every object has for fields', () => {
    const loader = new ItemLoader<Record<string, unknown>>({ processors: { fields: {} } })
    loader.addValue('constructor', 'a').addValue('toString', 'b')
    expect(Object.entries(loader.load())).toEqual([
      ['constructor', ['a']],
      ['toString', ['b']],
    ])
  })

  it('knows the types', () => {
    const loader = loaderOf()
    expectTypeOf(loader.load()).toExtend<Partial<Book>>()
    expectTypeOf(loader.output('price')).toEqualTypeOf<number | undefined>()
    const whole = loader.addValue('title', 'x').addValue('price', '1').addValue('tags', 'x').load('title', 'price', 'tags')
    expectTypeOf(whole).toExtend<Book>()
    expectTypeOf(loader.load('title')).not.toExtend<Book>()
    expectTypeOf(loader.getCss('h1', takeFirst())).toEqualTypeOf<string | undefined>()
    // @ts-expect-error there is no such field
    loader.addValue('titel', 'x')
    const wrong: LoaderProcessors<Book> = {
      fields: {
        // @ts-expect-error a text is no number
        price: { out: join() },
        // @ts-expect-error numbers are no texts
        tags: { out: mapCompose(Number) },
        title: { out: takeFirst() },
      },
    }
    expect(wrong).toBeDefined()
  })
})
