import { expect, it } from 'vitest'
import { Places } from './decompress-places.ts'

interface Work {
  readonly done: Promise<string>
  end(): void
  fail(): void
}

/** Pieces of work that note when they begin, and end when they are told to. */
function works(places: Places, count: number): { begun: number[]; work: Work[] } {
  const begun: number[] = []
  const work = Array.from({ length: count }, (_, i) => {
    let end!: () => void
    let fail!: () => void
    const told = new Promise<string>((resolve, reject) => {
      end = () => resolve(`work ${i}`)
      fail = () => reject(new Error(`work ${i}`))
    })
    const done = places.run(() => {
      begun.push(i)
      return told
    })
    done.catch(() => undefined)
    return { done, end, fail }
  })
  return { begun, work }
}

it('begins as many as there are places, and each further one when one ends, in order', async () => {
  const { begun, work } = works(new Places(2), 5)
  expect(begun).toEqual([0, 1])
  work[1]!.end()
  expect(await work[1]!.done).toBe('work 1')
  expect(begun).toEqual([0, 1, 2])
  work[2]!.end()
  work[0]!.end()
  await Promise.all([work[2]!.done, work[0]!.done])
  expect(begun).toEqual([0, 1, 2, 3, 4])
})

it('gives the place on when work fails, and gives its error', async () => {
  const places = new Places(1)
  const { begun, work } = works(places, 3)
  work[0]!.fail()
  await expect(work[0]!.done).rejects.toThrow('work 0')
  expect(begun).toEqual([0, 1])
  work[1]!.end()
  await work[1]!.done
  work[2]!.end()
  await work[2]!.done
  // and it is free again
  expect(await places.run(async () => 'next')).toBe('next')
  const throws = places.run(() => {
    throw new Error('at once')
  })
  await expect(throws).rejects.toThrow('at once')
  expect(await places.run(async () => 'after')).toBe('after')
})
