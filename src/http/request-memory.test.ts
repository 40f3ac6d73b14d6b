import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { HtmlResponse } from './html-response.ts'
import { Request } from './request.ts'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

const PAGES = 200
const PAGE_SIZE = 200_000

/** Bytes of heap held by what `keep` makes of each of 200 pages of 200 KB. */
function heldBy(keep: (text: string, at: number) => unknown): number {
  gc()
  const before = getHeapStatistics().used_heap_size
  const kept: unknown[] = []
  for (let i = 0; i < PAGES; i++) {
    const page = Buffer.alloc(PAGE_SIZE, `https://example.com/catalogue/book-${i}/index.html `)
    const text = new HtmlResponse({ url: 'https://example.com/', body: page, encoding: 'latin-1' }).text
    kept.push(keep(text, text.indexOf('https', 1000)))
  }
  gc()
  const held = getHeapStatistics().used_heap_size - before
  expect(kept).toHaveLength(PAGES)
  return held
}

function urlIn(text: string, at: number): string {
  return text.slice(at, text.indexOf(' ', at))
}

it('sees a piece of text that keeps its page', () => {
  expect(heldBy(urlIn)).toBeGreaterThan((PAGES * PAGE_SIZE) / 2)
})

it.each<[string, (piece: string) => unknown]>([
  ['URL', (piece) => new Request(piece)],
  ['URL with credentials', (piece) => new Request(piece.replace('//', '//name:password@'))],
  ['slot', (piece) => new Request('https://example.com/', { slot: piece })],
  ['meta', (piece) => new Request('https://example.com/', { meta: { deep: [{ piece }] } })],
  ['cbArgs', (piece) => new Request('https://example.com/', { cbArgs: { piece } })],
  ['header', (piece) => new Request('https://example.com/', { headers: { Referer: piece } })],
  ['body', (piece) => new Request('https://example.com/', { body: piece })],
  ['json', (piece) => new Request('https://example.com/', { json: [piece] })],
])('a request does not keep the page its %s was cut from', (_, make) => {
  expect(heldBy((text, at) => make(urlIn(text, at)))).toBeLessThan((PAGES * PAGE_SIZE) / 20)
})

it('nor do requests that the page made itself', () => {
  const links = (text: string, at: number) => {
    const page = new HtmlResponse({
      url: 'https://example.com/a/',
      body: `<base href="${urlIn(text, at)}">${text.slice(0, 5000)}`,
    })
    return [page.follow(urlIn(text, at).slice(20)), ...page.followAll([urlIn(text, at)], { meta: { at } })]
  }
  expect(heldBy(links)).toBeLessThan((PAGES * PAGE_SIZE) / 20)
})
