import type { ChildNode, Element } from '../dom.ts'
import type { Combinator } from './ast.ts'
import { type Matcher, memoOf } from './run.ts'

/** After so many steps up or back an answer is kept, so that nesting or siblings by the hundred thousand cost no square. */
const KEEP_AFTER = 64

/**
 * Matches elements that stand in a relation to one that `left` matches.
 *
 * @param scoped whether what is above and before the scope of the search does not exist
 */
export function combine(combinator: Combinator, left: Matcher, scoped: boolean): Matcher {
  switch (combinator) {
    case '>':
      return (element, run) => {
        const { parent } = element
        return parent !== null && parent.type === 'tag' && !(scoped && element === run.scope) && left(parent, run)
      }
    case '+':
      return (element, run) => {
        if (scoped && element === run.scope) return false
        const before = previousElement(element)
        return before !== null && left(before, run)
      }
    case ' ':
      return someAlong(parentElement, left, scoped)
    case '~':
      return someAlong(previousElement, left, scoped)
  }
}

/** Matches elements from which `step`, taken once or more, leads to one that `left` matches, before one that `stops` does. */
export function someAlong(step: (element: Element) => Element | null, left: Matcher, scoped: boolean, stops?: Matcher): Matcher {
  const key = {}
  return (element, run) => {
    const end = scoped ? run.scope : null
    const memo = run.memo?.get(key) as Map<Element, boolean> | undefined
    let steps = 0
    let answer = false
    for (let at: Element | null = element; at !== end && (at = step(at)) !== null; ) {
      if (left(at, run)) {
        answer = true
        break
      }
      if (stops?.(at, run) === true) break
      steps++
      const known = memo?.get(at)
      if (known !== undefined) {
        answer = known
        break
      }
    }
    if (steps > KEEP_AFTER) keep(memoOf(run, key), element, step, steps, answer)
    return answer
  }
}

// What is true of the first is true of all on the way. The next to ask may stand before or behind, and then goes KEEP_AFTER steps at most.
function keep(
  memo: Map<Element, boolean>,
  from: Element,
  step: (element: Element) => Element | null,
  steps: number,
  answer: boolean,
): void {
  let at = from
  for (let i = 0; i < steps; i++) {
    if (i % KEEP_AFTER === 0) memo.set(at, answer)
    at = step(at)!
  }
}

/** The element that `element` is in. */
export function parentElement(element: Element): Element | null {
  return element.parent?.type === 'tag' ? element.parent : null
}

/** The element before `element` among its siblings. */
export function previousElement(element: Element): Element | null {
  let at: ChildNode | null = element.prev
  while (at !== null && at.type !== 'tag') at = at.prev
  return at
}

/** The element after `element` among its siblings. */
export function nextElement(element: Element): Element | null {
  let at: ChildNode | null = element.next
  while (at !== null && at.type !== 'tag') at = at.next
  return at
}
