import { expect, it } from 'vitest'
import { FakeClock } from '../../../test/support/fake-clock.ts'
import { Deadlines, type Timed } from './deadlines.ts'

function setUp(): { clock: FakeClock; deadlines: Deadlines<Item>; expired: string[]; add(name: string, ms: number): Item } {
  const clock = new FakeClock()
  const deadlines = new Deadlines<Item>(clock)
  const expired: string[] = []
  const add = (name: string, ms: number): Item => {
    const item = made(clock, ms, () => void expired.push(name))
    deadlines.add(item)
    return item
  }
  return { clock, deadlines, expired, add }
}

interface Item extends Timed {
  deadline: number
}

/** One whose deadline does not move by itself. */
function made(clock: FakeClock, ms: number, expire: () => void): Item {
  const item = {
    startedAt: clock.now(),
    shortest: ms,
    deadline: clock.now() + ms,
    place: -1,
    due: () => item.deadline,
    expire,
  }
  return item
}

it('expires each at its time, whatever the order in which they came', () => {
  const { clock, deadlines, expired, add } = setUp()
  add('late', 500)
  add('soon', 100)
  add('soon too', 100)
  add('middle', 300)
  clock.advance(99)
  expect(expired).toEqual([])
  clock.advance(1)
  expect(expired).toEqual(['soon', 'soon too'])
  clock.advance(200)
  expect(expired).toEqual(['soon', 'soon too', 'middle'])
  clock.advance(200)
  expect(expired).toEqual(['soon', 'soon too', 'middle', 'late'])
  expect([deadlines.running.length, clock.pending]).toEqual([0, 0])
})

it('leaves those alone that are over before', () => {
  const { clock, deadlines, expired, add } = setUp()
  const first = add('first', 100)
  add('second', 200)
  deadlines.delete(first)
  clock.advance(150)
  expect(expired).toEqual([])
  clock.advance(50)
  expect(expired).toEqual(['second'])
})

it('forgets exactly what is deleted, in any order, twice or never added', () => {
  const { clock, deadlines, expired, add } = setUp()
  const items = Array.from({ length: 50 }, (_, i) => add(String(i), 100))
  const gone = new Set<number>()
  for (let i = 0; i < 40; i++) {
    const n = (i * 37) % 50
    deadlines.delete(items[n]!)
    deadlines.delete(items[n]!)
    gone.add(n)
  }
  deadlines.delete({ ...items[0]!, place: 3 })
  expect(deadlines.running).toHaveLength(50 - gone.size)
  clock.advance(100)
  expect(expired.map(Number).sort((a, b) => a - b)).toEqual(items.map((_, n) => n).filter((n) => !gone.has(n)))
})

it('has one timer for a thousand', () => {
  const { clock, add, expired } = setUp()
  for (let i = 0; i < 1000; i++) add(String(i), 1000 + i)
  expect(clock.pending).toBe(1)
  clock.advance(2000)
  expect(expired).toHaveLength(1000)
})

it('takes one that is added while others expire', () => {
  const { clock, deadlines, expired, add } = setUp()
  deadlines.add(made(clock, 10, () => void add('next', 5)))
  add('other', 100)
  clock.advance(15)
  expect(expired).toEqual(['next'])
  clock.advance(85)
  expect(expired).toEqual(['next', 'other'])
})

it('expires at once what is late already', () => {
  const { clock, expired, add } = setUp()
  add('late', -50)
  clock.advance(0)
  expect(expired).toEqual(['late'])
})

it('gives back what runs when it is closed, and leaves no timer', () => {
  const { clock, deadlines, expired, add } = setUp()
  const item = add('one', 100)
  expect(deadlines.close()).toEqual([item])
  expect(clock.pending).toBe(0)
  clock.advance(1000)
  expect(expired).toEqual([])
})

it('follows a deadline that moves away, without being told', () => {
  const { clock, expired, add } = setUp()
  const item = add('drips', 100)
  for (let i = 0; i < 50; i++) {
    clock.advance(60)
    item.deadline = clock.now() + 100
  }
  expect(expired).toEqual([])
  clock.advance(99)
  expect(expired).toEqual([])
  clock.advance(1)
  expect(expired).toEqual(['drips'])
})

it('is in time for a limit that begins to run later and is shorter than what was ahead', () => {
  const { clock, deadlines, expired } = setUp()
  const item = { ...made(clock, 1000, () => void expired.push('body')), shortest: 100 }
  const moving = { ...item, due: () => moving.deadline }
  deadlines.add(moving)
  clock.advance(450)
  // the head came: from now on 100 ms without a byte are too long
  moving.deadline = clock.now() + 100
  clock.advance(99)
  expect(expired).toEqual([])
  clock.advance(1)
  expect(expired).toEqual(['body'])
})
