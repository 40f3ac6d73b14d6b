import { describe, expect, it } from 'vitest'
import { andThen } from './and-then.ts'
import type { Outputs } from './output.ts'

/** What comes out, and whether anything was waited for. */
async function all(first: Outputs): Promise<{ out: unknown[]; waited: boolean }> {
  const out: unknown[] = []
  const outputs = andThen(first, () => [{ last: true }])
  if (outputs instanceof Promise) return { ...(await all2(await outputs, out)), waited: true }
  return all2(outputs, out)
}

async function all2(outputs: Outputs, out: unknown[]): Promise<{ out: unknown[]; waited: boolean }> {
  const waited = Symbol.asyncIterator in (outputs as object)
  if (waited) for await (const output of outputs as AsyncIterable<unknown>) out.push(output)
  else for (const output of outputs as Iterable<unknown>) out.push(output)
  return { out, waited }
}

const item = { a: 1 }
const last = { last: true }

describe('andThen', () => {
  it.each([
    ['nothing', undefined, [last], false],
    ['null', null, [last], false],
    ['one', item, [item, last], false],
    ['a list', [item, item], [item, item, last], false],
    ['a text, which the scraper complains of', 'text' as never, ['text', last], false],
    ['a promise of nothing', Promise.resolve(undefined), [last], true],
    ['a promise of one', Promise.resolve(item), [item, last], true],
    ['a promise of a list', Promise.resolve([item]), [item, last], true],
  ] as [string, Outputs, unknown[], boolean][])('%s', async (_name, first, out, waited) => {
    expect(await all(first)).toEqual({ out, waited })
  })

  it('generators', async () => {
    function* some() {
      yield item
    }
    async function* later() {
      yield item
    }
    expect(await all(some())).toEqual({ out: [item, last], waited: false })
    expect(await all(later())).toEqual({ out: [item, last], waited: true })
    expect(await all(Promise.resolve(later()))).toEqual({ out: [item, last], waited: true })
  })

  it('does not go on where the callback throws', () => {
    let went = false
    function* failing() {
      yield item
      throw new Error('half-way')
    }
    const out: unknown[] = []
    const outputs = andThen(failing(), () => {
      went = true
      return []
    }) as Iterable<unknown>
    expect(() => {
      for (const output of outputs) out.push(output)
    }).toThrow('half-way')
    expect([out, went]).toEqual([[item], false])
  })
})
