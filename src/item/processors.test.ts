import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { compose } from './compose.ts'
import { identity } from './identity.ts'
import { join } from './join.ts'
import { mapCompose } from './map-compose.ts'
import { takeFirst } from './take-first.ts'

describe('takeFirst', () => {
  it('takes the first that is something', () => {
    expect(takeFirst()(['', null, undefined, 'one', 'two'])).toBe('one')
    expect(takeFirst()([0, 1])).toBe(0)
    expect(takeFirst()([false])).toBe(false)
    expect(takeFirst()([[]])).toEqual([])
    expect(takeFirst()([])).toBeUndefined()
    expect(takeFirst()(['', null])).toBeUndefined()
  })
})

describe('join and identity', () => {
  it('join texts, and leave them alone', () => {
    expect(join()(['a', 'b', 1])).toBe('a b 1')
    expect(join('<br>')(['a', 'b'])).toBe('a<br>b')
    expect(join()([])).toBe('')
    expect(() => join()([{ a: 1 }] as never)).toThrow('expected texts and numbers, got {"a":1}')
    expect(() => join()([['a']] as never)).toThrow('got ["a"]')
    const values = ['a', '']
    expect(identity()(values)).toEqual(values)
    expect(identity()(values)).not.toBe(values)
  })
})

describe('mapCompose', () => {
  it('sends each value through all functions, flattens lists, and drops what is nothing', () => {
    const process = mapCompose(
      (text) => (text === 'drop' ? undefined : text.split(' ')),
      (word) => (word === 'null' ? null : word.toUpperCase()),
    )
    expect(process(['a b', 'drop', 'null c'])).toEqual(['A', 'B', 'C'])
    expect(process('one text')).toEqual(['ONE', 'TEXT'])
    expect(process([])).toEqual([])
    expect(mapCompose(() => [undefined, 0, '', null, false])(['x'])).toEqual([0, '', false])
    expect(mapCompose(() => [['a'], ['b']])(['x'])).toEqual([['a'], ['b']])
  })

  it('is the same as one after the other', () => {
    const double = (n: number): number[] => [n, n]
    const odd = (n: number): number | undefined => (n % 2 === 1 ? n : undefined)
    fc.assert(
      fc.property(fc.array(fc.integer()), (values) => {
        expect(mapCompose(double, odd)(values)).toEqual(mapCompose(odd)(mapCompose(double)(values)))
      }),
    )
  })

  it('gives its functions the context', () => {
    expect(mapCompose((text, { unit }) => `${text} ${String(unit)}`)(['1'], { unit: 'kg' })).toEqual(['1 kg'])
  })

  it('says which function failed for which value', () => {
    const parse = (text: string): unknown => JSON.parse(text)
    expect(() => mapCompose((text) => `${text}!`, parse)(['x'])).toThrow(
      expect.objectContaining({ code: 'ERR_PROCESSOR', message: expect.stringContaining('parse failed for "x!": ') }),
    )
    const inner = mapCompose((text: string) => text, parse)
    expect(() => mapCompose((text: string) => inner(text))(['x'])).toThrow(/^parse failed for "x": /)
  })

  it('refuses what is no function', () => {
    for (const wrong of [[undefined], [(text: string) => text, null], ['trim']])
      expect(() => (mapCompose as (...fns: unknown[]) => unknown)(...wrong)).toThrow(
        expect.objectContaining({ code: 'ERR_PROCESSOR' }),
      )
  })

  it('knows the types', () => {
    expectTypeOf(mapCompose((text) => text.trim(), Number)).returns.toEqualTypeOf<number[]>()
    expectTypeOf(mapCompose((text) => text.split(','))).returns.toEqualTypeOf<string[]>()
    expectTypeOf(mapCompose((n: number) => (n > 0 ? n : undefined))).returns.toEqualTypeOf<number[]>()
    mapCompose(
      (text) => text.length,
      // @ts-expect-error the second gets what the first gave
      (text: string) => text.trim(),
    )
  })
})

describe('compose', () => {
  it('sends all values through functions together', () => {
    expect(compose(takeFirst(), Number)(['', '12'])).toBe(12)
    expect(compose((values: readonly string[]) => values.length)(['a', 'b'])).toBe(2)
  })

  it('stops at nothing, unless told otherwise', () => {
    const count: unknown[] = []
    const note = (value: unknown): string => {
      count.push(value)
      return 'noted'
    }
    expect(compose(takeFirst(), note)([])).toBeUndefined()
    expect(compose(() => null, note)([])).toBeUndefined()
    expect(count).toEqual([])
    expect(compose(takeFirst(), note, { stopOnUndefined: false })([])).toBe('noted')
    expect(count).toEqual([undefined])
    expect(compose(takeFirst(), note, {})([])).toBeUndefined()
  })

  it('passes the context on, and says which function failed', () => {
    expect(compose((values: readonly string[], { unit }) => `${values[0]} ${String(unit)}`)(['1'], { unit: 'kg' })).toBe('1 kg')
    const fail = (): never => {
      throw new Error('no')
    }
    expect(() => compose(takeFirst(), fail)(['x'])).toThrow('fail failed for "x": no')
    expect(() => compose(null as never, {})).toThrow(expect.objectContaining({ code: 'ERR_PROCESSOR' }))
  })

  it('knows the types', () => {
    expectTypeOf(compose((values: readonly string[]) => values[0], Number)).returns.toEqualTypeOf<number | undefined>()
  })
})
