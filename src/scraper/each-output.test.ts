import { describe, expect, it } from 'vitest'
import { eachOutput } from './each-output.ts'

async function gather(outputs: unknown, wait = false): Promise<unknown[]> {
  const taken: unknown[] = []
  await eachOutput(outputs, (output) => {
    taken.push(output)
    return wait ? Promise.resolve() : undefined
  })
  return taken
}

const one = { n: 1 }
const two = { n: 2 }
const shapes: [string, () => unknown, unknown[]][] = [
  ['nothing', () => undefined, []],
  ['null', () => null, []],
  ['one value', () => one, [one]],
  ['a string, which is one value', () => 'abc', ['abc']],
  ['an array', () => [one, two], [one, two]],
  ['a set', () => new Set([one, two]), [one, two]],
  [
    'a generator',
    function* () {
      yield one
      yield two
    },
    [one, two],
  ],
  [
    'an async generator',
    async function* () {
      yield one
      yield two
    },
    [one, two],
  ],
  ['a promise of one', async () => one, [one]],
  ['a promise of an array', async () => [one, two], [one, two]],
  [
    'a promise of a generator',
    async () =>
      (function* () {
        yield one
      })(),
    [one],
  ], // prettier-ignore
  ['a promise of nothing', async () => undefined, []],
]

describe('eachOutput', () => {
  for (const [name, make, expected] of shapes) {
    it(`takes ${name}`, async () => {
      expect(await gather(make())).toEqual(expected)
      expect(await gather(make(), true)).toEqual(expected)
    })
  }

  it('makes no promise where nothing is waited for', () => {
    expect(eachOutput([one, two], () => undefined)).toBeUndefined()
  })

  it('hands over what came before an error, sync or not', async () => {
    function* broken() {
      yield one
      throw new Error('broken')
    }
    async function* brokenLater() {
      yield one
      throw new Error('broken')
    }
    for (const outputs of [broken, brokenLater]) {
      const taken: unknown[] = []
      await expect((async () => eachOutput(outputs(), (output) => void taken.push(output)))()).rejects.toThrow('broken')
      expect(taken).toEqual([one])
    }
  })

  it('waits for each before it asks for the next', async () => {
    const order: string[] = []
    function* outputs() {
      for (const n of [1, 2, 3]) {
        order.push(`made ${n}`)
        yield n
      }
    }
    await eachOutput(outputs(), async (n) => {
      await new Promise((resolve) => setImmediate(resolve))
      order.push(`took ${n}`)
    })
    expect(order).toEqual(['made 1', 'took 1', 'made 2', 'took 2', 'made 3', 'took 3'])
  })

  it('lets a generator clean up when taking fails', async () => {
    let cleaned = 0
    function* outputs() {
      try {
        yield one
        yield two
        yield one
      } finally {
        cleaned++
      }
    }
    const fail = async (output: unknown) => {
      if (output === two) throw new Error('full')
    }
    await expect(eachOutput(outputs(), fail)).rejects.toThrow('full')
    expect(cleaned).toBe(1)
  })

  it('lets a generator clean up when taking fails at once, before or behind a wait', async () => {
    for (const waits of [false, true]) {
      let cleaned = 0
      function* outputs() {
        try {
          yield one
          yield two
        } finally {
          cleaned++
        }
      }
      const fail = (output: unknown): void | Promise<void> => {
        if (output === two) throw new Error('full')
        return waits ? Promise.resolve() : undefined
      }
      await expect((async () => eachOutput(outputs(), fail))()).rejects.toThrow('full')
      expect(cleaned).toBe(1)
    }
  })

  const turn = (): void | Promise<void> => undefined
  const compute = (ms: number): void => {
    for (const end = performance.now() + ms; performance.now() < end; );
  }
  function* many() {
    for (let n = 0; n < 200; n++) {
      compute(0.5)
      yield n
    }
  }
  async function* manyAsync() {
    yield* many()
  }
  it.each([
    ['a generator', many, turn],
    ['a generator whose outputs are waited for', many, () => Promise.resolve()],
    ['an async generator that never waits', manyAsync, turn],
  ])('lets others have their turn while %s gives much', async (_, outputs, wait) => {
    let taken = 0
    const seenByOthers = new Set<number>()
    let watching = true
    const watch = (): void => {
      seenByOthers.add(taken)
      if (watching) setImmediate(watch)
    }
    setImmediate(watch)
    await eachOutput(outputs(), () => {
      taken++
      return wait()
    })
    watching = false
    expect(taken).toBe(200)
    expect([...seenByOthers].filter((count) => count > 0 && count < 200).length).toBeGreaterThan(1)
  })
})
