import type { Compiled } from './compiled.ts'
import type { Filter, Frame } from './frame.ts'
import type { XPathContextNode } from './types.ts'

/** Narrows a list whose first node has position 1. May return the list itself, never changes it. */
export type ListPredicate = (list: XPathContextNode[], frame: Frame) => XPathContextNode[]

/** Whether a predicate depends on the position of the node it is asked about: by its type, or by `position()` or `last()` in it. */
export function isPositional(predicate: Compiled): boolean {
  return predicate.focus || predicate.type === 'number' || predicate.type === 'any'
}

/** One filter from predicates of which none is positional; null from none. */
export function filterOf(predicates: readonly Compiled[]): Filter | null {
  const [first, second] = predicates
  if (first === undefined) return null
  const boolean = first.boolean
  if (second === undefined) return (node, frame) => boolean(node, 1, 1, frame)
  return (node, frame) => predicates.every((predicate) => predicate.boolean(node, 1, 1, frame))
}

/** The place that a predicate like `[3]` picks; null for any other. A fraction or a number below 1 picks none. */
export function fixedPosition(predicate: Compiled | undefined): number | null {
  return typeof predicate?.constant === 'number' ? predicate.constant : null
}

/** A predicate for a list whose order gives the positions (XPath 1.0 §2.4). */
export function listPredicate(predicate: Compiled): ListPredicate {
  const fixed = fixedPosition(predicate)
  if (fixed !== null) {
    return (list) => {
      const node = list[fixed - 1]
      return node === undefined ? [] : [node]
    }
  }
  const { type, value, boolean, number } = predicate
  if (type === 'any') {
    return (list, frame) =>
      list.filter((node, i) => {
        const result = value(node, i + 1, list.length, frame)
        return typeof result === 'number' ? result === i + 1 : boolean(node, i + 1, list.length, frame)
      })
  }
  if (type === 'number') return (list, frame) => list.filter((node, i) => number(node, i + 1, list.length, frame) === i + 1)
  return (list, frame) => list.filter((node, i) => boolean(node, i + 1, list.length, frame))
}
