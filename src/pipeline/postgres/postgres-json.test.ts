import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { postgresFields, postgresJson } from './postgres-json.ts'

const refuse = (path: readonly string[], why: string): never => {
  throw new Error(`${path.join('.')} ${why}`)
}
const text = (value: unknown): string => postgresJson(value, [], refuse)

describe('postgresJson', () => {
  it('says of JSON what JSON.stringify says', () => {
    const value = fc.jsonValue({ stringUnit: 'binary' }).filter((json) => !JSON.stringify(json).includes('\\u0000'))
    fc.assert(
      fc.property(value, (json) => {
        expect(JSON.parse(text(json))).toEqual(JSON.parse(JSON.stringify(json)))
      }),
    )
  })

  it('never gives what PostgreSQL refuses: a NUL, or half of a pair', () => {
    const units = fc.array(fc.integer({ min: 0, max: 0xffff })).map((codes) => String.fromCharCode(...codes))
    fc.assert(
      fc.property(fc.dictionary(units, units), (json) => {
        let said: string
        try {
          said = text(json)
        } catch (error) {
          expect(String(error)).toContain('NUL character')
          return
        }
        expect(said.isWellFormed()).toBe(true)
        expect(said).not.toMatch(/\\u0000|\\ud[89a-f]/i)
      }),
    )
  })

  it('leaves the path as it was, also that of what is deep', () => {
    const path = ['a']
    postgresJson({ b: [{ c: 1 }], d: new Date(0), e: { toJSON: () => [1] } }, path, refuse)
    expect(path).toEqual(['a'])
  })

  it('refuses a circle, and one of what toJSON says', () => {
    const circle: Record<string, unknown> = {}
    circle['self'] = [circle]
    expect(() => text(circle)).toThrow('in a circle')
    const told: { toJSON: () => unknown } = { toJSON: () => [told] }
    expect(() => text(told)).toThrow('in a circle')
  })

  it('gives the fields of an item, also where toJSON has them', () => {
    expect({ ...postgresFields({ a: 1, b: undefined, c: 'x' }, refuse) }).toEqual({ a: '1', c: '"x"' })
    expect({ ...postgresFields({ toJSON: () => ({ a: [1] }) }, refuse) }).toEqual({ a: '[1]' })
    for (const item of [new Date(), [1], new Map(), { toJSON: () => 'x' }]) expect(() => postgresFields(item, refuse)).toThrow()
  })
})
