import type { Element } from '../dom.ts'
import type { Simple } from './ast.ts'
import { nextElement, previousElement } from './combine.ts'
import { isNth } from './nth.ts'
import { type Matcher, memoOf } from './run.ts'

/** Up to so many siblings are counted anew for each element; with more, all of them are numbered once per search. */
const COUNTED = 16

const numberings = { child: {}, type: {}, lastChild: {}, lastType: {} }

/** Matches `:nth-child()`, `:nth-last-child()`, `:nth-of-type()` and `:nth-last-of-type()`. */
export function nthMatcher({ step, offset, fromEnd, ofType }: Extract<Simple, { kind: 'nth' }>): Matcher {
  const next = fromEnd ? nextElement : previousElement
  const key = ofType ? (fromEnd ? numberings.lastType : numberings.type) : fromEnd ? numberings.lastChild : numberings.child
  return (element, run) => {
    const siblings = element.parent?.children.length ?? 1
    if (siblings <= COUNTED) {
      let ordinal = 1
      for (let at = next(element); at !== null; at = next(at)) if (!ofType || sameType(at, element)) ordinal++
      return isNth(ordinal, step, offset)
    }
    const ordinals = memoOf<number>(run, key)
    if (!ordinals.has(element)) numberSiblings(element, ordinals, fromEnd, ofType)
    return isNth(ordinals.get(element)!, step, offset)
  }
}

function numberSiblings(element: Element, ordinals: Map<Element, number>, fromEnd: boolean, ofType: boolean): void {
  const counts = new Map<string, number>()
  const { children } = element.parent!
  for (let i = 0; i < children.length; i++) {
    const child = children[fromEnd ? children.length - 1 - i : i]!
    if (child.type !== 'tag') continue
    const type = ofType ? `${child.namespace} ${child.name}` : ''
    const ordinal = (counts.get(type) ?? 0) + 1
    counts.set(type, ordinal)
    ordinals.set(child, ordinal)
  }
}

function sameType(a: Element, b: Element): boolean {
  return a.name === b.name && a.namespace === b.namespace
}
