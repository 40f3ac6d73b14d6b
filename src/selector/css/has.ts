import { afterSubtree, descend } from '../xpath/walk.ts'
import type { Combinator } from './ast.ts'
import { nextElement } from './combine.ts'
import { type Matcher, memoOf } from './run.ts'

/** An argument of `:has()`, read from the element on: steps away from it, each with what must match there. */
export interface Path {
  combinators: Combinator[]
  matchers: Matcher[]
}

/** Matches elements from which one of `paths` leads somewhere. */
export function hasMatcher(paths: Path[]): Matcher {
  const tests = paths.map((path) =>
    path.matchers.length === 1 && path.combinators[0] === ' ' ? containing(path.matchers[0]!) : leading(path, 0),
  )
  return (element, run) => tests.some((test) => test(element, run))
}

// Each answer holds for many elements (a find for all that are around it, none for all that are inside), so one search costs one walk.
function containing(wanted: Matcher): Matcher {
  const key = {}
  return (element, run) => {
    const answers = memoOf<boolean>(run, key)
    const known = answers.get(element)
    if (known !== undefined) return known
    for (let at = descend(element, element); at !== null; ) {
      if (at.type === 'tag') {
        const inside = answers.get(at)
        if (inside === true || wanted(at, run)) {
          for (let around = at.parent; around?.type === 'tag'; around = around.parent) {
            if (answers.get(around) === true) break
            answers.set(around, true)
          }
          return true
        }
        if (inside === undefined) answers.set(at, false)
        else {
          at = afterSubtree(at, element)
          continue
        }
      }
      at = descend(at, element)
    }
    answers.set(element, false)
    return false
  }
}

function leading(path: Path, from: number): Matcher {
  const combinator = path.combinators[from]!
  const wanted = path.matchers[from]!
  const rest = from + 1 < path.matchers.length ? leading(path, from + 1) : undefined
  const reaches: Matcher = rest === undefined ? wanted : (element, run) => wanted(element, run) && rest(element, run)
  switch (combinator) {
    case '>':
      return (element, run) => element.children.some((child) => child.type === 'tag' && reaches(child, run))
    case '+':
      return (element, run) => {
        const next = nextElement(element)
        return next !== null && reaches(next, run)
      }
    case '~':
      return (element, run) => {
        for (let at = nextElement(element); at !== null; at = nextElement(at)) if (reaches(at, run)) return true
        return false
      }
    case ' ':
      return (element, run) => {
        for (let at = descend(element, element); at !== null; at = descend(at, element))
          if (at.type === 'tag' && reaches(at, run)) return true
        return false
      }
  }
}
