import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pipelineContext } from '../../test/support/pipeline-context.ts'
import { DropItem } from '../errors.ts'
import { Request } from '../http/request.ts'
import type { Logger } from '../log/contract.ts'
import { Lane } from '../util/lane.ts'
import { createPipelineChain } from './chain.ts'
import type { Item, ItemInfo, Pipeline, PipelineContext } from './contract.ts'

interface Numbered {
  readonly n: number
}

const info: ItemInfo = { key: 'k-0', request: undefined, response: undefined }

function contextWith(warnings: string[] = []): PipelineContext {
  const quiet = (): void => {}
  const log: Logger = {
    debugEnabled: false,
    debug: quiet,
    info: quiet,
    error: quiet,
    warn: (message) => void warnings.push(message),
  }
  return pipelineContext({ log })
}

function stage(name: string, process: (item: Numbered) => unknown): Pipeline<Numbered, Item> {
  return { name, process: process as Pipeline<Numbered, Item>['process'] }
}

const double = stage('double', ({ n }) => ({ n: n * 2 }))
const split = stage('split', ({ n }) => [{ n }, { n: n + 1 }, { n: n + 2 }])
const noOdd = stage('no odd', (item) => {
  if (item.n % 2 === 1) throw new DropItem(`${item.n} is odd`)
  return item
})

/** The same stage, answering later. */
function later(pipeline: Pipeline<Numbered, Item>): Pipeline<Numbered, Item> {
  return { name: pipeline.name, process: async (item, about) => pipeline.process(item, about) }
}

