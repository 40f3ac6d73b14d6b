import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Deque } from './deque.ts'
import { IndexedHeap } from './indexed-heap.ts'

interface Entry {
  value: number
  place: number
}

describe('IndexedHeap', () => {
  it('always has the smallest first, whatever is put, moved and removed', () => {
    const step = fc.record({
      do: fc.constantFrom('put', 'move', 'remove', 'pop'),
      which: fc.nat(15),
      value: fc.integer({ min: 0, max: 9 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const entries: Entry[] = Array.from({ length: 16 }, () => ({ value: 0, place: -1 }))
        const heap = new IndexedHeap<'place', Entry>('place', (a, b) => a.value < b.value)
        const model = new Set<Entry>()
        for (const { do: what, which, value } of steps) {
          const entry = entries[which]!
          if (what === 'pop') {
            const first = heap.pop()
            expect(first?.value).toBe(model.size === 0 ? undefined : Math.min(...[...model].map((e) => e.value)))
            if (first !== undefined) model.delete(first)
          } else if (what === 'remove') {
            heap.remove(entry)
            model.delete(entry)
          } else if (what === 'put' || model.has(entry)) {
            entry.value = value
            heap.put(entry)
            model.add(entry)
          }
          expect(heap.size).toBe(model.size)
          expect(heap.has(entry)).toBe(model.has(entry))
          expect(heap.peek()?.value).toBe(model.size === 0 ? undefined : Math.min(...[...model].map((e) => e.value)))
        }
      }),
    )
  })
})

describe('Deque', () => {
  it('does what an array does', () => {
    const step = fc.record({ do: fc.constantFrom('push', 'push', 'unshift', 'pop', 'shift'), value: fc.nat() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const deque = new Deque<number>()
        const model: number[] = []
        for (const { do: what, value } of steps) {
          if (what === 'push' || what === 'unshift') {
            deque[what](value)
            model[what](value)
          } else expect(deque[what]()).toBe(model[what]())
          expect(deque.length).toBe(model.length)
        }
        while (model.length > 0) expect(deque.shift()).toBe(model.shift())
      }),
    )
  })

  it('gives room back after it was long', () => {
    const deque = new Deque<number>()
    for (let i = 0; i < 100_000; i++) deque.push(i)
    for (let i = 0; i < 100_000; i++) expect(deque.shift()).toBe(i)
    for (let i = 0; i < 10; i++) deque.unshift(i)
    expect(deque.pop()).toBe(0)
  })
})
