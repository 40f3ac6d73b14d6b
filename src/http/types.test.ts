import { expect, it } from 'vitest'
import { Headers, type HeadersInit } from './headers.ts'
import { HtmlResponse } from './html-response.ts'
import type { JsonResponse } from './json-response.ts'
import { type JsonObject, Request } from './request.ts'
import type { Response } from './response.ts'

// What is checked here is that the lines marked with ts-expect-error do not compile; tsc checks it, and complains of a mark without an error.

class Books {
  parseBook(page: HtmlResponse, args: { id: number }): string {
    return page.text + args.id
  }
  parseAny(page: Response): number {
    return page.status
  }
  takesNumber(n: number): number {
    return n
  }
  async *parseJson(page: JsonResponse): AsyncGenerator<unknown> {
    yield page.json<{ books: string[] }>().books
  }
}

const page = new HtmlResponse({ url: 'http://example.com/', body: '' })
const books = new Books()

it('knows callbacks and their arguments', () => {
  page.follow('/', { callback: books.parseBook, cbArgs: { id: 1 } })
  page.follow('/', { callback: books.parseAny })
  page.follow('/', { callback: books.parseJson, meta: { any: ['thing'] } })
  page.follow('/', { callback: 'parseBook', cbArgs: { id: 1 } })
  page.followAll('a', { callback: books.parseBook, cbArgs: { id: 1 } })
  // @ts-expect-error there is no such method
  expect(() => page.follow('/', { callback: books.parseBok })).not.toThrow()
  // @ts-expect-error the callback takes a number
  page.follow('/', { callback: books.parseBook, cbArgs: { id: '1' } })
  // @ts-expect-error the callback takes an id
  page.follow('/', { callback: books.parseBook, cbArgs: { idd: 1 } })
  // @ts-expect-error the callback takes a number
  page.followAll('a', { callback: books.parseBook, cbArgs: { id: '1' } })
  // @ts-expect-error a callback gets a page
  page.follow('/', { callback: books.takesNumber })
})

it('knows options', () => {
  // @ts-expect-error a misspelt one
  expect(() => page.follow('/', { prioriti: 1 })).toThrow('priority')
  // @ts-expect-error a string for a number
  expect(() => new Request('http://x/', { priority: '1' })).toThrow('priority')
  // @ts-expect-error a Date is no JSON
  expect(() => new Request('http://x/', { meta: { when: new Date(0) } })).toThrow('Date')
  // @ts-expect-error a relative link needs a page
  expect(() => new Request({ href: '/' })).toThrow('URL')
  // @ts-expect-error a number is no value of a header
  expect(() => Headers.from({ A: 1 })).toThrow('header A')
  const init: HeadersInit = { A: ['1'], B: null }
  expect(Headers.from(init).size).toBe(1)
})

it('keeps the type of meta and of JSON', () => {
  const request = new Request('http://x/', { meta: { page: 1 } })
  const next: number = request.replace({ priority: 1 }).meta.page + 1
  expect(next).toBe(2)
  // @ts-expect-error it is a number
  const text: string = request.meta.page
  expect(text).toBe(1)
  const plain: JsonObject = new Request('http://x/').meta
  expect(plain).toEqual({})
})

it('is read-only', () => {
  const request = new Request('http://x/')
  // @ts-expect-error a request does not change
  expect(() => (request.url = 'http://y/')).not.toThrow()
  // @ts-expect-error nor does a response
  expect(() => (page.status = 1)).not.toThrow()
})