describe('process', () => {
  it('gives the item itself back when there is nothing to pass', () => {
    const item = { n: 1 }
    const out = createPipelineChain([]).process(item, info) as Item[]
    expect(out).toHaveLength(1)
    expect(out[0]).toBe(item)
  })

  it('answers at once when all are synchronous, and in order', () => {
    expect(createPipelineChain([double, split, double]).process({ n: 1 }, info)).toEqual([{ n: 4 }, { n: 6 }, { n: 8 }])
  })

  it('gives the same with any of them asynchronous', async () => {
    const stages = fc.array(
      fc.tuple(
        fc.constantFrom(
          double,
          split,
          noOdd,
          stage('none', () => []),
        ),
        fc.boolean(),
      ),
      { maxLength: 5 },
    )
    await fc.assert(
      fc.asyncProperty(stages, fc.nat(5), async (list, n) => {
        const outcome = async (pipelines: Pipeline<Numbered, Item>[]): Promise<unknown> => {
          const dropped: string[] = []
          const chain = createPipelineChain(pipelines, { onPartDropped: ({ message }) => void dropped.push(message) })
          try {
            return { out: await chain.process({ n }, info), dropped }
          } catch (error) {
            return { error: (error as Error).message, dropped }
          }
        }
        const mixed = list.map(([pipeline, isLater]) => (isLater ? later(pipeline) : pipeline))
        expect(await outcome(mixed)).toEqual(await outcome(list.map(([pipeline]) => pipeline)))
      }),
    )
  })

  it('brings the items of a lane to each pipeline and out in their order, whichever is ready first', async () => {
    const stages = fc.array(fc.tuple(fc.constantFrom(double, split, noOdd), fc.boolean()), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), stages, async (scheduler, list) => {
        const seen: number[][] = []
        const chain = createPipelineChain(
          list.map(([pipeline, isLater], place) => {
            const numbers: number[] = []
            seen.push(numbers)
            const noting = stage(pipeline.name, (item) => {
              numbers.push(item.n)
              return pipeline.process(item, info)
            })
            if (!isLater) return noting
            return stage(pipeline.name, (item) => {
              const ready = scheduler.schedule(Promise.resolve(), `${item.n} at ${place}`)
              numbers.push(item.n)
              return ready.then(() => pipeline.process(item, info))
            })
          }),
        )
        const lane = new Lane()
        const out: Item[] = []
        const through = [1, 4, 7].map(async (n) => {
          const items = await lane.onward(out, chain.process({ n }, info, lane), (passed) => void out.push(...passed))
          return items
        })
        await scheduler.waitFor(Promise.allSettled(through))
        // one after the other
        const alone: number[][] = list.map(() => [])
        const expected: Item[] = []
        const plain = createPipelineChain(
          list.map(([pipeline], place) =>
            stage(pipeline.name, (item) => {
              alone[place]!.push(item.n)
              return pipeline.process(item, info)
            }),
          ),
        )
        for (const n of [1, 4, 7]) {
          try {
            expected.push(...(plain.process({ n }, info) as Item[]))
          } catch (error) {
            if (!(error instanceof DropItem)) throw error
          }
        }
        expect(out).toEqual(expected)
        expect(seen).toEqual(alone)
      }),
    )
  })

  it('passes DropItem out, the same one', async () => {
    const drop = new DropItem('no price')
    const dropping = stage('dropping', () => {
      throw drop
    })
    expect(() => createPipelineChain([double, dropping]).process({ n: 1 }, info)).toThrow(drop)
    await expect(createPipelineChain([later(double), later(dropping)]).process({ n: 1 }, info)).rejects.toBe(drop)
    expect(() => createPipelineChain([stage('list of one', (item) => [item]), dropping]).process({ n: 1 }, info)).toThrow(drop)
  })

  for (const [how, wrap] of [
    ['synchronous', (p: typeof split) => p],
    ['asynchronous', later],
  ] as const) {
    it(`${how}: loses no part of a split item because another is dropped, and is not silent about that`, async () => {
      const warnings: string[] = []
      const context = contextWith(warnings)
      const chain = createPipelineChain([split, wrap(noOdd)])
      await chain.open(context)
      expect(await chain.process({ n: 1 }, info)).toEqual([{ n: 2 }])
      expect(context.stats.get('item_dropped_count')).toBe(2)
      expect(context.stats.get('item_dropped_reasons_count/DropItem')).toBe(2)
      expect(warnings).toEqual(['Dropped a part of an item: 1 is odd', 'Dropped a part of an item: 3 is odd'])
    })

    it(`${how}: an error other than DropItem in one part fails the whole item`, async () => {
      const failing = stage('failing', ({ n }) => {
        if (n === 2) throw new RangeError('two')
        return { n }
      })
      await expect((async () => createPipelineChain([split, wrap(failing)]).process({ n: 1 }, info))()).rejects.toThrow(
        RangeError,
      )
    })
  }

  it('refuses what is neither item nor list, by the name of the pipeline', async () => {
    for (const value of [undefined, null, 'text', 3, [{ n: 1 }, undefined], [[{ n: 1 }]]]) {
      const forgetful = stage('forgetful', () => value)
      expect(() => createPipelineChain([forgetful]).process({ n: 1 }, info)).toThrow(
        expect.objectContaining({ code: 'ERR_PIPELINE_RESULT', message: expect.stringContaining('"forgetful"') }),
      )
      await expect(createPipelineChain([later(forgetful)]).process({ n: 1 }, info)).rejects.toMatchObject({
        code: 'ERR_PIPELINE_RESULT',
      })
    }
  })

  it('hands each pipeline where the item comes from, and calls it as a method', () => {
    class Keeper implements Pipeline {
      readonly name = 'keeper'
      readonly seen: ItemInfo[] = []
      process(item: Item, about: ItemInfo): Item {
        this.seen.push(about)
        return item
      }
    }
    const keeper = new Keeper()
    createPipelineChain([keeper]).process({ n: 1 }, info)
    expect(keeper.seen).toEqual([info])
  })

  describe('the key of a part', () => {
    const keys = (seen: string[]): Pipeline => ({
      name: 'keys',
      process(item, about) {
        seen.push(about.key)
        return item
      },
    })
    const twice = stage('twice', (item) => [item, item])

    it('is that of the item and its place, nested where it is split again', () => {
      const seen: string[] = []
      createPipelineChain([keys(seen), split, twice, keys(seen)]).process({ n: 1 }, info)
      expect(seen).toEqual(['k-0', 'k-0.0.0', 'k-0.0.1', 'k-0.1.0', 'k-0.1.1', 'k-0.2.0', 'k-0.2.1'])
    })

    it('is the same when stations answer later, and when other parts are dropped', async () => {
      const seen: string[] = []
      await createPipelineChain([later(split), later(noOdd), twice, keys(seen)]).process({ n: 1 }, info)
      expect(seen).toEqual(['k-0.1.0', 'k-0.1.1'])
    })

    it('is that of the item where it stays one', async () => {
      const seen: string[] = []
      const one = stage('list of one', (item) => [item])
      await createPipelineChain([double, one, later(one), keys(seen)]).process({ n: 1 }, info)
      expect(seen).toEqual(['k-0'])
    })

    it('is made only when somebody asks, and the rest of what is known stays', () => {
      let asked = 0
      const lazy: ItemInfo = {
        get key() {
          asked++
          return 'k-0'
        },
        request: new Request('https://shop.example/'),
        response: undefined,
      }
      const requests: unknown[] = []
      const look = stage('look', (item) => item)
      const asking: Pipeline = {
        name: 'asking',
        process(item, { request, response }) {
          requests.push(request, response)
          return item
        },
      }
      createPipelineChain([split, look, asking]).process({ n: 1 }, lazy)
      expect(asked).toBe(0)
      expect(requests).toEqual([lazy.request, undefined, lazy.request, undefined, lazy.request, undefined])
    })

    it('tells which part was dropped', () => {
      const dropped: string[] = []
      const chain = createPipelineChain([split, noOdd], { onPartDropped: (_error, _part, about) => void dropped.push(about.key) })
      chain.process({ n: 1 }, info)
      expect(dropped).toEqual(['k-0.0', 'k-0.2'])
    })
  })

  it('does not grow the stack with the parts of an item', async () => {
    const many = stage('many', () => Array.from({ length: 20_000 }, (_, n) => ({ n })))
    expect(await createPipelineChain([many, double]).process({ n: 1 }, info)).toHaveLength(20_000)
    expect(await createPipelineChain([many, later(double)]).process({ n: 1 }, info)).toHaveLength(20_000)
  })
})

