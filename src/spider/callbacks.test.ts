import { describe, expect, it } from 'vitest'
import { callbackResolver } from './callbacks.ts'
import { Spider, spiderNameOf } from './spider.ts'

class Base extends Spider {
  parseBase(): void {}
}
class Shop extends Base {
  static override spiderName = 'shop'
  parseProduct(): void {}
  parseArrow = (): void => {}
}

describe('callbackResolver', () => {
  const shop = new Shop()
  const { resolve } = callbackResolver(shop)

  it('knows methods, inherited ones and function fields, by reference and by name', () => {
    expect(resolve(shop.parseProduct)).toBe('parseProduct')
    expect(resolve(shop.parseBase)).toBe('parseBase')
    expect(resolve(shop.parseArrow)).toBe('parseArrow')
    expect(resolve(shop.parse)).toBe('parse')
    expect(resolve('parseProduct')).toBe('parseProduct')
    expect(resolve(shop.parseProduct.bind(shop))).toBe('parseProduct')
  })

  it.each([
    ['parseProdukt', /no method parseProdukt.*Did you mean parseProduct\?.*parse, parseArrow, parseBase, parseProduct/],
    ['start', /no method start/],
    ['constructor', /no method constructor/],
    ['toString', /no method toString/],
    ['__proto__', /no method __proto__/],
    ['startUrls', /no method startUrls/],
    ['', /inline function/],
    [() => {}, /inline function/],
  ])('refuses %s', (ref, message) => {
    expect(() => resolve(ref)).toThrow(message)
  })

  it('refuses a function of the same name that is not the method', () => {
    const impostor = { parseProduct(): void {} }
    expect(() => resolve(impostor.parseProduct)).toThrow(/another function of that name/)
  })

  it('checks callbacks of requests that the spider makes', () => {
    expect(shop.request('http://a.example/', { callback: shop.parseProduct }).callback).toBe('parseProduct')
    expect(() => shop.request('http://a.example/', { callback: 'nope' })).toThrow(
      expect.objectContaining({ code: 'ERR_CALLBACK' }),
    )
    expect(() => shop.request('http://a.example/', { errback: 'nope' })).toThrow(
      expect.objectContaining({ code: 'ERR_CALLBACK' }),
    )
  })
})

describe('spiderNameOf', () => {
  it.each([
    [class HackerNews extends Spider {}, 'hacker-news'],
    [class HTMLPages extends Spider {}, 'html-pages'],
    [class Books2026 extends Spider {}, 'books2026'],
    [class Quotes extends Spider {}, 'quotes'],
    [Shop, 'shop'],
  ])('%o', (spider, name) => {
    expect(spiderNameOf(spider)).toBe(name)
  })
})
