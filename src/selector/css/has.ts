import { afterSubtree, descend } from '../xpath/walk.ts'
import type { Combinator } from './ast.ts'
import { nextElement, someAlong } from './combine.ts'
import { type Matcher, memoOf } from './run.ts'

/** An argument of `:has()`, read from the element on: steps away from it, each with what must match there. */
export interface Path {
  combinators: Combinator[]
  matchers: Matcher[]
}

/** Matches elements from which one of `paths` leads somewhere. */
export function hasMatcher(paths: Path[]): Matcher {
  const tests = paths.map((path) => leading(path, 0))
  return (element, run) => tests.some((test) => test(element, run))
}

function leading(path: Path, from: number): Matcher {
  const wanted = path.matchers[from]!
  const rest = from + 1 < path.matchers.length ? leading(path, from + 1) : undefined
  const reaches: Matcher = rest === undefined ? wanted : (element, run) => wanted(element, run) && rest(element, run)
  switch (path.combinators[from]!) {
    case '>':
      return (element, run) => element.children.some((child) => child.type === 'tag' && reaches(child, run))
    case '+':
      return (element, run) => {
        const next = nextElement(element)
        return next !== null && reaches(next, run)
      }
    case '~':
      return someAlong(nextElement, reaches, false)
    case ' ':
      return containing(reaches)
  }
}

// Each answer holds for many elements (a find for all that are around it, none for all that are inside), so one search costs one walk.
function containing(wanted: Matcher): Matcher {
  const key = {}
  return (element, run) => {
    const answers = memoOf<boolean>(run, key)
    const known = answers.get(element)
    if (known !== undefined) return known
    for (let at = descend(element, element); at !== null; ) {
      const inside = at.type === 'tag' ? answers.get(at) : undefined
      if (at.type === 'tag' && (inside === true || wanted(at, run))) {
        for (let around = at.parent; around?.type === 'tag' && answers.get(around) !== true; around = around.parent)
          answers.set(around, true)
        return true
      }
      if (at.type === 'tag' && inside === undefined) answers.set(at, false)
      at = inside === false ? afterSubtree(at, element) : descend(at, element)
    }
    answers.set(element, false)
    return false
  }
}