describe('open, flush and close', () => {
  function recorder(name: string, log: string[], fails: { open?: boolean; flush?: boolean; close?: boolean } = {}): Pipeline {
    const step = (what: 'open' | 'flush' | 'close') => async (): Promise<void> => {
      log.push(`${what} ${name}`)
      if (fails[what]) throw new Error(`${what} of ${name}`)
    }
    return { name, process: (item) => item, open: step('open'), flush: step('flush'), close: step('close') }
  }

  it('opens in order and closes the last first, once', async () => {
    const log: string[] = []
    const chain = createPipelineChain([recorder('a', log), stage('bare', (item) => item), recorder('b', log)])
    await chain.open(contextWith())
    await chain.close()
    await chain.close()
    expect(log).toEqual(['open a', 'open b', 'close b', 'close a'])
  })

  it('closes what was opened when one does not open, and nothing else', async () => {
    const log: string[] = []
    const chain = createPipelineChain([
      recorder('a', log, { close: true }),
      recorder('b', log, { open: true }),
      recorder('c', log),
    ])
    await expect(chain.open(contextWith())).rejects.toThrow('open of b')
    expect(log).toEqual(['open a', 'open b', 'close a'])
    await chain.close()
    expect(log).toHaveLength(3)
  })

  it('closes all of them even when some fail, and tells of each failure', async () => {
    const log: string[] = []
    const one = createPipelineChain([recorder('a', log), recorder('b', log, { close: true })])
    await one.open(contextWith())
    await expect(one.close()).rejects.toThrow('close of b')
    expect(log).toContain('close a')
    const two = createPipelineChain([recorder('a', log, { close: true }), recorder('b', log, { close: true })])
    await two.open(contextWith())
    await expect(two.close()).rejects.toThrow(/close of b; close of a/)
  })

  it('flushes all of them even when one fails, and then fails', async () => {
    const log: string[] = []
    const throwsAtOnce: Pipeline = {
      name: 'at once',
      process: (item) => item,
      flush() {
        throw new Error('at once')
      },
    }
    const chain = createPipelineChain([throwsAtOnce, recorder('a', log, { flush: true }), recorder('b', log)])
    await expect(chain.flush()).rejects.toThrow('at once')
    expect(log).toEqual(['flush a', 'flush b'])
  })

  it('has no promise to wait for when no pipeline stores', () => {
    expect(createPipelineChain([double]).flush()).toBeUndefined()
  })

  it('refuses what is no pipeline', () => {
    class NotMade {
      process(item: Item): Item {
        return item
      }
    }
    for (const wrong of [NotMade, {}, undefined, null, 'mongo']) {
      expect(() => createPipelineChain([double, wrong as never])).toThrow(
        expect.objectContaining({ name: 'UsageError', message: expect.stringContaining('pipeline 2') }),
      )
    }
  })
})
