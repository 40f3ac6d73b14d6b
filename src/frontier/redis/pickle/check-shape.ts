import type { PickleValue } from './pickle-value.ts'

/** Deeper than anybody's data: what a Request takes in `meta`. */
const MAX_DEPTH = 200

/** What a value weighs when all that is there twice is written twice, and how deep it is. */
interface Shape {
  readonly weight: number
  readonly depth: number
}

interface Visit {
  readonly value: object
  readonly children: Iterator<PickleValue>
  weight: number
  depth: number
}

/**
 * What is wrong with a value that somebody is going to walk over: it contains itself, is more than 200 levels deep, or weighs more than `limit`
 * (items and characters) when written out, because its parts stand in it many times (a list of two times the same list of two times … is of
 * a few bytes in a pickle and of 2^n as JSON). undefined: nothing.
 *
 * Looks at each part once, whatever its shape.
 */
export function shapeProblem(root: PickleValue, limit: number): string | undefined {
  const known = new Map<object, Shape | undefined>()
  const path: Visit[] = []
  let total: Shape = { weight: 0, depth: 0 }

  const enter = (value: PickleValue): string | undefined => {
    const inside = childrenOf(value)
    if (inside === undefined) {
      leave({ weight: 1 + (typeof value === 'string' || value instanceof Uint8Array ? value.length : 0), depth: 0 })
      return undefined
    }
    const container = value as object
    if (!known.has(container)) {
      known.set(container, undefined)
      path.push({ value: container, children: inside, weight: 1, depth: 0 })
      return path.length > MAX_DEPTH ? `it is more than ${MAX_DEPTH} levels deep` : undefined
    }
    const shape = known.get(container)
    if (shape === undefined) return 'it contains itself'
    leave(shape)
    return undefined
  }
  const leave = ({ weight, depth }: Shape): void => {
    const above = path.at(-1)
    if (above === undefined) total = { weight, depth }
    else {
      above.weight += weight
      above.depth = Math.max(above.depth, depth + 1)
    }
  }

  let problem = enter(root)
  for (let visit = path.at(-1); problem === undefined && visit !== undefined; visit = path.at(-1)) {
    const { done, value } = visit.children.next()
    if (done !== true) problem = enter(value)
    else {
      path.pop()
      known.set(visit.value, visit)
      leave(visit)
      // a part that was looked at already may bring depth without being walked again
      if (visit.depth + path.length > MAX_DEPTH) problem = `it is more than ${MAX_DEPTH} levels deep`
    }
    if (visit.weight > limit) problem ??= 'its parts stand in it so often that it would be far too large'
  }
  return problem ?? (total.weight > limit ? 'it is far too large' : undefined)
}

function childrenOf(value: PickleValue): Iterator<PickleValue> | undefined {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return undefined
  if (value instanceof Map) return entriesOf(value)
  return (value as readonly PickleValue[] | ReadonlySet<PickleValue>)[Symbol.iterator]()
}

function* entriesOf(map: ReadonlyMap<PickleValue, PickleValue>): Generator<PickleValue> {
  for (const [key, value] of map) {
    yield key
    yield value
  }
}
