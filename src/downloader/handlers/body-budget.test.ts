import { expect, it } from 'vitest'
import { FakeClock } from '../../../test/support/fake-clock.ts'
import { BodyBudget, type Receiving } from './body-budget.ts'

const KB = 1024

/** Bodies with a budget of 1,000 KB: those of up to 15.6 KB are small. */
function setUp(max = 1000 * KB): { clock: FakeClock; budget: BodyBudget<Body>; begin(): Body } {
  const clock = new FakeClock()
  const bodies: Body[] = []
  const budget = new BodyBudget<Body>(max, clock, bodies)
  const begin = (): Body => {
    const body = new Body(clock.now(), budget, bodies)
    bodies.push(body)
    clock.advance(1)
    return body
  }
  return { clock, budget, begin }
}

class Body implements Receiving {
  size = 0
  reading = true
  readonly startedAt: number
  readonly #budget: BodyBudget<Body>
  readonly #all: Body[]

  constructor(startedAt: number, budget: BodyBudget<Body>, all: Body[]) {
    this.startedAt = startedAt
    this.#budget = budget
    this.#all = all
  }

  /** So many KB come. Not while it waits: nobody reads then. */
  get(kb: number): boolean {
    expect(this.reading).toBe(true)
    this.size += kb * KB
    this.reading = this.#budget.take(this, kb * KB)
    return this.reading
  }

  end(): void {
    this.#all.splice(this.#all.indexOf(this), 1)
    this.#budget.release(this)
  }

  readOn(): void {
    expect(this.reading).toBe(false)
    this.reading = true
  }
}

it('lets all read while there is room, to the last byte of it', () => {
  const { budget, begin } = setUp()
  const bodies = Array.from({ length: 10 }, begin)
  for (const body of bodies) expect(body.get(100)).toBe(true)
  expect(budget.held).toBe(1000 * KB)
  for (const body of bodies) body.end()
  expect(budget.held).toBe(0)
})

it('stops all but the one that has been receiving longest, whoever asks first', () => {
  const { begin } = setUp()
  const [first, second, third] = [begin(), begin(), begin()]
  first.get(300)
  second.get(300)
  expect(third.get(500)).toBe(false)
  expect(second.get(100)).toBe(false)
  for (let i = 0; i < 20; i++) expect(first.get(100)).toBe(true)
})

it('lets all go on when there is room again', () => {
  const { budget, clock, begin } = setUp()
  const [first, second, third] = [begin(), begin(), begin()]
  first.get(600)
  second.get(300)
  third.get(200)
  second.get(100)
  expect([second.reading, third.reading]).toEqual([false, false])
  first.end()
  expect([second.reading, third.reading]).toEqual([true, true])
  expect(budget.held).toBe(600 * KB)
  expect(clock.pending).toBe(0)
})

it('gives the lead on when its owner ends and there is no room yet', () => {
  const { begin } = setUp()
  const [first, second, third] = [begin(), begin(), begin()]
  first.get(50)
  second.get(900)
  third.get(800)
  second.get(10)
  first.end()
  // third has waited longest
  expect([second.reading, third.reading]).toEqual([false, true])
  third.end()
  expect(second.reading).toBe(true)
})

it('forgets one that is given up while it waits', () => {
  const { budget, begin } = setUp()
  const [first, second, third] = [begin(), begin(), begin()]
  first.get(900)
  second.get(200)
  third.get(200)
  second.end()
  expect(third.reading).toBe(false)
  first.end()
  expect(third.reading).toBe(true)
  expect(second.reading).toBe(false)
  third.end()
  expect(budget.held).toBe(0)
})

it('never stops small bodies, though all room is taken', () => {
  const { begin } = setUp()
  begin().get(2000)
  for (let i = 0; i < 50; i++) {
    const page = begin()
    expect(page.get(10)).toBe(true)
    page.end()
  }
  const page = begin()
  expect([page.get(10), page.get(10)]).toEqual([true, false])
})

it('passes the lead on when its owner dawdles, in turn', () => {
  const { clock, begin } = setUp()
  const [first, second, third] = [begin(), begin(), begin()]
  first.get(800)
  second.get(150)
  third.get(100)
  second.get(10)
  clock.advance(1000)
  expect([third.reading, second.reading]).toEqual([true, false])
  expect(first.get(1)).toBe(false)
  clock.advance(1000)
  expect([second.reading, first.reading]).toEqual([true, false])
  // one that makes way keeps it
  for (let i = 0; i < 10; i++) {
    second.get(64)
    clock.advance(1000)
  }
  expect([second.reading, first.reading]).toEqual([true, false])
})

it('passes no lead on beyond twice the room', () => {
  const { clock, budget, begin } = setUp()
  const [first, second] = [begin(), begin()]
  first.get(1000)
  second.get(100)
  first.get(900)
  expect(budget.held).toBe(2000 * KB)
  clock.advance(10_000)
  expect(second.reading).toBe(false)
  first.end()
  expect(second.reading).toBe(true)
  expect(clock.pending).toBe(0)
})

it('holds no more than its room and one body, whatever comes from a hundred', () => {
  const { budget, begin } = setUp()
  const whole = 3000
  let peak = 0
  let ended = 0
  let bodies = Array.from({ length: 100 }, begin)
  while (bodies.length > 0) {
    const readers = bodies.filter((body) => body.reading)
    // somebody always reads, or nothing would ever end
    expect(readers.length).toBeGreaterThan(0)
    for (const body of readers) {
      if (!body.reading) continue
      body.get(64)
      peak = Math.max(peak, budget.held)
      if (body.size < whole * KB) continue
      body.end()
      ended++
      bodies = bodies.filter((one) => one !== body)
    }
  }
  expect(ended).toBe(100)
  // each may have had a piece of 64 KB more than there was room for
  expect(peak).toBeLessThanOrEqual((1000 + whole + 100 * 64) * KB)
  expect(budget.held).toBe(0)
})
